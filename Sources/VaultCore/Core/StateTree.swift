internal import Sealing
internal import VaultFormat

/// The proof that every entry row is the newest one: a 64-ary tree of three fixed digits over the entries' tags.
struct StateTree {
    let keys: KeyRing
    /// What was proven before; nil where each row is looked at once.
    var proven: ProvenNodes?

    func entryHash(tag: [UInt8], row: [UInt8]) -> Digest {
        keys.hash(Purpose("entry"), tag, row)
    }

    func nodeHash(_ digits: [UInt8], _ row: [UInt8]) -> Digest {
        keys.hash(Purpose("node"), NodeRow.key(digits), row)
    }

    func bucketHash(_ digits: [UInt8], _ row: [UInt8]) -> Digest {
        keys.hash(Purpose("bucket"), NodeRow.key(digits), row)
    }

    /// The entry row of a tag, proven; nil where its absence is proven.
    func lookup(_ tag: [UInt8], top: Digest, in rows: any RowReader) throws -> [UInt8]? {
        guard top != .zero else {
            try proveEmpty(rows)
            return nil
        }
        let digits = TreePath.digits(of: tag)
        var expected = top
        for level in 0..<TreePath.depth {
            let node = try node(Array(digits[..<level]), expected: expected, in: rows)
            guard let child = node[digits[level]].flatMap({ Digest($0) }) else { return nil }
            expected = child
        }
        let bucket = try bucket(digits, expected: expected, in: rows)
        guard let hash = bucket[tag].flatMap({ Digest($0) }) else { return nil }
        return try entry(tag, expected: hash, in: rows)
    }

    /// An entry row's new hash; nil: the entry is gone.
    typealias Change = (tag: [UInt8], hash: Digest?)

    /// Applies changes of entry hashes (nil: the entry is gone), rewriting each touched row once; returns the new top.
    func update(_ changes: [[UInt8]: Digest?], top: Digest, in rows: any RowWriter) throws -> Digest {
        let sorted = changes.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        return try update(sorted: sorted.map { ($0.key, $0.value) }, top: top, in: rows)
    }

    /// The same, one a tag and ascending by tags. `added` is called with each tag that was not there.
    func update(
        sorted changes: [Change], top: Digest, in rows: any RowWriter, added: ([UInt8]) -> Void = { _ in }
    ) throws -> Digest {
        guard !changes.isEmpty else { return top }
        if top == .zero { try proveEmpty(rows) }
        return try rewrite([], expected: top == .zero ? nil : top, changes: changes[...], in: rows, added) ?? .zero
    }

    /// Every entry row, proven, in the order of the tags. Returns how many rows of nodes and buckets there should be.
    @discardableResult
    func walk(
        top: Digest, in rows: any RowReader, visit: (_ tag: [UInt8], _ row: [UInt8]) throws -> Void
    ) throws -> (nodes: Int, buckets: Int) {
        guard top != .zero else {
            try proveEmpty(rows)
            return (0, 0)
        }
        return try walk([], expected: top, in: rows, visit: visit)
    }

    /// An empty tree has no top node: a head from before the first entry is not taken for a vault without any.
    func proveEmpty(_ rows: any RowReader) throws {
        guard try rows.row(.node, NodeRow.key([])) == nil else { throw VaultError.integrity(.node([])) }
    }

    private func walk(
        _ digits: [UInt8], expected: Digest, in rows: any RowReader, visit: ([UInt8], [UInt8]) throws -> Void
    ) throws -> (nodes: Int, buckets: Int) {
        if digits.count == TreePath.depth {
            let bucket = try bucket(digits, expected: expected, in: rows)
            for item in bucket.items {
                guard TreePath.digits(of: item.tag) == digits, let hash = Digest(item.hash) else {
                    throw VaultError.integrity(.bucket(digits))
                }
                try visit(item.tag, try entry(item.tag, expected: hash, in: rows))
            }
            return (0, 1)
        }
        let node = try node(digits, expected: expected, in: rows)
        var total = (nodes: 1, buckets: 0)
        for digit in node.digits {
            guard let child = node[digit].flatMap({ Digest($0) }) else { continue }
            let below = try walk(digits + [digit], expected: child, in: rows, visit: visit)
            total = (total.nodes + below.nodes, total.buckets + below.buckets)
        }
        return total
    }

    private func rewrite(
        _ digits: [UInt8], expected: Digest?, changes: ArraySlice<Change>, in rows: any RowWriter,
        _ added: ([UInt8]) -> Void
    ) throws -> Digest? {
        if digits.count == TreePath.depth {
            var bucket = try expected.map { try self.bucket(digits, expected: $0, in: rows) } ?? BucketRow()
            for change in changes {
                if change.hash != nil, bucket[change.tag] == nil { added(change.tag) }
                bucket[change.tag] = change.hash?.bytes
            }
            guard !bucket.items.isEmpty else {
                try rows.deleteRow(.bucket, digits)
                return nil
            }
            let row = bucket.encoded
            try put(.bucket, digits, row, isNew: expected == nil, in: rows, .bucket(digits))
            return bucketHash(digits, row)
        }
        var node = try expected.map { try self.node(digits, expected: $0, in: rows) } ?? NodeRow()
        var rest = changes
        while let first = rest.first {
            // Ascending by tags, those of one child stand together.
            let digit = TreePath.digit(digits.count, of: first.tag)
            let end = rest.firstIndex { TreePath.digit(digits.count, of: $0.tag) != digit } ?? rest.endIndex
            let child = node[digit].flatMap { Digest($0) }
            node[digit] = try rewrite(digits + [digit], expected: child, changes: rest[..<end], in: rows, added)?.bytes
            rest = rest[end...]
        }
        guard !node.isEmpty else {
            try rows.deleteRow(.node, NodeRow.key(digits))
            return nil
        }
        let row = node.encoded
        try put(.node, NodeRow.key(digits), row, isNew: expected == nil, in: rows, .node(digits))
        return nodeHash(digits, row)
    }

    /// Writes a row. Where the tree had none there must be none: one that somebody put there is damage, and is not covered up.
    private func put(
        _ table: RowTable, _ key: [UInt8], _ row: [UInt8], isNew: Bool, in rows: any RowWriter, _ place: Damage
    ) throws {
        guard isNew else { return try rows.setRow(table, key, row) }
        guard try rows.addRow(table, key, row) else { throw VaultError.integrity(place) }
    }

    private func node(_ digits: [UInt8], expected: Digest, in rows: any RowReader) throws -> NodeRow {
        if let known = proven?.node(digits, expected) { return known }
        guard let row = try rows.row(.node, NodeRow.key(digits)), nodeHash(digits, row).matches(expected),
            let node = try? NodeRow(decoding: row)
        else { throw VaultError.integrity(.node(digits)) }
        proven?.keep(digits, expected, node)
        return node
    }

    private func bucket(_ digits: [UInt8], expected: Digest, in rows: any RowReader) throws -> BucketRow {
        guard let row = try rows.row(.bucket, digits), bucketHash(digits, row).matches(expected),
            let bucket = try? BucketRow(decoding: row)
        else { throw VaultError.integrity(.bucket(digits)) }
        return bucket
    }

    private func entry(_ tag: [UInt8], expected: Digest, in rows: any RowReader) throws -> [UInt8] {
        guard let row = try rows.row(.entry, tag), entryHash(tag: tag, row: row).matches(expected) else {
            throw VaultError.integrity(.entry(tag: tag))
        }
        return row
    }
}
