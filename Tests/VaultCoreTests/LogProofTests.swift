import Sealing
import SecureMemory
import Testing
import VaultFormat
import VaultTestSupport

@testable import VaultCore

/// Invariant 13 of the design: who is an auditor finds an edit, a row that is gone and a cut tail, and names the first.
@Suite("Proofs of an exported log")
struct LogProofTests {
    private let audited: AuditedVault
    private let file: [UInt8]

    init() throws {
        audited = try AuditedVault()
        file = try audited.scene.exported()
    }

    /// The file with other rows. Who has no key can write it.
    private func rewritten(_ rows: [[UInt8]], last: Int? = nil) throws -> [UInt8] {
        var log = try LogFile(source(file))
        var header = log.header
        header.last = UInt64(last ?? rows.count)
        while try log.next() != nil {}
        let end = try log.end()
        return header.encoded
            + rows.flatMap { row in
                var writer = ByteWriter()
                writer.framed(row)
                return writer.bytes
            } + end.auditors.bytes + end.vault.bytes
    }

    private func positions() -> [Int] { [audited.first, (audited.first + audited.last) / 2, audited.last] }

    @Test("a log as it was written is proven, and says from where on and by which key")
    func sound() throws {
        let proof = try audited.prove(file, fingerprint: audited.added.fingerprint)
        #expect(proof.last == UInt64(audited.last) && proof.first == audited.added.first)
        #expect(proof.vaultID == audited.scene.vault.id && proof.epochs == 1 && proof.comparedTo == nil)
        #expect(proof.fingerprint == audited.added.fingerprint)
        var names: Set<String> = []
        _ = try LogProof.prove(LogFile(source(file)), with: audited.pair) { event in
            if let name = event.name { names.insert(name) }
        }
        #expect(names == ["a", "b"])
        try audited.scene.put("a", "later")
        let later = try audited.prove(audited.scene.exported(), older: file)
        #expect(later.comparedTo == UInt64(audited.last - 1))
        let anchor = try audited.scene.vault.verify(against: LogFile(source(file)))
        #expect(anchor.auditSequence == UInt64(audited.last - 1))
    }

    @Test("without a key: a record edited, dropped, swapped or cut off on the way is named, wherever it is")
    func inTransit() throws {
        let attack = try AuditAttack(audited.scene)
        for number in [1, audited.first - 1] + positions() {
            var edited = attack.log
            edited[number - 1][9] ^= 1
            var dropped = attack.log
            dropped.remove(at: number - 1)
            var files: [(String, [UInt8])] = [
                ("edited", try rewritten(edited)), ("dropped", try rewritten(dropped)),
                ("dropped, the count kept", try rewritten(dropped, last: audited.last)),
                ("cut", try rewritten(Array(attack.log[..<(number - 1)]))),
            ]
            if number < audited.last {
                var swapped = attack.log
                swapped.swapAt(number - 1, number)
                files.append(("swapped", try rewritten(swapped)))
            }
            for (what, forged) in files {
                #expect(damage { try audited.prove(forged) } == .audit(UInt64(number)), "\(what) \(number)")
                let vault = damage { try audited.scene.vault.verify(against: LogFile(source(forged))) }
                #expect(vault != nil, "\(what) \(number)")
            }
        }
    }

    @Test(
        "with the keys of today: another past is sound by itself, and the auditor and an export name its first record")
    func resealed() throws {
        let attack = try AuditAttack(audited.scene)
        for number in positions() {
            let last = audited.last
            var logs: [(String, [[UInt8]])] = []
            func add(_ what: String, _ rows: [[UInt8]]) { logs.append((what, rows)) }
            var edited = attack.log
            edited[number - 1] = try attack.sealed(number, as: number, userID: 4711)
            add("edited", edited)
            var again = attack.log
            again[number - 1] = try attack.sealed(number, as: number)
            add("sealed again", again)
            add("cut", Array(attack.log[..<(number - 1)]))
            var dropped = Array(attack.log[..<(number - 1)])
            for at in number..<last { dropped.append(try attack.sealed(at + 1, as: at)) }
            add("dropped", dropped)
            if number < last {
                var swapped = attack.log
                swapped[number - 1] = try attack.sealed(number + 1, as: number)
                swapped[number] = try attack.sealed(number, as: number + 1)
                add("swapped", swapped)
            }
            for (what, rows) in logs {
                let forged = try attack.written(rows)
                _ = try forged.vault.verify()
                // The program goes on with it.
                for turn in 0..<3 { try forged.put("a", "forged \(turn)") }
                let export = try forged.exported()
                #expect(damage { try audited.prove(export) } == .audit(UInt64(number)), "\(what) \(number)")
                let kept = damage { try forged.vault.verify(against: LogFile(source(file))) }
                #expect(kept == .diverged(UInt64(number)), "\(what) \(number): \(String(describing: kept))")
                // The machine that has seen the true one refuses it.
                let here = try VaultScene(rows: forged.storage.rows, anchor: audited.scene.anchors.anchor)
                let isShorter = UInt64(forged.storage.rows.count(.audit)) < UInt64(last)
                #expect(
                    damage { try here.vault.verify() } == (isShorter ? .rolledBack : .forked), "\(what) \(number)")
            }
        }
    }

    @Test("a log that was made anew as a whole is noticed by the fingerprint, and by an older export")
    func madeAnew() throws {
        // With the same master key and the same auditor, from before the auditor was added.
        let attack = try AuditAttack(audited.scene)
        let other = try attack.written(Array(attack.log[..<(audited.first - 2)]))
        try other.vault.write { transaction in
            for setting in ["auditors", "audit-epoch"] { try transaction.set(setting, to: nil) }
            _ = try transaction.add(Auditor(key: audited.pair.publicKey))
        }
        for turn in 0..<8 { try other.put("a", "forged \(turn)") }
        let forged = try other.exported()
        _ = try audited.prove(forged)
        #expect(throws: LogProofError.self) {
            _ = try audited.prove(forged, fingerprint: audited.added.fingerprint)
        }
        #expect(damage { try audited.prove(forged, older: file) } == .diverged(UInt64(audited.first - 1)))
    }

    @Test("an older copy that went another way is noticed against an export, which names the first that differs")
    func anotherWay() throws {
        let other = try VaultScene(rows: audited.scene.storage.rows, anchor: nil)
        try audited.scene.put("a", "here")
        try other.put("a", "elsewhere")
        try other.put("a", "and on")
        let kept = try audited.scene.exported()
        let forged = try other.exported()
        _ = try audited.prove(forged)
        #expect(damage { try audited.prove(forged, older: kept) } == .diverged(UInt64(audited.last)))
        let found = damage { try other.vault.verify(against: LogFile(source(kept))) }
        #expect(found == .diverged(UInt64(audited.last)))
        #expect(damage { try audited.prove(file, older: kept) } == .olderThanExport(UInt64(audited.last)))
        let early = try VaultScene(rows: try AuditAttack(audited.scene).before, anchor: nil)
        #expect(damage { try early.vault.verify(against: LogFile(source(kept))) } == nil)
    }

    @Test("a vault that ends before the export, or is another, is told from a damaged file")
    func otherVault() throws {
        let old = audited.scene.storage.rows
        try audited.scene.put("a", "later")
        let later = try audited.scene.exported()
        let early = try VaultScene(rows: old, anchor: nil)
        let found = damage { try early.vault.verify(against: LogFile(source(later))) }
        #expect(found == .olderThanExport(UInt64(audited.last)))
        let other = try AuditedVault()
        #expect(damage { try other.scene.vault.verify(against: LogFile(source(file))) } == .otherExport)
        #expect(throws: LogProofError.self) { _ = try other.prove(file) }
        let theirs = try other.scene.exported()
        #expect(damage { try audited.prove(file, older: theirs) } == .otherExport)
    }

    @Test("no byte of the file can be another, for the auditor or for the vault")
    func everyByte() throws {
        for place in stride(from: 0, to: file.count, by: 3) {
            var forged = file
            forged[place] ^= 0x20
            let isVaultsTag = place >= file.count - 32
            if !isVaultsTag {
                var isRefused = false
                do { _ = try audited.prove(forged) } catch { isRefused = true }
                #expect(isRefused, "byte \(place)")
            }
            #expect(
                damage { try audited.scene.vault.verify(against: LogFile(source(forged))) } != nil, "byte \(place)")
        }
        for count in [0, 1, 15, 148, 500, file.count - 33, file.count - 1] {
            #expect(damage { try audited.prove(Array(file[..<count])) } != nil, "\(count) bytes")
        }
        #expect(damage { try audited.prove(file + [0]) } == .logFile)
    }
}
