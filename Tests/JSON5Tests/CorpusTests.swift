import JSON5
import Testing

@Suite("JSON5 files")
struct CorpusTests {
    @Test("there are many, of each kind")
    func count() {
        #expect(Corpus.names("valid").count >= 60)
        #expect(Corpus.names("invalid").count >= 50)
    }

    @Test("read and written without a change are the same bytes", arguments: Corpus.names("valid"))
    func identity(_ name: String) throws {
        let bytes = try Corpus.bytes("valid", name)
        #expect(try read(bytes) { try $0.edits([]).isEmpty })
        #expect(try edited(bytes, []) == bytes)
        // Setting every member to what it is changes nothing either.
        if case .object(let members) = try PlainReader.read(bytes).model {
            for case (let key, .string(let points)) in members {
                var (path, text) = ("", "")
                for point in key { path.unicodeScalars.append(Unicode.Scalar(point) ?? "?") }
                for point in points { text.unicodeScalars.append(Unicode.Scalar(point) ?? "?") }
                guard Model.text(path) == key, Model.text(text) == points else { continue }
                for value in [JSON5Value.string(text), secret(text)] {
                    #expect(try edited(bytes, [.set([path], value)]) == bytes)
                }
            }
        }
    }

    @Test("a change is made exactly and nothing else is changed", arguments: Corpus.names("valid"))
    func changes(_ name: String) throws {
        let bytes = try Corpus.bytes("valid", name)
        for (index, changes) in ChangeSets.all(for: try PlainReader.read(bytes).model).enumerated() {
            try checkEdit(bytes, changes, "changes \(index)")
        }
    }

    @Test("another JSON5 parser sees the same changes")
    func judged() throws {
        var cases: [Judge.Case] = []
        for name in Corpus.names("valid") {
            let bytes = try Corpus.bytes("valid", name)
            for (index, changes) in ChangeSets.all(for: try PlainReader.read(bytes).model).enumerated() {
                guard let after = try checkEdit(bytes, changes, "\(name), changes \(index)") else { continue }
                cases.append(Judge.Case(name: "\(name), \(index)", before: bytes, after: after, changes: changes))
            }
        }
        #expect(cases.count > 1000)
        if let complaints = try Judge.complaints(cases) { #expect(complaints == []) }
    }

    @Test("what is no JSON5 is refused with its line, column and reason", arguments: Corpus.names("invalid"))
    func refused(_ name: String) throws {
        // The file's name says what is expected: NAME.LINE.COLUMN.REASON.json5.
        let parts = name.split(separator: ".").map(String.init)
        try #require(parts.count == 5)
        let found = try #require(error(try Corpus.bytes("invalid", name)))
        #expect("\(found.line).\(found.column).\(found.reason)" == parts[1...3].joined(separator: "."))
    }

    @Test("each beginning of a file is read or refused, and one that is read means something")
    func beginnings() throws {
        for name in Corpus.names("valid") {
            let bytes = try Corpus.bytes("valid", name)
            for end in stride(from: 0, to: bytes.count, by: bytes.count > 800 ? 7 : 1) {
                let part = Array(bytes[..<end])
                if let error = error(part) {
                    #expect(error.line >= 1 && error.column >= 1)
                } else {
                    _ = try PlainReader.read(part)
                }
            }
        }
    }
}
