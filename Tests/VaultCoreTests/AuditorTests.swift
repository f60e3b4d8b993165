import Sealing
import SecureMemory
import Testing
import VaultFormat
import VaultTestSupport

@testable import VaultCore

@Suite("Auditors")
struct AuditorTests {
    @Test("an auditor is added once: a new epoch begins, which the log says, and nothing else changes")
    func added() throws {
        let scene = try VaultScene()
        try scene.put("a", "canary")
        let pair = RecipientKeyPair.random()
        let auditor = Auditor(key: pair.publicKey)
        let first = try scene.vault.write { try $0.add(auditor) }
        #expect(first.isNew && first.auditor.auditEpoch == 2)
        let event = try #require(try scene.events().last)
        #expect(event.operation == .auditorAdded && event.sequence + 1 == first.auditor.first)
        let facts = Dictionary(uniqueKeysWithValues: event.facts.map { ($0.name, $0.value) })
        #expect(facts == ["auditor": auditor.text, "epoch": "2", "fingerprint": first.auditor.fingerprint])
        let rows = scene.storage.rows
        let second = try scene.vault.write { try $0.add(auditor) }
        #expect(!second.isNew && second.auditor == first.auditor)
        #expect(scene.storage.rows == rows)
        #expect(try scene.vault.read { try $0.auditors() } == [first.auditor])
        #expect(try scene.vault.verify().auditRecords == event.sequence)
    }

    @Test("no key of an epoch leads to one of another, and none is used twice")
    func ratchet() throws {
        let scene = try VaultScene()
        var keys: Set<[UInt8]> = []
        for _ in 0..<3 {
            let before = try scene.head(of: scene.storage.rows).audit
            let auditor = Auditor(key: RecipientKeyPair.random().publicKey)
            try scene.vault.write { _ = try $0.add(auditor) }
            try scene.put("a", "value \(keys.count)")
            let after = try scene.head(of: scene.storage.rows).audit
            var running = before.running
            for number in before.sequence..<after.sequence {
                #expect(keys.insert(running.key.bytes.withBytes { Array($0) }).inserted)
                let row = scene.storage.rows[.audit, AuditRow.key(number + 1)] ?? []
                running.step(number + 1, row)
            }
            let isSame = running.key.bytes.equals(after.key.bytes)
            #expect(!isSame)
            #expect(running.mac != after.mac)
        }
        _ = try scene.vault.verify()
    }

    @Test("the running MAC is closed over the record that ends its epoch with that epoch's key")
    func closing() throws {
        let audited = try AuditedVault()
        let scene = try VaultScene(rows: audited.scene.storage.rows, anchor: nil)
        let before = try scene.head(of: scene.storage.rows).audit
        let auditor = Auditor(key: RecipientKeyPair.random().publicKey)
        try scene.vault.write { _ = try $0.add(auditor) }
        // The vault had no anchor, which it says after the record that ended the epoch.
        var running = before.running
        running.step(before.sequence + 1, scene.storage.rows[.audit, AuditRow.key(before.sequence + 1)] ?? [])
        let sealed = try scene.vault.read { try $0.sealedEpochs() }.filter {
            $0.auditor == audited.pair.publicKey.bytes
        }
        #expect(sealed.map(\.auditEpoch) == [2, 3])
        let opened = try #require(
            AuditEpoch(opening: sealed[1], with: audited.pair, vaultID: scene.vault.id))
        #expect(opened.row.mac == running.mac.bytes && opened.row.last == before.sequence + 1)
        let proof = try audited.prove(scene.exported())
        #expect(proof.epochs == 2 && proof.first == audited.added.first)
    }

    @Test("each auditor proves from their own epoch on, and only who was added has a key")
    func several() throws {
        let scene = try VaultScene()
        let pairs = (0..<3).map { _ in RecipientKeyPair.random() }
        for (number, pair) in pairs.enumerated() {
            try scene.put("a", "value \(number)")
            try scene.vault.write { _ = try $0.add(Auditor(key: pair.publicKey)) }
        }
        try scene.put("a", "last")
        let file = try scene.exported()
        let proofs = try pairs.map { try LogProof.prove(LogFile(source(file)), with: $0) }
        #expect(proofs.map(\.epochs) == [3, 2, 1])
        let registered = try scene.vault.read { try $0.auditors() }
        #expect(proofs.map(\.first) == registered.map(\.first))
        #expect(proofs.map(\.fingerprint) == registered.map(\.fingerprint))
        let stranger = RecipientKeyPair.random()
        #expect(throws: LogProofError.self) { _ = try LogProof.prove(LogFile(source(file)), with: stranger) }
    }

    @Test("a key that nothing can be sealed to, and one auditor too many, change nothing")
    func refused() throws {
        let scene = try VaultScene()
        let weak = Auditor(key: try #require(RecipientKey([UInt8](repeating: 0, count: 32))))
        let rows = scene.storage.rows
        #expect(throws: AuditorError.self) { try scene.vault.write { _ = try $0.add(weak) } }
        #expect(scene.storage.rows == rows)
        for _ in 0..<VaultTransaction.auditorLimit {
            let auditor = Auditor(key: RecipientKeyPair.random().publicKey)
            try scene.vault.write { _ = try $0.add(auditor) }
        }
        let full = scene.storage.rows
        let more = Auditor(key: RecipientKeyPair.random().publicKey)
        #expect(throws: AuditorError.self) { try scene.vault.write { _ = try $0.add(more) } }
        #expect(scene.storage.rows == full)
        _ = try scene.vault.verify()
    }

    @Test("an auditor is not added to a log that is not as it was written")
    func damagedLog() throws {
        let scene = try VaultScene()
        for value in ["one", "two", "three"] { try scene.put("a", value) }
        scene.storage.rows[.audit, AuditRow.key(2)]?[9] ^= 1
        let auditor = Auditor(key: RecipientKeyPair.random().publicKey)
        #expect(damage { try scene.vault.write { _ = try $0.add(auditor) } } == .audit(2))
        #expect(damage { try scene.exported() } == .audit(2))
    }

    @Test("records from before there were proofs are taken as they are; whoever is an auditor needs one in each after")
    func recordsWithoutProof() throws {
        let audited = try AuditedVault()
        let attack = try AuditAttack(audited.scene)
        let payloads = AuditChain(keys: attack.keys).payloads
        func withoutProof(_ number: Int) throws -> [UInt8] {
            let opened = try payloads.open(UInt64(number), attack.log[number - 1])
            var (row, fields) = (opened.row, opened.fields)
            let nonce = Nonce.random()
            fields[RunningMAC.proofField] = nil
            row.nonce = nonce.bytes
            row.ciphertext = try payloads.seal(fields, row, UInt64(number), nonce)
            return row.encoded
        }
        var log = attack.log
        log[0] = try withoutProof(1)
        let old = try attack.written(log)
        _ = try old.vault.verify()
        #expect(try old.events().first?.facts.map(\.name) == ["key"])
        log = attack.log
        log[audited.first] = try withoutProof(audited.first + 1)
        let export = try attack.written(log).exported()
        #expect(damage { try audited.prove(export) } == .audit(UInt64(audited.first + 1)))
    }

    @Test("keys as text: only as they are written, and neither is taken for the other")
    func text() throws {
        let pair = RecipientKeyPair.random()
        let auditor = Auditor(key: pair.publicKey)
        #expect(Auditor(text: auditor.text) == auditor)
        let secret = AuditorKeyText.encode(pair).withBytes { String(decoding: $0, as: UTF8.self) }
        #expect(secret.hasPrefix("auditor-secret-") && secret.hasSuffix("\n") && secret.utf8.count == 80)
        for other in ["", "auditor-", auditor.text + "0", String(auditor.text.dropLast()), secret, "x" + auditor.text] {
            #expect(Auditor(text: other) == nil, "\(other.utf8.count)")
        }
        func read(_ text: String) -> RecipientKey? {
            AuditorKeyText.decode(SecretBytes(copying: Array(text.utf8)))?.publicKey
        }
        #expect(read(secret) == pair.publicKey && read(String(secret.dropLast())) == pair.publicKey)
        for other in ["", "\n", secret + "\n", auditor.text, secret.replacing("secret", with: "SECRET")] {
            #expect(read(other) == nil)
        }
    }

    @Test("a log is gone on with from a place that was proven, and a place of another log is refused")
    func places() throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        var place = try scene.vault.read { try $0.log(from: nil) { _ in } }
        #expect(place.sequence == 2)
        try scene.put("a", "two")
        var events: [AuditEvent] = []
        let old = place
        place = try scene.vault.read { try $0.log(from: old) { events.append($0) } }
        #expect(events.map(\.sequence) == [3] && place.sequence == 3)
        let other = try VaultScene()
        try other.put("a", "one")
        let theirs = try other.vault.read { try $0.log(from: nil) { _ in } }
        #expect(damage { try scene.vault.read { try $0.log(from: theirs) { _ in } } } == .forked)
        let beyond = LogPlace(sequence: 9, chain: .zero)
        #expect(damage { try scene.vault.read { try $0.log(from: beyond) { _ in } } } == .rolledBack)
        let start = try scene.vault.read { try $0.log(from: .start) { _ in } }
        #expect(start == place)
    }
}
