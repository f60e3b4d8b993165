import Foundation
import SafeFiles
import SecureMemory
import Synchronization
import Testing
import VaultCore
import VaultTestSupport

@testable import SigilumCLI

/// A home of a test's own with everything that stands behind the vault's commands: a store and an anchor in memory,
/// targets in memory. Time stands still until a test moves it.
final class VaultStage: Sendable {
    /// 2026-03-01T10:00:00Z.
    static let start: Int64 = 1_772_359_200_000

    let folder: TemporaryFolder
    let storage = MemoryStorage()
    let anchors = MemoryAnchors()
    let files = StageTarget(.exportFile), localAPI = StageTarget(.localAPI), gateway = StageTarget(.gateway)
    let openClaw = StageTarget(.openClaw), sigilumAPI = StageTarget(.sigilumAPI)
    let notes = MemoryNotes()
    let machine = Mutex(Machine.good)
    /// What the gateway and the API are found to be; both are asked through here alone.
    let checkups = Mutex(
        (
            gateway: EndpointCheckup(failure: nil, time: nil), api: EndpointCheckup(failure: nil, time: nil),
            asked: [String]()
        ))
    private let clock = Mutex(VaultStage.start)
    private let reached = Mutex<[String]>([])

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A stage with a vault.
    static func withVault() async throws -> VaultStage {
        let stage = try VaultStage()
        let made = await stage.run("vault", "init")
        try #require(made.status == 0, "\(made.errors)")
        return stage
    }

    /// A stage with a service behind the gateway, whose secret is the canary, delivered everywhere.
    static func withService() async throws -> VaultStage {
        let stage = try await withVault()
        let added = await stage.run(
            [
                "service", "add", "--service-slug", "linear", "--mode", "gateway", "--upstream-base-url",
                "https://api.linear.app", "--upstream-secret-env", "TOKEN", "--namespace", "johndee",
            ], variables: ["TOKEN": canary])
        try #require(added.status == 0, "\(added.errors)")
        return stage
    }

    var home: String { folder(".sigilum-workspace") }

    /// The kinds of targets that were made since the last question.
    func targetsMade() -> [String] {
        reached.withLock { made in
            defer { made = [] }
            return made
        }
    }

    func pass(days: Int64 = 0, hours: Int64 = 0) {
        clock.withLock { $0 += (days * 24 + hours) * 3_600_000 }
    }

    /// The text without what differs from run to run: the folder is `~`, ids of vaults are `ID`.
    func plain(_ text: String) -> String {
        text.replacing(folder.path, with: "~").replacing(/\b[0-9a-f]{32}\b/, with: "ID")
    }

    @discardableResult
    func run(_ words: String...) async -> Run { await run(words) }

    /// Runs the program. Neither stream may have the canary in it, unless `reveals`; then standard error may not.
    @discardableResult
    func run(
        _ words: [String], input: String? = nil, answers: [String] = [], variables: [String: String] = [:],
        reveals: Bool = false, at place: SourceLocation = #_sourceLocation
    ) async -> Run {
        let (output, errors) = (Capture(), Capture())
        let context = context(input, answers, variables, output, errors)
        let tree = CommandTree(root: SigilumRoot.self)
        let intake = ArgumentMemory(["sigilum"] + words).intake(isOption: { tree.optionNames.contains($0) })
        let status = await runSigilum(intake, context)
        let said = errors.text.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("[warn] Memory could not be locked") }.joined(separator: "\n")
        if !reveals { #expect(!output.text.contains(canary), "\(words)", sourceLocation: place) }
        #expect(!said.contains(canary), "\(words)", sourceLocation: place)
        return Run(status: status, output: plain(output.text), errors: plain(said))
    }

    /// What a command gets here, without an answer or input: to open a session with.
    func context() -> Context { context(nil, [], [:], Capture(), Capture()) }

    private func context(
        _ input: String?, _ answers: [String], _ variables: [String: String], _ output: Capture, _ errors: Capture
    ) -> Context {
        let settings = ["HOME": folder.path, "XDG_STATE_HOME": folder("state")]
        return Context(
            now: { [self] in clock.withLock { $0 } }, terminal: Self.terminal(input, answers),
            environment: .fixed(settings.merging(variables) { $1 }), workingDirectory: folder.path, program: .sigilum,
            argumentSecrets: .none, results: output.channel(), notes: errors.channel(), openers: openers)
    }

    private static func terminal(_ input: String?, _ answers: [String]) -> Terminal {
        let waiting = Mutex(answers)
        return Terminal(
            canAsk: { !answers.isEmpty }, inputIsTerminal: { !answers.isEmpty },
            askSecret: { (_) throws(TerminalError) in
                let next = waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                guard let next else { throw .mayNotAsk }
                return SecretBytes(copying: next.utf8)
            },
            askLine: { (_) throws(TerminalError) in throw .mayNotAsk },
            readInput: { () throws(TerminalError) in
                guard let input else { throw .ended }
                return withoutTrailingLineEnd(SecretBytes(copying: input.utf8))
            })
    }

    private var openers: Openers {
        let note: @Sendable (String) -> Void = { [self] kind in reached.withLock { $0.append(kind) } }
        let (storage, anchors, files, localAPI, gateway) = (storage, anchors, files, localAPI, gateway)
        let (openClaw, sigilumAPI) = (openClaw, sigilumAPI)
        return Openers(
            storage: { _, _, createIfMissing, _ in createIfMissing || storage.rows.head != nil ? storage : nil },
            anchors: { _, _ in anchors },
            exportFiles: { _, _ in
                note("export-file")
                return files
            }, adoptableFile: { _, _ in nil },
            localAPI: { _ in
                note("local-api")
                return localAPI
            },
            gateway: { _ in
                note("gateway")
                return gateway
            },
            openClaw: { openClaw },
            sigilumAPI: { _ in
                note("sigilum-api")
                return sigilumAPI
            },
            tokenNotes: { [notes] _, _ in notes },
            gatewayCheckup: { [self] inputs, connection in
                checkups.withLock { $0.asked.append("\(inputs.adminURL) \(connection?.text ?? "-")") }
                return checkups.withLock { $0.gateway }
            },
            apiCheckup: { [self] inputs in
                checkups.withLock { $0.asked.append(inputs.baseURL) }
                return checkups.withLock { $0.api }
            }, machine: machine.withLock { $0 })
    }
}
