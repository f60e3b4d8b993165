import Sealing
import SecureMemory
import Testing

private func encoded(_ bytes: [UInt8]) -> String {
    let written = SecretBytes(capacity: Base64URL.encodedCount(bytes.count) + 1) { target in
        bytes.withUnsafeBytes { Base64URL.encode($0, into: target) }
    }
    return text(of: written)
}

private func decoded(_ text: String) -> [UInt8]? { decoded(Array(text.utf8)) }

private func decoded(_ text: [UInt8]) -> [UInt8]? {
    text.withUnsafeBytes { text in
        guard let result = Base64URL.decode(text) else { return nil }
        return bytes(of: result)
    }
}

@Suite("base64url")
struct Base64URLTests {
    /// RFC 4648, section 10, without padding; RFC 7515, appendix C.
    @Test(
        "gives the published texts, and reads them",
        arguments: [
            ("", ""), ("66", "Zg"), ("666f", "Zm8"), ("666f6f", "Zm9v"), ("666f6f62", "Zm9vYg"),
            ("666f6f6261", "Zm9vYmE"), ("666f6f626172", "Zm9vYmFy"), ("03ecffe0c1", "A-z_4ME"),
        ])
    func published(bytes: String, text: String) {
        #expect(encoded(hex(bytes)) == text)
        #expect(decoded(text) == hex(bytes))
        #expect(Base64URL.encodedCount(hex(bytes).count) == text.utf8.count)
    }

    @Test("what is written is read again, at every length", arguments: 0..<70)
    func identity(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 250) }
        #expect(decoded(encoded(bytes)) == bytes)
    }

    @Test(
        "a text that no encoder writes is refused",
        arguments: [
            "Zg==", "Zm8=", "=", "Z", "Zm9vY", "Zh", "Zm9", "Zm8\n", " Zm8", "Z m8", "A+z_", "A/z_", "Zm8\0", "Zmö",
            "Zm9v.", "Zm9v\u{7F}",
        ])
    func refused(text: String) {
        #expect(decoded(text) == nil)
    }

    @Test("of all bytes, the 64 of the alphabet are read, wherever they stand", arguments: 0..<4)
    func alphabet(place: Int) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for byte in UInt8.min...UInt8.max {
            var text = Array("AAAA".utf8)
            text[place] = byte
            let expected = alphabet.firstIndex(of: byte).map { index in
                let bits = UInt32(index) << (18 - 6 * UInt32(place))
                return [UInt8(bits >> 16), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
            }
            #expect(decoded(text) == expected, "byte \(byte)")
        }
    }

    @Test("of the last characters that mean the same bytes, one is read")
    func unusedBits() {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        #expect(alphabet.filter { decoded("A\($0)") != nil } == "AQgw")
        #expect(alphabet.filter { decoded("AA\($0)") != nil } == "AEIMQUYcgkosw048")
        #expect(alphabet.filter { decoded("AAA\($0)") != nil } == alphabet)
    }
}
