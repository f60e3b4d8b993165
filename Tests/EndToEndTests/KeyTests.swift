import Foundation
import GRDB
import Testing
import VaultTestSupport

@Suite("Key slots, as commands", .few)
struct KeyTests {
    @Test("a key that was added opens the vault, and is gone for good when it was removed")
    func life() async throws {
        let scene = try await KeyScene()
        let added = try await scene.run("vault key add --new-key-file other.key")
        added.expect(0)
        #expect(
            added.outputText.replacing(#/ +/#, with: " ")
                == "[ok] Key added: slot 1\n slot: 1\n key_kind: random\n slots: 2\n key_file: other.key\n")
        let key = try #require(scene.key("other.key"))
        #expect(key.bytes.count == 64 && key.text.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        let attributes = try FileManager.default.attributesOfItem(atPath: scene.home.work + "/other.key")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try await scene.opens())
        #expect(try await scene.opens(key: "other.key"))
        #expect(try await scene.slots() == [0, 1])
        let status = try await scene.run("vault status", key: "other.key")
        #expect(status.outputText.contains("key_slots:    2 of 4, opened by slot 1\n"))

        // The one in use stays: with another key it goes.
        try await scene.run("vault key remove 0 --confirm 0").expect(64, error: "Slot 0 is the one that opened")
        let removed = try await scene.run("vault key remove 1 --confirm 1")
        removed.expect(0)
        #expect(
            removed.outputText.replacing(#/ +/#, with: " ")
                == "[ok] Key removed: slot 1\n slot: 1\n slots: 1\n wiped: true\n")
        try await scene.run("vault list", key: "other.key").expect(77, error: "The master key does not open this vault")
        #expect(try await scene.opens())
        try await scene.run("vault key remove 1 --confirm 1").expect(66, error: "No key slot 1")
        try await scene.run("vault key remove 0 --confirm 0").expect(64, error: "The only key of a vault")
        let log = try await scene.run("vault log")
        #expect(log.outputText.contains("key added") && log.outputText.contains("key removed"))
        #expect(scene.leaks() == [])
    }

    @Test("a passphrase, a key from a variable, a file, and standard input")
    func sources() async throws {
        let scene = try await KeyScene()
        let phrase = Canary(bytes: Array("correct horse battery \(UUID().uuidString)".utf8))
        try await scene.run("vault key add --passphrase", input: phrase.bytes).expect(0)
        try scene.home.write(phrase.bytes + [0x0a], to: "phrase")
        #expect(try await scene.opens(key: "phrase"))
        let digits = (0..<2).map { _ in
            Canary(bytes: Array(String((0..<64).map { _ in "0123456789abcdef".randomElement() ?? "0" }).utf8))
        }
        try await scene.run("vault key add --from-env NEW", variables: ["NEW": digits[0].text]).expect(0)
        let again = try await scene.run("vault key add --from-env NEW", variables: ["NEW": digits[0].text])
        again.expect(64, error: "This key opens the vault already, by slot 2")
        try await scene.run("vault key add", input: digits[1].bytes).expect(0)
        #expect(try await scene.slots() == [0, 1, 2, 3])
        try await scene.run("vault key add --new-key-file other.key").expect(64, error: "The vault has 4 keys")
        let list = try await scene.run("vault key list")
        #expect(list.outputText.hasPrefix("[ok] Key slots: 4 of 4\n  0  random      "))
        #expect(list.outputText.contains("  1  passphrase  "))
        for secret in digits + [phrase] { #expect(scene.home.leaks(of: secret, except: KeyScene.keyFiles) == []) }
        #expect(scene.leaks() == [])
    }

    @Test("wrong input has its status, says no secret, and changes nothing")
    func wrongInput() async throws {
        let scene = try await KeyScene()
        try scene.home.write(Array("no key".utf8), to: "text")
        try scene.home.write(Array(String(repeating: "5a", count: 32).utf8), to: "open", mode: 0o666)
        let before = try scene.storedSlots()
        let wrong = Canary(prefix: "")
        let cases: [(String, Int32, String)] = [
            ("vault key add --passphrase --new-key-file x", 64, "A key that is made here is random"),
            ("vault key add --from-env A --from-file B", 64, "Use only one of: --from-env"),
            ("vault key add --from-env NOT_SET", 66, "Environment variable NOT_SET"),
            ("vault key add --from-file nowhere", 66, "File not found"),
            ("vault key add --from-file text", 64, "Not a random key"),
            ("vault key add --from-file open", 77, "Unsafe permissions"),
            ("vault key add --new-key-file text", 73, "There is a file already"),
            ("vault key add --new-key-file .sigilum-workspace/key", 64, "The file is inside the Sigilum home"),
            ("vault key add", 64, "Not a random key"),
            ("vault key remove", 64, ""), ("vault key remove x --confirm x", 64, ""),
            ("vault key remove 256 --confirm 256", 64, ""), ("vault key remove -1", 64, ""),
            ("vault key remove 0", 64, "Removing needs --confirm SLOT"),
            ("vault key remove 0 --confirm 1", 64, "--confirm is not the number"),
            ("vault key remove 3 --confirm 3", 66, "No key slot 3"),
            ("vault key move-out --from-file nowhere", 66, "File not found"),
            ("vault key move-out --from-file text --random-key", 64, "Not a random key"),
            ("vault rekey --new-key-file text", 73, "There is a file already"),
            ("vault rekey --redeliver --compromised", 64, "--redeliver changes no key"),
            ("vault rekey --new-key-file a --new-key-from-env B", 64, "Use only one of: --new-key-from-env"),
            ("vault export gateway-master-key --to x", 64, "A master key of the gateway gets no export file"),
        ]
        for (line, status, error) in cases {
            let more = line.contains("rekey --new") ? " --gateway-loses-them" : ""
            let result = try await scene.run(line + more, input: wrong.bytes)
            #expect(result.status == status, "\(line): \(result.errorText)")
            #expect(result.errorText.contains("[ERROR] " + error), "\(line): \(result.errorText)")
        }
        #expect(try scene.storedSlots() == before)
        #expect(scene.key("gateway-master-key.previous") == nil && !scene.home.exists("x"))
        // A key from elsewhere: the new one has to be said.
        let elsewhere = try await scene.run("vault rekey", key: ".sigilum-workspace/gateway-master-key")
        elsewhere.expect(64, error: "The master key comes from GATEWAY_MASTER_KEY_FILE")
        let moved = try await scene.run("vault key move-out", key: ".sigilum-workspace/gateway-master-key")
        moved.expect(64, error: "The key that opened the vault is not in the key file")
        #expect(scene.home.leaks(of: wrong) == [] && scene.leaks() == [])
    }

    @Test(
        "invariant 10: nothing of a dropped slot is left in the files, or no [ok] is said, and the next command wipes")
    func wiping() async throws {
        let scene = try await KeyScene()
        try await scene.run("vault key add --new-key-file other.key").expect(0)
        // Salt, nonce and wrapped key: whatever is left of the row would have some of it.
        let salt = try #require(try scene.storedSlots()[[1]])[42..<58]
        #expect(scene.vaultHas(salt))
        let reader = try DatabasePool(path: scene.home.database)
        let removed = try await Self.whileReading(reader) { try await scene.run("vault key remove 1 --confirm 1") }
        removed.expect(0)
        #expect(removed.outputText.hasPrefix("[warn] Key removed: slot 1, not yet wiped\n"))
        #expect(removed.outputText.contains("wiped: false") && removed.errorText.contains("[warn] wipe pending"))
        #expect(try await scene.run("vault status").outputText.contains("wipe_pending: yes"))
        try reader.close()
        let next = try await scene.run("vault sync")
        #expect(next.errorText.contains("[i] Wiped from the vault's files"))
        #expect(!scene.vaultHas(salt))
        #expect(try await scene.run("vault status").outputText.contains("wipe_pending: no"))

        try await scene.run("vault key add --new-key-file other.key").expect(0)
        let second = try #require(try scene.storedSlots()[[1]])[42..<58]
        let done = try await scene.run("vault key remove 1 --confirm 1")
        #expect(done.outputText.hasPrefix("[ok] ") && scene.logOfWritesIsEmpty && !scene.vaultHas(second))
    }

    /// Runs `body` while somebody reads the vault.
    private static func whileReading(
        _ reader: DatabasePool, _ body: () async throws -> ProgramResult
    ) async throws -> ProgramResult {
        let snapshot = try reader.makeSnapshot()
        _ = try await snapshot.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM slot") }
        defer { withExtendedLifetime(snapshot) {} }
        return try await body()
    }

    @Test("invariant 11: a slot that was dropped and put back is 65, whatever key is given, and nothing is released")
    func resurrected() async throws {
        let scene = try await KeyScene()
        try await scene.run("vault key add --new-key-file other.key").expect(0)
        let row = try #require(try scene.storedSlots()[[1]])
        try await scene.run("vault key remove 1 --confirm 1").expect(0)
        let queue = try DatabaseQueue(path: scene.home.database)
        try await queue.write { db in
            try db.execute(sql: "INSERT INTO slot (key, value) VALUES (?, ?)", arguments: [Data([1]), Data(row)])
        }
        try queue.close()
        for key in [nil, "other.key"] {
            for line in ["vault get a/b --reveal-secrets", "vault key list", "vault verify"] {
                try await scene.run(line, key: key).expect(65, error: "Vault integrity: key slot")
            }
        }
        #expect(scene.leaks() == [])
    }

    @Test("the old key is kept in a file and as an entry, which the audit takes for no copy; another copy it finds")
    func keptKeyAndAudit() async throws {
        let scene = try await KeyScene()
        try await scene.run("vault rekey --gateway-loses-them").expect(0)
        try await scene.run("vault audit --offline").expect(0)
        try scene.home.write(scene.key("gateway-master-key.previous")?.bytes ?? [], to: "copies/old.key")
        let found = try await scene.run("vault audit --offline --scan copies")
        found.expect(1)
        #expect(found.outputText.contains("error  plain-copy  gateway-master-key-previous"))
        // Nor is it rotated with others, since more hangs on it than its value.
        let due = try await scene.run("vault rotate --max-age-days 0 --dry-run")
        #expect(!due.outputText.contains("gateway-master-key"))
    }
}
