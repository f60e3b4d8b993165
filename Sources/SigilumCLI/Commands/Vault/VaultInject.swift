internal import ArgumentParser
internal import SecureMemory
internal import VaultCore

/// `sigilum vault inject`
struct VaultInject: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "inject", abstract: "Fills secrets into a template, where it says {{ sigilum://ENTRY }}.",
        discussion: """
            Example:
              sigilum vault inject app.yaml.template --out app.yaml
            """)

    @Argument(help: "The template's file; - is standard input.") var template: String
    @Option(help: ArgumentHelp("Write the result to this file, 0600, and show it nowhere.", valueName: "path"))
    var out: String?
    @OptionGroup var vault: VaultOptions
    @OptionGroup var reveal: RevealOptions
    @OptionGroup var output: OutputOptions
    var revealsSecrets: Bool { reveal.revealSecrets }

    func perform(_ context: Context) async throws -> Report {
        guard (out == nil) == reveal.revealSecrets else {
            throw Failure.usage(
                "Use one of: --out, --reveal-secrets",
                hints: ["--out FILE writes a file, 0600; --reveal-secrets prints the result on standard output"])
        }
        let surroundings = Surroundings(context)
        let file = try out.map { try SecretFile($0, surroundings) }
        // First: what asks for a passphrase may become another program, which could not read standard input again.
        let session = try Session.open(context, vault, for: .reading)
        let template = try Template.read(template, surroundings)
        try file?.refuse(inside: session.home)
        if let file, file.realPath == template.realPath {
            throw Failure.usage("The file is the template itself: \(file.path)", hints: ["nothing was written"])
        }
        let values = try session.vault.reveal(purpose: "vault inject") { _ in template.entries }
        let result = try template.filled(values)
        let names = JSON.array(template.entries.map { .string($0.text) })
        guard let file else {
            var report = Report(json: .object([("entries", names), ("content", .secret(result, prefix: ""))]))
            // The renderer ends it with a line end.
            report.bare = SharedSecret(Template.withoutLineEnd(result.bytes))
            return report
        }
        try file.write(result.bytes)
        let path = context.shown(path: file.path)
        return Report(
            .ok("Written: \(file.path)"),
            fields: [Field("file", path), Field("entries", .integer(Int64(template.entries.count)))],
            json: .object([("file", path.json), ("entries", names)]))
    }
}
