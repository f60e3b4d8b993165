package import SecureMemory

/// One replacement in a text.
package struct ByteEdit: Sendable {
    /// A part of what is put in.
    package enum Piece: Sendable {
        case bytes([UInt8])
        /// A secret as a string between these quotes, escaped when it is written.
        case secret(SharedSecret, quote: UInt8)
    }

    /// What is replaced, in bytes of the old text from 0; empty where something is only put in.
    package let range: Range<Int>
    package let replacement: [Piece]
}

extension ByteEdit.Piece {
    var count: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .secret(let secret, let quote):
            secret.bytes.withBytes { bytes in
                var count = 2
                forEachEscaped(bytes, quote: quote) { _ in count += 1 }
                return count
            }
        }
    }

    func write(_ put: (UInt8) -> Void) {
        switch self {
        case .bytes(let bytes): bytes.forEach(put)
        case .secret(let secret, let quote):
            put(quote)
            secret.bytes.withBytes { forEachEscaped($0, quote: quote, put) }
            put(quote)
        }
    }
}

extension JSON5Document {
    /// The text after edits that ``edits(_:)`` worked out for this very document.
    package func applying(_ edits: [ByteEdit]) -> SecretBytes {
        let added = edits.reduce(0) { sum, edit in
            edit.replacement.reduce(sum - edit.range.count) { $0 + $1.count }
        }
        return SecretBytes(capacity: bytes.count + added) { target in
            var (read, written) = (0, 0)
            func copy(to end: Int) {
                let part = UnsafeRawBufferPointer(rebasing: bytes[read..<end])
                UnsafeMutableRawBufferPointer(rebasing: target[written...]).copyMemory(from: part)
                written += part.count
            }
            for edit in edits {
                copy(to: edit.range.lowerBound)
                for piece in edit.replacement {
                    piece.write { byte in
                        target[written] = byte
                        written += 1
                    }
                }
                read = edit.range.upperBound
            }
            copy(to: bytes.count)
            return written
        }
    }
}

/// The bytes between the quotes of a JSON5 string that stands for this text; JSON's, where the quote is `"`.
func forEachEscaped(_ text: UnsafeRawBufferPointer, quote: UInt8, _ put: (UInt8) -> Void) {
    let digits = Array("0123456789abcdef".utf8)
    func escape(_ value: UInt32) {
        for byte in "\\u".utf8 { put(byte) }
        for shift in [12, 8, 4, 0] { put(digits[Int(value >> UInt32(shift)) & 0xF]) }
    }
    var offset = 0
    while offset < text.count {
        let byte = text[offset]
        if byte >= 0x80, let point = codePoint(in: text, at: offset) {
            // Allowed as they are, but not by every reader of JSON.
            if isWideLineEnd(point.value) {
                escape(point.value)
            } else {
                text[offset..<offset + point.width].forEach(put)
            }
            offset += point.width
            continue
        }
        offset += 1
        switch byte {
        case quote, Byte.backslash:
            put(Byte.backslash)
            put(byte)
        case Byte.lineFeed: "\\n".utf8.forEach(put)
        case Byte.carriageReturn: "\\r".utf8.forEach(put)
        case Byte.tab: "\\t".utf8.forEach(put)
        case 0..<0x20, 0x7F: escape(UInt32(byte))
        default: put(byte)
        }
    }
}
