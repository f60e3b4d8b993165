import Foundation
import Testing
import VaultTestSupport

/// One line of a session that has every command in it.
struct RedactionLine: Sendable {
    /// The command's words, as the tree of commands has them.
    let command: String
    let arguments: String
    /// What is put on standard input.
    var input: Input = .nothing
    var status: Int32 = 0
    /// Whether the command's purpose is to print a secret, so that its standard output may hold one.
    var printsSecret = false
    /// Whether it is repeated as a document and with secrets revealed.
    var isRepeated = true

    enum Input { case nothing, secret, other, document }

    init(
        _ command: String, _ arguments: String = "", input: Input = .nothing, status: Int32 = 0,
        printsSecret: Bool = false, isRepeated: Bool = true
    ) {
        self.command = command
        self.arguments = arguments
        self.input = input
        self.status = status
        self.printsSecret = printsSecret
        self.isRepeated = isRepeated
    }

    /// The line with the vault's id in the place of `ID`.
    func words(id: String) -> String { "\(command) \(arguments)".replacing(" ID", with: " " + id) }

    /// A session in which every command does what it is for. A command that is missing here is found by the test.
    static let session: [RedactionLine] = [
        .init("vault init"),
        .init("vault put", "mine/own", input: .secret),
        .init("vault put", "mine/own", input: .other),
        .init("vault generate", "mine/made"),
        .init("service add", linear),
        .init("service add", linear + " --reveal-secrets", printsSecret: true, isRepeated: false),
        .init("service secret set", "--service-slug linear --upstream-secret-env OTHER"),
        .init("service key rotate", "--service-slug linear"),
        .init("service show", "--service-slug linear"),
        .init("service list"),
        .init("auth login", "--mode oss-local", printsSecret: true),
        .init("auth login", "--mode oss-local --print-token false"),
        .init("auth refresh", "--mode oss-local --token-only", printsSecret: true),
        .init("auth refresh", "--mode oss-local --print-token false"),
        .init("login", "--mode oss-local --print-token false"),
        .init("auth show", printsSecret: true),
        .init("auth show", "--claims"),
        .init("vault list"), .init("vault find", "linear"),
        .init("vault get", "mine/own"), .init("vault get", "upstream-secret/linear/access_token --version 1"),
        .init("vault history", "mine/own"), .init("vault rollback", "mine/own --to 1"),
        .init("vault rotate", "mine/made --rotate-with false", status: 76),
        .init("vault rotate", "--due"), .init("vault rotate", "--max-age-days 9999 --dry-run"),
        .init("service secret set", "--service-slug linear --upstream-secret-env OTHER --try nope", status: 64),
        .init("vault rotate", "mine/made"), .init("vault rotate", "service-api-key/linear"),
        .init("vault run", "--env OWN=mine/own -- printenv OWN", printsSecret: true, isRepeated: false),
        .init("vault run", "--mask-output --env OWN=mine/own -- printenv OWN", isRepeated: false),
        .init("vault run", "--json --env OWN=no/such -- true", status: 66, isRepeated: false),
        .init("vault inject", "template --reveal-secrets", printsSecret: true, isRepeated: false),
        .init("vault inject", "template", status: 64),
        .init("vault move", "mine/own mine/moved", isRepeated: false),
        .init("vault export", "mine/moved --to own.secret"), .init("vault export", "--all"),
        .init("vault export", "--all --check"), .init("vault diff"), .init("vault sync", "--dry-run"),
        .init("vault sync"), .init("vault status"), .init("vault log"), .init("vault verify"),
        .init("vault audit", isRepeated: false), .init("vault audit", "--json", isRepeated: false),
        .init("vault audit", "--format sarif", isRepeated: false),
        .init("vault audit", "--reveal-secrets", printsSecret: true, isRepeated: false),
        .init("vault log", "--entry mine/moved"), .init("vault log", "--export log.export", isRepeated: false),
        .init("vault verify", "--anchor log.export"), .init("vault log", "--auditors"),
        .init("vault auditor new", "--out auditor.key", isRepeated: false),
        .init("vault log", "--verify log.export --auditor-key auditor.key", status: 77),
        .init("vault log", "--syslog --syslog-socket no/such", status: 69),
        // No gateway answers there, so that there is a finding whatever the machine is like.
        .init("doctor", "--gateway-admin-url http://127.0.0.1:9", status: 1),
        .init("vault doctor", "--fix --gateway-admin-url http://127.0.0.1:9", status: 1),
        .init("vault anchor show"), .init("vault anchor accept", "--confirm ID"),
        .init("vault prune", "mine/made --keep 1"),
        .init("vault recipient new", "--out recipient.key", isRepeated: false),
        .init("vault backup", "moving.backup --force"), .init("vault restore", "moving.backup --check"),
        .init("vault restore", "moving.backup", status: 73),
        .init("vault deposits key"), .init("vault deposit", "mine/deposited", input: .other),
        .init("vault deposits list"), .init("vault deposits accept", "ID", isRepeated: false),
        .init("vault deposits reject", "ID", isRepeated: false),
        .init("vault unlock"), .init("vault lock"), .init("gateway start", status: 66), .init("gateway status"),
        .init("vault key list"), .init("vault key add", "--new-key-file second.key", isRepeated: false),
        .init("vault key remove", "1 --confirm 1", isRepeated: false),
        .init("vault rekey", "--new-key-file third.key --gateway-loses-them", isRepeated: false),
        .init("vault rekey", "--redeliver"), .init("vault key remove", "1 --confirm 1", isRepeated: false),
        .init("vault key move-out", status: 64),
        .init("vault import", "--format json - --dry-run", input: .document),
        .init("vault import", "--format json -", input: .document),
        .init("vault import", "--format env -", input: .document, status: 64),
        // What goes wrong says no secret either.
        .init("vault get", "no/such", status: 66), .init("vault rollback", "mine/moved --to 99", status: 66),
        .init("service show", "--service-slug nope", status: 66),
        .init("service secret set", "--service-slug linear --upstream-secret-env NOT_SET", status: 66),
        .init("vault remove", "mine/moved --confirm mine/other", status: 64),
        .init("vault remove", "mine/moved --confirm mine/moved", isRepeated: false),
        .init("service remove", "--service-slug linear --confirm linear --everywhere", isRepeated: false),
        .init("auth logout", isRepeated: false),
    ]

    private static let linear =
        "--service-slug linear --mode gateway --upstream-base-url https://api.linear.app --upstream-secret-env SECRET"
}

/// A home in which ``RedactionLine/session`` is run, with secrets of a given length.
struct RedactionScene {
    let home: TestHome
    let gateway: GatewayDouble
    /// What is put in, of whatever kind.
    let given: [String: Canary]

    /// A home without anything, and a gateway.
    ///
    /// - Parameter filler: Stands at the end of every secret that is given.
    /// - Throws: What making a home and a gateway throws.
    init(filler: String = "") async throws {
        home = try TestHome()
        func canary(_ prefix: String) -> Canary { Canary(bytes: Canary(prefix: prefix).bytes + Array(filler.utf8)) }
        given = [
            "SECRET": canary("lin_"), "OTHER": canary("lin_"), "JWT_SECRET": canary(""),
            "GATEWAY_ADMIN_TOKEN": canary(""), "own": canary("ghp_"), "other": canary("ghp_"),
            "GATEWAY_MASTER_KEY": Canary(
                bytes: Array(
                    (0..<64).map { _ in "0123456789abcdef".randomElement() ?? "0" }.map(String.init).joined().utf8)),
        ]
        gateway = try await GatewayDouble.start()
        try home.write(Array("own: {{ sigilum://mine/own }}\n".utf8), to: "template")
    }

    var variables: [String: String] {
        var variables = given.filter { $0.key == $0.key.uppercased() }.mapValues(\.text)
        variables["GATEWAY_ADMIN_URL"] = gateway.url
        return variables
    }

    func run(_ line: RedactionLine, _ more: String = "") async throws -> ProgramResult {
        let input: [UInt8]? =
            switch line.input {
            case .nothing: nil
            case .secret: given["own"]?.bytes
            case .other: given["other"]?.bytes
            case .document: given["own"].map { Array("{\"in/one\": \"\($0.text)\"}".utf8) }
            }
        let words = line.words(id: try await id(for: line)) + more
        return try await home.runner.run(home.call(words, variables: variables, input: input))
    }

    /// The vault's id, for the line that needs it.
    private func id(for line: RedactionLine) async throws -> String {
        guard line.arguments.contains("ID") else { return "" }
        if line.command.hasPrefix("vault deposits") {
            let list = try await home.runner.run(home.call("vault deposits list --json", variables: variables))
            return String(list.outputText.firstMatch(of: /"deposit": "([0-9a-f]+)"/)?.1 ?? "")
        }
        let status = try await home.runner.run(home.call("vault status --json", variables: variables))
        return String(status.outputText.firstMatch(of: /"vault_id": "([0-9a-f]+)"/)?.1 ?? "")
    }

    /// What was made here and not given: the keys and tokens that the exports hold now.
    func made() -> [Canary] {
        let files = [
            home.sigilum + "/service-api-key-linear", home.user + "/.openclaw/.sigilum/owner-token-johndee.jwt",
        ]
        return files.compactMap { home.contents($0) }.map { Canary(bytes: $0.filter { $0 != 0x0a }) }
    }
}
