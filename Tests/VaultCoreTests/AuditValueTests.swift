import SecureMemory
import Testing
import VaultTestSupport

@testable import VaultCore

@Suite("What an audit says of values")
struct AuditValueTests {
    private let audit: AuditScene

    init() throws {
        audit = try AuditScene()
    }

    private func weakness(_ value: String, kind: EntryKind = .userSecret) -> AuditRule? {
        let bytes = secret(value)
        return ValueStrength.weakness(of: bytes, kind: kind, prefix: Redaction.prefix(of: bytes))
    }

    @Test(
        "samples that documentation prints are known, in any case and behind any prefix",
        arguments: [
            "changeme", "ChangeMe", "your-api-key-here", "YOUR_API_KEY", "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc",
            "sk_live_xxxxxxxxxxxxxxxxxxxx", "********************", "my-example-token-for-docs", "secret",
            "dev-secret-change-me-in-production-use-openssl-rand-base64-32",
        ])
    func samples(_ value: String) {
        #expect(weakness(value) == .knownSample)
    }

    @Test(
        "common passwords and words are known, with digits and marks behind them too",
        arguments: ["password", "Password1!", "hunter2", "dragon", "letmein2024", "qwerty", "trustno1", "sunshine"])
    func words(_ value: String) {
        #expect(weakness(value) == .commonWord)
    }

    @Test("a value of fewer than 16 bytes is short; one that signs tokens, of fewer than 32")
    func short() {
        #expect(weakness("gh7Kq2Lw9Zx4Vb8") == .shortValue)
        #expect(weakness("gh7Kq2Lw9Zx4Vb8N") == nil)
        #expect(weakness("gh7Kq2Lw9Zx4Vb8N", kind: .localJWTSecret) == .shortValue)
        #expect(weakness(AuditScene.strongToo, kind: .localJWTSecret) == nil)
        #expect(weakness("") == .shortValue)
    }

    @Test(
        "repeats, sequences, runs of words and few digits are easy to guess",
        arguments: [
            String(repeating: "z", count: 200), String(repeating: "abc", count: 30), "abcdefghijklmnopqrstuvwxyz",
            "0123456789012345678901234567890", "passwordpasswordpasswordpassword", "correcthorsebatterystaple",
            "1111222233334444", "4929173856104", "sk_aaaaaaaaaaaaaaaaaaab",
        ])
    func guessable(_ value: String) {
        let found = weakness(value)
        #expect(found == .lowEntropy || found == .shortValue)
        #expect(ValueStrength.bits(Folded(bytes: UnsafeRawBufferPointer(start: nil, count: 0))) == 0)
    }

    @Test("values that this program makes are never called weak")
    func generated() {
        let rules: [GeneratorRule] = [
            .hex(prefix: "sk_live_", bytes: 24), .hex(prefix: "", bytes: 32), .base64url(prefix: "", bytes: 32),
            .passphrase(words: 6), .characters(24), .hex(prefix: "gw_", bytes: 24),
        ]
        for rule in rules {
            for _ in 0..<200 {
                let value = rule.make()
                let found = ValueStrength.weakness(
                    of: value.bytes, kind: .userSecret, prefix: Redaction.prefix(of: value.bytes))
                #expect(found == nil, "\(rule.text)")
            }
        }
    }

    @Test("bytes that are no text are counted as bytes, and an owner token is not judged")
    func otherValues() {
        let bytes = SecretBytes(copying: (0..<32).map { UInt8(truncatingIfNeeded: $0 * 97 + 131) })
        #expect(ValueStrength.weakness(of: bytes, kind: .userSecret, prefix: "") == nil)
        #expect(weakness("changeme", kind: .ownerToken) == nil)
    }

    @Test("an entry is named once, by the worst that its value is")
    func worst() async throws {
        try audit.put("a", "changeme")
        try audit.put("b", AuditScene.strong)
        let report = try await audit.audit()
        #expect(report.findings.map(\.rule) == [.knownSample])
        #expect(report.findings.first?.entry == (try EntryName("a")))
    }

    @Test("entries with the same value are found; each but the oldest is named, with the oldest")
    func shared() async throws {
        try audit.put("c", AuditScene.strong)
        audit.pass(days: 1)
        try audit.put("a", AuditScene.strong)
        try audit.put("b", AuditScene.strong)
        try audit.put("other", AuditScene.strongToo)
        let report = try await audit.audit()
        #expect(report.findings.map(\.rule) == [.sharedValue, .sharedValue])
        #expect(report.findings.compactMap(\.entry?.text) == ["a", "b"])
        #expect(report.findings.allSatisfy { $0.details == ["the other: c"] })
        try audit.put("a", "yB4" + AuditScene.strongToo)
        try audit.put("b", "zC5" + AuditScene.strongToo)
        #expect(try await audit.audit().findings == [])
    }

    @Test("an earlier value that is current again is found; one that a rollback put back is a note")
    func reused() async throws {
        try audit.put("a", AuditScene.strong)
        try audit.put("a", AuditScene.strongToo)
        #expect(try await audit.rules() == [])
        try audit.put("a", AuditScene.strong)
        let report = try await audit.audit()
        #expect(report.findings.map(\.rule) == [.reusedValue])
        #expect(report.findings.first?.details == ["version 1"])
        let name = try EntryName("a")
        _ = try audit.scene.vault.write { try $0.rollback(name, to: 2) }
        let rolledBack = try await audit.audit()
        #expect(rolledBack.findings.map(\.rule) == [.rolledBack])
        #expect(rolledBack.findings.first?.details == ["version 2"])
        #expect(!rolledBack.needsHands)
    }

    @Test("an audit changes nothing and releases nothing")
    func readsOnly() async throws {
        try audit.put("a", AuditScene.strong)
        let rows = audit.scene.storage.rows
        _ = try await audit.audit()
        #expect(audit.scene.storage.rows == rows)
    }

    @Test("values that are shown are recorded first, all in one transaction, and what has gone is left out")
    func revealed() async throws {
        try audit.put("a", "one")
        try audit.put("b", "two")
        let names = try ["a", "b", "gone"].map { try EntryName($0) }
        let values = try audit.scene.vault.revealAll(names, purpose: "vault audit")
        #expect(values.mapValues(\.text) == [names[0]: "one", names[1]: "two"])
        let released = try audit.scene.events().filter { $0.operation == .released }
        #expect(released.compactMap(\.name) == ["a", "b"])
        #expect(released.allSatisfy { $0.facts.contains { $0.name == "purpose" && $0.value == "vault audit" } })
    }
}
