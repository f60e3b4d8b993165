import SecureMemory
import Testing
import VaultCore

@Suite struct OutputRedactionTests {
    @Test(
        "a value shows the prefix that its issuer publishes, and no more",
        arguments: [
            ("sk_live_0123456789", "sk_"), ("sk_test_x", "sk_"), ("sk-proj-abc", "sk-"), ("lin_api_x", "lin_"),
            ("gw_00ff", "gw_"), ("ghp_abc", "ghp_"), ("github_pat_11AA", "github_pat_"), ("xoxb-1-2", "xoxb-"),
            ("AKIAABCDEFGH", "AKIA"), ("dop_v1_ab", "dop_v1_"), ("SG.x.y", "SG."), ("tfy_1", "tfy_"),
        ])
    func prefix(value: String, prefix: String) {
        #expect(Redaction.prefix(of: SecretBytes(copying: Array(value.utf8))) == prefix)
        #expect(Redaction.masked(prefix: prefix) == prefix + "****** (hidden)")
    }

    @Test(
        "any other value shows nothing",
        arguments: ["", "s", "sk", "SK_live", "hunter2", "eyJhbGciOiJIUzI1NiJ9.x.y", " sk_live", "ghp", "lin_", "gw_"])
    func nothing(value: String) {
        #expect(Redaction.prefix(of: SecretBytes(copying: Array(value.utf8))) == "")
    }

    @Test("a stored prefix that is not of the list shows nothing")
    func foreign() {
        #expect(Redaction.masked(prefix: "sk_live_0123") == "****** (hidden)")
        #expect(Redaction.masked(prefix: "") == "****** (hidden)")
    }

    @Test("no prefix of the list is the beginning of a value by accident: each ends with a mark or is upper case")
    func list() {
        #expect(Set(Redaction.publishedPrefixes).count == Redaction.publishedPrefixes.count)
        for prefix in Redaction.publishedPrefixes {
            let marked = ["_", "-", "."].contains(prefix.last.map(String.init) ?? "")
            #expect(marked || ["AKIA", "ASIA", "AIza"].contains(prefix), "\(prefix)")
        }
    }
}
