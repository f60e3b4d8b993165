extension VaultSnapshot {
    /// The address of the API that the stored token of a namespace is for; nil where nobody said.
    package func tokenAddress(of namespace: Namespace) throws -> String? {
        try setting(Self.tokenAddressSetting(namespace))
    }

    fileprivate static func tokenAddressSetting(_ namespace: Namespace) -> String { "token-api/" + namespace.text }
}

extension VaultTransaction {
    /// Keeps for which API the token is that is stored in the same transaction.
    func keep(tokenAddress: String, of namespace: Namespace) throws {
        try set(Self.tokenAddressSetting(namespace), to: tokenAddress)
    }
}
