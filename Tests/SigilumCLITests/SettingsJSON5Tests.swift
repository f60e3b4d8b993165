import Foundation
import SecureMemory
import Testing

@testable import SigilumCLI

private func find(_ text: String, _ path: [String] = ["a", "b"]) throws -> String? {
    try find(Array(text.utf8), path)
}

private func find(_ bytes: [UInt8], _ path: [String] = ["a", "b"]) throws -> String? {
    try bytes.withUnsafeBytes { try JSON5Reader.string(at: path, in: $0) }
}

private func error(_ bytes: [UInt8]) -> JSON5Error? {
    do {
        _ = try find(bytes)
        return nil
    } catch {
        return error as? JSON5Error
    }
}

@Suite struct SettingsJSON5Tests {
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
            ("{a:{b:'one\\\ntwo\\\r\nthree'}}", "onetwothree"),
            ("{a:{b:'{\"a\": // no comment'}}", "{\"a\": // no comment"),
            ("{a:{b:'first'},a:{b:'last'}}", "last"),
            ("{a:{c:'b',b:'x',d:{b:'y'}},b:'z'}", "x"),
            ("{a:{b:''}}", ""),
        ])
    func found(_ text: String, _ value: String) throws {
        #expect(try find(text) == value)
    }

    @Test(
        "what is not there, or is no string, is nothing",
        arguments: [
            "{}", "[]", "1", "'a'", "null", "{a:{}}", "{a:'b'}", "{a:[{b:'x'}]}", "{a:{b:1}}", "{a:{b:null}}",
            "{a:{b:['x']}}", "{a:{b:{b:'x'}}}", "{b:'x'}", "{A:{b:'x'}}", "{a:{b:'first'},a:{}}", "{a:{b:'x',b:2}}",
        ])
    func absent(_ text: String) throws {
        #expect(try find(text) == nil)
    }

    @Test(
        "what is no JSON5 is refused where it goes wrong",
        arguments: [
            ("", 0), ("   ", 3), ("{", 1), ("{a", 2), ("{a:", 3), ("{a:1", 4), ("{a:1]", 4), ("{,}", 1), ("{a:1,,}", 5),
            ("[,]", 1), ("[1 2]", 3), ("[1", 2), ("{a 1}", 3), ("{a:'x}", 3), ("{a:'x\n'}", 5), ("{a:\"x'}", 3),
            ("{1a:1}", 1), ("{a-b:1}", 2), ("{a:tru}", 3), ("{a:@}", 3), ("{} {}", 3), ("{}x", 2), ("/* x", 0),
            ("/", 0),
            ("{a:'\\u12G4'}", 8), ("{a:'\\x4'}", 7), ("{a:'\\", 5), ("{\\x61:1}", 1),
        ])
    func malformed(_ text: String, _ offset: Int) {
        #expect(error(Array(text.utf8)) == .malformed(offset: offset))
    }

    @Test("64 levels are read, one more is refused, and so is any depth beyond")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(try find("{a:{b:'x'},c:\(nested(63))}") == "x")
        #expect(error(Array("{c:\(nested(65))}".utf8)) == .tooDeep)
        #expect(error([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)) == .tooDeep)
        #expect(error(Array(String(repeating: "{a:", count: 300_000).utf8)) == .tooDeep)
    }

    @Test("a text of 1 MiB is read and a larger one is not")
    func size() throws {
        let core = Array("{a:{b:'x'}}".utf8)
        let blank = [UInt8](repeating: 0x20, count: JSON5Reader.sizeLimit - core.count)
        #expect(try find(core + blank) == "x")
        #expect(error(core + blank + [0x20]) == .tooLarge)
    }

    @Test("any bytes are read or refused")
    func anyBytes() {
        var generator = SystemRandomNumberGenerator()
        let words =
            [
                "{", "}", "[", "]", ":", ",", "'", "\"", "a", "b", "\\", "\\u", "00", "//", "/*", "*/", "\n", " ", "1",
                "-", "\u{A0}",
                "\u{2028}", "null", "\0",
            ].map { Array($0.utf8) } + [[0xFF], [0xE2], [0xE2, 0x80], [0xC2]]
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...30, using: &generator)).flatMap { _ in
                words[Int.random(in: 0..<words.count, using: &generator)]
            }
            if case .malformed(let offset) = error(bytes) { #expect((0...bytes.count).contains(offset)) }
        }
        let whole = Array(#"{hooks:{"a":[1,{b:'x\u00e9',},/* c */ null]},}"#.utf8)
        for end in whole.indices { #expect(error(Array(whole[..<end])) != nil) }
    }
}
