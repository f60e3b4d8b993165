import Testing
import VaultTestSupport

@Suite("A user's session")
struct SessionTests {
    @Test("the program says its version")
    func version() async throws {
        let home = try TestHome()
        let result = try await home.run("--version")
        #expect(result.status == 0)
        #expect(result.outputText.hasPrefix("sigilum "))
        #expect(result.errorText == "")
    }
}
