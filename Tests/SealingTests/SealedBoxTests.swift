import Sealing
import SecureMemory
import Testing

@Suite("Sealed boxes")
struct SealedBoxTests {
    private func pair(_ secret: [UInt8]) throws -> RecipientKeyPair {
        try #require(RecipientKeyPair(secret: SharedSecret(SecretBytes(copying: secret))))
    }

    private func seal(_ bytes: [UInt8], to key: RecipientKey) -> [UInt8]? {
        SealedBox.seal(SecretBytes(copying: bytes), to: key)
    }

    @Test("public keys are those of RFC 7748, section 6.1")
    func publicKeys() throws {
        let known = try pair(hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
        #expect(known.publicKey.bytes == hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
    }

    @Test("a box that another implementation made opens")
    func knownBox() throws {
        let pair = try pair(Array(0..<32))
        #expect(pair.publicKey.bytes == hex("8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f"))
        let opened = try SealedBox.open(
            hex(
                """
                6d82943de86a0e2e137c78fcff7397237079e9289676b700a43098cf28c9ed1a6a4ccb87364d6f7a
                0f487f775ab2633110de9ab85229cb
                """),
            with: pair)
        #expect(text(of: opened) == "sigilum")
    }

    @Test("what is sealed opens with the secret key, is never sealed alike, and says nothing to another key")
    func roundTrip() throws {
        let (pair, other) = (RecipientKeyPair.random(), RecipientKeyPair.random())
        for count in [0, 1, 212, 5000] {
            let content = [UInt8](repeating: 7, count: count)
            let box = try #require(seal(content, to: pair.publicKey))
            #expect(box.count == count + SealedBox.overhead)
            #expect(box != seal(content, to: pair.publicKey))
            let opened = try SealedBox.open(box, with: pair)
            #expect(opened.withBytes { Array($0) } == content)
            #expect(throws: OpeningFailed.self) { _ = try SealedBox.open(box, with: other) }
        }
    }

    @Test("every flipped bit and every truncation is refused")
    func refusals() throws {
        let pair = RecipientKeyPair.random()
        let box = try #require(seal([1, 2, 3], to: pair.publicKey))
        for place in box.indices {
            var other = box
            other[place] ^= 1
            #expect(throws: OpeningFailed.self) { _ = try SealedBox.open(other, with: pair) }
            #expect(throws: OpeningFailed.self) { _ = try SealedBox.open(Array(box[..<place]), with: pair) }
        }
        #expect(throws: OpeningFailed.self) { _ = try SealedBox.open(box + [0], with: pair) }
    }

    @Test("to a public key that agrees on nothing secret, nothing is sealed")
    func weakKeys() throws {
        let zeros = try #require(RecipientKey([UInt8](repeating: 0, count: 32)))
        let one = try #require(RecipientKey([1] + [UInt8](repeating: 0, count: 31)))
        for key in [zeros, one] { #expect(seal([1], to: key) == nil) }
        #expect(RecipientKey([1]) == nil)
        #expect(RecipientKeyPair(secret: SharedSecret(SecretBytes(copying: [1]))) == nil)
    }

    @Test("keys are written and read as hexadecimal digits, and nothing else is read")
    func digits() {
        let written = HexKey.encode(SecretBytes(copying: [0, 0x1f, 0xff]), prefix: "key-", suffix: "\n")
        #expect(text(of: written) == "key-001fff\n")
        func read(_ text: String) -> [UInt8]? {
            var text = text
            return text.withUTF8 { HexKey.decode(UnsafeRawBufferPointer($0)) }.map { $0.bytes.withBytes { Array($0) } }
        }
        #expect(read("001fFF") == [0, 0x1f, 0xff])
        for other in ["", "0", "001", "0g", "00 ", "é0"] { #expect(read(other) == nil, "\(other)") }
    }
}
