import SecureMemory
import Testing

@testable import Supervision

@Suite("Masking a stream")
struct OutputMaskTests {
    /// What becomes of a text that comes in pieces of `size` bytes.
    private func masked(_ text: String, _ secrets: [String], pieces size: Int) -> String {
        let mask = OutputMask(MaskPatterns(secrets.map { (SharedSecret(SecretBytes(copying: Array($0.utf8))), "[*]") }))
        var (rest, shown) = (Array(text.utf8)[...], [UInt8]())
        while !rest.isEmpty {
            let piece = rest.prefix(size)
            mask.room.copyBytes(from: piece)
            shown += mask.take(piece.count)
            rest = rest.dropFirst(size)
        }
        return String(decoding: shown + mask.finish(), as: UTF8.self)
    }

    @Test(
        "a secret is masked wherever the pieces of the stream end",
        arguments: [
            ("a lin_one b", ["lin_one"], "a [*] b"), ("lin_onelin_one", ["lin_one"], "[*][*]"),
            ("lin_on", ["lin_one"], "lin_on"), ("lin_lin_one", ["lin_one"], "lin_[*]"),
            ("aaab", ["aab"], "a[*]"), ("xabcdefx", ["abcd", "cdef"], "x[*]x"),
            ("abcd abc", ["abc", "abcd"], "[*] [*]"),
            ("abcx", ["abcd", "bc"], "a[*]x"), ("none of it", ["secret"], "none of it"), ("aaaa", ["aa"], "[*]"),
            ("", ["secret"], ""), ("text", [""], "text"),
        ])
    func pieces(text: String, secrets: [String], expected: String) {
        for size in 1...(text.utf8.count + 1) { #expect(masked(text, secrets, pieces: size) == expected, "\(size)") }
    }

    @Test("a value is found without its last line end, and line by line")
    func lines() {
        #expect(masked("value", ["value\n"], pieces: 2) == "[*]")
        #expect(masked("value\nx", ["value\n"], pieces: 2) == "[*]x")
        let key = "-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA\nab\n-----END KEY-----\n"
        #expect(masked(key, [key], pieces: 7) == "[*]")
        #expect(masked("  MIIEpAIBAAKCAQEA\r\n", [key], pieces: 3) == "  [*]\r\n")
        #expect(masked("ab", [key], pieces: 1) == "ab", "a short line is not a secret by itself")
    }

    @Test("what cannot be part of a secret is not held back")
    func delay() {
        let mask = OutputMask(MaskPatterns([(SharedSecret(SecretBytes(copying: Array("secret".utf8))), "[*]")]))
        func take(_ text: String) -> String {
            mask.room.copyBytes(from: Array(text.utf8))
            return String(decoding: mask.take(text.utf8.count), as: UTF8.self)
        }
        #expect(take("Password: ") == "Password: ")
        #expect(take("it is se") == "it is ")
        #expect(take("ven") == "seven")
        #expect(take("secret") == "[*]")
    }

    @Test("a stream longer than the buffer, of random pieces, is what replacing in the whole text gives")
    func long() {
        var generator = SystemRandomNumberGenerator()
        let secrets = ["abba", "cab", "bbbbbbbbbb"]
        let text = String((0..<20_000).map { _ in "abcx".randomElement(using: &generator) ?? "x" })
        let whole = masked(text, secrets, pieces: text.utf8.count)
        for size in [1, 3, 4096, 19_999] { #expect(masked(text, secrets, pieces: size) == whole) }
        #expect(!secrets.contains { whole.contains($0) })
    }
}
