internal import ArgumentParser
internal import VaultCore

/// `sigilum vault diff`
struct VaultDiff: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Compares every target with what it should hold; 1 where one differs.",
        discussion: """
            For each target: whether it is as it should be and which fields are not, the version that is desired, and the one
            that was last applied.

            Example:
              sigilum vault diff
            """)

    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        let compared = try await session.reconciler(delivery).compare()
        let versions = try session.vault.deliveryVersions()
        return try TargetStates(comparisons: compared, versions: versions).report(
            same: "Targets are as they should be: \(compared.count)"
        ) {
            "Targets differ: \($0) of \(compared.count)"
        }
    }
}
