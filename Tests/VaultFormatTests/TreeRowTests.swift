import Testing
import VaultFormat

@Suite("Rows of the tree, changed")
struct TreeRowTests {
    @Test("a node has the children that it was given, in the order of the digits, whatever the order of the changes")
    func node() throws {
        var generator = SystemRandomNumberGenerator()
        var known: [UInt8: [UInt8]] = [:]
        var node = NodeRow()
        for _ in 0..<600 {
            let digit = UInt8.random(in: 0..<64, using: &generator)
            let hash = Bool.random() ? (0..<32).map { _ in UInt8.random(in: 0...255) } : nil
            known[digit] = hash
            node[digit] = hash
            #expect(node[digit] == hash)
            #expect(node.digits == known.keys.sorted())
            #expect(node.isEmpty == known.isEmpty)
        }
        node[0] = [UInt8](repeating: 1, count: 32)
        known[0] = node[0]
        let bitmap = known.keys.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
        let expected =
            withUnsafeBytes(of: bitmap.littleEndian) { Array($0) } + known.keys.sorted().flatMap { known[$0] ?? [] }
        #expect(node.encoded == expected)
        #expect(try NodeRow(decoding: node.encoded) == node)
    }

    @Test("a bucket has the entries that it was given, in the order of the tags, whatever the order of the changes")
    func bucket() throws {
        var known: [[UInt8]: [UInt8]] = [:]
        var bucket = BucketRow()
        for _ in 0..<300 {
            let tag = [UInt8](repeating: UInt8.random(in: 0..<12), count: 15) + [UInt8.random(in: 0..<3)]
            let hash = Bool.random() ? (0..<32).map { _ in UInt8.random(in: 0...255) } : nil
            known[tag] = hash
            bucket[tag] = hash
            #expect(bucket[tag] == hash)
        }
        let tags = known.keys.sorted { $0.lexicographicallyPrecedes($1) }
        #expect(bucket.items.map(\.tag) == tags)
        #expect(bucket.encoded == tags.flatMap { $0 + (known[$0] ?? []) })
        #expect(try BucketRow(decoding: bucket.encoded) == bucket)
    }

    @Test("fields that were changed, taken away and put back are written as if they had been set once")
    func fields() throws {
        var known: [String: [UInt8]] = [:]
        var fields = FieldMap()
        for _ in 0..<400 {
            let name = ["", "a", "aa", "b", "name", "größe", "gro", "updated"].randomElement() ?? ""
            let value = Bool.random() ? (0..<Int.random(in: 0..<5)).map { _ in UInt8.random(in: 0...255) } : nil
            known[name] = value
            fields[name] = value
            #expect(fields[name] == value)
        }
        var once = FieldMap()
        for (name, value) in known { once[name] = value }
        #expect(fields == once)
        #expect(fields.names == known.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(try FieldMap(decoding: fields.encoded) == fields)
    }
}
