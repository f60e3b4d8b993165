internal import SecureMemory
internal import VaultCore

/// Which key `gateway start` handed over last: its fingerprint, as a setting of the vault.
struct GatewayKeyNote {
    static let setting = "gateway-key-given"
    private let session: Session

    init(_ session: Session) {
        self.session = session
    }

    /// The key that the vault has for the gateway, once the log says that it is released; notes which one it is. Warns of a
    /// passphrase.
    func handOver(purpose: String) throws -> SharedSecret {
        let key = try GatewayMasterKey.resolve(session, purpose: purpose).secret
        if MasterKeyKind.classify(key.bytes) == .passphrase {
            session.surroundings.say(
                .warn(
                    """
                    The gateway's key is a passphrase, which the gateway hashes once: easy to guess for who gets its data. \
                    With another passphrase for the vault it gets a random one: \
                    \(command: ["vault", "rekey", "--passphrase"])
                    """))
        }
        if let mark = try mark(key) { try session.vault.write { try $0.set(Self.setting, to: mark) } }
        return key
    }

    /// Whether the vault's key for the gateway is the one that was handed over; nil where none ever was, or where that key
    /// is not at hand.
    func isCurrent() throws -> Bool? {
        guard let noted = try session.vault.read({ try $0.setting(Self.setting) }),
            let mark = try mark(try? session.masterKey.secret)
        else { return nil }
        return noted == mark
    }

    /// The fingerprint of the entry, else of the key that opened the vault; nil where there is neither.
    private func mark(_ key: SharedSecret?) throws -> String? {
        let name = try EntryName(GatewayKeyEntry.current)
        let entry = try session.vault.read { try $0.entry(name) }
        guard let known = entry?.fingerprint ?? key.map({ session.vault.fingerprint($0.bytes) }) else { return nil }
        return Hexadecimal.text(known.bytes)
    }
}
