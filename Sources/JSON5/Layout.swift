/// How a text is laid out in lines.
struct Layout {
    private let bytes: UnsafeRawBufferPointer
    /// What ends its first line; LF where it has only one.
    let lineEnd: [UInt8]
    /// By how much members stand further in than what they are in; two spaces where no line says.
    let unit: [UInt8]
    /// Whether the whole value has more than one line.
    let spansLines: Bool

    init(_ document: JSON5Document) {
        let bytes = document.bytes
        self.bytes = bytes
        if let first = bytes.firstIndex(where: Byte.isLineEnd) {
            let isPair = bytes[first] == Byte.carriageReturn && bytes[first...].dropFirst().first == Byte.lineFeed
            lineEnd = isPair ? [Byte.carriageReturn, Byte.lineFeed] : [bytes[first]]
        } else {
            lineEnd = [Byte.lineFeed]
        }
        spansLines = document.entries.first.map { bytes[$0.value].contains(where: Byte.isLineEnd) } ?? false
        unit = Self.unit(of: document) ?? [Byte.space, Byte.space]
    }

    /// From the first member that has its own line and stands further in than the line of its object's brace.
    private static func unit(of document: JSON5Document) -> [UInt8]? {
        let entries = document.entries
        for index in entries.indices where entries[index].kind == .object && entries[index].next > index + 1 {
            let start = entries[index + 1].key.lowerBound
            guard isFirstOnLine(start, in: document.bytes) else { continue }
            let inner = indentation(at: start, in: document.bytes)
            let outer = indentation(at: entries[index].value.lowerBound, in: document.bytes)
            if inner.count > outer.count, inner.starts(with: outer) { return Array(inner.dropFirst(outer.count)) }
        }
        return nil
    }

    /// The white space that the line begins with.
    func indentation(at offset: Int) -> [UInt8] { Self.indentation(at: offset, in: bytes) }

    private static func indentation(at offset: Int, in bytes: UnsafeRawBufferPointer) -> [UInt8] {
        let start = bytes[..<offset].lastIndex(where: Byte.isLineEnd).map { $0 + 1 } ?? 0
        return Array(bytes[start...].prefix(while: Byte.isSpaceOrTab))
    }

    /// Whether there is only white space before it in its line.
    func isFirstOnLine(_ offset: Int) -> Bool { Self.isFirstOnLine(offset, in: bytes) }

    private static func isFirstOnLine(_ offset: Int, in bytes: UnsafeRawBufferPointer) -> Bool {
        let start = startOfBlank(before: offset, in: bytes)
        return start == 0 || Byte.isLineEnd(bytes[start - 1])
    }

    /// Where the spaces and tabs begin that end at `offset`.
    func startOfBlank(before offset: Int) -> Int { Self.startOfBlank(before: offset, in: bytes) }

    private static func startOfBlank(before offset: Int, in bytes: UnsafeRawBufferPointer) -> Int {
        bytes[..<offset].lastIndex { !Byte.isSpaceOrTab($0) }.map { $0 + 1 } ?? 0
    }

    /// Where the spaces and tabs end that begin at `offset`.
    func endOfBlank(after offset: Int) -> Int {
        bytes[offset...].firstIndex { !Byte.isSpaceOrTab($0) } ?? bytes.count
    }

    /// Behind the line end at `offset`; nil where none is.
    func endOfLine(at offset: Int) -> Int? {
        guard offset < bytes.count, Byte.isLineEnd(bytes[offset]) else { return nil }
        let isPair = bytes[offset] == Byte.carriageReturn && bytes[offset...].dropFirst().first == Byte.lineFeed
        return offset + (isPair ? 2 : 1)
    }
}
