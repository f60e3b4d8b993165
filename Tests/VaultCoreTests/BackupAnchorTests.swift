import Sealing
import SecureMemory
import Testing
import VaultTestSupport

@testable import VaultCore

@Suite("Backups and the anchor")
struct BackupAnchorTests {
    @Test("the newest backup is restored where the vault was, and the anchor goes on from it")
    func newest() throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        let file = try scene.backup()
        let machine = RestoreScene(anchor: scene.anchors.anchor)
        try machine.restore(file)
        let restored = try machine.opened()
        _ = try restored.vault.verify()
        #expect(machine.anchors.anchor == (try restored.vault.currentAnchor()))
    }

    @Test("one that is ahead of the anchor must lead there from it")
    func ahead() throws {
        let scene = try VaultScene()
        let (rows, anchor) = (scene.storage.rows, scene.anchors.anchor)
        try scene.put("a", "one")
        try RestoreScene(anchor: anchor).restore(scene.backup())
        let fork = try VaultScene(rows: rows, anchor: nil)
        for value in ["x", "y", "z"] { try fork.put("a", value) }
        let file = try fork.backup()
        let seen = scene.anchors.anchor
        let machine = RestoreScene(anchor: seen)
        #expect(damage { try machine.restore(file) } == .forked)
        #expect(damage { try RestoreScene.prove(file, anchor: seen) } == .forked)
        #expect(machine.storage.rows == MemoryRows() && machine.anchors.anchor == seen)
    }

    @Test("an older one is refused, unless it is accepted; then the machine goes on with it")
    func older() throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        let file = try scene.backup()
        for value in ["two", "three"] { try scene.put("a", value) }
        let machine = RestoreScene(anchor: scene.anchors.anchor)
        #expect(throws: BackupError.self) { try machine.restore(file) }
        #expect(machine.storage.rows == MemoryRows() && machine.anchors.anchor == scene.anchors.anchor)
        try machine.restore(file, accepts: true)
        let restored = try machine.opened()
        #expect(try restored.value("a") == "one")
        _ = try restored.vault.verify()
    }

    @Test("another vault's is refused whatever is accepted")
    func otherVault() throws {
        let file = try VaultScene().backup()
        let machine = RestoreScene(anchor: try VaultScene().anchors.anchor)
        for accepts in [false, true] {
            #expect(throws: BackupError.self) { try machine.restore(file, accepts: accepts) }
        }
        #expect(machine.storage.rows == MemoryRows())
    }

    @Test("an auditor's proof goes on over a restore and says where it was; a vault that was lost is noticed")
    func auditors() throws {
        let audited = try AuditedVault()
        let kept = try audited.scene.exported()
        let file = try audited.scene.backup()
        let machine = RestoreScene()
        let report = try machine.restore(file)
        let restored = try machine.opened()
        for value in ["later", "and later"] { try restored.put("a", value) }
        let export = try restored.exported()
        let proof = try audited.prove(export, older: kept, fingerprint: audited.added.fingerprint)
        #expect(proof.restored == [report.auditSequence + 1] && proof.epochs == 2)
        // What the lost vault did after its backup stands in an export of it alone.
        try audited.scene.put("a", "lost")
        let lost = try audited.scene.exported()
        #expect(
            damage { try audited.prove(export, older: lost) } == .diverged(report.auditSequence + 1))
        // A second one, and another auditor.
        let second = RestoreScene()
        try second.restore(try restored.backup())
        let again = try second.opened()
        let other = RecipientKeyPair.random()
        _ = try again.vault.write { try $0.add(Auditor(key: other.publicKey)) }
        try again.put("a", "last")
        #expect(try audited.prove(again.exported()).restored.count == 2)
        #expect(try LogProof.prove(LogFile(source(again.exported())), with: other).restored == [])
        // Rows after it are proven by the new key.
        let rows = try AuditAttack(again)
        var edited = rows.log
        edited[Int(report.auditSequence) + 1] = try rows.sealed(
            Int(report.auditSequence) + 2, as: Int(report.auditSequence) + 2, userID: 4711)
        let forged = try rows.written(edited)
        #expect(damage { try audited.prove(forged.exported()) } == .audit(report.auditSequence + 2))
    }
}
