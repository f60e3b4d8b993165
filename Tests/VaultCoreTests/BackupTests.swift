import Sealing
import SecureMemory
import Testing
import VaultFormat
import VaultTestSupport

@testable import VaultCore

@Suite("Backups")
struct BackupTests {
    @Test("what was backed up is restored: every version, service, delivery and setting, and the whole log")
    func restored() throws {
        let full = try FullVault()
        let file = try full.scene.backup()
        let before = full.scene.storage.rows
        let machine = RestoreScene()
        let report = try machine.restore(file)
        #expect(report.proven.entries == 3 && report.proven.versions == 9)
        #expect(report.proven.auditRecords == UInt64(before.count(.audit)))
        #expect(report.vaultID == full.scene.vault.id && report.fingerprint == full.scene.vault.keys.fingerprint)
        let restored = try machine.opened()
        let readings = Readings(of: restored)
        #expect(readings.lies == [] && readings.refusals == 0)
        #expect(try restored.vault.verify().auditRecords == report.proven.auditRecords + 1)
        // Of the vault's own rows only the setting of the epoch, and what leads to it, is another.
        for table in [RowTable.body, .slot] {
            #expect(machine.storage.rows.keys(table) == before.keys(table))
            for key in before.keys(table) { #expect(machine.storage.rows[table, key] == before[table, key]) }
        }
        let last = try #require(try restored.events().last { $0.operation == .restored })
        #expect(last.sequence == report.auditSequence + 1)
        #expect(last.facts.contains { $0.name == "epoch" && $0.value == "2" })
        // It goes on.
        try restored.put("later", "canary")
        _ = try restored.vault.verify()
    }

    @Test("the audit key is in no backup: the restored vault goes on with another, from the same chain")
    func auditKey() throws {
        let scene = try VaultScene()
        try scene.put("a", "canary")
        let file = try scene.backup()
        let head = try scene.head(of: scene.storage.rows)
        let machine = RestoreScene()
        try machine.restore(file)
        let restored = try machine.opened()
        var known = head.audit.running
        let row = try #require(restored.storage.rows[.audit, AuditRow.key(head.audit.sequence + 1)])
        known.step(head.audit.sequence + 1, row)
        let new = try restored.head(of: restored.storage.rows).audit
        #expect(new.mac != known.mac)
        let isSame = new.key.bytes.equals(known.key.bytes)
        #expect(!isSame)
        #expect(try restored.vault.verify().auditRecords == head.audit.sequence + 1)
    }

    @Test("no value, no name and no fingerprint is in the file, and it says who made it for whom in the log")
    func canaries() throws {
        let scene = try VaultScene()
        let (name, value) = ("canary-name-4711/x", Canary())
        try scene.put(name, value.text)
        let recipient = Recipient(key: RecipientKeyPair.random().publicKey)
        let file = try scene.backup(for: [recipient])
        #expect(value.form(in: file) == nil)
        #expect(Canary(bytes: Array(name.utf8)).form(in: file) == nil)
        let event = try #require(try scene.events().last)
        #expect(event.operation == .backedUp)
        #expect(event.facts.contains { $0.name == "recipients" && $0.value == recipient.text })
    }

    @Test("a recipient opens it without the master key, and the vault gets a new one; another recipient does not")
    func recipients() throws {
        let full = try FullVault()
        let (mine, other) = (RecipientKeyPair.random(), RecipientKeyPair.random())
        let file = try full.scene.backup(for: [Recipient(key: mine.publicKey)])
        #expect(throws: BackupError.self) {
            _ = try RestoreScene.prove(file, with: .recipient(RecipientSecret(other)))
        }
        let machine = RestoreScene()
        let key = String(repeating: "ab", count: 32)
        try machine.restore(
            file, with: .recipient(RecipientSecret(mine)), new: .new(SharedSecret(secret(key)), .least))
        #expect(throws: VaultError.self) { _ = try machine.opened() }
        let restored = try machine.opened(masterKey: key)
        #expect(Readings(of: restored).lies == [])
        _ = try restored.vault.verify()
        #expect(machine.storage.rows.count(.slot) == 1)
    }

    @Test("a backup made for a recipient by somebody without the vault says another fingerprint")
    func forgedForRecipient() throws {
        let pair = RecipientKeyPair.random()
        let (mine, forged) = (try VaultScene(), try VaultScene())
        let prints = try [mine, forged].map {
            try RestoreScene.prove(
                $0.backup(for: [Recipient(key: pair.publicKey)]), with: .recipient(RecipientSecret(pair))
            ).fingerprint
        }
        #expect(prints[0] == mine.vault.keys.fingerprint && prints[0] != prints[1])
    }

    @Test("a wrong key is told from damage")
    func wrongKey() throws {
        let file = try VaultScene().backup()
        let outcome = Outcome {
            try RestoreScene.prove(file, with: .masterKey(SharedSecret(secret(String(repeating: "cd", count: 32)))))
        }
        #expect(outcome == .refused("wrongKey"))
    }

    @Test("a damaged vault is not backed up: the record is named")
    func damagedVault() throws {
        let full = try FullVault()
        let copy = try full.tampered { rows in
            let key = rows.keys(.body)[0]
            rows[.body, key]?[20] ^= 1
        }
        #expect(Outcome { try copy.backup() }.isDamaged)
    }

    @Test("there is no vault in the way, or it stays as it is")
    func vaultThere() throws {
        let scene = try VaultScene()
        let file = try scene.backup()
        let other = try VaultScene()
        let before = other.storage.rows
        let keys = try BackupFile(source(file)).keys(with: RestoreScene.masterKey)
        #expect(throws: BackupError.self) {
            try BackupFile(source(file)).restore(
                with: keys, into: other.storage, key: .asBackedUp, anchors: MemoryAnchors(), acceptsRollback: true,
                environment: other.clock.environment)
        }
        #expect(other.storage.rows == before)
    }

    @Test("a store that fails at any write, or at the commit, is as it was")
    func failingStore() throws {
        let file = try FullVault().scene.backup()
        for fault in [MemoryStorage.Fault.write(1, .full), .write(20, .full), .commit(.full)] {
            let machine = RestoreScene()
            machine.storage.fail(fault)
            #expect(throws: StorageError.full) { try machine.restore(file) }
            #expect(machine.storage.rows == MemoryRows() && machine.anchors.anchor == nil)
            machine.storage.fail(nil)
            try machine.restore(file)
            _ = try machine.opened().vault.verify()
        }
    }
}
