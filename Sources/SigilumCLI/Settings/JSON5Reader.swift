/// Why a JSON5 text cannot be read. Carries a place, never a part of the text.
enum JSON5Error: Error, Equatable {
    /// At this offset, in bytes from 0, stands something that JSON5 does not allow there.
    case malformed(offset: Int)
    /// Objects and arrays lie more than ``JSON5Reader/depthLimit`` deep in each other.
    case tooDeep
    /// The text has more than ``JSON5Reader/sizeLimit`` bytes.
    case tooLarge
}

/// Finds one string in a JSON5 text (<https://spec.json5.org>) and passes over all else without copying it: the files
/// this is for hold tokens too.
struct JSON5Reader {
    static let depthLimit = 64
    /// In bytes: 1 MiB.
    static let sizeLimit = 1 << 20

    private var text: JSON5Scanner

    /// The string under these keys of nested objects; nil where a key is missing or something else than a string stands
    /// there. The whole text is checked. Of a key that stands twice, the last counts.
    static func string(at path: [String], in bytes: UnsafeRawBufferPointer) throws(JSON5Error) -> String? {
        guard bytes.count <= sizeLimit else { throw .tooLarge }
        var reader = JSON5Reader(text: JSON5Scanner(bytes: bytes))
        let found = try reader.value(path[...], depth: 0)
        try reader.text.skipBlank()
        guard reader.text.next == nil else { throw reader.text.malformed }
        return found
    }

    private init(text: JSON5Scanner) {
        self.text = text
    }

    /// Reads one value. `path` leads from it to what is wanted: empty when it is this, nil when it is elsewhere.
    private mutating func value(_ path: ArraySlice<String>?, depth: Int) throws(JSON5Error) -> String? {
        guard depth <= Self.depthLimit else { throw .tooDeep }
        try text.skipBlank()
        switch text.next {
        case UInt8(ascii: "{"):
            return try object(path, depth: depth + 1)
        case UInt8(ascii: "["):
            text.step()
            while try !closes(UInt8(ascii: "]")) {
                _ = try value(nil, depth: depth + 1)
                try separator(before: UInt8(ascii: "]"))
            }
            return nil
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            return try text.string(keep: path?.isEmpty == true)
        default:
            try text.literal()
            return nil
        }
    }

    private mutating func object(_ path: ArraySlice<String>?, depth: Int) throws(JSON5Error) -> String? {
        let wanted = path?.first
        var found: String?
        text.step()
        while try !closes(UInt8(ascii: "}")) {
            let isQuoted = text.next == UInt8(ascii: "\"") || text.next == UInt8(ascii: "'")
            let name = isQuoted ? try text.string(keep: wanted != nil) : try text.identifier()
            try text.skipBlank()
            guard text.next == UInt8(ascii: ":") else { throw text.malformed }
            text.step()
            if let wanted, name == wanted {
                found = try value(path?.dropFirst(), depth: depth)
            } else {
                _ = try value(nil, depth: depth)
            }
            try separator(before: UInt8(ascii: "}"))
        }
        return found
    }

    /// Whether the object or array ends here; if so, steps behind its end.
    private mutating func closes(_ end: UInt8) throws(JSON5Error) -> Bool {
        try text.skipBlank()
        guard text.next == end else { return false }
        text.step()
        return true
    }

    private mutating func separator(before end: UInt8) throws(JSON5Error) {
        try text.skipBlank()
        if text.next == UInt8(ascii: ",") {
            text.step()
        } else if text.next != end {
            throw text.malformed
        }
    }
}
