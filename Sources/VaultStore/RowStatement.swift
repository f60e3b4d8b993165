internal import VaultCore

/// What is done with one row of a table. There are few, so that each has a place of its own: neither its text is made nor
/// looked up for each of many rows.
struct RowStatement {
    enum Kind: Int, CaseIterable {
        case read, set, add, delete
    }

    static let count = Kind.allCases.count * RowTable.allCases.count

    private let kind: Kind
    private let table: RowTable

    init(_ kind: Kind, _ table: RowTable) {
        self.kind = kind
        self.table = table
    }

    /// From 0.
    var place: Int {
        let number =
            switch table {
            case .slot: 0
            case .node: 1
            case .bucket: 2
            case .entry: 3
            case .body: 4
            case .audit: 5
            }
        return number * Kind.allCases.count + kind.rawValue
    }

    var sql: String {
        switch kind {
        case .read: "SELECT value FROM \(table.rawValue) WHERE key = ?"
        case .set:
            """
            INSERT INTO \(table.rawValue) (key, value) VALUES (?, ?) \
            ON CONFLICT (key) DO UPDATE SET value = excluded.value
            """
        case .add: "INSERT INTO \(table.rawValue) (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING"
        case .delete: "DELETE FROM \(table.rawValue) WHERE key = ?"
        }
    }
}
