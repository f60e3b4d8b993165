internal import ArgumentParser

/// `sigilum doctor`, and `sigilum vault doctor`
struct DoctorCommand: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Looks for what is wrong around the vault; 1 where something is.",
        discussion: """
            Each finding comes with what mends it. --fix does what cannot lose anything: it takes files of yours away from
            other users, removes what killed runs left, keeps the home out of git, and finishes a wipe.

            Example:
              sigilum doctor --fix
            """)

    @Flag(help: "Mend what can be mended without losing anything.") var fix = false
    @OptionGroup var gateway: GatewayOptions
    @OptionGroup var api: APIOptions
    @OptionGroup var openClaw: OpenClawHomeOption
    @Flag(help: "Try no network: the gateway and the API are not asked.") var offline = false
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let doctor = Doctor(
            context: context, vault: vault, gateway: gateway, api: api, openClaw: openClaw, isOffline: offline,
            fixes: fix)
        return DoctorReport(diagnoses: await doctor.examine(), context: context).report
    }
}
