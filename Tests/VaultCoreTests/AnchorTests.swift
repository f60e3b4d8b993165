import Dispatch
import Synchronization
import Testing
import VaultTestSupport

@testable import VaultCore

/// Invariants 7 and 8 of the design.
@Suite("Anchors")
struct AnchorTests {
    /// Calls that must all be refused for the same reason, and change nothing.
    private func expectRefusal(_ scene: VaultScene, _ reason: Damage) throws {
        let (rows, anchor) = (scene.storage.rows, scene.anchors.anchor)
        let vault = try scene.reopened()
        let name = try EntryName("a")
        let calls: [() throws -> Void] = [
            { _ = try vault.verify() },
            { _ = try vault.read { try $0.entry(name) } },
            { _ = try vault.read { try $0.entry(EntryName("not there")) } },
            { _ = try vault.read { try $0.inventory() } },
            { _ = try vault.reveal(name, purpose: "test") },
            { _ = try vault.revealUnrecorded(name, purpose: "test") },
            { try vault.write { _ = try $0.store(secret("x"), as: name, origin: .given) } },
            { try vault.write { try $0.remove(name) } },
        ]
        for call in calls { #expect(damage(call) == reason) }
        #expect(scene.storage.rows == rows)
        #expect(scene.anchors.anchor == anchor)
    }

    @Test("the anchor rises with every change and release, and is synced for changes alone")
    func rising() throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        _ = try scene.value("a")
        #expect(scene.anchors.anchor == (try scene.vault.currentAnchor()))
        let durable = scene.anchors.durableCount
        _ = try scene.value("a")
        _ = try scene.entry("a")
        #expect(scene.anchors.durableCount == durable)
        try scene.put("a", "two")
        #expect(scene.anchors.durableCount == durable + 1)
        let numbers = scene.anchors.history.map(\.auditSequence)
        #expect(numbers == [1, 2, 3, 4, 5])
    }

    @Test("an anchor that is behind is walked on from, by readers too")
    func behind() throws {
        let scene = try VaultScene()
        let first = scene.anchors.anchor
        for value in ["one", "two", "three"] { try scene.put("a", value) }
        scene.anchors.anchor = first
        #expect(try scene.entry("a")?.currentVersion == 3)
        #expect(scene.anchors.anchor == (try scene.vault.currentAnchor()))
    }

    @Test("an anchor that is behind, and a log that was cut or edited after it: refused")
    func brokenWalk() throws {
        let scene = try VaultScene()
        let first = scene.anchors.anchor
        for value in ["one", "two", "three"] { try scene.put("a", value) }
        let key = scene.storage.rows.keys(.audit)[2]
        scene.anchors.anchor = first
        scene.storage.rows[.audit, key]?[0] ^= 1
        try expectRefusal(scene, .forked)
        scene.storage.rows[.audit, key] = nil
        try expectRefusal(scene, .audit(3))
    }

    @Test("a vault put back to any earlier state is refused")
    func rolledBack() throws {
        let scene = try VaultScene()
        var states = [scene.storage.rows]
        for value in ["one", "two"] {
            try scene.put("a", value)
            states.append(scene.storage.rows)
            _ = try scene.value("a")
            states.append(scene.storage.rows)
        }
        for state in states.dropLast() {
            scene.storage.rows = state
            try expectRefusal(scene, .rolledBack)
        }
        scene.storage.rows = states[states.count - 1]
        #expect(try scene.value("a") == "two")
    }

    @Test("a vault that went another way from a common past is refused, be it as long or longer")
    func forked() throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        let other = try VaultScene(rows: scene.storage.rows, anchor: scene.anchors.anchor)
        try scene.put("a", "two")
        try scene.put("a", "three")
        try other.put("a", "elsewhere")
        for number in 0..<4 {
            scene.storage.rows = other.storage.rows
            try expectRefusal(scene, number == 0 ? .rolledBack : .forked)
            try other.put("a", "elsewhere \(number)")
        }
    }

    @Test("two states of the same length differ in their heads alone, and are told apart")
    func sameLength() throws {
        let scene = try VaultScene()
        let other = try VaultScene(rows: scene.storage.rows, anchor: scene.anchors.anchor)
        try scene.put("a", "one")
        try other.put("a", "one")
        scene.storage.rows = other.storage.rows
        try expectRefusal(scene, .forked)
    }

    @Test("another vault in its place is refused, whatever its key is")
    func otherVault() throws {
        let scene = try VaultScene()
        let other = try VaultScene()
        try other.put("a", "one")
        scene.storage.rows = other.storage.rows
        try expectRefusal(scene, .otherVault)
        scene.storage.rows = try VaultScene(masterKey: "passphrase").storage.rows
        #expect(damage { try scene.reopened() } == .otherVault)
    }

    @Test("a vault that is gone while its anchor is there is refused, and no new one is made")
    func gone() throws {
        let scene = try VaultScene()
        scene.storage.rows = MemoryRows()
        #expect(damage { try scene.reopened() } == .vaultGone)
        let made = damage {
            try Vault.create(
                in: scene.storage, masterKey: secret(VaultScene.masterKey), anchors: scene.anchors,
                environment: scene.clock.environment)
        }
        #expect(made == .vaultGone)
        #expect(scene.storage.rows == MemoryRows())
    }

    @Test("what is there and is no anchor is refused, and not replaced")
    func damaged() throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        scene.anchors.become(.damaged)
        try expectRefusal(scene, .anchor)
    }

    @Test("without an anchor the vault works; the change that finds none is recorded, and makes one")
    func missing() throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        scene.anchors.anchor = nil
        #expect(try scene.entry("a")?.currentVersion == 1)
        #expect(scene.anchors.anchor == nil)
        #expect(try scene.value("a") == "one")
        #expect(try scene.events().map(\.operation).suffix(2) == [.released, .anchorMissing])
        #expect(scene.anchors.anchor == (try scene.vault.currentAnchor()))
        try scene.put("a", "two")
        #expect(try scene.events().last?.operation == .versionStored)
    }

    @Test("where no anchor can be kept the vault works, and says that it cannot")
    func unavailable() throws {
        let scene = try VaultScene()
        #expect(scene.vault.anchorPresence() == .agrees)
        scene.anchors.become(.unavailable)
        try scene.put("a", "one")
        #expect(try scene.value("a") == "one")
        #expect(scene.vault.anchorPresence() == .unavailable)
        try scene.put("a", "two")
        #expect(scene.vault.anchorPresence() == .unavailable)
        try scene.put("a", "three")
        // Once by the change that came before anybody asked, once with the note; then no more.
        let missing = try scene.events().filter { $0.operation == .anchorMissing }.count
        #expect(scene.vault.anchorPresence() == .unavailable)
        try scene.put("a", "four")
        #expect(try scene.events().filter { $0.operation == .anchorMissing }.count == missing)
        #expect(missing <= 3)
        scene.anchors.become(.usable)
        scene.anchors.anchor = nil
        #expect(scene.vault.anchorPresence() == .missing)
        #expect(scene.vault.anchorPresence() == .agrees)
    }

    @Test("somebody who says so goes on with a vault that was put back, and the log says that they did")
    func accepted() throws {
        let scene = try VaultScene()
        try scene.put("a", "one")
        let earlier = scene.storage.rows
        try scene.put("a", "two")
        scene.storage.rows = earlier
        try expectRefusal(scene, .rolledBack)
        let pair = try scene.vault.anchorPair()
        #expect(pair.stored == scene.anchors.anchor && pair.current.auditSequence == 2)
        try scene.vault.acceptAnchor()
        #expect(try scene.value("a") == "one")
        #expect(try scene.events().map(\.operation).contains(.anchorAccepted))
        try scene.put("a", "three")
        _ = try scene.vault.verify()
        scene.anchors.become(.damaged)
        try scene.vault.acceptAnchor()
        #expect(try scene.value("a") == "three")
    }

    @Test("eight at once, each with a vault of its own opened: nothing is taken for damage, and the anchor only rises")
    func concurrency() throws {
        let scene = try VaultScene()
        try scene.put("shared", "start")
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { worker in
            do {
                let vault = try scene.reopened()
                let own = try EntryName("own/\(worker)"), shared = try EntryName("shared")
                for round in 0..<12 {
                    switch (worker + round) % 4 {
                    case 0: _ = try vault.reveal(shared, purpose: "test")
                    case 1:
                        try vault.write { _ = try $0.store(secret("\(worker) \(round)"), as: shared, origin: .given) }
                    case 2: try vault.write { _ = try $0.store(secret("\(round)"), as: own, origin: .given) }
                    default: _ = try vault.read { try $0.inventory() }
                    }
                    _ = try vault.read { try $0.entry(shared) }
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        let numbers = scene.anchors.history.map(\.auditSequence)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        let generations = scene.anchors.history.map(\.generation)
        #expect(zip(generations, generations.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(scene.anchors.anchor == (try scene.vault.currentAnchor()))
        let report = try scene.vault.verify()
        #expect(report.entries == 9)
        // 24 new versions of the shared entry and 3 of each of eight others; 24 releases; the start.
        #expect(report.versions == 1 + 24 + 24)
        #expect(report.auditRecords == 1 + 1 + 24 + 24 + 24)
    }
}
