import OwnerToken
import SecureMemory
import Testing

/// How a payload's value is read: its JSON text again, or the error.
private enum Reading: Equatable {
    case value(String)
    case refused(OwnerTokenError)
}

private func reading(_ bytes: some Sequence<UInt8>) -> Reading {
    let text = "eyJhbGciOiJIUzI1NiJ9.\(base64URL(bytes)).c2ln"
    do throws(OwnerTokenError) {
        return .value(ClaimValue.object(try OwnerToken.parse(secret(text)).members).jsonText)
    } catch {
        return .refused(error)
    }
}

private func reading(_ text: String) -> Reading { reading(text.utf8) }

@Suite("JSON in tokens")
struct JSONTests {
    @Test(
        "what RFC 8259 allows is read",
        arguments: [
            ("{}", "{}"), (" \t\r\n{ \t\r\n} \t\r\n", "{}"), (#"{"a":[]}"#, #"{"a":[]}"#),
            (#"{ "a" : [ 1 , 2 ] , "b" : { } }"#, #"{"a":[1,2],"b":{}}"#),
            (#"{"a":[0,-0,0.0,-1.5e+10,1E-2,10]}"#, #"{"a":[0,-0,0.0,-1.5e+10,1E-2,10]}"#),
            (#"{"a":[true,false,null]}"#, #"{"a":[true,false,null]}"#),
            (#"{"":""}"#, #"{"":""}"#),
            (
                #"{"a":"\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00"}"#,
                #"{"a":"\"\\/\u0008\u000c\u000a\u000d\u0009Aé€😀"}"#
            ),
            ("{\"a\":\"\u{7F}é€😀\u{FFFF}\u{FEFF}\"}", "{\"a\":\"\u{7F}é€😀\u{FFFF}\u{FEFF}\"}"),
            (#"{"e\u0301":1,"\u00e9":2}"#, "{\"e\u{301}\":1,\"\u{E9}\":2}"),
        ])
    func allowed(text: String, expected: String) {
        #expect(reading(text) == .value(expected))
    }

    @Test(
        "anything else is refused with the place where it goes wrong",
        arguments: [
            (" ", 1), ("null", 0), ("[]", 0), (#""a""#, 0), ("1", 0), ("{", 1), ("}", 0), ("{}x", 2), ("{}{}", 2),
            ("{}\0", 2), ("\u{FEFF}{}", 0), ("{,}", 1), (#"{"a"}"#, 4), (#"{"a":}"#, 5), (#"{"a":1,}"#, 7),
            (#"{"a":1"#, 6),
            (#"{"a" 1}"#, 5), (#"{a:1}"#, 1), (#"{'a':1}"#, 1), (#"{1:1}"#, 1), (#"{"a":1 "b":2}"#, 7),
            (#"{"a":[1,]}"#, 8),
            (#"{"a":[1"#, 7), (#"{"a":[,]}"#, 6), (#"{"a":[1 2]}"#, 8), (#"{"a":[1}}"#, 7), (#"{"a":01}"#, 6),
            (#"{"a":-}"#, 6), (#"{"a":+1}"#, 5), (#"{"a":.5}"#, 5), (#"{"a":1.}"#, 7), (#"{"a":1e}"#, 7),
            (#"{"a":1e+}"#, 8),
            (#"{"a":-01}"#, 7), (#"{"a":0x1}"#, 6), (#"{"a":NaN}"#, 5), (#"{"a":Infinity}"#, 5), (#"{"a":1_0}"#, 6),
            (#"{"a":tru}"#, 5), (#"{"a":True}"#, 5), (#"{"a":nul"#, 5), (#"{"a":truex}"#, 9), (#"{"a":"b}"#, 8),
            ("{\"a\":\"\n\"}", 6), ("{\"a\":\"\0\"}", 6), ("{\"a\":\"\u{1F}\"}", 6), (#"{"a":"\x"}"#, 7),
            (#"{"a":"\'"}"#, 7),
            (#"{"a":"\u12"}"#, 10), (#"{"a":"\u+123"}"#, 8), (#"{"a":"\u１２３４"}"#, 8), (#"{"a":"\"#, 7),
            (#"{"a":"\ud800"}"#, 12), (#"{"a":"\ud800x"}"#, 12), (#"{"a":"\ud800\n"}"#, 13), (#"{"a":"\udc00"}"#, 12),
            (#"{"a":"\ud800\ud800"}"#, 18), (#"{"a":1}/**/"#, 7), (#"{/**/"a":1}"#, 1), ("{\"a\":1\u{A0}}", 6),
            ("{\u{B}}", 1),
        ])
    func refused(text: String, offset: Int) {
        #expect(reading(text) == .refused(.notJSON(.payload, offset: offset)))
    }

    @Test(
        "a text that is not UTF-8 is refused",
        arguments: [
            [0x80], [0xFF], [0xC3], [0xC3, 0x28], [0xC0, 0xAF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        #expect(reading(Array(#"{"a":""#.utf8) + bytes + Array(#""}"#.utf8)) == .refused(.notJSON(.payload, offset: 5)))
        #expect(reading(Array(#"{""#.utf8) + bytes + Array(#"":1}"#.utf8)) == .refused(.notJSON(.payload, offset: 1)))
        #expect(reading(Array("{".utf8) + bytes + Array("}".utf8)) == .refused(.notJSON(.payload, offset: 1)))
    }

    @Test("objects and arrays may be nested 16 deep")
    func depth() {
        func arrays(_ count: Int) -> String {
            #"{"a":"# + String(repeating: "[", count: count) + String(repeating: "]", count: count) + "}"
        }
        func objects(_ count: Int) -> String {
            String(repeating: #"{"a":"#, count: count) + "1" + String(repeating: "}", count: count)
        }
        #expect(reading(arrays(15)) == .value(arrays(15)))
        #expect(reading(arrays(16)) == .refused(.notJSON(.payload, offset: 20)))
        #expect(reading(objects(16)) == .value(objects(16)))
        #expect(reading(objects(17)) == .refused(.notJSON(.payload, offset: 80)))
        #expect(reading(String(repeating: #"{"a":["#, count: 2000)) == .refused(.notJSON(.payload, offset: 48)))
    }

    @Test("any bytes are read or refused, and what is read is read the same again")
    func anyBytes() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array(#"{}[]:,"\/ untrue0123456789.-+eE"#.utf8) + [0, 0x0A, 0xC3, 0xA9, 0xFF]
        for _ in 0..<3000 {
            let middle = (0..<Int.random(in: 0...24, using: &generator)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            }
            switch reading(Array(#"{"a":"#.utf8) + middle + Array("}".utf8)) {
            case .value(let text): #expect(reading(text) == .value(text))
            case .refused(let error):
                switch error {
                case .notJSON(.payload, let offset): #expect((0...middle.count + 6).contains(offset))
                default: #expect(error == .duplicateMember(.payload))
                }
            }
        }
    }
}
