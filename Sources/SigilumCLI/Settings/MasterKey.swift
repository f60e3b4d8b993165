internal import SecureMemory

/// Where a master key came from.
enum MasterKeySource: Sendable, Equatable {
    /// `--gateway-master-key`
    case option
    /// `GATEWAY_MASTER_KEY`
    case environment
    /// The file that `GATEWAY_MASTER_KEY_FILE` names.
    case file(path: String)
    /// The output of `GATEWAY_MASTER_KEY_COMMAND`.
    case command
    /// A credential of systemd, under `$CREDENTIALS_DIRECTORY`.
    case credential(path: String)
    /// The key file in the Sigilum home.
    case homeFile(path: String)
    /// Asked for on the terminal.
    case terminal
    /// An entry of the vault.
    case entry(name: String)
    /// `vault unlock`, in the kernel's keyring until that time: milliseconds since 1970 UTC. There is no key of this source
    /// itself.
    case unlocked(until: Int64)
    /// A key that was just made, or given to take the place of another.
    case new

    /// What users read.
    var message: Message {
        switch self {
        case .option: "--gateway-master-key"
        case .environment: "GATEWAY_MASTER_KEY"
        case .file(let path): "GATEWAY_MASTER_KEY_FILE (\(path))"
        case .command: "GATEWAY_MASTER_KEY_COMMAND"
        case .credential(let path): "$CREDENTIALS_DIRECTORY (\(path))"
        case .homeFile(let path): "\(path)"
        case .terminal: "the terminal"
        case .entry(let name): "the entry \(name)"
        case .unlocked(let end): "vault unlock, until \(plain: Timestamp.text(end))"
        case .new: "the new key"
        }
    }
}

/// A master key, without white space around it.
struct MasterKey: Sendable {
    /// In bytes. Longer is no key but a wrong file.
    static let lengthLimit = 4096

    let source: MasterKeySource
    /// nil where the vault is open without it.
    private let known: SharedSecret?

    /// The key itself.
    ///
    /// - Throws: 78 where `vault unlock` keeps the vault open, and the passphrase is kept nowhere.
    var secret: SharedSecret {
        get throws(Failure) {
            if let known { return known }
            throw Failure(
                .configuration, code: MasterKeyResolution.lockedCode,
                "The vault is unlocked, and this needs its passphrase itself",
                hints: [
                    "vault unlock keeps no passphrase: set GATEWAY_MASTER_KEY_FILE, GATEWAY_MASTER_KEY_COMMAND or GATEWAY_MASTER_KEY",
                    "or lock it, and run this on a terminal, which asks:  \(command: ["vault", "lock"])",
                ])
        }
    }

    /// What `vault unlock` stands for until that time, in milliseconds since 1970 UTC: a key that is not at hand.
    init(unlockedUntil end: Int64) {
        source = .unlocked(until: end)
        known = nil
    }

    /// Takes the white space off and checks what is left.
    ///
    /// - Throws: 78 for a key that is empty, too long, or has a control character inside (a line end, a NUL).
    init(_ raw: borrowing SecretBytes, source: MasterKeySource) throws(Failure) {
        let key = raw.withBytes { bytes in
            var (start, end) = (0, bytes.count)
            while start < end, Self.isWhiteSpace(bytes[start]) { start += 1 }
            while start < end, Self.isWhiteSpace(bytes[end - 1]) { end -= 1 }
            return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        }
        guard key.count > 0 else {
            throw Failure(.configuration, code: "master-key", "The master key is empty: \(source.message)")
        }
        guard key.count <= Self.lengthLimit else { throw Self.tooLong(source) }
        guard key.withBytes({ $0.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }) else {
            throw Failure(
                .configuration, code: "master-key",
                "The master key has a line end or another control character inside: \(source.message)")
        }
        self.source = source
        known = SharedSecret(key)
    }

    static func tooLong(_ source: MasterKeySource) -> Failure {
        Failure(
            .configuration, code: "master-key",
            "The master key is longer than \(lengthLimit) bytes: \(source.message)")
    }

    private static func isWhiteSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
