import Foundation
import Testing
import VaultTestSupport

@Suite("Files that users name", .few)
struct OwnFilesTests {
    @Test(
        "none of the home's own files is written over",
        arguments: [".sigilum-workspace/gateway-master-key", ".sigilum-workspace/new", "linked/gateway-master-key"])
    func inTheHome(path: String) async throws {
        let home = try TestHome()
        try await home.run("vault put my/pw", input: Array("value".utf8)).expect(0)
        try FileManager.default.createSymbolicLink(
            atPath: home.work + "/linked", withDestinationPath: home.sigilum)
        let key = home.contents(".sigilum-workspace/gateway-master-key")
        try await home.run("vault get my/pw --out \(path)").expect(64, error: "The file is inside the Sigilum home")
        try await home.run("vault export my/pw --to \(path)").expect(64)
        #expect(home.contents(".sigilum-workspace/gateway-master-key") == key)
        try await home.run("vault get my/pw").expect(0)
    }

    @Test("one file belongs to one entry, by whichever way it is named")
    func linkedFolder() async throws {
        let home = try TestHome()
        for name in ["a", "b"] { try await home.run("vault put \(name)", input: Array(name.utf8)).expect(0) }
        try FileManager.default.createDirectory(atPath: home.work + "/real", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: home.work + "/link", withDestinationPath: "real")
        try await home.run("vault export a --to real/f").expect(0)
        try await home.run("vault export b --to link/f").expect(64, error: "The file is another entry's export file")
        try await home.run("vault export a --to link/f").expect(0)
        #expect(home.contents("real/f") == Array("a".utf8))
        let list = try await home.run("vault status --json")
        #expect(list.outputText.contains("\"pending\": []"))
    }

    @Test("an edited export file is not called somebody else's connection")
    func edited() async throws {
        let home = try TestHome()
        try await home.run("vault put a", input: Array("a".utf8)).expect(0)
        try await home.run("vault export a --to f").expect(0)
        try home.write(Array("edited".utf8), to: "f")
        let kept = try await home.run("vault export a --none")
        kept.expect(76, error: "The file was edited")
        #expect(kept.errorText.contains("move it away"))
        #expect(!kept.errorText.contains("--upstream-secret"))
        #expect(home.contents("f") == Array("edited".utf8))
    }

    @Test(
        "a vault that others may write is warned of where that is allowed; one that cannot be read says what mends it")
    func modes() async throws {
        let home = try TestHome()
        try await home.run("vault put a", input: Array("a".utf8)).expect(0)
        chmod(home.database, 0o666)
        try await home.run("vault list").expect(77)
        let allowed = try await home.run(
            "vault list", variables: ["SIGILUM_ALLOW_UNSAFE_PERMISSIONS": "1"])
        allowed.expect(0)
        #expect(allowed.errorText.contains("[warn] Unsafe permissions: \(home.database): other users may write it\n"))
        chmod(home.database, 0)
        let unreadable = try await home.run("vault list")
        unreadable.expect(77, error: "Unsafe permissions: \(home.database): its owner may not read it")
        #expect(unreadable.errorText.contains("chmod 600"))
    }
}
