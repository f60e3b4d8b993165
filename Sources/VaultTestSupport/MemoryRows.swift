package import VaultCore

/// All rows of a store as values: copied, compared and changed at will, which is what tampering is.
package struct MemoryRows: Sendable, Equatable {
    package var head: [UInt8]?
    private var tables: [RowTable: MemoryTable] = [:]

    package init() {}

    /// A row; nil where there is none. Setting nil takes it away.
    package subscript(_ table: RowTable, _ key: [UInt8]) -> [UInt8]? {
        get { tables[table]?[key] }
        set { tables[table, default: MemoryTable()][key] = newValue }
    }

    /// The keys of a table, ascending by bytes.
    package func keys(_ table: RowTable) -> [[UInt8]] { tables[table]?.sortedKeys ?? [] }

    package func count(_ table: RowTable) -> Int { tables[table]?.count ?? 0 }

    /// Every row but the head, table by table in the order of the keys.
    package var all: [(table: RowTable, key: [UInt8], value: [UInt8])] {
        RowTable.allCases.flatMap { table in keys(table).map { (table, $0, self[table, $0] ?? []) } }
    }

    /// Up to `limit` rows after `key`.
    package mutating func rows(_ table: RowTable, after key: [UInt8]?, limit: Int) -> [(key: [UInt8], value: [UInt8])] {
        tables[table]?.rows(after: key, limit: limit) ?? []
    }
}

/// One table: a dictionary, with the order of its keys worked out when somebody asks.
private struct MemoryTable: Sendable, Equatable {
    private var rows: [[UInt8]: [UInt8]] = [:]
    /// Nil when the keys have changed in a way that needs sorting again.
    private var order: [[UInt8]]? = []

    static func == (left: MemoryTable, right: MemoryTable) -> Bool { left.rows == right.rows }

    var count: Int { rows.count }

    var sortedKeys: [[UInt8]] { order ?? Self.sort(rows.keys) }

    subscript(_ key: [UInt8]) -> [UInt8]? {
        get { rows[key] }
        set {
            let old = rows.updateValue(newValue ?? [], forKey: key)
            if newValue == nil {
                rows[key] = nil
                if old != nil { order = nil }
            } else if old == nil {
                // Rows that are added at the end, as an audit log's are, leave the order as it is.
                if let last = order?.last, !last.lexicographicallyPrecedes(key) {
                    order = nil
                } else {
                    order?.append(key)
                }
            }
        }
    }

    mutating func rows(after key: [UInt8]?, limit: Int) -> [(key: [UInt8], value: [UInt8])] {
        let keys = order ?? Self.sort(rows.keys)
        order = keys
        var low = 0, high = keys.count
        while let key, low < high {
            let middle = (low + high) / 2
            if key.lexicographicallyPrecedes(keys[middle]) { high = middle } else { low = middle + 1 }
        }
        return keys[low...].prefix(limit).map { ($0, rows[$0] ?? []) }
    }

    private static func sort(_ keys: some Sequence<[UInt8]>) -> [[UInt8]] {
        keys.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
