internal import VaultCore

/// The user that owns a namespace's services.
extension Rows {
    typealias User = (id: Text, email: Text?)

    func user(of namespace: Namespace) throws -> User? {
        let found = try select(
            ["id", "email"], from: schema.users, where: "namespace = \(Text.place)", [Text(namespace.text)])
        guard let row = found.first else { return nil }
        guard let id = row[0] else { throw Unsuitable(names: ["users.id"]) }
        return (id, row[1])
    }

    /// Throws ``DeliveryFailure/emailTaken`` where the e-mail is another namespace's: nobody is taken over by naming
    /// their address.
    func refuseEmailOfAnother(_ email: Text, than namespace: Namespace) throws {
        let others = try select(
            ["id"], from: schema.users, where: "email = \(Text.place) AND namespace IS NOT \(Text.place)",
            [email, Text(namespace.text)])
        guard others.isEmpty else { throw DeliveryFailure.emailTaken }
    }

    /// The id of the namespace's user, who is made, or given the new e-mail.
    func ensureUser(of namespace: Namespace, email: Text, now: Text) throws -> Text {
        try refuseEmailOfAnother(email, than: namespace)
        if let user = try user(of: namespace) {
            if user.email != email {
                try update(
                    schema.users, [("email", email), ("updated_at", now)], where: "id = \(Text.place)", [user.id])
            }
            return user.id
        }
        let id = Text("user_local_\(namespace.text)")
        try insert(
            into: schema.users,
            [
                ("id", id), ("email", email), ("namespace", Text(namespace.text)), ("plan", Text("free")),
                ("settings", Text("{}")), ("created_at", now),
            ],
            spare: [("updated_at", now)])
        return id
    }
}
