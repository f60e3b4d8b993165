package import SecureMemory

extension Vault {
    /// Opens the current values of several entries, after the release of all of them was recorded and synced in one
    /// transaction. Where one is not there, nothing is recorded and nothing opened.
    ///
    /// - Parameters:
    ///   - purpose: What the log says that they were released for.
    ///   - choose: Says which, seeing the state that they are read from. A name that comes twice is released once.
    /// - Returns: Each value by its name.
    /// - Throws: ``VaultError``, or what `choose` throws.
    package func reveal(
        purpose: String, _ choose: (VaultSnapshot) throws -> [EntryName]
    ) throws -> [EntryName: SharedSecret] {
        let sealed = try write { transaction in
            var sealed: [EntryName: SealedVersion] = [:]
            for name in try choose(transaction) where sealed[name] == nil {
                sealed[name] = try transaction.release(name, version: nil, purpose: purpose)
            }
            return sealed
        }
        return try sealed.mapValues { try $0.open(keys) }
    }
}
