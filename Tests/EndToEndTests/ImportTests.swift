import Foundation
import Testing
import VaultTestSupport

@Suite("Import", .few)
struct ImportTests {
    private func value(_ name: String, _ home: TestHome) async throws -> String {
        try await home.runner.run(home.call("vault get \(name) --reveal-secrets")).outputText
    }

    @Test(
        "an env file is stored in one transaction; a second run changes nothing; what differs stays, until it is replaced"
    )
    func env() async throws {
        let home = try TestHome()
        let (one, two, other) = (Canary(), Canary(prefix: ""), Canary())
        let file = "# of the project\nexport TOKEN='\(one.text)'\nSECOND=\"\(two.text)\" # quoted\nEMPTY=\n"
        try home.write(Array(file.utf8), to: ".env")
        let planned = try await home.run("vault import --format env .env --prefix ci/ --dry-run")
        planned.expect(0)
        #expect(planned.outputText.hasPrefix("[ok] Would be imported: 2\n"))
        #expect(!home.exists(home.sigilum))

        let first = try await home.run("vault import --format env .env --prefix ci/")
        first.expect(0)
        #expect(
            first.outputText.replacing(#/ +/#, with: " ")
                == "[ok] Imported: 2\n new: 2\n replaced: 0\n unchanged: 0\n differing: 0\n empty: 1\n ci/EMPTY empty\n"
        )
        #expect(try await value("ci/TOKEN", home) == one.text + "\n")
        #expect(try await value("ci/SECOND", home) == two.text + "\n")
        let generation = /"generation": \d+/
        let before = try await home.run("vault status --json").outputText.firstMatch(of: generation)?.output
        try await home.run("vault import --format env .env --prefix ci/ --json").expect(0)
        let after = try await home.run("vault status --json").outputText.firstMatch(of: generation)?.output
        #expect(before == after)

        let input = Array("TOKEN=\(other.text)\nSECOND=\(two.text)\n".utf8)
        let differing = try await home.run("vault import --format env - --prefix ci/", input: input)
        differing.expect(1)
        #expect(differing.outputText.contains("ci/TOKEN  differs"))
        #expect(try await value("ci/TOKEN", home) == one.text + "\n")
        let replaced = try await home.run("vault import --format env - --prefix ci/ --overwrite --json", input: input)
        replaced.expect(0)
        #expect(replaced.outputText.contains("\"state\": \"replaced\""))
        #expect(try await value("ci/TOKEN", home) == other.text + "\n")
        try await home.run("vault verify").expect(0)
        #expect(home.contents(".env") == Array(file.utf8))
        for canary in [one, two, other] { #expect(home.leaks(of: canary, except: [".env"]) == []) }
    }

    @Test("a thousand values are one transaction, each with its event")
    func thousand() async throws {
        let home = try TestHome()
        let canary = Canary()
        let members = (0..<1000).map { "\"service/\($0)/key\": \"\(canary.text)\($0)\"" }
        let document = Array("{\(members.joined(separator: ", "))}".utf8)
        try await home.run("vault init").expect(0)
        let generation = /"generation": (\d+)/
        let before = try await home.run("vault status --json").outputText.firstMatch(of: generation)?.1
        let result = try await home.run("vault import --format json -", input: document)
        result.expect(0)
        #expect(result.outputText.hasPrefix("[ok] Imported: 1000\n"))
        #expect(result.errors == [])
        let after = try await home.run("vault status --json").outputText.firstMatch(of: generation)?.1
        #expect(before.flatMap { Int($0) }.map { $0 + 1 } == after.flatMap { Int($0) })
        let verified = try await home.run("vault verify")
        verified.expect(0)
        #expect(verified.outputText.replacing(#/ +/#, with: " ").contains(" versions: 1000\n"))
        #expect(try await value("service/999/key", home) == canary.text + "999\n")
        #expect(home.leaks(of: canary) == [])
    }

    @Test(
        "what cannot be imported has its status, names nothing of a value, and leaves everything as it was",
        arguments: [
            ("env", "CANARY", 64), ("env", "A='CANARY", 64), ("json", "{\"a\": CANARY}", 64), ("json", "CANARY", 64),
            ("json", "{\"a\":\"CANARY\",\"a\":\"CANARY\"}", 64), ("json", "{\"\":\"CANARY\",\"ok\":\"CANARY\"}", 64),
            ("json", "{\"upstream-secret/linear/k\":\" CANARY\"}", 64), ("json", "{\"CANARY\":\"x\"}", 64),
            ("json", "{\"owner-token/johndee\":\"CANARY\"}", 64),
            ("sops", "{\"a\":\"CANARY\",\"sops\":{\"mac\":\"x\"}}", 64),
            ("vault", "{\"errors\":[\"CANARY\"]}", 64),
            ("vault", "{\"data\":{\"data\":null,\"metadata\":{\"version\":1}}}", 66),
            ("json", "{}", 66), ("sigilum", "", 66), ("pass", "", 66), ("yaml", "CANARY", 64),
        ])
    func wrong(format: String, content: String, status: Int32) async throws {
        let home = try TestHome()
        let canary = Canary()
        try await home.run("vault put mine", input: Array("x".utf8)).expect(0)
        let before = home.files(below: home.sigilum)
        let input = Array(content.replacing("CANARY", with: canary.text).utf8)
        try await home.run("vault import --format \(format) -", input: input).expect(status)
        try await home.run("vault import --format \(format) - --dry-run --json", input: input).expect(status)
        let after = home.files(below: home.sigilum)
        #expect(before["vault.db-wal"] == after["vault.db-wal"] && before["vault.db"] == after["vault.db"])
        #expect(home.leaks(of: canary) == [])
    }

    @Test("a file that is not there is 66; options that do not go together, and a format that is missing, are 64")
    func usage() async throws {
        let home = try TestHome()
        let canary = Canary()
        try await home.run("vault import --format env \(canary.text)").expect(66, error: "File not found: (not shown")
        try await home.run("vault import --format env .").expect(64, error: "Not a file or a pipe")
        try await home.run("vault import --format pass .").expect(64, error: "Not a folder of pass")
        try await home.run("vault import .env").expect(64)
        try await home.run("vault import --format env .env --upstream-secret-key k").expect(64)
        try await home.run("vault import --format sigilum . --prefix a/").expect(64)
        #expect(!home.exists(home.sigilum))
        #expect(home.leaks(of: canary) == [])
    }

    @Test("a workspace of plain files is adopted without changing a byte of them, and what the gateway has is listed")
    func workspace() async throws {
        let home = try TestHome()
        let (key, upstream) = (Canary(prefix: "sk_"), Canary())
        try home.write(key.bytes + [0x0A], to: "old/service-api-key-linear")
        try home.write(upstream.bytes, to: "old/gateway-connection-secret-linear", mode: 0o644)
        try home.write(Array("not ours".utf8), to: "old/notes.txt")
        let before = home.files(below: home.work + "/old")
        let gateway = try await GatewayDouble.start()
        gateway.preload(
            .init(
                id: "linear", name: "Linear", baseURL: "https://api.linear.app", secretKey: "token",
                secrets: ["token": upstream.text]),
            .init(id: "stripe", name: "Stripe", baseURL: "https://api.stripe.com", secretKey: "k", secrets: ["k": "v"]),
            .init(id: "Not A Slug", name: "x", baseURL: "https://example.org"))
        let variables = ["GATEWAY_ADMIN_URL": gateway.url]
        let result = try await home.run("vault import --format sigilum old", variables: variables)
        result.expect(0)
        #expect(result.outputText.hasPrefix("[ok] Imported: 2\n"))
        #expect(
            result.outputText.contains(
                "service secret set --service-slug linear --upstream-secret-file old/gateway-connection-secret-linear"))
        #expect(result.outputText.contains("service secret set --service-slug stripe --upstream-secret-file -"))
        #expect(result.outputText.contains("Not A Slug: its id is no slug"))
        #expect(result.errorText.contains("[warn] Others may read what is imported: gateway-connection-secret-linear"))
        #expect(home.files(below: home.work + "/old") == before)
        #expect(try await value("service-api-key/linear", home) == key.text + "\n")
        #expect(try await value("upstream-secret/linear/token", home) == upstream.text + "\n")
        try await home.run("vault import --format sigilum old --offline").expect(0)
        #expect(gateway.requests.allSatisfy { $0.method == "GET" })

        // What is said next does adopt it: the same value, no new version.
        let adopted = try await home.run(
            "service secret set --service-slug linear --upstream-secret-file old/gateway-connection-secret-linear",
            variables: variables)
        adopted.expect(0)
        let history = try await home.run("vault history upstream-secret/linear/token --json")
        #expect(history.outputText.matches(of: /"version"/).count == 1)
        #expect(home.contents(home.sigilum + "/service-api-key-linear") == key.bytes)
        let again = try await home.run("vault import --format sigilum old --json", variables: variables)
        again.expect(0)
        #expect(!again.outputText.contains("\"service\": \"linear\""))
        let files = ["service-api-key-linear", "gateway-connection-secret-linear"]
        for canary in [key, upstream] { #expect(home.leaks(of: canary, except: files) == []) }
        try await gateway.stop()
    }

    @Test("links in a workspace are not followed, and a file with the name of no service is told: nothing is stored")
    func strangeFiles() async throws {
        let home = try TestHome()
        let canary = Canary()
        try home.write(canary.bytes, to: "elsewhere")
        try home.write(canary.bytes, to: "old/service-api-key-linear")
        try home.write(canary.bytes, to: "old/service-api-key-Not_A_Slug")
        try FileManager.default.createSymbolicLink(
            atPath: home.work + "/old/gateway-connection-secret-linear", withDestinationPath: home.work + "/elsewhere")
        let result = try await home.run("vault import --format sigilum old --offline")
        result.expect(64, error: "2 values cannot be imported; nothing was stored")
        #expect(result.errorText.contains("it is a link, or no regular file"))
        #expect(!home.exists(home.sigilum))
        try home.write(Array(repeating: 0x41, count: 20_000), to: "large/service-api-key-linear")
        try await home.run("vault import --format sigilum large --offline").expect(65, error: "File too large")
        #expect(
            home.leaks(
                of: canary,
                except: [
                    "elsewhere", "service-api-key-linear", "service-api-key-Not_A_Slug",
                    "gateway-connection-secret-linear",
                ]) == [])
    }

    @Test("pass opens its entries one by one, without a shell; the first line of each is its value")
    func pass() async throws {
        let home = try TestHome()
        let (one, two) = (Canary(), Canary(prefix: "ghp_"))
        // What `pass show` prints, from files beside the store.
        let program = """
            #!/bin/sh
            [ "$1" = show ] && [ "$2" = -- ] && [ -n "$PASSWORD_STORE_DIR" ] || exit 9
            cat "$PASSWORD_STORE_DIR/../open/$3"
            """
        try home.write(Array(program.utf8), to: "bin/pass", mode: 0o755)
        for name in [".gpg-id", "web/site one.gpg", "ci.gpg", ".git/x.gpg", "notes.txt"] {
            try home.write([], to: "store/" + name)
        }
        try home.write(one.bytes + Array("\nuser: johndee\n".utf8), to: "open/web/site one")
        try home.write(two.bytes + [0x0A], to: "open/ci")
        let path = ["PATH": home.work + "/bin:/usr/bin:/bin"]
        let result = try await home.run("vault import --format pass store --prefix pass/", variables: path)
        result.expect(0)
        #expect(result.outputText.hasPrefix("[ok] Imported: 2\n"))
        #expect(result.errorText.contains("[i] Only the first line was taken of 1: web/site one"))
        #expect(try await value("pass/ci", home) == two.text + "\n")
        let site = try await home.runner.run(
            home.call("vault get --reveal-secrets", more: ["pass/web/site one"]))
        #expect(site.outputText == one.text + "\n")

        try FileManager.default.removeItem(atPath: home.work + "/open/ci")
        try home.write([], to: "store/new.gpg")
        let before = home.contents(home.database)
        let failed = try await home.run("vault import --format pass store --prefix other/", variables: path)
        failed.expect(76, error: "pass does not open all entries; nothing was stored")
        #expect(failed.errorText.contains("ci: it ended with status 1"))
        #expect(home.contents(home.database) == before)
        try await home.run("vault import --format pass store", variables: ["PATH": home.work]).expect(
            66, error: "There is no program pass")
        for canary in [one, two] { #expect(home.leaks(of: canary, except: ["site one", "ci"]) == []) }
    }
}
