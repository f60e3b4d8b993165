import SecureMemory
import Testing
import VaultCore

@testable import SigilumCLI

@Suite struct ListenAddressTests {
    @Test(
        "a host and a port are an address to listen on; this machine alone is told from every other",
        arguments: [
            ("127.0.0.1:38100", true), ("localhost:1", true), ("[::1]:65535", true), ("127.9.9.9:80", true),
            (":38100", false), ("0.0.0.0:38100", false), ("[::]:38100", false), ("gateway.example:443", false),
        ])
    func addresses(_ text: String, _ isLoopback: Bool) throws {
        let address = try ListenAddress(text)
        #expect(address.text == text)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(
        "anything else is none",
        arguments: [
            "", ":", "38100", "host", "host:", "host:0", "host:65536", "host:+1", "host: 1", "host:1 ", "host:1/path",
            "http://host:1", "user@host:1", "ho st:1", "::1:38100", "host:1\n", "host:\u{661}", "-host:1",
        ])
    func none(_ text: String) {
        #expect(throws: HTTPAddressError.self) { try ListenAddress(text) }
    }
}

@Suite struct UnlockedKeyTests {
    private func secret(_ bytes: [UInt8]) -> SharedSecret { SharedSecret(SecretBytes(copying: bytes)) }

    @Test("what is kept is read as it was written")
    func roundTrip() throws {
        let bytes = (0..<32).map { UInt8($0) }
        let kept = UnlockedKey(StretchedKey(slot: 3, bytes: secret(bytes)), until: 1_772_359_200_123).encoded
        #expect(kept.bytes.count == 42)
        let read = try #require(UnlockedKey(decoding: kept))
        #expect(read.key.slot == 3)
        #expect(read.end == 1_772_359_200_123)
        #expect(read.key.bytes.bytes.withBytes { Array($0) } == bytes)
    }

    @Test("anything else that stands there is nothing")
    func foreign() {
        let good: [UInt8] = [1, 0] + [0, 0, 0, 0, 0, 1, 0, 0] + [UInt8](repeating: 7, count: 32)
        #expect(UnlockedKey(decoding: secret(good)) != nil)
        let others: [[UInt8]] = [
            [], [1], Array(good.dropLast()), good + [0], [2] + good.dropFirst(),
            [1, 0] + [UInt8](repeating: 255, count: 8) + [UInt8](repeating: 7, count: 32),
        ]
        for bytes in others {
            #expect(UnlockedKey(decoding: secret(bytes)) == nil)
        }
    }

    @Test("a full keyring is 73, none is 78")
    func failures() {
        #expect(KeyringError.full.failure.status == .cannotWrite)
        #expect(KeyringError.unavailable(errno: 38).failure.status == .configuration)
        #expect(KeyringError.unavailable(errno: 38).failure.code == "no-keyring")
    }
}
