import Testing
import VaultTestSupport

@testable import VaultCore

@Suite("Pruning")
struct PruneTests {
    @Test("history begins with the first kept version, and goes on from there", arguments: [UInt32](1...5))
    func history(keep: UInt32) throws {
        let scene = try VaultScene()
        for number in 1...5 { try scene.put("a", "value \(number)") }
        let name = try EntryName("a")
        let outcome = try scene.vault.prune(name, keeping: keep)
        #expect(outcome.removed == Array(1..<(6 - keep)))
        #expect(outcome.firstVersion == 6 - keep && outcome.currentVersion == 5)
        #expect(try scene.reopened().verify().versions == Int(keep))
        try scene.put("a", "value 6")
        let versions = try scene.vault.read { try $0.history(name) }.map(\.version)
        #expect(versions == Array((6 - keep)...6))
        #expect(try scene.value("a", version: 6 - keep) == "value \(6 - keep)")
        #expect(try scene.reopened().verify().versions == Int(keep) + 1)
    }

    @Test("pruned to nothing less, or with a version that is not as it was written, nothing is changed")
    func unchanged() throws {
        let scene = try VaultScene()
        for number in 1...3 { try scene.put("a", "value \(number)") }
        let name = try EntryName("a")
        let before = scene.storage.rows
        #expect(try scene.vault.prune(name, keeping: 3).removed == [])
        #expect(try scene.vault.prune(name, keeping: .max).removed == [])
        #expect(scene.storage.rows == before)
        let key = try #require(scene.storage.rows.keys(.body).first)
        var rows = before
        rows[.body, key] = rows[.body, key]?.map { $0 ^ 1 }
        let other = try VaultScene(rows: rows, anchor: nil)
        #expect(damage { try other.vault.prune(name, keeping: 1) } != nil)
        #expect(other.storage.rows[.body, key] == rows[.body, key])
    }
}
