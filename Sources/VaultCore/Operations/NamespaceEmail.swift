extension VaultSnapshot {
    /// The e-mail of a namespace's user, as its services have it; nil where there is no service of it.
    package func email(of namespace: Namespace) throws -> String? {
        try inventory().services.first { $0.namespace == namespace && !$0.isRemoved }?.email
    }
}
