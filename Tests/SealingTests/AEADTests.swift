import Sealing
import SecureMemory
import Testing

@Suite("Sealing and opening")
struct AEADTests {
    private let key = Array(UInt8(0x80)...0x9f)
    private let data = hex("50515253c0c1c2c3c4c5c6c7")
    private let nonce = Array(UInt8(0x40)...0x57)
    private let message = """
        Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen \
        would be it.
        """
    private let sealed = hex(
        """
        bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39
        ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
        21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49
        """)

    @Test("the vector of draft-irtf-cfrg-xchacha-03, A.3.1: sealed as there, and opened")
    func draftVector() throws {
        let nonce = try #require(Nonce(nonce))
        #expect(AEAD.seal(secret(message), boundTo: data, nonce: nonce, key: secret(key)) == sealed)
        #expect(AEAD.seal(bytes: Array(message.utf8), boundTo: data, nonce: nonce, key: secret(key)) == sealed)
        let opened = try AEAD.open(sealed, boundTo: data, nonce: nonce, key: secret(key))
        #expect(text(of: opened) == message)
        let bytes = try AEAD.openBytes(sealed, boundTo: data, nonce: nonce, key: secret(key))
        #expect(bytes == Array(message.utf8))
    }

    @Test("every flipped bit of ciphertext, bound data, nonce and key is refused, and every truncation")
    func refusals() throws {
        func opens(_ sealed: [UInt8], _ data: [UInt8], _ nonce: [UInt8], _ key: [UInt8]) throws -> Bool {
            let nonce = try #require(Nonce(nonce))
            let bytes = try? AEAD.openBytes(sealed, boundTo: data, nonce: nonce, key: secret(key))
            do throws(OpeningFailed) {
                _ = try AEAD.open(sealed, boundTo: data, nonce: nonce, key: secret(key))
                #expect(bytes != nil, "both ways open the same")
                return true
            } catch {
                #expect(bytes == nil, "both ways refuse the same")
                return false
            }
        }
        func flips(_ bytes: [UInt8]) -> [[UInt8]] {
            (0..<bytes.count * 8).map { bit in
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                return changed
            }
        }
        #expect(try opens(sealed, data, nonce, key))
        for changed in flips(sealed) { #expect(try !opens(changed, data, nonce, key)) }
        for changed in flips(data) { #expect(try !opens(sealed, changed, nonce, key)) }
        for changed in flips(nonce) { #expect(try !opens(sealed, data, changed, key)) }
        for changed in flips(key) { #expect(try !opens(sealed, data, nonce, changed)) }
        for count in 0..<sealed.count { #expect(try !opens(Array(sealed.prefix(count)), data, nonce, key)) }
        #expect(try !opens(sealed + [0], data, nonce, key))
    }

    @Test("nothing can be sealed too, and is bound to its data")
    func empty() throws {
        let nonce = Nonce.random()
        let sealed = AEAD.seal(secret([]), boundTo: [1], nonce: nonce, key: secret(key))
        #expect(sealed.count == AEAD.tagWidth)
        let opened = try AEAD.open(sealed, boundTo: [1], nonce: nonce, key: secret(key))
        #expect(opened.count == 0)
        #expect(throws: OpeningFailed.self) {
            _ = try AEAD.open(sealed, boundTo: [2], nonce: nonce, key: secret(key))
        }
    }

    @Test("a nonce has 24 bytes, and random ones differ")
    func nonces() {
        #expect(Nonce([UInt8](repeating: 0, count: 23)) == nil)
        #expect(Nonce([UInt8](repeating: 0, count: 25)) == nil)
        #expect(Set((0..<256).map { _ in Nonce.random() }).count == 256)
    }
}
