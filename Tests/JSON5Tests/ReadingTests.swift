import JSON5
import SecureMemory
import Testing

private func find(_ text: String, _ path: [String] = ["a", "b"]) throws -> String? {
    try read(Array(text.utf8)) { $0.string(at: path) }
}

@Suite("reading JSON5")
struct ReadingTests {
    @Test(
        "a string is found whatever dialect of JSON a person writes",
        arguments: [
            (#"{"a":{"b":"x"}}"#, "x"),
            ("{a:{b:'x'}}", "x"),
            ("{'a':{b:\"x\",},}", "x"),
            ("// first\n{ a: /* in between */ { b: 'x' // last\n} }\n// end", "x"),
            ("/**/{a:{b:/***/'x'}}/* * / */", "x"),
            ("\u{FEFF}{\u{A0}a\u{2003}:\u{2028}{b:'x'}}", "x"),
            ("{z:[1,-2.5e3,+.5,5.,0xFF,Infinity,-Infinity,NaN,true,false,null,[],{},[[]],],a:{b:'x'}}", "x"),
            ("{_$1:1, $:2, ünï:3, a:{b:'x'}}", "x"),
            (#"{\u0061:{"\x62":'x'}}"#, "x"),
            (
                #"{a:{b:'it\'s \"x\"\\ \/ \n\t\r\b\f\v\0 \x41\u00e9 \q'}}"#,
                "it's \"x\"\\ / \n\t\r\u{8}\u{C}\u{B}\0 A\u{E9} q"
            ),
            (#"{a:{b:'\uD83D\uDE00'}}"#, "😀"),
            (#"{a:{b:'\uD83Dx'}}"#, "\u{FFFD}x"),
            ("{a:{b:'\\uD83D\\\n\\uDE00'}}", "😀"),
            ("{a:{b:'one\\\ntwo\\\r\nthree\\\u{2028}'}}", "onetwothree"),
            ("{a:{b:'{\"a\": // no comment'}}", "{\"a\": // no comment"),
            ("{a:{b:'first'},a:{b:'last'}}", "last"),
            ("{a:{c:'b',b:'x',d:{b:'y'}},b:'z'}", "x"),
            ("{a:{b:''}}", ""),
        ])
    func found(_ text: String, _ value: String) throws {
        #expect(try find(text) == value)
        let secret = try read(Array(text.utf8)) { document in
            document.secret(at: ["a", "b"])?.withBytes { String(decoding: $0, as: UTF8.self) }
        }
        #expect(secret == value)
    }

    @Test(
        "what is not there, or is no string, is nothing",
        arguments: [
            "", "// x", "{}", "[]", "1", "'a'", "null", "{a:{}}", "{a:'b'}", "{a:[{b:'x'}]}", "{a:{b:1}}",
            "{a:{b:null}}", "{a:{b:['x']}}", "{a:{b:{b:'x'}}}", "{b:'x'}", "{A:{b:'x'}}", "{a:{b:'first'},a:{}}",
            "{a:{b:'x',b:2}}", "{'a\\u0000':{b:'x'}}",
        ])
    func absent(_ text: String) throws {
        #expect(try find(text) == nil)
        #expect(try read(Array(text.utf8)) { $0.secret(at: ["a", "b"]) == nil })
    }

    @Test("true and false are told apart from all else, and members from what is missing")
    func booleans() throws {
        let text = "{ t: true, f: false, n: null, s: 'true', one: 1, o: { t: false, t: true }, a: [true] }"
        try read(Array(text.utf8)) { document in
            #expect(document.boolean(at: ["t"]) == true)
            #expect(document.boolean(at: ["f"]) == false)
            #expect(document.boolean(at: ["o", "t"]) == true)
            for key in ["n", "s", "one", "o", "a", "missing"] { #expect(document.boolean(at: [key]) == nil) }
            for key in ["n", "s", "one", "o", "a"] { #expect(document.exists(at: [key])) }
            #expect(!document.exists(at: ["missing"]) && !document.exists(at: ["a", "0"]))
            #expect(document.exists(at: []) && document.isObject(at: []) && document.isObject(at: ["o"]))
            #expect(!document.isObject(at: ["a"]))
        }
    }

    @Test("keys that only look alike are different keys")
    func lookAlikes() throws {
        let text = "{ 'e\u{301}': '1', '\u{E9}': '2' }"
        #expect(try find(text, ["e\u{301}"]) == "1")
        #expect(try find(text, ["\u{E9}"]) == "2")
    }

    @Test("256 levels are read, one more is refused, and so is any depth beyond")
    func depth() throws {
        func nested(_ levels: Int) -> [UInt8] {
            Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
        }
        #expect(error(nested(256)) == nil)
        let deep = try #require(error(nested(257)))
        #expect(deep.reason == .tooDeep && deep.line == 1 && deep.column == 257)
        #expect(error([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000))?.reason == .tooDeep)
        #expect(error(Array(String(repeating: "{a:", count: 300_000).utf8))?.reason == .tooDeep)
        let objects = String(repeating: "{a:", count: 255) + "{}" + String(repeating: "}", count: 255)
        let path = Array(repeating: "a", count: 255)
        let changed = try edited(objects, [.set(path + ["b"], .boolean(true))])
        #expect(try read(Array(changed.utf8)) { $0.boolean(at: path + ["b"]) } == true)
    }

    @Test("a huge file is read and edited: many members, many elements, long strings, comments and blanks")
    func huge() throws {
        var text: [UInt8] = Array("{\n".utf8)
        for index in 0..<20_000 { text += Array("  key\(index): [1, 'two', { three: null }], // \(index)\n".utf8) }
        let pad = [UInt8](repeating: UInt8(ascii: "x"), count: 2 << 20)
        let blank = [UInt8](repeating: UInt8(ascii: " "), count: 2 << 20)
        text += Array("  long: '".utf8) + pad + Array("', /*".utf8) + pad + Array("*/".utf8) + blank
        text += Array("last: { a: 'b' },\n}\n".utf8)
        let result = try edited(
            text,
            [
                .set(["last", "a"], .string("c")), .remove(["key0"]), .remove(["key19999"]),
                .set(["new"], .boolean(true)),
            ])
        try read(result) { document in
            #expect(document.string(at: ["last", "a"]) == "c")
            #expect(document.boolean(at: ["new"]) == true)
            #expect(
                !document.exists(at: ["key0"]) && document.exists(at: ["key1"]) && !document.exists(at: ["key19999"]))
        }
        let removed = Array("  key0: [1, 'two', { three: null }],".utf8).count - 2
        let removedLast = Array("  key19999: [1, 'two', { three: null }],".utf8).count - 2
        #expect(result.count == text.count - removed - removedLast - 2 + Array("  new: true,\n".utf8).count)
    }

    @Test("an error says nothing of what stands there")
    func canary() throws {
        let canary = "canary-3f0a9"
        for text in ["{a:'\(canary)", "{a:\(canary)}", "{\(canary) 1}", "{a:1} \(canary)", "/*\(canary)"] {
            let found = try #require(error(Array(text.utf8)))
            var dumped = ""
            dump(found, to: &dumped)
            #expect(!dumped.contains(canary) && !String(reflecting: found).contains(canary))
        }
        let failed = #expect(throws: JSON5EditError.self) {
            try edited("{ a: '\(canary)' }", [.set(["a", "b"], .string(canary))])
        }
        #expect(failed == .notAnObject(path: ["a"]))
    }
}
