import Testing

@testable import SecretScan

struct StreamTests {
    /// Searches with a buffer that holds hardly more than it must, fed in parts of one size.
    private func scan(_ scanner: SecretScanner, _ text: [UInt8], room: Int, part: Int) -> [ScanMatch] {
        let stream = ScanStream(scanner, limit: 100_000, room: room)
        text.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: part) {
                stream.feed(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + part, bytes.count)]))
            }
        }
        return stream.finish()
    }

    @Test("whatever the size of the buffer and of the parts, the places are those of a search written plainly")
    func parts() {
        var random = Numbers(seed: 20)
        for _ in 0..<12 {
            let values = (0..<6).map { _ in
                // Few letters, so that values overlap and repeat themselves.
                (0..<8 + random.below(30)).map { _ in Array("ab+/%41 ".utf8)[random.below(8)] }
            }
            var text: [UInt8] = []
            while text.count < 2500 {
                let value = values[random.below(values.count)]
                switch random.below(9) {
                case 7: text += value.map { $0 == 0x20 ? 0x2b : $0 }
                case 8:
                    let encoded = base64Text([3] + value, isURL: false, isPadded: true)
                    let width = 16 + random.below(8)
                    for start in stride(from: 0, to: encoded.count, by: width) {
                        text += encoded[start..<min(start + width, encoded.count)]
                        text += Array(["\n", "\r\n", "\n  "][random.below(3)].utf8)
                    }
                case 0: text += value
                case 1: text += value.dropLast(1 + random.below(7))
                case 2: text += base64Text(value, isURL: random.below(2) == 0, isPadded: true)
                case 3: text += base64Text([1] + value + [2], isURL: false, isPadded: false)
                case 4: text += percentText(value, isUpper: true) { $0 == 0x25 || random.below(3) == 0 }
                case 5: text += Array("%25%4".utf8)
                default: text += (0..<random.below(90)).map { _ in Array("ab+/%41\n".utf8)[random.below(8)] }
                }
            }
            let scanner = scanner(values)
            let whole = scan(scanner, text, room: 100_000, part: text.count)
            #expect(whole.filter { $0.encoding == .plain } == plainPlaces(values, text))
            #expect(Set(whole.map(\.encoding)).count == 3)
            for (room, part) in [(1, 1), (1, 4096), (7, 3), (64, 1000), (1000, 1), (333, 77)] {
                #expect(scan(scanner, text, room: room, part: part) == whole)
            }
        }
    }

    private func plainPlaces(_ values: [[UInt8]], _ text: [UInt8]) -> [ScanMatch] {
        var places: [ScanMatch] = []
        for (label, value) in values.enumerated() {
            var (offset, line) = (0, 1)
            while offset + value.count <= text.count {
                let isThere = text[offset..<offset + value.count].elementsEqual(value)
                if isThere { places.append(match(label, .plain, line: line, offset: Int64(offset))) }
                for _ in 0..<(isThere ? value.count : 1) {
                    if text[offset] == 0x0a { line += 1 }
                    offset += 1
                }
            }
        }
        return places.sorted { ($0.offset, $0.label) < ($1.offset, $1.label) }
    }

    @Test("a value longer than what is read at once is found")
    func longValue() {
        var random = Numbers(seed: 5)
        let value = (0..<16 * 1024).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let text = [UInt8](repeating: 0x0a, count: 100_001) + value
        let scanner = scanner([value])
        #expect(scan(scanner, text, room: 1, part: 999) == [match(0, .plain, line: 100_002, offset: 100_001)])
        let encoded =
            [UInt8](repeating: 0x0a, count: 300_000) + base64Text([7] + value, isURL: false, isPadded: true)
            + [0x0a] + percentText(value, isUpper: false) { _ in true }
        #expect(scanner.scan(encoded).map(\.encoding) == [.base64, .urlEncoded])
    }

    @Test("the bytes compared stay in proportion to the bytes read, for a value that repeats itself too")
    func work() {
        let value = [UInt8](repeating: 0x61, count: 4096)
        var text: [UInt8] = []
        for _ in 0..<20 { text += [UInt8](repeating: 0x61, count: 4095) + [0x62] }
        let stream = ScanStream(scanner([value]))
        text.withUnsafeBytes { stream.feed($0) }
        #expect(stream.finish() == [])
        #expect(stream.compared <= 2 * text.count)
    }

    @Test("of a thousand values that begin alike, hardly one is compared with text that begins alike too")
    func sharedBeginnings() {
        var random = Numbers(seed: 9)
        func value() -> [UInt8] {
            Array("sk_live_".utf8) + (0..<48).map { _ in Array("0123456789abcdef".utf8)[random.below(16)] }
        }
        let scanner = scanner((0..<1000).map { _ in value() })
        let text = Array((0..<2000).map { _ in value() }.joined(separator: [0x0a]))
        let stream = ScanStream(scanner)
        text.withUnsafeBytes { stream.feed($0) }
        #expect(stream.finish() == [])
        #expect(stream.compared <= text.count / 100)
    }
}
