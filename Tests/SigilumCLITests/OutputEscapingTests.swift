import Testing

@testable import SigilumCLI

@Suite struct OutputEscapingTests {
    @Test("escaping twice changes nothing")
    func twice() {
        let hostile = "\u{1b}[31m\\ \u{200f}é"
        let once = Escaping.forTerminal(hostile)
        #expect(once == #"\u{1b}[31m\ \u{200f}é"#)
        #expect(Escaping.forTerminal(once) == once)
    }

    @Test("no control, format character or separator of lines is left, of all there are")
    func everyCharacter() {
        var left: [Unicode.Scalar] = []
        for value in UInt32(0)...0x10ffff {
            guard let scalar = Unicode.Scalar(value), Escaping.isHarmful(scalar) else { continue }
            for style in [Escaping.Style.terminal, .json] {
                let escaped = Escaping.escape(String(Character(scalar)), style: style)
                if !escaped.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { left.append(scalar) }
            }
        }
        #expect(left.isEmpty)
    }

    @Test("ordinary text of every script stays as it is")
    func ordinary() {
        let text = "Größe 漢字 עברית العربية हिन्दी 😀 ~`'\"$"
        #expect(Escaping.forTerminal(text) == text)
    }

    @Test("bytes that are not UTF-8 are shown as bytes")
    func bytes() {
        #expect(Escaping.forTerminal(bytes: [0x61, 0xff, 0xc3, 0x28, 0xe2, 0x82]) == #"a\x{ff}\x{c3}(\x{e2}\x{82}"#)
    }

    @Test("UTF-8 is told from what only resembles it, as the standard library tells it")
    func validity() {
        let samples: [[UInt8]] = [
            [], [0x7f], [0x80], [0xc1, 0xbf], [0xc2, 0x80], [0xdf, 0xbf], [0xe0, 0x9f, 0xbf], [0xe0, 0xa0, 0x80],
            [0xed, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xee, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf],
            [0xf0, 0x90, 0x80, 0x80], [0xf4, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80],
            [0xc2], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xc2, 0x41], [0xe2, 0x28, 0xa1],
        ]
        for sample in samples {
            let expected = String(validating: sample, as: UTF8.self) != nil
            #expect(sample.withUnsafeBytes(Escaping.isUTF8) == expected, "\(sample)")
        }
    }
}

@Suite struct OutputTimestampTests {
    @Test(
        "a point in time is ISO 8601 in UTC",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_772_359_200_000, "2026-03-01T10:00:00Z"),
            (951_782_399_999, "2000-02-28T23:59:59Z"), (951_782_400_000, "2000-02-29T00:00:00Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59Z"), (4_107_542_400_000, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"), (253_402_300_799_999, "9999-12-31T23:59:59Z"),
        ])
    func text(milliseconds: Int64, text: String) {
        #expect(Timestamp.text(milliseconds) == text)
    }

    @Test(
        "a duration is said in its largest unit",
        arguments: [
            (-5, "0 seconds"), (0, "0 seconds"), (1_999, "1 second"), (60_000, "1 minute"), (7_200_000, "2 hours"),
            (86_399_999, "23 hours"), (172_800_000, "2 days"),
        ])
    func duration(milliseconds: Int64, text: String) {
        #expect(Timestamp.duration(milliseconds) == text)
    }
}
