import Sealing
import SecureMemory
import Testing

private func code(_ message: [UInt8], _ key: [UInt8]) -> [UInt8] {
    message.withUnsafeBytes { bytes(of: HMACSHA256.code(of: $0, key: secret(key))) }
}

@Suite("HMAC-SHA-256")
struct HMACSHA256Tests {
    /// RFC 4231, section 4. Case 5 gives the first 128 bits only.
    @Test(
        "gives the codes of RFC 4231",
        arguments: [
            (
                String(repeating: "0b", count: 20), "4869205468657265",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
            ),
            (
                "0102030405060708090a0b0c0d0e0f10111213141516171819", String(repeating: "cd", count: 50),
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
            ),
            (
                String(repeating: "0c", count: 20), "546573742057697468205472756e636174696f6e",
                "a3b6167473100ee06e0c796c2955552b"
            ),
            (
                String(repeating: "aa", count: 131),
                "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d20"
                    + "48617368204b6579204669727374",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            (
                String(repeating: "aa", count: 131),
                "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b"
                    + "657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565"
                    + "647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c67"
                    + "6f726974686d2e",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
            ),
        ])
    func publishedCodes(key: String, message: String, expected: String) {
        #expect(code(hex(message), hex(key)).starts(with: hex(expected)))
    }

    @Test("a code has 32 bytes, also of nothing under a key of one byte")
    func width() {
        #expect(code([], [0]).count == 32)
        #expect(
            code([], [0]) == hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
            "a key is padded with zeros to a block, so this is also the code under no key")
    }

    @Test("every bit of the message and of the key counts")
    func bits() {
        let (message, key) = (Array("message".utf8), Array("key".utf8))
        let original = code(message, key)
        for bit in 0..<(message.count * 8) {
            var other = message
            other[bit / 8] ^= 1 << (bit % 8)
            #expect(code(other, key) != original)
        }
        for bit in 0..<(key.count * 8) {
            var other = key
            other[bit / 8] ^= 1 << (bit % 8)
            #expect(code(message, other) != original)
        }
    }
}
