import ArgumentParser
import Glibc
import SecureMemory

@testable import SigilumCLI

enum SampleMode: String, ExpressibleByArgument, CaseIterable {
    case native, gateway
}

/// A command as others are written.
struct SampleGet: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show an entry.",
        discussion: """
            Example:
              sigilum vault get local-jwt-secret
            """)

    @Argument(help: "The entry's name.") var name: String
    @Option(help: "Which version.") var entryVersion: Int?
    @OptionGroup var reveal: RevealOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    var revealsSecrets: Bool { reveal.revealSecrets }

    func perform(_ context: Context) async throws -> Report {
        context.remarks.add(.info("looked"))
        guard name != "absent" else {
            throw Failure(
                .missing, code: "no-entry", "No such entry: \(name)",
                hints: ["list them:  \(command: ["vault", "list"])"])
        }
        guard name != "defect" else { throw SampleDefect(text: canary) }
        let value = context.secret(vault.gatewayMasterKey) ?? secret(canary)
        return Report(
            .ok("Entry: \(name)"), fields: [Field("value", .secret(value, prefix: "lin_"))],
            remarks: [.warn("old")], exit: name == "found" ? .found : .done)
    }
}

struct SampleDefect: Error {
    let text: String
}

/// A command with the options of a service.
struct SampleAdd: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Register a service.",
        discussion: """
            Example:
              sigilum service add --service-slug linear
            """)

    @Option var serviceSlug: String
    @Option var mode: SampleMode = .native
    @Option var upstreamSecret: ArgumentSecret?
    @Option var upstreamSecretEnv: String?
    @Option var rotationIntervalDays: Int?
    @OptionGroup var offline: OfflineOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        guard !offline.offline else { return Report(.ok("offline")) }
        let report = Report(
            .warn("Service saved, not delivered: \(serviceSlug)"),
            fields: [Field("slug", .untrusted(serviceSlug))], remarks: [.info("made")])
        throw Failure(.unavailable, code: "unreachable", "Gateway admin not reachable", report: report)
    }
}

struct SampleVault: ParsableCommand {
    static let commands: [any ParsableCommand.Type] = [SampleGet.self]
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "The vault.", subcommands: commands)
}

struct SampleService: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service", abstract: "Services.", subcommands: [SampleAdd.self])
}

struct SampleSigilum: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sigilum", abstract: "A sample.", version: "sigilum 0.1.0",
        subcommands: [SampleVault.self, SampleService.self])
}

struct SampleVaultRoot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "A sample.", version: "sigilum 0.1.0",
        subcommands: SampleVault.commands + [SampleService.self])
}

/// The memory of a command line, as the system gives it to a process.
final class ArgumentMemory {
    private let argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ words: [[UInt8]]) {
        count = words.count
        argv = .allocate(capacity: words.count + 1)
        for (index, word) in words.enumerated() {
            let memory = UnsafeMutablePointer<CChar>.allocate(capacity: word.count + 1)
            for (offset, byte) in word.enumerated() { memory[offset] = CChar(bitPattern: byte) }
            memory[word.count] = 0
            argv[index] = memory
        }
        argv[words.count] = nil
    }

    convenience init(_ words: [String]) {
        self.init(words.map { Array($0.utf8) })
    }

    /// What the process list shows.
    var words: [String] {
        (0..<count).map { index in argv[index].map { String(cString: $0) } ?? "" }
    }

    func intake(isOption: (String) -> Bool = { _ in false }) -> ArgumentIntake {
        withVector { ArgumentIntake($0, isOption: isOption) }
    }

    /// Calls `body` with what `main` gets.
    func withVector<Result>(
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        withExtendedLifetime(self) { body(argv) }
    }

    deinit {
        for index in 0..<count { argv[index]?.deallocate() }
        argv.deallocate()
    }
}

func intake(_ words: [String]) -> ArgumentIntake {
    let tree = CommandTree(root: root(of: words))
    return ArgumentMemory(words).intake(isOption: { tree.optionNames.contains($0) })
}

private func root(of words: [String]) -> any ParsableCommand.Type {
    ProgramName(argumentZero: words.first ?? "") == .vault ? SampleVaultRoot.self : SampleSigilum.self
}

struct Run {
    let status: Int32
    let output: String
    let errors: String
}

/// Runs the sample program, or another, with a command line, the first word included.
func run(
    _ words: [String], root other: (any ParsableCommand.Type)? = nil, results: WriteOutcome = .written
) async -> Run {
    let (output, errors) = (Capture(), Capture())
    let context = Context(
        now: { 0 },
        terminal: Terminal(
            canAsk: { false }, inputIsTerminal: { false },
            askSecret: { (_) throws(TerminalError) in throw .mayNotAsk },
            askLine: { (_) throws(TerminalError) in throw .mayNotAsk },
            readInput: { () throws(TerminalError) in throw .ended }),
        environment: .fixed([:]), workingDirectory: "/work", program: .sigilum, argumentSecrets: .none,
        results: output.channel(outcome: results), notes: errors.channel(), openers: .unset)
    let status = await EntryPoint(root: other ?? root(of: words)).run(intake(words), context)
    return Run(status: status, output: output.text, errors: errors.text)
}

extension Openers {
    /// Openers of a test whose commands open nothing: whoever asks anyhow stops the test.
    static let unset = Openers(
        storage: { _, _, _, _ in throw Unset() }, anchors: { _, _ in preconditionFailure("no anchors in this test") },
        exportFiles: { _, _ in preconditionFailure("no export files in this test") },
        adoptableFile: { _, _ in throw Unset() }, localAPI: { _ in throw Unset() }, gateway: { _ in throw Unset() },
        openClaw: { preconditionFailure("no configuration in this test") }, sigilumAPI: { _ in throw Unset() })

    private struct Unset: Error {}
}
