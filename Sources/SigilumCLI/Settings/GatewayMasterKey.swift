internal import SecureMemory
internal import VaultCore

/// The gateway's own master key: the one that its store is sealed under.
enum GatewayMasterKey {
    /// The key that the gateway, or its command line tool, is to be handed: the entry `gateway-master-key` where there is one,
    /// else the key that the vault was opened with, unless the vault had such an entry: then no other is the gateway's.
    /// Never with white space around it: the gateway takes its key as it is.
    ///
    /// - Parameters:
    ///   - session: The open vault.
    ///   - purpose: What the log says that the key was released for, before it is.
    /// - Returns: The key, and where it came from.
    /// - Throws: 65, 73 or 75 as every release does; 76 where the entry is gone; 78 where its value is no master key.
    static func resolve(_ session: Session, purpose: String) throws -> MasterKey {
        let name = try EntryName(GatewayKeyEntry.current)
        // Another process may take the entry away between the look and the release: then its absence is an error.
        let (isThere, isEntry) = try session.vault.read { (try $0.entry(name) != nil, try $0.gatewayKeyIsEntry()) }
        if isThere {
            let value = try session.vault.reveal(name, purpose: purpose)
            return try MasterKey(value.bytes, source: .entry(name: name.text))
        }
        guard !isEntry else { throw GatewayKeyGuard.gone }
        let key = try session.askedMasterKey()
        try session.vault.write { try $0.record(.released, facts: ["key": "master key", "purpose": purpose]) }
        return key
    }
}
