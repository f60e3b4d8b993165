import JSON5
import SecureMemory
import Testing

/// What an edit looks like, to the byte.
struct Example: CustomTestStringConvertible, Sendable {
    let before: String
    let changes: [JSON5Change]
    let after: String

    init(_ before: String, _ changes: JSON5Change..., gives after: String) {
        self.before = before
        self.changes = changes
        self.after = after
    }

    var testDescription: String { before }
}

private let x = JSON5Value.string("x")
private let yes = JSON5Value.boolean(true)

@Suite("editing JSON5")
struct EditingTests {
    @Test(
        "a member is added",
        arguments: [
            Example("{}", .set(["a"], x), gives: "{\n  \"a\": \"x\"\n}"),
            Example("{}\n", .set(["a", "b"], x), gives: "{\n  \"a\": {\n    \"b\": \"x\"\n  }\n}\n"),
            Example("{ }\r\n", .set(["a"], yes), gives: "{\r\n  \"a\": true\r\n}\r\n"),
            Example("{\n}\n", .set(["a"], yes), gives: "{\n  \"a\": true\n}\n"),
            Example("{ a: 1 }", .set(["b"], x), gives: "{ a: 1, b: \"x\" }"),
            Example("{a: 1}", .set(["b"], yes), gives: "{a: 1, b: true}"),
            Example("{\"a\":1}", .set(["b", "c"], yes), gives: "{\"a\":1,\"b\":{\"c\":true}}"),
            Example("{\"a\":{}}", .set(["a", "c"], yes), gives: "{\"a\":{\"c\":true}}"),
            Example("{a: 1, }", .set(["b"], yes), .set(["c"], yes), gives: "{a: 1, b: true, c: true, }"),
            Example("{\n  a: 1\n}", .set(["b"], yes), gives: "{\n  a: 1,\n  b: true\n}"),
            Example("{\n  a: 1,\n}", .set(["b"], yes), gives: "{\n  a: 1,\n  b: true,\n}"),
            Example("{\n  a: 1 // one\n}", .set(["b"], yes), gives: "{\n  a: 1, // one\n  b: true\n}"),
            Example(
                "{\n  a: 1, // one\n  // end\n}", .set(["b"], yes), gives: "{\n  a: 1, // one\n  // end\n  b: true,\n}"),
            Example("{\n  // nothing\n}\n", .set(["b"], yes), gives: "{\n  // nothing\n  \"b\": true\n}\n"),
            Example("{ /* no */ }", .set(["b"], yes), gives: "{ /* no */ \"b\": true }"),
            Example(
                "{\n\t'a': 'y'\n}", .set(["b", "c-d"], x), gives: "{\n\t'a': 'y',\n\t'b': {\n\t\t'c-d': 'x'\n\t}\n}"),
            Example("{\n    a: {\n    }\n}", .set(["a", "b"], yes), gives: "{\n    a: {\n        b: true\n    }\n}"),
            Example("{\n  a: {},\n}", .set(["a", "b"], yes), gives: "{\n  a: {\n    b: true,\n  },\n}"),
            Example("{\n  a: 1 }", .set(["b"], yes), gives: "{\n  a: 1,\n  b: true }"),
            Example("{\n  'a-b': 1\n}", .set(["b"], yes), gives: "{\n  'a-b': 1,\n  'b': true\n}"),
            Example("{\r\n\ta: 1\r\n}", .set(["b"], .object([])), gives: "{\r\n\ta: 1,\r\n\tb: {}\r\n}"),
        ])
    func adds(_ example: Example) throws {
        #expect(try edited(example.before, example.changes) == example.after)
        try checkEdit(Array(example.before.utf8), example.changes, "\(example.before)")
    }

    @Test(
        "a member is removed, and comments stay",
        arguments: [
            Example("{ a: 1, b: 2, c: 3 }", .remove(["a"]), gives: "{ b: 2, c: 3 }"),
            Example("{ a: 1, b: 2, c: 3 }", .remove(["b"]), gives: "{ a: 1, c: 3 }"),
            Example("{ a: 1, b: 2, c: 3 }", .remove(["c"]), gives: "{ a: 1, b: 2 }"),
            Example("{ a: 1, b: 2, c: 3 }", .remove(["b"]), .remove(["c"]), gives: "{ a: 1 }"),
            Example("{ a: 1, b: 2, c: 3, }", .remove(["c"]), gives: "{ a: 1, b: 2, }"),
            Example("{a:1,b:2}", .remove(["a"]), gives: "{b:2}"),
            Example("{a:1,b:2}", .remove(["b"]), gives: "{a:1}"),
            Example("{a:1}", .remove(["a"]), gives: "{}"),
            Example("{ a: 1, }", .remove(["a"]), gives: "{}"),
            Example("{\n  a: 1,\n  b: 2\n}", .remove(["a"]), gives: "{\n  b: 2\n}"),
            Example("{\n  a: 1,\n  b: 2\n}", .remove(["b"]), gives: "{\n  a: 1\n}"),
            Example("{\n  a: 1,\n  b: 2,\n}", .remove(["b"]), gives: "{\n  a: 1,\n}"),
            Example("{\n  a: 1\n}", .remove(["a"]), gives: "{\n}"),
            Example("{\r\n  a: 1,\r\n  b: {\r\n    c: 2\r\n  }\r\n}", .remove(["b"]), gives: "{\r\n  a: 1\r\n}"),
            Example(
                "{\n  // on a\n  a: 1, // of a\n  // on b\n  b: 2 // of b\n}", .remove(["a"]),
                gives: "{\n  // on a\n  // of a\n  // on b\n  b: 2 // of b\n}"),
            Example(
                "{\n  // on a\n  a: 1, // of a\n  // on b\n  b: 2 // of b\n}", .remove(["b"]),
                gives: "{\n  // on a\n  a: 1 // of a\n  // on b\n  // of b\n}"),
            Example(
                "{ /* 1 */ a: 1 /* 2 */, /* 3 */ b: 2 }", .remove(["a"]), gives: "{ /* 1 */ /* 2 */ /* 3 */ b: 2 }"),
            Example("{ a: 1, b: 2 /* 2 */ }", .remove(["b"]), gives: "{ a: 1 /* 2 */ }"),
            Example("{\n    a: 1\n  , b: 2\n}", .remove(["b"]), gives: "{\n    a: 1\n}"),
            Example("{ a: 1, a: 2, b: 3, \"\\u0061\": 4 }", .remove(["a"]), gives: "{ b: 3 }"),
            Example("{ o: { a: 1 }, o: { a: 2, b: 3 } }", .remove(["o", "a"]), gives: "{ o: {}, o: { b: 3 } }"),
            Example("{ o: { a: 1 }, o: 3 }", .remove(["o", "a"]), gives: "{ o: {}, o: 3 }"),
            Example("{ a: 1 }", .remove(["b"]), .remove(["a", "b"]), .remove(["b", "c"]), gives: "{ a: 1 }"),
            Example("{\n  a: 1,\n  b: 2\n}", .remove(["b"]), .set(["c"], yes), gives: "{\n  a: 1,\n  c: true\n}"),
            Example("{ a: 1, b: 2 }", .remove(["b"]), .set(["c"], yes), gives: "{ a: 1, c: true }"),
            Example("{\n  a: 1\n}", .remove(["a"]), .set(["c"], yes), gives: "{\n  c: true\n}"),
        ])
    func removes(_ example: Example) throws {
        #expect(try edited(example.before, example.changes) == example.after)
        try checkEdit(Array(example.before.utf8), example.changes, "\(example.before)")
    }

    @Test(
        "a value is replaced, and nothing beside it",
        arguments: [
            Example("{ a: 1 /* one */, b: 2 }", .set(["a"], x), gives: "{ a: \"x\" /* one */, b: 2 }"),
            Example("{ a: 'y', b: \"z\" }", .set(["a"], x), .set(["b"], x), gives: "{ a: 'x', b: \"x\" }"),
            Example("{ a: 1, a: 2 }", .set(["a"], x), gives: "{ a: 1, a: \"x\" }"),
            Example(
                "{\n  a: [\n    1\n  ], // c\n}", .set(["a"], .object([.init(key: "b", value: x)])),
                gives: "{\n  a: {\n    b: \"x\",\n  }, // c\n}"),
            Example(
                "{ a: 'it' }", .set(["a"], .string("it's \\ \n\u{1}\u{2028}\"")),
                gives: "{ a: 'it\\'s \\\\ \\n\\u0001\\u2028\"' }"),
            Example(
                "{ a: 'x', b: \"\\x78\", c: true }", .set(["a"], x), .set(["b"], x), .set(["c"], yes),
                gives: "{ a: 'x', b: \"\\x78\", c: true }"),
            Example(
                "{ a: { b: 'x', /* c */ } }", .set(["a"], .object([.init(key: "b", value: x)])),
                gives: "{ a: { b: 'x', /* c */ } }"),
            Example(
                "{ a: { b: 'x', c: 1 } }", .set(["a"], .object([.init(key: "b", value: x)])), gives: "{ a: { b: 'x' } }"
            ),
        ])
    func replaces(_ example: Example) throws {
        #expect(try edited(example.before, example.changes) == example.after)
    }

    @Test(
        "a text without a value gets an object, at its end",
        arguments: [
            Example("", .set(["a"], yes), gives: "{\n  \"a\": true\n}\n"),
            Example("\u{FEFF}", .set(["a"], yes), gives: "\u{FEFF}{\n  \"a\": true\n}\n"),
            Example("// gone\r\n", .set(["a"], yes), gives: "// gone\r\n{\r\n  \"a\": true\r\n}\r\n"),
            Example("// gone", .set(["a"], yes), gives: "// gone\n{\n  \"a\": true\n}"),
            Example("// gone", .remove(["a"]), gives: "// gone"),
        ])
    func blank(_ example: Example) throws {
        #expect(try edited(example.before, example.changes) == example.after)
    }

    @Test(
        "what is no object and lies in the way is named",
        arguments: [
            ("{ a: 3 }", ["a"]), ("{ a: { b: [] } }", ["a", "b"]), ("{ a: { b: {} }, a: null }", ["a"]), ("[]", []),
            ("{ a: { b: { c: 'x', c: 1, d: 2 } }, a: { 'b': '' } }", ["a", "b"]),
        ])
    func inTheWay(_ text: String, _ path: [String]) {
        #expect(throws: JSON5EditError.notAnObject(path: path)) { try edited(text, [.set(["a", "b", "c"], x)]) }
    }

    @Test("paths are written as people write them")
    func paths() {
        #expect(
            JSON5EditError.text(of: ["hooks", "internal", "sigilum-authz-notify", "env"])
                == #"hooks.internal["sigilum-authz-notify"].env"#)
        #expect(JSON5EditError.text(of: ["1a", "b"]) == #"["1a"].b"#)
    }

    @Test("changes count in their order")
    func order() throws {
        let a = ["a"]
        #expect(try edited("{}", [.set(a, x), .remove(a)]) == "{}")
        #expect(try edited("{a:1}", [.remove(a), .set(a, yes)]) == "{a:true}")
        #expect(try edited("{a:1}", [.remove(a), .set(["a", "b"], yes)]) == "{a:{b:true}}")
        #expect(try edited("{a:{c:1}}", [.set(a, .object([])), .set(["a", "b"], yes)]) == "{a:{b:true}}")
        #expect(
            try edited("{a:{c:1}}", [.set(["a", "b"], yes), .remove(["a", "c"]), .remove(["a", "b"])]) == "{a:{}}")
        #expect(throws: JSON5EditError.notAnObject(path: a)) { try edited("{}", [.set(a, x), .set(["a", "b"], x)]) }
        #expect(throws: JSON5EditError.emptyPath) { try edited("{}", [.remove([])]) }
    }

    @Test("a secret that is not UTF-8 is refused")
    func notUTF8() {
        let bad = JSON5Value.secret(SharedSecret(SecretBytes(copying: [0x61, 0xFF])))
        #expect(throws: JSON5EditError.notUTF8(path: ["a"])) { try edited("{}", [.set(["a"], bad)]) }
        #expect(throws: JSON5EditError.notUTF8(path: ["a", "b"])) {
            try edited("{}", [.set(["a"], .object([.init(key: "b", value: bad)]))])
        }
    }
}
