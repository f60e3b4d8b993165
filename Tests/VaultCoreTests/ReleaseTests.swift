import Synchronization
import Testing
import VaultTestSupport

@testable import VaultCore

/// Invariants 4 and 5 of the design.
@Suite("Releases of plaintext")
struct ReleaseTests {
    private let scene: VaultScene
    private let name: EntryName

    init() throws {
        scene = try VaultScene()
        name = try EntryName("a")
        try scene.put("a", "one")
        try scene.put("a", "two")
    }

    private func reveal(_ version: UInt32? = nil) -> Outcome {
        Outcome { try scene.vault.reveal(name, version: version, purpose: "test") }
    }

    @Test("every release is in the log with its version and purpose, and masked reads are not")
    func recorded() throws {
        let before = try scene.events().count
        _ = try scene.entry("a")
        _ = try scene.vault.read { try $0.inventory() }
        _ = try scene.vault.read { try $0.history(name) }
        _ = try scene.vault.verify()
        #expect(try scene.events().count == before)
        _ = try scene.vault.reveal(name, purpose: "reason")
        _ = try scene.vault.reveal(name, version: 1, purpose: "other reason")
        let releases = try scene.events().dropFirst(before)
        #expect(releases.map(\.operation) == [.released, .released])
        #expect(releases.map(\.name) == ["a", "a"])
        #expect(releases.map(\.actor) == [FixedClock.actor, FixedClock.actor])
        let facts = releases.map { event in event.facts.map { "\($0.name) \($0.value)" } }
        #expect(facts == [["purpose reason", "version 2"], ["purpose other reason", "version 1"]])
    }

    @Test(
        "where the record cannot be committed nothing is released",
        arguments: [
            StorageError.full, .readOnly, .busy, .headMoved, .damaged, .failed(code: 10),
        ])
    func commitFails(_ error: StorageError) throws {
        let before = scene.storage.rows
        scene.storage.fail(.commit(error))
        #expect(reveal() == .refused("\(error)"))
        #expect(reveal(1) == .refused("\(error)"))
        scene.storage.fail(nil)
        #expect(scene.storage.rows == before)
        #expect(try scene.value("a") == "two")
    }

    @Test("where any write of the record fails nothing is released")
    func writeFails() throws {
        let before = scene.storage.rows
        var number = 0
        repeat {
            number += 1
            scene.storage.fail(.write(number, .full))
            guard number < 20 else { break }
        } while reveal() == .refused("\(StorageError.full)")
        #expect(number == 4, "an audit record, the head and the commit failed, and then there was nothing left to fail")
        #expect(scene.storage.commits > 0)
        #expect(scene.storage.rows != before)
    }

    @Test("what a full disk does not let record is released on demand, and said to be unrecorded")
    func unrecorded() throws {
        for error in [StorageError.full, .readOnly] {
            scene.storage.fail(.commit(error))
            let released = try scene.vault.revealUnrecorded(name, purpose: "test")
            #expect(released.value.text == "two")
            #expect(!released.isRecorded)
        }
        for error in [StorageError.busy, .damaged] {
            scene.storage.fail(.commit(error))
            #expect(Outcome { try scene.vault.revealUnrecorded(name, purpose: "test") } == .refused("\(error)"))
        }
        scene.storage.fail(nil)
        #expect(try scene.vault.revealUnrecorded(name, purpose: "test").isRecorded)
        #expect(try scene.events().count { $0.operation == .released } == 1)
    }

    @Test("a release on demand is refused where the value is not as it was written")
    func unrecordedDamage() throws {
        let key = scene.storage.rows.keys(.body)[1]
        scene.storage.rows[.body, key]?[40] ^= 1
        scene.storage.fail(.commit(.full))
        #expect(Outcome { try scene.vault.revealUnrecorded(name, purpose: "test") }.isDamaged)
    }

    @Test("the bytes that are opened are the bytes that were proven: a store that answers twice cannot part them")
    func readOnce() throws {
        let rows = scene.storage.rows
        let key = rows.keys(.body)[1]
        let forged = rows[.body, rows.keys(.body)[0]]
        // The first answer is the row, and every later one another; then the other way around.
        for truthFirst in [true, false] {
            for table in [RowTable.body, .entry, .bucket, .node] {
                let asked = Mutex<[[UInt8]: Int]>([:])
                scene.storage.answer { (answered, wanted, row) in
                    guard answered == table, table != .body || wanted == key else { return row }
                    let isFirst = asked.withLock { counts in
                        counts[wanted, default: 0] += 1
                        return counts[wanted] == 1
                    }
                    return isFirst == truthFirst
                        ? row : table == .body ? forged : row.map { $0.dropLast() + [($0.last ?? 0) ^ 1] }
                }
                var value: String?
                let outcome = Outcome { value = try scene.value("a") }
                scene.storage.answer(with: nil)
                let counts = asked.withLock { $0 }
                #expect(!counts.isEmpty)
                if truthFirst {
                    // Writing the record reads nothing of this again.
                    #expect(value == "two", "\(table)")
                    #expect(counts.values.allSatisfy { $0 == 1 }, "\(table)")
                } else {
                    #expect(outcome.isDamaged && value == nil, "\(table)")
                }
            }
        }
    }
}
