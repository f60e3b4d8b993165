import JSON5
import Testing

/// Writes texts that use all of the grammar.
private struct Writer {
    var random: Seeded

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    mutating func blank() -> String {
        (0..<pick([0, 0, 1, 1, 2])).map { _ in
            pick([
                " ", " ", "  ", "\t", "\n", "\n  ", "\r\n", "\r", "\u{A0}", "\u{FEFF}", "\u{2028}", "\u{3000}",
                "// c\n", "//\r\n", "// é\u{2029}", "/* c */", "/**/", "/* \n * */",
            ])
        }.joined()
    }

    mutating func key() -> String {
        pick([
            "a", "b", "c", "d", "'a'", "\"b\"", "\\u0061", "'c-d'", "\"\"", "é", "__proto__", "'\\x62'", "\"d\\\ne\"",
        ])
    }

    mutating func value(_ depth: Int) -> String {
        switch pick(depth > 3 ? [2, 3] : [0, 0, 1, 2, 3]) {
        case 0: return object(depth)
        case 1:
            let elements = (0..<pick([0, 1, 2, 3])).map { _ in blank() + value(depth + 1) + blank() }
            return "[" + elements.joined(separator: ",") + (elements.isEmpty ? blank() : pick(["", ","])) + blank()
                + "]"
        case 2:
            return pick(["'x'", "\"x\"", "'it\\'s'", "\"\\u00e9\\n\"", "''", "'// no'", "\"a\\\r\nb\"", "'\\uD83D'"])
        default: return pick(["true", "false", "null", "0", "-1.5e3", "+.5", "5.", "0xFf", "Infinity", "-NaN"])
        }
    }

    mutating func object(_ depth: Int) -> String {
        let members = (0..<pick([0, 1, 2, 3, 4])).map { _ in
            blank() + key() + blank() + ":" + blank() + value(depth + 1) + blank()
        }
        return "{" + members.joined(separator: ",") + (members.isEmpty ? blank() : pick(["", ","])) + blank() + "}"
    }

    mutating func text() -> [UInt8] {
        Array((pick(["", "", "\u{FEFF}"]) + blank() + object(0) + blank()).utf8)
    }

    /// A few changes, none of which is about what another one is within.
    mutating func changes() -> [JSON5Change] {
        var paths: [[String]] = []
        for _ in 0..<pick([1, 1, 2, 3, 5]) {
            let path = (0..<pick([1, 1, 2, 3])).map { _ in
                pick(["a", "b", "c", "d", "c-d", "", "é", "__proto__", "de"])
            }
            if !paths.contains(where: { $0.starts(with: path) || path.starts(with: $0) }) { paths.append(path) }
        }
        return paths.map { path in
            pick([0, 1]) == 0
                ? .remove(path)
                : .set(
                    path,
                    pick([
                        .string("x"), .boolean(true), secret("it's \"\\\u{2029}"), .object([]),
                        .object([.init(key: "a", value: .string("x")), .init(key: "new", value: .object([]))]),
                    ]))
        }
    }

    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<pick([1, 1, 2, 4]) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch pick([0, 1, 2, 3]) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(pick(Array("{}[]:,'\"\\/*\n ax01.e+-\u{FEFF}".utf8)), at: index)
            default: bytes.removeSubrange(index..<min(bytes.count, index + pick([1, 3, 9])))
            }
        }
        return bytes
    }
}

@Suite("JSON5 at random")
struct RandomTests {
    @Test("any text with any changes means afterwards what it should", arguments: [1, 2, 3, 4] as [UInt64])
    func edits(_ seed: UInt64) throws {
        var writer = Writer(random: Seeded(seed))
        var cases: [Judge.Case] = []
        for index in 0..<700 {
            let (text, changes) = (writer.text(), writer.changes())
            try #require(error(text) == nil)
            guard let after = try checkEdit(text, changes, "seed \(seed), text \(index)") else { continue }
            if index % 7 == 0 {
                cases.append(Judge.Case(name: "\(seed), \(index)", before: text, after: after, changes: changes))
            }
        }
        #expect(cases.count > 30)
        if let complaints = try Judge.complaints(cases) { #expect(complaints == []) }
    }

    @Test("a damaged file is read as what it means or refused, and never crashes", arguments: [5, 6, 7, 8] as [UInt64])
    func damage(_ seed: UInt64) throws {
        var writer = Writer(random: Seeded(seed))
        let files = try Corpus.names("valid").map { try Corpus.bytes("valid", $0) }.filter { $0.count < 2000 }
        var (good, bad) = (0, 0)
        for _ in 0..<1500 {
            let text = writer.mutated(writer.pick([writer.pick(files), writer.text()]))
            if let error = error(text) {
                bad += 1
                #expect(error.line >= 1 && error.column >= 1 && error.line <= text.count + 1)
            } else {
                good += 1
                try checkEdit(text, writer.changes(), "seed \(seed): \(text)")
            }
        }
        #expect(good > 100 && bad > 100)
    }

    @Test("any bytes are read or refused")
    func anyBytes() {
        var writer = Writer(random: Seeded(9))
        let words =
            [
                "{", "}", "[", "]", ":", ",", "'", "\"", "a", "b", "\\", "\\u", "00", "//", "/*", "*/", "\n", " ", "1",
                "-", "\u{A0}", "\u{2028}", "null", "\0",
            ].map { Array($0.utf8) } + [[0xFF], [0xE2], [0xE2, 0x80], [0xC2]]
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...30, using: &writer.random)).flatMap { _ in writer.pick(words) }
            if let error = error(bytes) { #expect(error.line >= 1 && error.column <= bytes.count + 1) }
        }
    }
}
