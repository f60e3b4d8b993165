import Sealing
import SecureMemory
import Testing
import VaultFormat
import VaultTestSupport

@testable import VaultCore

/// Invariants 3 and 14 of the design.
@Suite("The state tree")
struct StateTreeTests {
    private let keys = KeyRing(
        dataKey: SharedSecret(SecretBytes(copying: [UInt8](repeating: 1, count: 32))),
        vaultID: [UInt8](repeating: 7, count: 16),
        epoch: 1)

    private var tree: StateTree { StateTree(keys: keys) }

    /// Tags that share buckets and nodes, and others that share nothing.
    private func tags(_ count: Int, using generator: inout some RandomNumberGenerator) -> [[UInt8]] {
        (0..<count).map { index in
            var tag = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            switch index % 4 {
            case 0: tag.replaceSubrange(0..<3, with: [0xab, 0xcd, 0xef])
            case 1: tag[0] = 0xab
            default: break
            }
            return tag
        }
    }

    @Test("the same rows written in any order and in any portions give the same top hash, and the same rows")
    func order() throws {
        var generator = Numbers(seed: 3)
        let tags = tags(60, using: &generator)
        let hashes = Dictionary(uniqueKeysWithValues: tags.map { ($0, tree.entryHash(tag: $0, row: $0.reversed())) })
        var expected: (top: Digest, rows: MemoryRows)?
        // Every other time what was proven is remembered, of all the states and stores before.
        let proven = ProvenNodes()
        for number in 0..<25 {
            let tree = StateTree(keys: keys, proven: number % 2 == 0 ? proven : nil)
            let storage = MemoryStorage()
            var left = tags.shuffled(using: &generator)[...]
            var top = Digest.zero
            while !left.isEmpty {
                let portion = left.prefix(Int.random(in: 1...20, using: &generator))
                left = left.dropFirst(portion.count)
                top = try storage.transaction { rows in
                    var top = top
                    // In between something else is written that is changed or removed again.
                    let passing = portion.map { $0.enumerated().map { $0.offset == 15 ? $0.element ^ 1 : $0.element } }
                    let wrong = Dictionary(uniqueKeysWithValues: portion.map { ($0, Digest?.some(.zero)) })
                    top = try tree.update(wrong, top: top, in: rows)
                    let added = Dictionary(uniqueKeysWithValues: passing.map { ($0, Digest?.some(.zero)) })
                    top = try tree.update(added, top: top, in: rows)
                    let removed = Dictionary(uniqueKeysWithValues: passing.map { ($0, Digest?.none) })
                    top = try tree.update(removed, top: top, in: rows)
                    let right = Dictionary(uniqueKeysWithValues: portion.map { ($0, hashes[$0]) })
                    return try tree.update(right, top: top, in: rows)
                }
            }
            if let expected {
                #expect(top == expected.top)
                #expect(storage.rows == expected.rows)
            } else {
                expected = (top, storage.rows)
            }
        }
        #expect(expected?.top != .zero)
    }

    @Test("everything removed again leaves no row and the empty top")
    func removal() throws {
        var generator = Numbers(seed: 4)
        let tags = tags(40, using: &generator)
        let storage = MemoryStorage()
        try storage.transaction { rows in
            let changes = Dictionary(uniqueKeysWithValues: tags.map { ($0, Digest?.some(.zero)) })
            var top = try tree.update(changes, top: .zero, in: rows)
            for tag in tags.shuffled(using: &generator) { top = try tree.update([tag: nil], top: top, in: rows) }
            #expect(top == .zero)
        }
        #expect(storage.rows == MemoryRows())
    }

    @Test("one more, one less or one other row is another top hash")
    func difference() throws {
        var generator = Numbers(seed: 5)
        let tags = tags(20, using: &generator)
        func top(_ changes: [[UInt8]: Digest?]) throws -> Digest {
            try MemoryStorage().transaction { try tree.update(changes, top: .zero, in: $0) }
        }
        let whole = Dictionary(uniqueKeysWithValues: tags.map { ($0, Digest?.some(.zero)) })
        let expected = try top(whole)
        for tag in tags {
            var fewer = whole
            fewer[tag] = nil
            #expect(try top(fewer) != expected)
            var other = whole
            other[tag] = tree.entryHash(tag: tag, row: [])
            #expect(try top(other) != expected)
        }
    }

    /// A vault with this many entries, of which one is real: all others are rows that nobody opens.
    private func vault(entries: Int) throws -> VaultScene {
        let scene = try VaultScene()
        try scene.put("a", "one")
        var generator = Numbers(seed: 6)
        let keys = scene.vault.keys
        let tree = StateTree(keys: keys)
        try scene.storage.transaction { rows in
            var head = try HeadCrypto.decode(rows.head() ?? [], keys)
            var changes: [[UInt8]: Digest?] = [:]
            for _ in 1..<entries {
                let tag = bigEndian(generator.next()) + bigEndian(generator.next())
                changes[tag] = tree.entryHash(tag: tag, row: tag)
                try rows.setRow(.entry, tag, tag)
            }
            head.count += UInt64(changes.count)
            head.top = try tree.update(changes, top: head.top, in: rows)
            try rows.swapHead(from: head.stored, to: HeadCrypto.encode(head, keys))
        }
        scene.anchors.anchor = nil
        return scene
    }

    @Test("reading and writing touch at most 2.2 times the rows at 100000 entries that they touch at 10")
    func cost() throws {
        struct Counts {
            var get: TouchedRows, release: TouchedRows, put: TouchedRows, absent: TouchedRows, new: TouchedRows
        }
        func touched(entries: Int) throws -> Counts {
            let scene = try vault(entries: entries)
            scene.anchors.anchor = try scene.vault.currentAnchor()
            #expect(try scene.vault.read { $0.recordCount } == UInt64(entries))
            func count(_ body: () throws -> Void) rethrows -> TouchedRows {
                try body()
                return scene.storage.touched
            }
            return Counts(
                get: try count { _ = try scene.entry("a") }, release: try count { _ = try scene.value("a") },
                put: try count { try scene.put("a", "two") }, absent: try count { _ = try scene.entry("not there") },
                new: try count { try scene.put("new", "three") })
        }
        func isAtMost(_ many: TouchedRows, _ few: TouchedRows) -> Bool {
            Double(many.read) <= 2.2 * Double(few.read) && Double(many.written) <= 2.2 * Double(few.written)
        }
        let few = try touched(entries: 10), many = try touched(entries: 100_000)
        #expect(isAtMost(many.get, few.get))
        #expect(isAtMost(many.release, few.release))
        #expect(isAtMost(many.put, few.put))
        // What is not there is found missing at the top of a small tree: it is compared with what is.
        #expect(isAtMost(many.absent, few.get))
        #expect(isAtMost(many.new, few.put))
        #expect(few.put.read + few.put.written <= 24)
    }
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct Numbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
