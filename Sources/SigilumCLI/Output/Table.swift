/// Rows in columns, after two spaces: each cell is padded to the widest of its column, with two spaces between columns
/// and none behind the last.
struct Table {
    let rows: [[Value]]
    let reveal: Bool

    func append(to text: inout OutputText) {
        var columns = TableColumns()
        for row in rows { columns.widen(for: row, reveal: reveal) }
        for row in rows { columns.append(row, to: &text, reveal: reveal) }
    }
}

/// The widths of a table's columns, as far as they are known.
struct TableColumns {
    private(set) var widths: [Int] = []
    /// A cell that is looked at, and whose room serves the next.
    private var cell = OutputText()

    /// Columns that are at least so wide.
    init(widths: [Int] = []) {
        self.widths = widths
    }

    /// Makes room for the cells of a row.
    mutating func widen(for row: [Value], reveal: Bool) {
        while widths.count < row.count { widths.append(0) }
        for column in row.indices {
            cell.clear()
            cell.append(row[column], reveal: reveal)
            widths[column] = max(widths[column], cell.width)
        }
    }

    /// Appends a row. Columns that are too narrow for it are wider from now on.
    mutating func append(_ row: [Value], to text: inout OutputText, reveal: Bool) {
        while widths.count < row.count { widths.append(0) }
        var gap = 2
        for column in row.indices {
            cell.clear()
            cell.append(row[column], reveal: reveal)
            let width = cell.width
            widths[column] = max(widths[column], width)
            if width > 0 {
                text.append(spaces: gap)
                text.append(cell)
                gap = 2
            } else {
                gap += 2
            }
            gap += widths[column] - width
        }
        text.append("\n")
    }
}
