internal import VaultCore

/// What brings a namespace a new owner token.
enum TokenRenewal {
    /// What to type: a token that was signed here is signed again, one that was given is given out by somebody else.
    static func command(_ namespace: String, in vault: Vault) -> Message {
        let name = try? EntryName("owner-token/" + namespace)
        let origin = name.flatMap { name in try? vault.read { try $0.history(name).last?.origin } }
        guard origin == .generated else {
            let words = ["auth", "login", "--mode", "managed", "--namespace", namespace, "--owner-token-stdin"]
            return "\(command: words) < FILE"
        }
        return "\(command: ["auth", "refresh", "--mode", "oss-local", "--namespace", namespace])"
    }
}
