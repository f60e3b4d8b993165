import Sealing
import SecureMemory
import Testing
import VaultTestSupport

@testable import VaultCore

@Suite("Backups of vaults that had other data keys before")
struct BackupDataKeyTests {
    /// A vault with an auditor, under its third data key.
    private func changed() throws -> (audited: AuditedVault, scene: VaultScene) {
        let audited = try AuditedVault()
        var scene = audited.scene
        for round in 0..<2 {
            try scene.vault.changeDataKey(secret(VaultScene.masterKey))
            scene = try VaultScene(rows: scene.storage.rows, anchor: scene.anchors.anchor)
            try scene.put("a", "after \(round)")
        }
        return (audited, scene)
    }

    @Test("the log of all data keys is in it and is proven, against the anchor and by an auditor too")
    func restored() throws {
        let (audited, scene) = try changed()
        let file = try scene.backup()
        let report = try RestoreScene.prove(file, anchor: scene.anchors.anchor)
        #expect(report.fingerprint == scene.vault.keys.fingerprint)
        let machine = RestoreScene(anchor: scene.anchors.anchor)
        try machine.restore(file)
        let restored = try machine.opened()
        #expect(restored.vault.keys.epoch == 3)
        #expect(try restored.vault.verify().auditRecords == report.proven.auditRecords + 1)
        #expect(try restored.value("a") == "after 1")
        let proof = try audited.prove(restored.exported(), fingerprint: audited.added.fingerprint)
        #expect(proof.restored == [report.auditSequence + 1] && proof.epochs == 4)
    }

    @Test("a deposit for the data key before is told from a damaged one, and one that was accepted stays so")
    func deposits() throws {
        let scene = try VaultScene()
        let file = try Deposit.seal(
            secret("canary"), as: EntryName("ci/token"), base: nil, for: scene.vault.depositKey(), now: scene.clock.now,
            lifetime: 1000)
        let deposit = try scene.vault.deposit(file)
        _ = try scene.vault.accept(deposit)
        try scene.vault.finish(deposit)
        try scene.vault.changeDataKey(secret(VaultScene.masterKey))
        let vault = try scene.reopened()
        #expect(throws: DepositError.olderKey) { _ = try vault.deposit(file) }
        #expect(try vault.refusal(of: deposit) == .acceptedBefore)
        _ = try vault.verify()
    }
}
