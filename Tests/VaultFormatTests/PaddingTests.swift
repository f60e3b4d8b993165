import Testing
import VaultFormat

@Suite("Padding")
struct PaddingTests {
    @Test(
        "content takes the smallest class that holds it, with four bytes before",
        arguments: [
            (0, 256), (1, 256), (256, 256), (257, 1024), (1024, 1024), (1025, 4096), (4096, 4096), (4097, 16_384),
            (16_384, 16_384), (16_385, 65_536), (65_537, 1 << 20), (1 << 20, 1 << 20),
        ])
    func classes(count: Int, room: Int) throws {
        let content = fill(count, 3)
        let padded = try #require(Padding.pad(content))
        #expect(padded.count == room + 4)
        #expect(Padding.width(for: count) == room + 4)
        #expect(try Padding.unpad(padded) == content)
    }

    @Test("more than the largest class cannot be padded")
    func tooLarge() {
        #expect(Padding.pad([UInt8](repeating: 0, count: 1 << 20 | 1)) == nil)
        #expect(Padding.width(for: 1 << 20 | 1) == nil)
    }

    private func refusal(_ bytes: [UInt8]) -> FormatError? {
        do throws(FormatError) {
            _ = try Padding.unpad(bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test("padding that is not zeros is refused, wherever")
    func dirty() throws {
        let padded = try #require(Padding.pad(fill(10, 1)))
        for offset in 14..<padded.count {
            var dirty = padded
            dirty[offset] = 1
            #expect(refusal(dirty) == FormatError(offset: 14, reason: .notCanonical))
        }
    }

    @Test("a length that belongs in another class, or is longer than the bytes, is refused")
    func otherClass() throws {
        var large = try #require(Padding.pad(fill(257, 1)))
        large[0] = 0
        large[1] = 1
        #expect(refusal(large)?.reason == .notCanonical, "256 bytes in the class of 1024")
        for header: [UInt8] in [[1, 1, 0, 0], [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0x80]] {
            let bytes = header + [UInt8](repeating: 0, count: 256)
            #expect(refusal(bytes)?.reason == .notCanonical)
        }
        #expect(refusal([0, 0, 0])?.reason == .tooShort)
        #expect(refusal([0, 0, 0, 0])?.reason == .notCanonical)
    }
}
