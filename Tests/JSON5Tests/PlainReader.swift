/// A second reader of JSON5, which shares nothing with the one that is tested: recursive, over code points, building all
/// values. It trusts the text to be well-formed and checks little.
struct PlainReader {
    struct Comment: Equatable {
        let text: String
        /// The keys of the members around it; one between a key and its value is within that member.
        let path: [Model.Text]
    }

    struct Unreadable: Error {}

    private let text: [UInt32]
    private var at = 0
    private var path: [Model.Text] = []
    private(set) var comments: [Comment] = []

    /// The value of a text, nil where it has none, and its comments.
    static func read(_ bytes: [UInt8]) throws -> (model: Model?, comments: [Comment]) {
        var reader = PlainReader(text: String(decoding: bytes, as: UTF8.self).unicodeScalars.map(\.value))
        try reader.skip()
        guard reader.at < reader.text.count else { return (nil, reader.comments) }
        let model = try reader.value()
        try reader.skip()
        guard reader.at == reader.text.count else { throw Unreadable() }
        return (model, reader.comments)
    }

    private init(text: [UInt32]) {
        self.text = text
    }

    private func code(_ character: Unicode.Scalar) -> UInt32 { character.value }

    private func sees(_ word: String) -> Bool {
        text[at...].starts(with: word.unicodeScalars.map(\.value))
    }

    private mutating func take(_ word: String) -> Bool {
        guard sees(word) else { return false }
        at += word.unicodeScalars.count
        return true
    }

    private mutating func skip() throws {
        let lineEnds: Set<UInt32> = [10, 13, 0x2028, 0x2029]
        while at < text.count {
            let start = at
            if take("//") {
                while at < text.count, !lineEnds.contains(text[at]) { at += 1 }
            } else if take("/*") {
                while at < text.count, !sees("*/") { at += 1 }
                guard take("*/") else { throw Unreadable() }
            } else if Unicode.Scalar(text[at])?.properties.isWhitespace == true && text[at] != 0x85
                || text[at] == 0xFEFF
            {
                at += 1
                continue
            } else {
                return
            }
            var comment = ""
            for value in text[start..<at] { comment.unicodeScalars.append(Unicode.Scalar(value) ?? "?") }
            comments.append(Comment(text: comment, path: path))
        }
    }

    private mutating func value() throws -> Model {
        try skip()
        if take("{") {
            var members: [Model.Text: Model] = [:]
            try skip()
            while !take("}") {
                let key = try key()
                path.append(key)
                try skip()
                guard take(":") else { throw Unreadable() }
                members[key] = try value()
                path.removeLast()
                try comma(before: "}")
            }
            return .object(members)
        }
        if take("[") {
            var elements: [Model] = []
            try skip()
            while !take("]") {
                elements.append(try value())
                try comma(before: "]")
            }
            return .array(elements)
        }
        if sees("\"") || sees("'") { return .string(try string()) }
        for (word, value) in [("true", Model.boolean(true)), ("false", .boolean(false)), ("null", .null)]
        where take(word) {
            return value
        }
        var number = ""
        while at < text.count, let scalar = Unicode.Scalar(text[at]),
            scalar.isASCII && Character(scalar).isLetter || Character(scalar).isWholeNumber
                || "+-.".contains(Character(scalar))
        {
            number.unicodeScalars.append(scalar)
            at += 1
        }
        guard !number.isEmpty else { throw Unreadable() }
        return .number(number)
    }

    private mutating func comma(before end: String) throws {
        try skip()
        guard take(",") || sees(end) else { throw Unreadable() }
        try skip()
    }

    private mutating func key() throws -> Model.Text {
        if sees("\"") || sees("'") { return try string() }
        var units: [UInt32] = []
        let ends = Set(" :\t\n\r\u{B}\u{C}/".unicodeScalars.map(\.value))
        while at < text.count, !ends.contains(text[at]), text[at] != 0xFEFF,
            Unicode.Scalar(text[at])?.properties.isWhitespace != true
        {
            if text[at] == code("\\") { try escape(into: &units) } else { units.append(text[at]); at += 1 }
        }
        guard !units.isEmpty else { throw Unreadable() }
        return joined(units)
    }

    private mutating func string() throws -> Model.Text {
        let quote = text[at]
        var units: [UInt32] = []
        at += 1
        while at < text.count, text[at] != quote {
            if text[at] == code("\\") { try escape(into: &units) } else { units.append(text[at]); at += 1 }
        }
        guard at < text.count else { throw Unreadable() }
        at += 1
        return joined(units)
    }

    private mutating func escape(into units: inout [UInt32]) throws {
        at += 1
        guard at < text.count else { throw Unreadable() }
        let letter = text[at]
        at += 1
        let simple: [Unicode.Scalar: UInt32] = ["b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "0": 0]
        if let scalar = Unicode.Scalar(letter), let value = simple[scalar] {
            units.append(value)
        } else if letter == code("x") || letter == code("u") {
            let count = letter == code("x") ? 2 : 4
            guard at + count <= text.count else { throw Unreadable() }
            var digits = ""
            for value in text[at..<at + count] { digits.unicodeScalars.append(Unicode.Scalar(value) ?? "?") }
            guard let value = UInt32(digits, radix: 16) else { throw Unreadable() }
            units.append(value)
            at += count
        } else if letter == 13 {
            if at < text.count, text[at] == 10 { at += 1 }
        } else if letter != 10, letter != 0x2028, letter != 0x2029 {
            units.append(letter)
        }
    }

    /// Halves of pairs put together.
    private func joined(_ units: [UInt32]) -> Model.Text {
        var points: Model.Text = []
        for unit in units {
            if let last = points.last, (0xD800..<0xDC00).contains(last), (0xDC00..<0xE000).contains(unit) {
                points[points.count - 1] = 0x10000 + (last - 0xD800) * 0x400 + (unit - 0xDC00)
            } else {
                points.append(unit)
            }
        }
        return points
    }
}
