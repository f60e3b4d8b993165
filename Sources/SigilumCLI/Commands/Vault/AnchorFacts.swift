internal import VaultCore

/// A vault beside its anchor: what `anchor show` reports and `anchor accept` judges.
struct AnchorFacts {
    /// How they stand to each other.
    enum Standing: String {
        case agrees
        /// There is none yet, or its folder cannot be read.
        case missing
        case rolledBack = "rolled-back"
        case forked
        case otherVault = "other-vault"
        case vaultGone = "vault-gone"
        /// What is there is no anchor.
        case unreadable
    }

    let standing: Standing
    /// nil: there is no vault.
    let current: Anchor?
    /// nil: there is none, or it cannot be read.
    let stored: Anchor?

    /// - Throws: 66 where there is neither, 65 where the vault itself is damaged.
    init(_ vault: Vault?, _ place: VaultPlace) throws {
        var stored: Anchor?
        var isReadable = true
        do throws(AnchorError) { stored = try place.anchors.read() } catch { isReadable = false }
        self.stored = stored
        current = try vault?.currentAnchor()
        guard let vault else {
            guard isReadable else { throw VaultError.integrity(.anchor) }
            guard stored != nil else { throw place.location.notFound }
            standing = .vaultGone
            return
        }
        do {
            try vault.read { _ in }
            standing = stored == nil ? .missing : .agrees
        } catch VaultError.integrity(.rolledBack) {
            standing = .rolledBack
        } catch VaultError.integrity(.forked) {
            standing = .forked
        } catch VaultError.integrity(.otherVault) {
            standing = .otherVault
        } catch VaultError.integrity(.anchor) {
            standing = .unreadable
        }
    }

    /// What the user confirms with: the vault's id, or of one that is gone the anchored id.
    var id: String { Hexadecimal.text((current ?? stored)?.vaultID ?? []) }

    var fields: [Field] {
        [Field("state", .plain(standing.rawValue))] + Self.fields("vault", current) + Self.fields("anchor", stored)
    }

    var document: JSON {
        .object([
            ("state", .string(standing.rawValue)), ("vault", current?.document ?? .null),
            ("anchor", stored?.document ?? .null),
        ])
    }

    private static func fields(_ prefix: String, _ anchor: Anchor?) -> [Field] {
        guard let anchor else { return [Field(prefix, .plain("none"))] }
        return [
            Field("\(prefix)_id", .plain(Hexadecimal.text(anchor.vaultID))),
            Field("\(prefix)_generation", .plain("\(anchor.generation)")),
            Field("\(prefix)_audit_record", .plain("\(anchor.auditSequence)")),
        ]
    }
}

extension Anchor {
    var document: JSON {
        .object([
            ("id", .string(Hexadecimal.text(vaultID))), ("generation", .integer(Int64(clamping: generation))),
            ("audit_record", .integer(Int64(clamping: auditSequence))),
        ])
    }
}
