import Sealing
import SecureMemory
import Testing

private let key = Array(UInt8(0)..<32)

@Suite("Hashes")
struct HashTests {
    @Test("BLAKE2b-512 of abc is what RFC 7693, appendix A says")
    func abc() {
        let hash = KeyedHash.derive(Purpose(""), key: secret([]), message: Array("abc".utf8), count: 64)
        let expected = hex(
            """
            ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1
            7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923
            """)
        #expect(bytes(of: hash) == expected)
    }

    @Test("the self-test of RFC 7693, appendix E: four lengths of digests, six of messages, with a key and without")
    func selfTest() {
        func sequence(_ count: Int) -> [UInt8] {
            var (a, b) = (0xDEAD_4BAD &* UInt32(count), UInt32(1))
            return (0..<count).map { _ in
                (a, b) = (b, a &+ b)
                return UInt8(b >> 24)
            }
        }
        var digests: [UInt8] = []
        for width in [20, 32, 48, 64] {
            for length in [0, 3, 128, 129, 255, 1024] {
                for key in [[], sequence(width)] {
                    let hash = KeyedHash.derive(
                        Purpose(""), key: secret(key), message: sequence(length), count: width)
                    digests += bytes(of: hash)
                }
            }
        }
        let expected = hex("c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475")
        #expect(Checksum.digest(digests).bytes == expected)
    }

    // The values of the next four tests come from another implementation, Python's:
    //   hashlib.blake2b(b"message", digest_size=32, key=bytes(range(32)), person=b"head".ljust(16, b"\0")).hexdigest()
    @Test("a hash with a purpose is BLAKE2b with a key and a personal string padded with zeros")
    func purpose() {
        let digest = KeyedHash.digest(Purpose("head"), key: secret(key), Array("message".utf8))
        #expect(digest.bytes == hex("91ca3df7aa69422fd99589bf06c51a7692d7a55e1d1ce83404a7a5fdf4512853"))
        let ofSecret = KeyedHash.digest(Purpose("head"), key: secret(key), of: secret("message"))
        #expect(ofSecret == digest)
    }

    // hashlib.blake2b(b"", digest_size=32, key=bytes(range(32)), person=b"sigilum1.entries").hexdigest()
    @Test("a purpose may have all sixteen bytes, and a message none")
    func longPurpose() {
        let digest = KeyedHash.digest(Purpose("sigilum1.entries"), key: secret(key), [])
        #expect(digest.bytes == hex("cca40bda4404b33f36521cb716a54385ac3cf7b03847bc743fcd9199b334d159"))
    }

    // hashlib.blake2b(b"header", digest_size=64, key=bytes(range(32)), salt=bytes(range(100, 116)),
    //                 person=b"sigilum1.slot".ljust(16, b"\0")).hexdigest()
    @Test("several keys derived at once are those that are derived one by one")
    func derivedTogether() {
        let purposes = [Purpose("one"), Purpose("two"), Purpose("three")]
        let key = secret(Array(0..<32))
        let together = KeyedHash.derive(purposes, key: key, message: [1, 2, 3]).map { $0.bytes.withBytes { Array($0) } }
        let single = purposes.map { KeyedHash.derive($0, key: key, message: [1, 2, 3]).withBytes { Array($0) } }
        #expect(together == single)
        #expect(Set(together).count == 3)
    }

    @Test("a derived key is BLAKE2b with a key, a salt and a personal string")
    func derivation() {
        let derived = KeyedHash.derive(
            Purpose("sigilum1.slot"), key: secret(key), salt: Array(100..<116), message: Array("header".utf8),
            count: 64)
        let expected = hex(
            """
            acd79d849a15daf7ebaba24f51c8dd8e7079ed19e7ade0ae27db99de5b6914d9
            29e329a825b0d3c8f9255ab47062f92b4ef482bdc2d4ce00df2388d6d0d2d653
            """)
        #expect(bytes(of: derived) == expected)
    }

    // hashlib.blake2b(b"x" * 200, digest_size=32, key=bytes(range(32)),
    //                 person=b"audit ratchet".ljust(16, b"\0")).hexdigest()
    @Test("without a salt the salt is zeros, and a message may be longer than a block")
    func noSalt() {
        let message = [UInt8](repeating: UInt8(ascii: "x"), count: 200)
        let derived = KeyedHash.derive(Purpose("audit ratchet"), key: secret(key), message: message)
        #expect(bytes(of: derived) == hex("8915ca8dff59b591345b6517774f3891d01628dae43524dfb12f91bf8009d49a"))
    }

    // hashlib.blake2b(b"abc", digest_size=32).hexdigest()
    @Test("a checksum is BLAKE2b-256 without a key")
    func checksum() {
        let expected = hex("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319")
        #expect(Checksum.digest(Array("abc".utf8)).bytes == expected)
    }

    @Test("another key, purpose or message is another hash")
    func separation() {
        let base = KeyedHash.digest(Purpose("node"), key: secret(key), [1, 2, 3])
        #expect(base != KeyedHash.digest(Purpose("bucket"), key: secret(key), [1, 2, 3]))
        #expect(base != KeyedHash.digest(Purpose("node"), key: secret(key.reversed()), [1, 2, 3]))
        #expect(base != KeyedHash.digest(Purpose("node"), key: secret(key), [1, 2]))
    }

    @Test("a digest has 32 bytes, and matches itself alone")
    func digests() throws {
        #expect(Digest([UInt8](repeating: 1, count: 31)) == nil)
        #expect(Digest([UInt8](repeating: 1, count: 33)) == nil)
        let digest = try #require(Digest(key))
        #expect(digest.matches(digest))
        for index in key.indices {
            var other = key
            other[index] ^= 0x80
            #expect(!digest.matches(try #require(Digest(other))))
        }
    }
}
