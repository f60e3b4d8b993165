/// Rows in columns, after two spaces: each cell is padded to the widest of its column, with two spaces between columns
/// and none behind the last.
struct Table {
    let rows: [[Value]]
    let reveal: Bool

    func append(to text: inout OutputText) {
        let cells = rows.map { row in row.map(cell) }
        var widths: [Int] = []
        for row in cells {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.width)
            }
        }
        for row in cells {
            var gap = 2
            for (column, cell) in row.enumerated() {
                if cell.width > 0 {
                    text.append(String(repeating: " ", count: gap))
                    text.append(cell)
                    gap = 2
                } else {
                    gap += 2
                }
                gap += widths[column] - cell.width
            }
            text.append("\n")
        }
    }

    private func cell(_ value: Value) -> OutputText {
        var text = OutputText()
        text.append(value, reveal: reveal)
        return text
    }
}
