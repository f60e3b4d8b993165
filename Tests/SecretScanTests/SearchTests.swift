import SecretScan
import Testing

struct SearchTests {
    private let value = "lin_api_canary-value-7Qx2"

    @Test("a value is found by line and offset, at the start, within and at the end of a text")
    func places() {
        let scanner = scanner(value)
        #expect(scanner.scan(value) == [match(0, .plain, line: 1, offset: 0)])
        #expect(scanner.scan("a\nb\nkey: \(value)\n") == [match(0, .plain, line: 3, offset: 9)])
        #expect(scanner.scan("\n\n\n\(value)") == [match(0, .plain, line: 4, offset: 3)])
    }

    @Test("lines end with LF: CR LF is one line end, CR alone is none")
    func lineEnds() {
        let scanner = scanner(value)
        #expect(scanner.scan("a\r\nb\r\n\(value)\r\n") == [match(0, .plain, line: 3, offset: 6)])
        #expect(scanner.scan("a\rb\r\(value)") == [match(0, .plain, line: 1, offset: 4)])
    }

    @Test("nothing is found in nothing, without values, and of values that are too short")
    func nothing() {
        #expect(scanner(value).scan("") == [])
        #expect(SecretScanner([]).scan("some text") == [])
        #expect(scanner("seven77").scan("seven77 seven77") == [])
        #expect(scanner("eight888").scan("seven77 eight888") == [match(0, .plain, line: 1, offset: 8)])
    }

    @Test("what differs in one byte, wherever it is, or lacks one, is not found")
    func nearMisses() {
        let bytes = Array(value.utf8)
        let scanner = scanner(value)
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 1
            #expect(scanner.scan(other) == [])
            other = bytes
            other.remove(at: index)
            #expect(scanner.scan(other + [0x0a] + other) == [])
        }
        #expect(scanner.scan(Array(bytes.dropLast())) == [])
    }

    @Test("values that overlap, contain each other or begin alike are all found")
    func overlapping() {
        let scanner = scanner("sk_live_aaaabbbb", "aaaabbbbccccdddd", "aaaabbbb", "sk_live_aaaabbbbcccc", "bbbbcccc")
        #expect(
            scanner.scan("x sk_live_aaaabbbbccccdddd")
                == [
                    match(0, .plain, line: 1, offset: 2), match(3, .plain, line: 1, offset: 2),
                    match(1, .plain, line: 1, offset: 10), match(2, .plain, line: 1, offset: 10),
                    match(4, .plain, line: 1, offset: 14),
                ])
    }

    @Test("two patterns of the same value are both found; places of one value do not overlap")
    func same() {
        let twice = scanner("same-value", "same-value")
        #expect(
            twice.scan("same-value")
                == [match(0, .plain, line: 1, offset: 0), match(1, .plain, line: 1, offset: 0)])
        #expect(
            scanner("abababab").scan("ababababababababab")
                == [match(0, .plain, line: 1, offset: 0), match(0, .plain, line: 1, offset: 8)])
    }

    @Test("a binary text, a value of any bytes and a line of a million bytes are no matter")
    func binary() {
        let value: [UInt8] = [0, 255, 10, 13, 0, 128, 254, 1, 0, 37]
        let noise = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 193 &+ 11) | 1 }.filter { $0 != 0x0a }
        let offset = Int64(noise.count)
        #expect(scanner([value]).scan(noise + value + noise) == [match(0, .plain, line: 1, offset: offset)])
    }

    @Test("each of a thousand values is found, and nothing else")
    func thousand() {
        var random = Numbers(seed: 7)
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let values = (0..<1000).map { index -> [UInt8] in
            let start = ["sk_live_", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.", "", "ghp_"][index % 4]
            return Array(start.utf8) + (0..<(10 + index % 40)).map { _ in letters[random.below(64)] }
        }
        let scanner = scanner(values)
        var text: [UInt8] = []
        var expected: [ScanMatch] = []
        for (index, value) in values.enumerated() {
            text += (0..<random.below(60)).map { _ in letters[random.below(64)] } + [0x3a]
            expected.append(match(index, .plain, line: index + 1, offset: Int64(text.count)))
            text += value + [0x0a]
        }
        #expect(scanner.scan(text) == Array(expected.prefix(1000)))
        let other = (0..<200_000).map { _ in letters[random.below(64)] }
        #expect(scanner.scan(other) == [])
    }

    @Test("after as many places as are wanted the search ends")
    func limit() {
        let scanner = scanner(value)
        let text = Array(String(repeating: value + "\n", count: 5000).utf8)
        let stream = ScanStream(scanner, limit: 3)
        text.withUnsafeBytes { stream.feed($0) }
        #expect(stream.finish().map(\.line) == [1, 2, 3])
        #expect(stream.isCut)
        stream.restart()
        #expect(stream.finish() == [])
        #expect(!stream.isCut)
        #expect(scanner.scan(text).count == ScanStream.usualLimit)
    }

    @Test("a value that is there very often does not hide others behind it, whose lines are right")
    func limitOfEach() {
        let scanner = scanner(value, "another-value")
        let text = Array((String(repeating: value + "\n", count: 5000) + "x\nanother-value\n").utf8)
        let stream = ScanStream(scanner, limit: 3)
        text.withUnsafeBytes { stream.feed($0) }
        #expect(stream.finish().map { [$0.label, $0.line] } == [[0, 1], [0, 2], [0, 3], [1, 5002]])
        #expect(stream.isCut)
    }
}
