import Sealing
import SecureMemory
import Testing
import VaultTestSupport

@testable import VaultCore

@Suite("The life of an entry")
struct EntryLifeTests {
    private let scene: VaultScene

    init() throws {
        scene = try VaultScene()
    }

    private func name(_ text: String) throws -> EntryName { try EntryName(text) }

    private func history(_ text: String) throws -> [EntryVersion] {
        let name = try EntryName(text)
        return try scene.vault.read { try $0.history(name) }
    }

    @Test("every value is a version of its own, and all of them can be had")
    func versions() throws {
        for number in 1...4 {
            scene.clock.now += 1
            let outcome = try scene.put("a", "value \(number)", origin: number == 2 ? .generated : .given)
            #expect(outcome == StoreOutcome(version: UInt32(number), isNew: true))
        }
        #expect(try scene.value("a") == "value 4")
        for number in 1...4 { #expect(try scene.value("a", version: UInt32(number)) == "value \(number)") }
        let history = try history("a")
        #expect(history.map(\.version) == [1, 2, 3, 4])
        #expect(history.map(\.origin) == [.given, .generated, .given, .given])
        #expect(history.map(\.createdAt) == (1...4).map { FixedClock.start + $0 })
        let entry = try #require(try scene.entry("a"))
        #expect(entry.firstVersion == 1 && entry.currentVersion == 4)
        #expect(entry.createdAt == FixedClock.start + 1 && entry.updatedAt == FixedClock.start + 4)
    }

    @Test("the value that is already current makes no version, and changes nothing")
    func sameValue() throws {
        try scene.put("a", "same")
        let before = scene.storage.rows
        #expect(try scene.put("a", "same") == StoreOutcome(version: 1, isNew: false))
        #expect(scene.storage.rows == before)
        try scene.put("a", "other")
        #expect(try scene.put("a", "same") == StoreOutcome(version: 3, isNew: true), "an older value is a new version")
    }

    @Test("a value may be empty, may be of any bytes, and has at most 16384 of them", arguments: [0, 1, 255, 16_384])
    func sizes(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let name = try name("a")
        try scene.vault.write { _ = try $0.store(SecretBytes(copying: bytes), as: name, origin: .given) }
        let read = try scene.vault.reveal(name, purpose: "test").bytes.withBytes { Array($0) }
        #expect(read == bytes)
    }

    @Test("16385 bytes are too many, and nothing of them is kept")
    func tooLarge() throws {
        let before = scene.storage.rows
        let name = try name("a")
        let outcome = Outcome {
            try scene.vault.write {
                try $0.store(SecretBytes(copying: [UInt8](repeating: 1, count: 16_385)), as: name, origin: .given)
            }
        }
        #expect(outcome == .refused("valueTooLarge"))
        #expect(scene.storage.rows == before)
    }

    @Test("values of one class of padding take the same room in the store")
    func padded() throws {
        for (name, count) in [("a", 1), ("b", 256), ("c", 257)] {
            try scene.put(name, String(repeating: "x", count: count))
        }
        let widths = scene.storage.rows.keys(.body).map { scene.storage.rows[.body, $0]?.count ?? 0 }
        #expect(Set(widths) == [8 + 1 + 24 + 276 + 32, 8 + 1 + 24 + 1044 + 32])
    }

    @Test("names that are the same in NFC are one entry; others are others")
    func names() throws {
        try scene.put("caf\u{e9}", "one")
        #expect(try scene.put("cafe\u{301}", "one") == StoreOutcome(version: 1, isNew: false))
        #expect(try scene.entry("cafe") == nil)
        #expect(try scene.entry("CAF\u{c9}") == nil)
    }

    @Test("no name, value or fact lies in the store as it was written")
    func nothingInTheClear() throws {
        let canary = "canary-5f2b9c"
        try scene.put("name-\(canary)", "value-\(canary)")
        let name = try name("name-\(canary)")
        try scene.vault.write { transaction in
            try transaction.set("setting-\(canary)", to: "text-\(canary)")
            try transaction.record(.delivered, name: name, facts: ["target": canary])
        }
        _ = try scene.value("name-\(canary)")
        func holds(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
            bytes.indices.contains { bytes[$0...].starts(with: part) }
        }
        let rows = scene.storage.rows
        let part = Array("5f2b9c".utf8)
        #expect(holds(Array("x-\(canary)".utf8), part))
        for (table, key, value) in rows.all { #expect(!holds(key + value, part), "\(table)") }
        #expect(!holds(rows.head ?? [], part))
        // Nor the name of the program in the log.
        for key in rows.keys(.audit) { #expect(!holds(rows[.audit, key] ?? [], Array("vault test".utf8))) }
    }

    @Test("an entry that is not there is missing, whatever is asked of it")
    func missing() throws {
        let name = try name("a")
        #expect(try scene.entry("a") == nil)
        let expected = Outcome.refused("\(VaultError.noSuchEntry(name))")
        #expect(Outcome { try history("a") } == expected)
        #expect(Outcome { try scene.value("a") } == expected)
        #expect(Outcome { try scene.vault.write { try $0.rollback(name, to: 1) } } == expected)
        #expect(Outcome { try scene.vault.write { try $0.remove(name) } } == expected)
        #expect(Outcome { try scene.vault.write { try $0.move(name, to: EntryName("b")) } } == expected)
    }

    @Test("a version that is not kept is missing, by its number")
    func missingVersion() throws {
        try scene.put("a", "one")
        let name = try name("a")
        for version: UInt32 in [0, 2, .max] {
            let expected = Outcome.refused("\(VaultError.noSuchVersion(name, version))")
            #expect(Outcome { try scene.value("a", version: version) } == expected)
            #expect(Outcome { try scene.vault.write { try $0.rollback(name, to: version) } } == expected)
        }
        let noOlder = Outcome.refused("\(VaultError.noSuchVersion(name, 0))")
        #expect(Outcome { try scene.vault.write { try $0.rollback(name, to: nil) } } == noOlder)
    }

    @Test("a rollback is a new version with the old value, and releases nothing")
    func rollback() throws {
        for value in ["one", "two", "three"] { try scene.put("a", value) }
        let name = try name("a")
        #expect(try scene.vault.write { try $0.rollback(name, to: nil) } == StoreOutcome(version: 4, isNew: true))
        #expect(try scene.value("a") == "two")
        #expect(try scene.vault.write { try $0.rollback(name, to: 1) } == StoreOutcome(version: 5, isNew: true))
        #expect(try scene.value("a") == "one")
        #expect(try scene.vault.write { try $0.rollback(name, to: 5) } == StoreOutcome(version: 5, isNew: false))
        #expect(try history("a").map(\.origin) == [.given, .given, .given, .rolledBack, .rolledBack])
        #expect(try scene.events().count { $0.operation == .released } == 2, "the two that the test opened")
    }

    @Test("a removed entry is gone with its versions, and its name is free for another")
    func remove() throws {
        try scene.put("a", "one")
        try scene.put("a", "two")
        try scene.put("b", "three")
        let name = try name("a")
        let id = try #require(try scene.entry("a")).id
        try scene.vault.write { try $0.remove(name) }
        #expect(try scene.entry("a") == nil)
        #expect(scene.storage.rows.count(.body) == 1)
        #expect(scene.storage.rows.count(.entry) == 1)
        #expect(try scene.vault.read { $0.recordCount } == 1)
        _ = try scene.vault.verify()
        #expect(try scene.put("a", "one") == StoreOutcome(version: 1, isNew: true))
        #expect(try #require(try scene.entry("a")).id != id)
        _ = try scene.vault.verify()
    }

    @Test("the last entry removed leaves an empty tree, that is proven and can be written again")
    func removeLast() throws {
        try scene.put("a", "one")
        let name = try name("a")
        try scene.vault.write { try $0.remove(name) }
        let rows = scene.storage.rows
        #expect([RowTable.node, .bucket, .entry, .body].allSatisfy { rows.count($0) == 0 })
        #expect(try scene.vault.verify().entries == 0)
        try scene.put("a", "two")
        #expect(try scene.value("a") == "two")
    }

    @Test("a moved entry keeps its id and versions, and its old name is free")
    func move() throws {
        try scene.put("a", "one")
        try scene.put("a", "two")
        let id = try #require(try scene.entry("a")).id
        try scene.vault.write { try $0.move(EntryName("a"), to: EntryName("b")) }
        #expect(try scene.entry("a") == nil)
        #expect(try scene.entry("b")?.id == id)
        #expect(try scene.value("b", version: 1) == "one")
        #expect(try scene.value("b") == "two")
        _ = try scene.vault.verify()
        try scene.vault.write { try $0.move(EntryName("b"), to: EntryName("a")) }
        #expect(try scene.value("a") == "two")
        _ = try scene.vault.verify()
        let moved = try scene.events().filter { $0.operation == .entryMoved }
        #expect(moved.map(\.name) == ["b", "a"])
        #expect(moved.first?.facts.first { $0.name == "from" }?.value == "a")
    }

    @Test("a name that is taken, or that belongs to a service, is not moved to or from")
    func unmovable() throws {
        try scene.put("a", "one")
        try scene.put("b", "two")
        try scene.put("service-api-key/linear", "three")
        let before = scene.storage.rows
        let refusals: [(String, String, VaultError)] = [
            ("a", "b", .entryExists(try name("b"))),
            ("a", "a", .entryExists(try name("a"))),
            ("service-api-key/linear", "c", .notMovable(try name("service-api-key/linear"))),
            ("a", "owner-token/johndee", .notMovable(try name("a"))),
        ]
        for (old, new, error) in refusals {
            let outcome = Outcome { try scene.vault.write { try $0.move(EntryName(old), to: EntryName(new)) } }
            #expect(outcome == .refused("\(error)"))
        }
        #expect(scene.storage.rows == before)
    }

    @Test("a policy is kept with later values, and changed without a new version")
    func policy() throws {
        let name = try name("a")
        func store(_ value: String, _ policy: StorePolicy) throws {
            try scene.vault.write { _ = try $0.store(secret(value), as: name, origin: .given, policy: policy) }
        }
        try store("one", StorePolicy(generator: ":hex:32", rotationIntervalDays: 30))
        try store("two", StorePolicy())
        var entry = try #require(try scene.entry("a"))
        #expect(entry.generator == ":hex:32" && entry.rotationIntervalDays == 30)
        #expect(entry.rotationDueAt == entry.updatedAt + 30 * 86_400_000)
        try store("two", StorePolicy(rotationIntervalDays: 7))
        entry = try #require(try scene.entry("a"))
        #expect(entry.generator == ":hex:32" && entry.rotationIntervalDays == 7 && entry.currentVersion == 2)
        #expect(try scene.events().last?.operation == .settingChanged)
        let before = scene.storage.rows
        try store("two", StorePolicy(rotationIntervalDays: 7))
        #expect(scene.storage.rows == before)
    }

    @Test("what a failing transaction did is undone, all of it")
    func undone() throws {
        struct Stop: Error {}
        try scene.put("a", "one")
        let before = scene.storage.rows
        #expect(throws: Stop.self) {
            try scene.vault.write { transaction in
                _ = try transaction.store(secret("two"), as: EntryName("a"), origin: .given)
                try transaction.move(EntryName("a"), to: EntryName("b"))
                try transaction.set("x", to: "y")
                throw Stop()
            }
        }
        #expect(scene.storage.rows == before)
        #expect(try scene.value("a") == "one")
    }

    @Test("within a transaction, everything sees what it changed already")
    func ownChanges() throws {
        for name in ["a", "b", "c"] { try scene.put(name, "value of \(name)") }
        try scene.vault.write { transaction in
            try transaction.remove(EntryName("a"))
            try transaction.move(EntryName("b"), to: EntryName("moved"))
            _ = try transaction.store(secret("new"), as: EntryName("new"), origin: .given)
            _ = try transaction.store(secret("changed"), as: EntryName("c"), origin: .given)
            try transaction.set("namespace", to: "johndee")
            let inventory = try transaction.inventory()
            #expect(inventory.entries.map(\.name.text) == ["c", "moved", "new"])
            #expect(inventory.entries.map(\.currentVersion) == [2, 1, 1])
            #expect(try transaction.entry(EntryName("a")) == nil)
            #expect(try transaction.entry(EntryName("b")) == nil)
            #expect(try transaction.history(EntryName("c")).count == 2)
            #expect(try transaction.setting("namespace") == "johndee")
            _ = try transaction.store(secret("again"), as: EntryName("a"), origin: .given)
            try transaction.remove(EntryName("new"))
            #expect(transaction.recordCount == 4)
        }
        #expect(try scene.vault.verify().entries == 3)
        #expect(try scene.value("a") == "again")
        #expect(try scene.value("moved") == "value of b")
    }
}
