import Foundation
import Testing
import VaultTestSupport

@Suite("A vault that was tampered with", .few)
struct TamperTests {
    private func made(_ canary: Canary) async throws -> TestHome {
        let home = try TestHome()
        try await home.run(addLinear + " --offline", variables: home.variables(canary)).expect(0)
        return home
    }

    @Test("a byte flipped anywhere in the file is refused with 65 or leaves every row as it was")
    func flipped() async throws {
        let canary = Canary()
        let home = try await made(canary)
        let file = try #require(home.contents(home.database))
        let log = home.contents(home.database + "-wal") ?? []
        let get = home.call("vault get upstream-secret/linear/access_token --reveal-secrets")
        var refused = 0
        for place in stride(from: 0, to: file.count, by: max(1, file.count / 20)) {
            var copy = file
            copy[place] ^= 0x10
            try home.write(copy, to: home.database)
            try home.write(log, to: home.database + "-wal")
            try? FileManager.default.removeItem(atPath: home.database + "-shm")
            let result = try await home.run("vault verify")
            if result.status == 65 {
                refused += 1
                #expect(result.errorText.contains("[ERROR] Vault integrity: "))
            } else {
                // A byte that belongs to no row.
                result.expect(0)
                let value = try await home.runner.run(get)
                #expect(value.outputText == canary.text + "\n", "\(place)")
            }
        }
        #expect(refused > 0)
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }

    @Test("a vault that is gone is 65, for commands that store as well, and none is made")
    func gone() async throws {
        let canary = Canary()
        let home = try await made(canary)
        for name in ["vault.db", "vault.db-wal", "vault.db-shm"] {
            try? FileManager.default.removeItem(atPath: home.sigilum + "/" + name)
        }
        for line in ["vault list", "service add --service-slug abc", "vault put x"] {
            try await home.run(line, input: canary.bytes).expect(65, error: "Vault integrity: ")
        }
        #expect(!home.exists(home.database))
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }

    @Test("an older copy put back is 65, until it is accepted")
    func older() async throws {
        let (old, new) = (Canary(), Canary())
        let home = try await made(old)
        let names = ["vault.db", "vault.db-wal"]
        let files = names.map { home.contents(home.sigilum + "/" + $0) ?? [] }
        try await home.run(addLinear + " --offline", variables: home.variables(new)).expect(0)
        for (name, bytes) in zip(names, files) { try home.write(bytes, to: home.sigilum + "/" + name) }
        try? FileManager.default.removeItem(atPath: home.sigilum + "/vault.db-shm")
        let get = "vault get upstream-secret/linear/access_token --reveal-secrets"
        try await home.run(get).expect(65, error: "Vault integrity: ")
        try await home.run("service add --service-slug abc").expect(65, error: "Vault integrity: ")
        #expect(home.leaks(of: old) == [])
        #expect(home.leaks(of: new, except: linearFiles) == [])
        let shown = try await home.run("vault anchor show --json")
        let id = try #require(shown.outputText.firstMatch(of: /"id": "([0-9a-f]+)"/)?.1)
        try await home.run("vault anchor accept --confirm \(id)").expect(0)
        let value = try await home.run(get)
        value.expect(0)
        #expect(value.outputText == old.text + "\n")
    }

    @Test("a wrong key is 77 and says where it came from")
    func wrongKey() async throws {
        let canary = Canary()
        let home = try await made(canary)
        let other = Canary(prefix: "")
        try home.write(other.bytes, to: "other-key")
        let variable = try await home.run("vault list", variables: ["GATEWAY_MASTER_KEY": other.text])
        variable.expect(77, error: "The master key does not open this vault")
        #expect(variable.errorText.contains("  the key came from: GATEWAY_MASTER_KEY\n"))
        let file = try await home.run("vault list", variables: ["GATEWAY_MASTER_KEY_FILE": home.work + "/other-key"])
        file.expect(77, error: "The master key does not open this vault")
        #expect(file.errorText.contains("other-key"))
        let option = try await home.run("vault list --gateway-master-key \(other.text)")
        option.expect(77, error: "The master key does not open this vault")
        #expect(option.errorText.contains("--gateway-master-key"))
        #expect(home.leaks(of: other, except: ["other-key"]) == [])
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }
}
