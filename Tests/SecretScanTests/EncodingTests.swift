import SecretScan
import Testing

struct EncodingTests {
    private let value = Array("p@ss/word+?~\u{e9}:%41 end".utf8)

    @Test(
        "base64 is found at all three alignments, in both alphabets, padded or not, within anything", arguments: 0..<12)
    func base64(before: Int) {
        let scanner = scanner([value])
        for after in 0..<4 {
            let whole = [UInt8](repeating: 0xfb, count: before) + value + [UInt8](repeating: 0xff, count: after)
            for (isURL, isPadded) in [(false, true), (true, false), (true, true)] {
                let text = Array("data: ".utf8) + base64Text(whole, isURL: isURL, isPadded: isPadded) + [0x0a]
                let offset = Int64(6 + before * 8 / 6)
                #expect(scanner.scan(text) == [match(0, .base64, line: 1, offset: offset)])
            }
        }
    }

    @Test("base64 of something that differs in any one bit is not found")
    func base64NearMisses() {
        let value = Array("8 bytes!".utf8)
        let scanner = scanner([value])
        for before in 0..<3 {
            for bit in 0..<value.count * 8 {
                var other = value
                other[bit / 8] ^= 1 << UInt8(bit % 8)
                let whole = [UInt8](repeating: 0x55, count: before) + other + [0x55]
                #expect(scanner.scan(base64Text(whole, isURL: false, isPadded: true)) == [])
            }
            let whole = base64Text([UInt8](repeating: 0, count: before) + value, isURL: false, isPadded: false)
            #expect(scanner.scan(whole).count == 1)
            #expect(scanner.scan(Array(whole.dropLast())) == [])
        }
    }

    @Test(
        "base64 in lines is found, as programs break it, indented or not, in one line more or less",
        arguments: [16, 19, 57, 60, 64, 72, 76])
    func foldedBase64(width: Int) {
        var random = Numbers(seed: 11)
        let value = (0..<150).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let scanner = scanner([value, Array("another value".utf8)])
        for (before, isURL) in [(0, false), (1, true), (2, false), (3, true), (56, false), (57, false), (200, true)] {
            let whole = [UInt8](repeating: 0xfb, count: before) + value + [1, 2]
            let text = base64Text(whole, isURL: isURL, isPadded: true)
            for lineEnd in ["\n", "\r\n", "\n    ", "\r\n\t"] {
                let lines = stride(from: 0, to: text.count, by: width).map { text[$0..<min($0 + width, text.count)] }
                let folded = Array("key: |\n".utf8) + lines.joined(separator: Array(lineEnd.utf8)) + [0x0a]
                let place = before * 8 / 6
                let offset = 7 + place + place / width * lineEnd.utf8.count
                #expect(
                    scanner.scan(folded) == [match(0, .base64, line: 2 + place / width, offset: Int64(offset))])
            }
        }
    }

    @Test("lines are not put together where one is shorter than 16 characters, or something else is between them")
    func notFolded() {
        let value = Array("a value of thirty bytes, folded".utf8)
        let scanner = scanner([value])
        let text = base64Text(value, isURL: false, isPadded: false)
        for (width, between) in [
            (15, "\n"), (20, "\n\n"), (20, "\r"), (20, "\n#"), (20, "\n" + String(repeating: " ", count: 32)),
        ] {
            let folded = Array(text[..<width]) + Array(between.utf8) + text[width...]
            #expect(scanner.scan(folded) == [])
        }
        #expect(scanner.scan(Array(text[..<20]) + [0x0a] + text[20...]).count == 1)
        // Only base64 is broken by what breaks lines.
        let plain = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        #expect(SecretScanTests.scanner([plain]).scan(Array(plain[..<20]) + [0x0a] + plain[20...]) == [])
    }

    @Test("as a form sends it: + is a space, beside escapes, and a + of the value is an escape")
    func form() {
        let scanner = scanner("correct horse+battery staple", "no-space-here")
        #expect(
            scanner.scan("a=1+2\nq=correct+horse%2Bbattery+staple&x=")
                == [match(0, .urlEncoded, line: 2, offset: 8)])
        #expect(
            scanner.scan("correct%20horse%2Bbattery staple correct+horse%2bbattery%20staple")
                == [match(0, .urlEncoded, line: 1, offset: 0), match(0, .urlEncoded, line: 1, offset: 33)])
        #expect(scanner.scan("correct horse battery staple correct+horse+battery+staple") == [])
        #expect(scanner.scan("correct horse+battery staple") == [match(0, .plain, line: 1, offset: 0)])
    }

    @Test("percent-encoding is found: reserved bytes alone or every byte, upper and lower hex, mixed")
    func percent() {
        let scanner = scanner([value])
        let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        var random = Numbers(seed: 3)
        for isUpper in [true, false] {
            let texts = [
                percentText(value, isUpper: isUpper) { !unreserved.contains($0) },
                percentText(value, isUpper: isUpper) { _ in true },
                percentText(value, isUpper: isUpper) { byte in byte == 0x25 || random.below(2) == 0 },
            ]
            for text in texts {
                #expect(
                    scanner.scan(Array("a\n?q=".utf8) + text + [0x26, 0x0a])
                        == [match(0, .urlEncoded, line: 2, offset: 5)])
            }
        }
    }

    @Test("percent-encoding far behind and far before other escapes is found, and lines are those of the text")
    func percentAmongOthers() {
        let scanner = scanner([value])
        let filler = Array(String(repeating: "no escape here\n", count: 9000).utf8)
        let text =
            Array("%0A%0a\n%41%".utf8) + filler + percentText(value, isUpper: true) { _ in true } + filler
            + Array("100%".utf8)
        let offset = 11 + filler.count
        #expect(scanner.scan(text) == [match(0, .urlEncoded, line: 9002, offset: Int64(offset))])
    }

    @Test("what only looks like an escape is text; an escape is decoded once")
    func noEscapes() {
        let scanner = scanner("100%zz-and-%4-more")
        #expect(scanner.scan("%31100%zz-and-%4-more") == [match(0, .plain, line: 1, offset: 3)])
        #expect(scanner.scan("%31%300%zz-and-%4-more") == [match(0, .urlEncoded, line: 1, offset: 0)])
        #expect(SecretScanTests.scanner("abcdAfgh").scan("abcd%2541fgh") == [])
        #expect(SecretScanTests.scanner("abcdAfgh").scan("abcd%41fgh") == [match(0, .urlEncoded, line: 1, offset: 0)])
        #expect(SecretScanTests.scanner("abcdAfgh").scan("abcd%42fgh abcd%4") == [])
    }

    @Test("base64 whose last characters are percent-encoded is found as base64")
    func percentEncodedBase64() {
        let value: [UInt8] = [0xfb, 0xff, 0xfe, 0xfb, 0xff, 0xfe, 0x41, 0xfb]
        let text = percentText(base64Text(value, isURL: false, isPadded: true), isUpper: true) { byte in
            [0x2b, 0x2f, 0x3d].contains(byte)
        }
        #expect(scanner([value]).scan(text) == [match(0, .base64, line: 1, offset: 0)])
    }

    @Test("the words for encodings are those that reports print")
    func words() {
        #expect(ScanEncoding.allCases.map(\.rawValue) == ["plain", "base64", "url-encoded"])
    }
}
