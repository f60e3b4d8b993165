import Sealing
import SecureMemory
import Testing

@Suite("Written keys and random secrets")
struct KeyTextTests {
    private let digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    private let base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    private func key(_ text: String) -> [UInt8]? {
        MasterKeyText.randomKey(secret(text)).map { bytes(of: $0.bytes) }
    }

    @Test("64 hex digits of either case and 44 characters of base64 are the same 32 bytes")
    func accepted() {
        let expected = Array(UInt8(0)..<32)
        #expect(key(digits) == expected)
        #expect(key(digits.uppercased()) == expected)
        #expect(key(base64) == expected)
        #expect(key("/+/+" + base64.dropFirst(4))?.prefix(3) == [0xff, 0xef, 0xfe])
    }

    @Test("anything else is no random key")
    func refused() {
        func splice(_ text: String, _ replacement: String, at index: Int) -> String {
            text.prefix(index) + replacement + text.dropFirst(index + replacement.count)
        }
        let refused: [String] = [
            "", "a", String(digits.dropLast()), digits + "0", digits + "\n", " " + digits, digits + digits,
            splice(digits, "0x", at: 0), splice(digits, "g", at: 63), splice(digits, " ", at: 63),
            splice(digits, ":", at: 32), splice(digits, "\0", at: 32),
            // base64: no padding, the padding doubled, url-safe, inner blanks, bits that no byte uses, 33 bytes.
            String(base64.dropLast()), splice(base64, "==", at: 42), splice(base64, "-_-_", at: 0),
            splice(base64, " ", at: 20), splice(base64, "\n", at: 20), splice(base64, "9=", at: 42),
            splice(base64, "/=", at: 42), splice(base64, "A", at: 43), splice(base64, "=", at: 0), base64 + "\n",
            "\n" + String(base64.dropLast()),
            // 44 bytes, two of them of one character that is not ASCII.
            splice(base64, "é", at: 20).prefix(43).description, "é" + base64.dropFirst(2),
        ]
        for text in refused { #expect(key(text) == nil, Comment(rawValue: text.debugDescription)) }
    }

    @Test("hex secrets: the prefix, then two lower-case digits a byte")
    func hexSecrets() throws {
        for count in [1, 16, 24, 1024] {
            let made = text(of: RandomSecret.make(prefix: "sk_live_", byteCount: count, in: .hex))
            #expect(made.hasPrefix("sk_live_"))
            let rest = made.dropFirst(8)
            #expect(rest.count == count * 2)
            #expect(rest.allSatisfy { "0123456789abcdef".contains($0) })
        }
    }

    @Test("base64url secrets: the prefix, then the characters of RFC 4648, section 5, without padding")
    func base64Secrets() {
        for count in [1, 2, 3, 32, 1024] {
            let made = text(of: RandomSecret.make(prefix: "", byteCount: count, in: .base64url))
            #expect(made.utf8.count == (count * 4 + 2) / 3)
            let isURLSafe = made.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
            #expect(isURLSafe)
        }
        let long = text(of: RandomSecret.make(byteCount: 1024, in: .base64url))
        #expect(long.contains("-") && long.contains("_"))
    }

    @Test("no two random secrets, byte strings or choices of many are the same")
    func randomness() {
        #expect(Set((0..<128).map { _ in text(of: RandomSecret.make(byteCount: 16, in: .hex)) }).count == 128)
        #expect(Set((0..<128).map { _ in RandomBytes.make(16) }).count == 128)
        #expect(RandomBytes.make(0).isEmpty)
        let drawn = (0..<2000).map { _ in RandomBytes.below(7) }
        #expect(Set(drawn) == Set(0..<7))
    }
}
