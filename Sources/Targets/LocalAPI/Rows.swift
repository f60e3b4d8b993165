/// Reads and writes rows of the API's tables, within one transaction.
///
/// Values go in and out as the bytes of their UTF-8. Bytes are compared, not characters: what is there is either exactly
/// what it should be, or is changed.
struct Rows {
    let db: DatabaseConnection
    let schema: Schema

    /// A column and its new value; nil is NULL.
    typealias Change = (column: String, value: Text?)

    /// The columns of the rows that `condition` finds, as bytes; nil for NULL and for a column that is not there.
    func select(
        _ columns: [String], from table: Table, where condition: String, _ values: [Text]
    ) throws -> [[Text?]] {
        let list = columns.map { table.has($0) ? "CAST(\($0) AS BLOB)" : "NULL" }.joined(separator: ", ")
        let rows = try db.run("SELECT \(list) FROM \(table.name) WHERE \(condition)", values.map(\.bytes))
        return rows.map { row in row.map { $0.bytes.map(Text.init(bytes:)) } }
    }

    /// A new row of the values whose columns are there. `spare` are values for columns that are only written when a row
    /// must have them. Throws ``Unsuitable`` where a row must have a value that we do not know.
    func insert(into table: Table, _ values: [Change], spare: [Change] = []) throws {
        let given = values.filter { table.has($0.column) } + spare.filter { table.demanded.contains($0.column) }
        let unknown = table.demanded.filter { column in !given.contains { $0.column == column } }
        guard unknown.isEmpty else {
            throw Unsuitable(names: unknown.map { "a default for \(table.name).\(printable($0))" })
        }
        let columns = given.map(\.column).joined(separator: ", ")
        let places = given.map { _ in Text.place }.joined(separator: ", ")
        try db.run("INSERT INTO \(table.name) (\(columns)) VALUES (\(places))", given.map { $0.value?.bytes })
    }

    /// Changes the rows that `condition` finds; columns that are not there are left out.
    func update(_ table: Table, _ changes: [Change], where condition: String, _ values: [Text]) throws {
        let known = changes.filter { table.has($0.column) }
        guard !known.isEmpty else { return }
        let list = known.map { "\($0.column) = \(Text.place)" }.joined(separator: ", ")
        try db.run(
            "UPDATE \(table.name) SET \(list) WHERE \(condition)", known.map { $0.value?.bytes } + values.map(\.bytes))
    }

    func delete(from table: Table, where condition: String, _ values: [Text]) throws {
        try db.run("DELETE FROM \(table.name) WHERE \(condition)", values.map(\.bytes))
    }

    /// A column's name comes from the file, and ends in a message.
    private func printable(_ name: String) -> String {
        let letters = name.unicodeScalars.prefix(64).map { scalar in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            return isPlain || scalar == "_" ? Character(scalar) : "?"
        }
        return String(letters)
    }
}

/// A text value of the database, by its bytes.
struct Text: Equatable {
    /// Where a value goes in a statement. The file's encoding is UTF-8, so that the cast keeps the bytes.
    static let place = "CAST(? AS TEXT)"

    let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var string: String { String(decoding: bytes, as: UTF8.self) }
}
