import Sealing
import SecureMemory
import Testing

@Suite("Passphrases")
struct PassphraseTests {
    private let salt = Array(UInt8(0)..<16)

    // From another implementation, the reference one through Python's argon2-cffi:
    //   hash_secret_raw(b"correct horse battery staple", bytes(range(16)), time_cost=2, memory_cost=65536,
    //                   parallelism=1, hash_len=32, type=Type.ID).hex()
    @Test("the least cost gives what the reference implementation of Argon2id gives")
    func known() throws {
        let derived = try PassphraseHash.derive(secret("correct horse battery staple"), salt: salt, cost: .least)
        #expect(bytes(of: derived) == hex("c05ce4c4dd7e0e45ee6011cc59d068ade47df1b01fc0cf9cd4678bdf68a5b7b0"))
    }

    // The same with an empty passphrase, time_cost=3, memory_cost=65537.
    @Test("another cost and no passphrase at all give what the reference implementation gives")
    func knownOfNothing() throws {
        let cost = try #require(PassphraseCost(passes: 3, memoryKiB: 65_537))
        let derived = try PassphraseHash.derive(secret([]), salt: salt, cost: cost)
        #expect(bytes(of: derived) == hex("8e9d93fbf51498e5230c9115aeb3a5a1b80fb844483f9171cd1bd41138e1ecd6"))
    }

    @Test("costs from 2 passes over 64 MiB to 4 over 1 GiB are accepted, and no others")
    func bounds() {
        let (least, most) = (UInt32(64 * 1024), UInt32(1024 * 1024))
        for passes in UInt32(2)...4 {
            for memory in [least, least + 1, most - 1, most] {
                #expect(PassphraseCost(passes: passes, memoryKiB: memory) != nil)
            }
        }
        for (passes, memory) in [
            (1, least), (0, least), (5, least), (.max, most), (2, least - 1), (2, 0), (4, most + 1), (4, .max),
        ] as [(UInt32, UInt32)] {
            #expect(PassphraseCost(passes: passes, memoryKiB: memory) == nil)
        }
        #expect(PassphraseCost(passes: 3, memoryKiB: 256 * 1024) == .standard)
        #expect(PassphraseCost(passes: 2, memoryKiB: 64 * 1024) == .least)
    }
}
