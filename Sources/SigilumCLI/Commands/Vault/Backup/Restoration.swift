internal import Glibc
internal import SafeFiles
internal import Sealing
internal import SecureMemory
internal import VaultCore

/// A backup that is proven and, where no vault is, put in place.
struct Restoration {
    private let context: Context
    private let options: VaultOptions
    private let surroundings: Surroundings
    private let location: HomeLocation
    /// Absolute.
    private let path: String
    private let recipient: RecipientSecret?
    private let fingerprint: String?
    private let acceptsRollback: Bool

    /// - Throws: 66 or 77 for a recipient's key that cannot be used.
    init(
        _ context: Context, _ options: VaultOptions, file: String, recipientKey: String?, fingerprint: String?,
        acceptsRollback: Bool
    ) throws {
        self.context = context
        self.options = options
        let surroundings = Surroundings(context)
        self.surroundings = surroundings
        location = try HomeResolution.locate(
            option: options.sigilumHome, config: try ConfigFile.load(surroundings), surroundings: surroundings)
        path = try surroundings.absolute(file)
        recipient = try recipientKey.map { try Self.recipient($0, surroundings) }
        self.fingerprint = fingerprint?.lowercased()
        self.acceptsRollback = acceptsRollback
    }

    /// Proves the backup; of the home nothing but its key file is looked at.
    func check() throws -> Report {
        let home = try SigilumHome.openIfThere(location, surroundings)
        let report = try proven(with: try keys(home).opened, against: nil)
        return Report(.ok("Backup verified"), fields: fields(report), json: nil)
    }

    /// Proves the backup, and puts the vault in place.
    func restore() throws -> Report {
        let state = try Session.stateFolder(surroundings)
        let there = try SigilumHome.openIfThere(location, surroundings)
        try refuseVault(in: there)
        let (opened, key) = try keys(there)
        let anchors = context.openers.anchors(there?.folder.path ?? location.path, state)
        _ = try proven(with: opened, against: try Vault.anchor(anchors))
        // All of it is proven: from here on something is made.
        let home = try SigilumHome.openForStoring(location, surroundings)
        let new = try newKey(key, home)
        let allowUnsafe = surroundings.setting(SafetyCheck.override) == "1"
        guard let storage = try context.openers.storage(home.folder, home.owner, true, allowUnsafe) else {
            throw location.notFound
        }
        let actor = Actor(userID: surroundings.user, processID: UInt32(getpid()), program: context.command)
        let restored: BackupReport
        do {
            restored = try file().restore(
                with: opened, into: storage, key: new,
                anchors: context.openers.anchors(home.folder.path, state), acceptsRollback: acceptsRollback,
                environment: VaultEnvironment(now: context.now, actor: actor))
        } catch BackupError.vaultExists {
            throw vaultExists("vault.db", home)
        }
        _ = try? home.folder.removeStaleTemporaries()
        if case .asBackedUp = new { warnOfKeyFile(home) }
        var report = Report(
            .ok("Vault restored: \(location.path)/vault.db"), fields: fields(restored))
        report.remarks = [
            .info("prove it:  \(command: ["vault", "verify"])"),
            .info("bring what it delivers up to date:  \(command: ["vault", "sync"])"),
        ]
        return report
    }

    // MARK: Steps

    private func file() throws -> BackupFile {
        let file = try SequentialFile(path)
        return try BackupFile { try file.read(upTo: $0) }
    }

    private func proven(with opened: BackupKeys, against anchor: Anchor?) throws -> BackupReport {
        let report = try file().prove(with: opened, against: anchor, acceptsRollback: acceptsRollback)
        if recipient != nil, fingerprint == nil {
            surroundings.say(
                .warn(
                    """
                    Whoever knows the recipient's public key can make a backup for it: compare the fingerprint with what \
                    was said when it was made (--fingerprint)
                    """))
        }
        return report
    }

    /// The keys of the backup, and the master key where it was that.
    private func keys(_ home: SigilumHome?) throws -> (opened: BackupKeys, masterKey: MasterKey?) {
        let file = try file()
        let opened: BackupKeys
        var masterKey: MasterKey?
        if let recipient {
            opened = try file.keys(with: .recipient(recipient))
        } else {
            let key = try self.masterKey(home, file)
            masterKey = key
            do {
                opened = try file.keys(with: .masterKey(key.secret))
            } catch VaultError.wrongKey {
                throw Failure(
                    .unsafe, code: "wrong-key", "The master key does not open this backup",
                    hints: [
                        "the key came from: \(key.source.message)", "the backup is: \(path)", "nothing was changed",
                    ])
            }
        }
        if let fingerprint, fingerprint != opened.fingerprint { throw BackupError.otherFingerprint }
        return (opened, masterKey)
    }

    private func masterKey(_ home: SigilumHome?, _ file: BackupFile) throws -> MasterKey {
        let given = try MasterKeyResolution.resolve(
            option: context.secret(options.gatewayMasterKey), home: home, surroundings: surroundings)
        if let given { return given }
        guard file.takesPassphrase, context.terminal.canAsk() else {
            throw Failure(
                .configuration, code: MasterKeyResolution.lockedCode, "No master key for this backup: \(path)",
                hints: [
                    "set GATEWAY_MASTER_KEY_FILE, GATEWAY_MASTER_KEY_COMMAND or GATEWAY_MASTER_KEY",
                    "or put the key file there: \(location.path)/\(MasterKeyResolution.fileName)",
                    "or open it with a recipient's key: --recipient-key FILE", "nothing was changed",
                ])
        }
        return try MasterKey(context.terminal.askSecret("Passphrase of the vault: "), source: .terminal)
    }

    /// What the vault opens with: as before; or, opened by a recipient, the master key that is set or a new one.
    private func newKey(_ opened: MasterKey?, _ home: SigilumHome) throws -> RestoredKey {
        guard opened == nil else { return .asBackedUp }
        let given = try MasterKeyResolution.resolve(
            option: context.secret(options.gatewayMasterKey), home: home, surroundings: surroundings)
        let key = try given ?? MasterKeyResolution.createKeyFile(in: home, surroundings: surroundings)
        surroundings.say(.info("The vault opens with this master key alone from now on: \(key.source.message)"))
        return .new(try key.secret, .standard)
    }

    /// A vault, or what a vault left, is in the way (73).
    private func refuseVault(in home: SigilumHome?) throws {
        guard let home else { return }
        let size = try home.folder.status("vault.db")?.size
        if let size, size > 0 {
            // A file without a vault is what a killed run left.
            guard let isVault = try? holdsVault(home), !isVault else { throw vaultExists("vault.db", home) }
            return
        }
        // The newest part of a vault whose file was taken away. An empty file's journal is that of its making.
        for name in size == nil ? ["vault.db-wal", "vault.db-journal"] : ["vault.db-wal"] {
            if let rest = try home.folder.status(name), rest.size > 0 { throw vaultExists(name, home) }
        }
    }

    private func holdsVault(_ home: SigilumHome) throws -> Bool {
        guard let storage = try context.openers.storage(home.folder, home.owner, false, false) else { return false }
        return try Vault.exists(in: storage)
    }

    private func vaultExists(_ name: String, _ home: SigilumHome) -> Failure {
        let path = location.path
        let aside = (["before"] + (2...99).map { "before-\($0)" }).first { free in
            let status = try? home.folder.status(free)
            return status == .some(nil)
        }
        let old = PathSafety.shellQuoted(path + "/" + (aside ?? "before"))
        let files = PathSafety.shellQuoted(path + "/vault.db") + "*"
        return Failure(
            .cannotWrite, code: "vault-exists", "There is a vault already: \(path)/\(name)",
            hints: [
                "nothing was changed; a vault is never overwritten", "to put it aside, with all of its files:",
                "  mkdir -m 700 \(old) && mv \(files) \(old)/",
                "or restore into another home:  --sigilum-home PATH",
            ])
    }

    /// The key file in the home is what the next command takes where no other key is set: it may be of after a `rekey`.
    private func warnOfKeyFile(_ home: SigilumHome) {
        let file: MasterKey?
        do throws(Failure) {
            file = try MasterKeyResolution.keyFile(in: home, surroundings)
        } catch {
            return surroundings.say(.warn("\(error.message)"))
        }
        guard let file, let key = try? file.secret, (try? self.file().keys(with: .masterKey(key))) == nil else {
            return
        }
        surroundings.say(
            .warn(
                """
                The key file in the home does not open this vault: the backup is from before another master key, or of \
                another home. Put the key of the backup's time there, or set GATEWAY_MASTER_KEY_FILE: \
                \(home.path(of: MasterKeyResolution.fileName))
                """))
    }

    private static func recipient(_ given: String, _ surroundings: Surroundings) throws -> RecipientSecret {
        let (content, path) = try PrivateKeyFile.read(given, surroundings)
        guard let secret = RecipientSecret(text: content.bytes) else {
            throw Failure(
                .unsafe, code: "wrong-key", "Not a recipient's secret key: \(path)",
                hints: ["nothing was changed"])
        }
        return secret
    }

    private func fields(_ report: BackupReport) -> [Field] { BackupFacts.fields(report, context.shown(path: path)) }
}
