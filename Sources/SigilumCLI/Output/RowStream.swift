/// Rows that are written as they are found: for what is too long to be held, or to be waited for.
package struct RowStream: Sendable {
    /// The member of the document whose array the rows are.
    package let member: String
    /// The titles of the columns, and how wide each is at least: nobody knows the widest row yet.
    package let columns: [(title: String, width: Int)]
    /// Finds the rows, and gives each to `take`, which answers whether anybody still reads.
    ///
    /// Returns the report that follows them. Where no row was given it is all there is. Else its fields and document are not
    /// shown: the document has the rows. What is thrown after a row leaves the document without its end.
    package let find: @Sendable (_ take: (any ReportRow) throws -> Bool) throws -> Report

    package init(
        member: String, columns: [(title: String, width: Int)],
        find: @escaping @Sendable (_ take: (any ReportRow) throws -> Bool) throws -> Report
    ) {
        self.member = member
        self.columns = columns
        self.find = find
    }
}

/// A row of a list, in both forms.
package protocol ReportRow {
    /// What stands in the columns.
    var cells: [Value] { get }
    /// The same in a document.
    var document: JSON { get }
}

/// Writes rows one after the other: as a table whose columns grow with them, or as the array of a document.
struct RowStreamWriter {
    /// How many bytes are written at once in the end; the first row is written at once.
    private static let limit = 32_768

    private let json: Bool
    private let reveal: Bool
    private let stream: RowStream
    private let write: (OutputText) -> WriteOutcome
    private var text = OutputText()
    private var columns: TableColumns
    /// How many bytes are enough to write them.
    private var enough = 1
    private(set) var count = 0
    private(set) var outcome = WriteOutcome.written

    init(_ stream: RowStream, json: Bool, reveal: Bool, write: @escaping (OutputText) -> WriteOutcome) {
        (self.stream, self.json, self.reveal, self.write) = (stream, json, reveal, write)
        columns = TableColumns(widths: stream.columns.map(\.width))
    }

    /// Writes a row, now or with others; false when nobody reads any more.
    mutating func take(_ row: any ReportRow) -> Bool {
        if json {
            text.append(count == 0 ? "{\n  \"\(stream.member)\": [\n    " : ",\n    ")
            text.append(row.document, layout: .indented, reveal: reveal, level: 2)
        } else {
            if count == 0 { columns.append(stream.columns.map { .plain($0.title) }, to: &text, reveal: reveal) }
            columns.append(row.cells, to: &text, reveal: reveal)
        }
        count += 1
        guard text.bytes.count >= enough else { return true }
        enough = min(2 * enough + 1024, Self.limit)
        return flush()
    }

    /// Writes what ends the rows. Without it a document does not look whole.
    mutating func finish() {
        if json, count > 0 { text.append("\n  ]\n}\n") }
        _ = flush()
    }

    /// Writes what there is; false when nobody reads any more.
    mutating func flush() -> Bool {
        guard outcome == .written else { return false }
        outcome = write(text)
        text.clear()
        return outcome == .written
    }
}
