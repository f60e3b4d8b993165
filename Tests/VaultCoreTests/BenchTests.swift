import Testing
import VaultTestSupport
import VaultFormat
@testable import VaultCore
@Test func bench() throws {
    let full = try FullVault()
    let rows = full.scene.storage.rows
    let c = ContinuousClock()
    let t = try c.measure { for _ in 0..<1000 { _ = try full.scene.vault.verify() } }
    let r = try c.measure { for _ in 0..<100 { _ = try full.scene.value("canary/one") } }
    let l = try c.measure { for _ in 0..<100 { _ = try full.scene.vault.read { s in try s.tree.walk(top: s.head.top, in: s.rows) { _, row in _ = try s.bodies(of: EntryRow(decoding: row)) } } } }
    Issue.record("verify \(t/100) reveal \(r/100) hashonly \(l/100) \(rows.all.map { $0.value.count + $0.key.count }.reduce(0,+)) \(RowTable.allCases.map { ($0, rows.count($0), rows.keys($0).reduce(0) { $0 + $1.count } ) })")
}
