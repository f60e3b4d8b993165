internal import Sealing
internal import VaultFormat

/// The entry rows of the state tree one after the other, in the order of their tags, each proven before it is given out.
///
/// For whoever stops in between, which ``StateTree/walk(top:in:visit:)`` cannot do. Leaves come in the order of their keys, so
/// that they are read in batches; a row that the tree does not lead to is passed over, as by any other look-up.
struct TreeCursor {
    /// A node on the way to the current bucket, and which of its children are still to come.
    private struct Node {
        let digits: [UInt8]
        let row: [UInt8]
        /// A bit for each digit that is still to come.
        var left: UInt64
        /// Where the hash of the next child is.
        var offset = 8
    }

    private let tree: StateTree
    private let rows: any RowReader
    private let top: Digest
    private var hasBegun = false
    private var path: [Node] = []
    private var bucket: (digits: [UInt8], row: [UInt8], offset: Int)?
    private var buckets = RowsAhead(table: .bucket)
    private var entries = RowsAhead(table: .entry)

    /// - Parameters:
    ///   - tree: What hashes its rows.
    ///   - top: The hash that the proof begins with.
    ///   - rows: Where they lie.
    init(_ tree: StateTree, top: Digest, in rows: any RowReader) {
        self.tree = tree
        self.top = top
        self.rows = rows
    }

    /// The next entry row; nil behind the last.
    ///
    /// - Throws: ``VaultError/integrity(_:)`` with the first record that is not as it was written.
    mutating func next() throws -> (tag: [UInt8], row: [UInt8])? {
        if !hasBegun {
            hasBegun = true
            guard top != .zero else {
                try tree.proveEmpty(rows)
                return nil
            }
            try enter([], expected: top)
        }
        while true {
            if let tag = try nextTag() { return tag }
            guard try nextBucket() else { return nil }
        }
    }

    private mutating func nextTag() throws -> (tag: [UInt8], row: [UInt8])? {
        guard let (digits, row, offset) = bucket, offset < row.count else { return nil }
        let tag = Array(row[offset..<offset + 16])
        guard let hash = Digest(Array(row[offset + 16..<offset + 48])), TreePath.digits(of: tag) == digits,
            offset == 0 || row[offset - 48..<offset - 32].lexicographicallyPrecedes(tag)
        else { throw VaultError.integrity(.bucket(digits)) }
        bucket?.offset = offset + 48
        guard let entry = try entries.row(tag, in: rows), tree.entryHash(tag: tag, row: entry).matches(hash) else {
            throw VaultError.integrity(.entry(tag: tag))
        }
        return (tag, entry)
    }

    /// Goes to the next bucket; false where there is none.
    private mutating func nextBucket() throws -> Bool {
        while let node = path.last {
            guard node.left != 0, let hash = Digest(Array(node.row[node.offset..<node.offset + 32])) else {
                path.removeLast()
                continue
            }
            path[path.count - 1].left &= node.left - 1
            path[path.count - 1].offset += 32
            let digits = node.digits + [UInt8(node.left.trailingZeroBitCount)]
            guard digits.count == TreePath.depth else {
                try enter(digits, expected: hash)
                continue
            }
            guard let row = try buckets.row(digits, in: rows), tree.bucketHash(digits, row).matches(hash),
                !row.isEmpty, row.count % 48 == 0
            else { throw VaultError.integrity(.bucket(digits)) }
            bucket = (digits, row, 0)
            return true
        }
        return false
    }

    private mutating func enter(_ digits: [UInt8], expected: Digest) throws {
        guard let row = try rows.row(.node, NodeRow.key(digits)), tree.nodeHash(digits, row).matches(expected),
            let children = Self.children(in: row)
        else { throw VaultError.integrity(.node(digits)) }
        path.append(Node(digits: digits, row: row, left: children))
    }

    /// Which digits have children, a bit each; nil where the row is none of a node.
    private static func children(in row: [UInt8]) -> UInt64? {
        guard row.count > 8 else { return nil }
        let bitmap = row[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return row.count == 8 + 32 * bitmap.nonzeroBitCount ? bitmap : nil
    }
}

/// Rows of one table, asked for in ascending order of their keys, and read some at a time.
struct RowsAhead {
    /// How many are read at once: few enough that even the longest rows take little memory.
    static let limit = 32

    let table: RowTable
    private var batch: [(key: [UInt8], value: [UInt8])] = []
    private var position = 0
    private var isAtEnd = false

    init(table: RowTable) {
        self.table = table
    }

    /// The row with that key, which is greater than any that was asked for before; nil where there is none.
    mutating func row(_ key: [UInt8], in rows: any RowReader) throws(StorageError) -> [UInt8]? {
        while true {
            while position < batch.count {
                if batch[position].key == key {
                    defer { position += 1 }
                    return batch[position].value
                }
                guard batch[position].key.lexicographicallyPrecedes(key) else { return nil }
                position += 1
            }
            guard !isAtEnd else { return nil }
            batch = try rows.rows(table, after: batch.last?.key, limit: Self.limit)
            (position, isAtEnd) = (0, batch.isEmpty)
        }
    }
}
