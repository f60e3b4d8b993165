internal import ArgumentParser
internal import VaultCore

/// `sigilum vault lock`
struct VaultLock: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock", abstract: "Has the kernel forget what vault unlock gave it.",
        discussion: """
            Example:
              sigilum vault lock
              sigilum vault lock --all
            """)

    @Flag(help: "Every vault of this user.") var all = false
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let keyring = context.openers.keyring
        if all {
            return try report(context, "Vaults locked") {
                try keyring.names().filter { $0.hasPrefix(UnlockedKey.prefix) }.count { try keyring.remove($0) }
            }
        }
        let place = try VaultPlace.find(context, vault)
        guard let id = try place.claimedID() else { throw place.location.notFound }
        return try report(context, "Vault locked: \(place.path)") {
            try keyring.remove(UnlockedKey.name(of: id)) ? 1 : 0
        }
    }

    /// Where nothing can be kept, nothing is: it is locked.
    private func report(_ context: Context, _ done: Message, _ lock: () throws -> Int) throws -> Report {
        var count = 0
        do {
            count = try lock()
        } catch KeyringError.unavailable {
            context.remarks.add(.info("The kernel keeps no keys for this program: none was kept"))
        }
        return Report(.ok(done), fields: [Field("forgotten", .integer(Int64(count)))])
    }
}
