internal import ArgumentParser
internal import SecureMemory
internal import VaultCore

/// `--force`, of the commands that users give an entry to change or take away.
struct GatewayKeyOptions: ParsableArguments {
    @Flag(help: "Also where the entry is a master key of the gateway.") var force = false
}

/// What may be done by hand to the entries that keep master keys of the gateway. They may be the only copy, and `gateway start`
/// hands over what is in there.
struct GatewayKeyGuard {
    let session: Session

    /// Lets a value be stored where the gateway can have it for its key, as far as anybody knows: it is the one that is there
    /// or that opens the vault; or the gateway's is not there, and cannot be the one that opens the vault.
    ///
    /// - Throws: 76.
    func allow(storing value: Fingerprint?, as name: EntryName, isMeant: Bool = false) throws {
        guard GatewayKeyEntry.all.contains(name.text), !isMeant, !session.isNew else { return }
        let (entry, isFree) = try session.vault.read { snapshot in
            (try snapshot.entry(name), try snapshot.gatewayKeyIsEntry() || isOnlyPassphrase(snapshot))
        }
        if let value {
            if entry?.fingerprint == value { return }
            let key = try? session.masterKey.secret
            if entry == nil, let key, session.vault.fingerprint(key.bytes) == value { return }
        }
        if entry == nil, isFree, name.text == GatewayKeyEntry.current { return }
        throw Failure(
            .refused, code: "gateway-key-entry",
            entry == nil
                ? "\(name.text) is kept for the gateway's master key, which may be the one that opens the vault"
                : "\(name.text) is there already, with another key",
            hints: [
                "gateway start would hand it over, and what the gateway has opens with its own key alone",
                "to keep the gateway's key as an entry:  \(command: ["vault", "key", "move-out"])",
                "to give the gateway another:  \(command: ["vault", "rekey", "--compromised"])",
                "where the gateway has this very key:  \(command: ["vault", "put", name.text, "--force"])",
                "nothing was stored",
            ])
    }

    /// Whether only passphrases open the vault, and none was handed to a gateway.
    private func isOnlyPassphrase(_ snapshot: VaultSnapshot) throws -> Bool {
        try snapshot.slots().allSatisfy { $0.kind == .passphrase } && snapshot.setting(GatewayKeyNote.setting) == nil
    }

    /// Lets an entry be taken away, or its versions, where it is no master key of the gateway, or that is meant.
    ///
    /// - Throws: 76.
    func allow(losing name: EntryName, _ options: GatewayKeyOptions) throws {
        guard GatewayKeyEntry.all.contains(name.text), !options.force,
            try session.vault.read({ try $0.entry(name) }) != nil
        else { return }
        throw Failure(
            .refused, code: "gateway-key-entry",
            "\(name.text) is a master key of the gateway, and may be the only copy",
            hints: [
                "what the gateway has is sealed under its key: without it nobody reads that again",
                "gateway start hands over this entry, and no other key in its place",
                "keep a copy:  \(command: ["vault", "get", name.text, "--reveal-secrets"]), and then: --force",
                "nothing was changed",
            ])
    }

    /// A new value would be none that the gateway has.
    static func refuseRotation(of name: EntryName) throws(Failure) {
        guard GatewayKeyEntry.all.contains(name.text) else { return }
        throw Failure(
            .refused, code: "gateway-key-entry", "A master key of the gateway is not rotated by itself: \(name.text)",
            hints: [
                "what the gateway has is sealed under it; with the vault's key:  \(command: ["vault", "rekey", "--compromised"])",
                "nothing was changed",
            ])
    }

    /// What is said where the gateway's key was an entry that is not there.
    static var gone: Failure {
        Failure(
            .refused, code: "gateway-key-gone",
            "The gateway's master key was the entry \(plain: GatewayKeyEntry.current), which is gone",
            hints: [
                "no other key is handed over: what the gateway has would not open",
                "put it back:  \(command: ["vault", "put", GatewayKeyEntry.current]), or move the entry back",
                "for a gateway that has nothing yet:  \(command: ["vault", "generate", GatewayKeyEntry.current, "--format", "hex"])",
            ])
    }
}
