internal import CSodium
package import SecureMemory

/// What Argon2id may cost (RFC 9106). Bounds are checked before anything runs, so that a changed row cannot make the
/// program ask for all the memory there is.
package struct PassphraseCost: Sendable, Equatable {
    /// 3 passes over 256 MiB: about half a second on two slow cores.
    package static let standard = PassphraseCost(checkedPasses: 3, memoryKiB: 256 * 1024)
    /// 2 passes over 64 MiB: the least that is accepted.
    package static let least = PassphraseCost(checkedPasses: 2, memoryKiB: 64 * 1024)

    package let passes: UInt32
    /// In KiB (1024 bytes).
    package let memoryKiB: UInt32

    /// Nil outside 2 to 4 passes and 64 MiB to 1 GiB.
    package init?(passes: UInt32, memoryKiB: UInt32) {
        guard (2...4).contains(passes), (64 * 1024...1024 * 1024).contains(memoryKiB) else { return nil }
        self.init(checkedPasses: passes, memoryKiB: memoryKiB)
    }

    private init(checkedPasses: UInt32, memoryKiB: UInt32) {
        passes = checkedPasses
        self.memoryKiB = memoryKiB
    }
}

/// There was not enough memory for the cost that was asked for.
package struct NotEnoughMemory: Error {}

/// Argon2id13 (`crypto_pwhash`).
package enum PassphraseHash {
    /// 32 bytes from a passphrase and a salt of 16 bytes.
    package static func derive(
        _ passphrase: borrowing SecretBytes, salt: [UInt8], cost: PassphraseCost
    ) throws(NotEnoughMemory) -> SecretBytes {
        precondition(salt.count == Int(crypto_pwhash_SALTBYTES))
        SodiumLibrary.start()
        return try passphrase.withBytes { (passphrase) throws(NotEnoughMemory) in
            try SecretBytes(capacity: 32) { (out) throws(NotEnoughMemory) in
                let result = crypto_pwhash(
                    out.start, 32,
                    UnsafeRawPointer(passphrase.start).assumingMemoryBound(to: CChar.self), UInt64(passphrase.count),
                    salt,
                    UInt64(cost.passes), Int(cost.memoryKiB) * 1024, crypto_pwhash_ALG_ARGON2ID13)
                guard result == 0 else { throw NotEnoughMemory() }
                return 32
            }
        }
    }
}
