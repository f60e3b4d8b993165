/// Text made harmless: for a terminal, and for JSON. Works on bytes, so that a secret can be escaped where it lies.
enum Escaping {
    /// How bytes are escaped.
    enum Style {
        /// Control characters, format characters (bidirectional controls among them) and separators of lines become
        /// `\u{1b}`; bytes that are not UTF-8 `\x{ff}`. A backslash stays, so escaping twice changes nothing.
        case terminal
        /// The inside of a JSON string: what JSON demands, and the characters above as `\u001b`. Bytes that are not
        /// UTF-8 become U+FFFD.
        case json
    }

    static func forTerminal(_ text: String) -> String {
        escape(text, style: .terminal)
    }

    /// Bytes of a file name, say, that need not be UTF-8.
    static func forTerminal(bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        bytes.withUnsafeBytes { escape($0, style: .terminal) { output.append($0) } }
        return String(decoding: output, as: UTF8.self)
    }

    static func escape(_ text: String, style: Style) -> String {
        var text = text
        var output: [UInt8] = []
        text.withUTF8 { bytes in
            output.reserveCapacity(bytes.count + 8)
            escape(UnsafeRawBufferPointer(bytes), style: style) { output.append($0) }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Whether bytes are ASCII in which nothing is to be escaped, as nearly every text is.
    static func isHarmless(_ bytes: UnsafeBufferPointer<UInt8>, style: Style) -> Bool {
        for byte in bytes {
            guard byte >= 0x20, byte < 0x7f else { return false }
            if style == .json, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
        }
        return true
    }

    /// Escapes bytes into `emit`: at most 6 bytes for each.
    static func escape(_ bytes: UnsafeRawBufferPointer, style: Style, emit: (UInt8) -> Void) {
        var index = 0
        while index < bytes.count {
            guard let (scalar, width) = scalar(in: bytes, at: index) else {
                emitInvalid(bytes[index], style: style, emit: emit)
                index += 1
                continue
            }
            if style == .json, emitJSONMark(scalar, emit: emit) {
                // Done: one of the marks that JSON has its own escapes for.
            } else if isHarmful(scalar) {
                emitEscape(scalar, style: style, emit: emit)
            } else {
                for offset in 0..<width { emit(bytes[index + offset]) }
            }
            index += width
        }
    }

    /// Whether all bytes are UTF-8 in its shortest form, without surrogates.
    static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            guard let (_, width) = scalar(in: bytes, at: index) else { return false }
            index += width
        }
        return true
    }

    /// Whether a character could change what a terminal shows beside itself.
    static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7f }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }

    /// The character that begins at `index`, and how many bytes it has; nil where the bytes are not UTF-8.
    private static func scalar(in bytes: UnsafeRawBufferPointer, at index: Int) -> (Unicode.Scalar, Int)? {
        let first = bytes[index]
        let (width, lowest): (Int, UInt32)
        var value: UInt32
        switch first {
        case 0x00...0x7f: return (Unicode.Scalar(first), 1)
        case 0xc2...0xdf: (width, lowest, value) = (2, 0x80, UInt32(first & 0x1f))
        case 0xe0...0xef: (width, lowest, value) = (3, 0x800, UInt32(first & 0x0f))
        case 0xf0...0xf4: (width, lowest, value) = (4, 0x10000, UInt32(first & 0x07))
        default: return nil
        }
        guard index + width <= bytes.count else { return nil }
        for offset in 1..<width {
            let byte = bytes[index + offset]
            guard byte & 0xc0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3f)
        }
        guard value >= lowest, let scalar = Unicode.Scalar(value) else { return nil }
        return (scalar, width)
    }

    private static func emitJSONMark(_ scalar: Unicode.Scalar, emit: (UInt8) -> Void) -> Bool {
        let mark: UInt8
        switch scalar {
        case "\"", "\\": mark = UInt8(ascii: scalar)
        case "\n": mark = UInt8(ascii: "n")
        case "\r": mark = UInt8(ascii: "r")
        case "\t": mark = UInt8(ascii: "t")
        default: return false
        }
        emit(UInt8(ascii: "\\"))
        emit(mark)
        return true
    }

    private static func emitEscape(_ scalar: Unicode.Scalar, style: Style, emit: (UInt8) -> Void) {
        switch style {
        case .terminal:
            emitAll("\\u{", emit)
            emitHex(scalar.value, digits: max(1, (35 - scalar.value.leadingZeroBitCount) / 4), emit)
            emit(UInt8(ascii: "}"))
        case .json:
            for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                emitAll("\\u", emit)
                emitHex(UInt32(unit), digits: 4, emit)
            }
        }
    }

    private static func emitInvalid(_ byte: UInt8, style: Style, emit: (UInt8) -> Void) {
        switch style {
        case .terminal:
            emitAll("\\x{", emit)
            emitHex(UInt32(byte), digits: 2, emit)
            emit(UInt8(ascii: "}"))
        case .json: emitAll("\u{fffd}", emit)
        }
    }

    private static func emitAll(_ text: StaticString, _ emit: (UInt8) -> Void) {
        text.withUTF8Buffer { $0.forEach(emit) }
    }

    private static func emitHex(_ value: UInt32, digits: Int, _ emit: (UInt8) -> Void) {
        for position in stride(from: digits - 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: value >> (4 * UInt32(position)) & 0xf)
            emit(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
