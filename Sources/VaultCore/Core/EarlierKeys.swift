internal import Sealing
internal import SecureMemory
internal import VaultFormat

/// The settings that keep what rows of the log from before a change of the data key are proven and opened with: the state
/// key and the payload key of each earlier data key, sealed under the current one. Nothing else of those data keys is
/// kept, so that no value that they sealed can be opened.
enum EarlierKeysSetting {
    static func name(_ epoch: UInt32) -> String { "audit-keys/\(epoch)" }

    private static let purpose = Array("audit keys".utf8)

    private static func bound(_ keys: KeyRing, _ epoch: UInt32, _ last: UInt64) -> [UInt8] {
        keys.bound([purpose, bigEndian(epoch), bigEndian(last)])
    }

    /// `<last row> <nonce and sealed keys in hexadecimal digits>`
    static func text(_ earlier: EarlierAuditKeys, sealedUnder keys: KeyRing) -> String {
        let both = SecretBytes(capacity: 64) { out in
            earlier.state.bytes.withBytes { UnsafeMutableRawBufferPointer(rebasing: out[0..<32]).copyMemory(from: $0) }
            earlier.payloads.bytes.withBytes {
                UnsafeMutableRawBufferPointer(rebasing: out[32..<64]).copyMemory(from: $0)
            }
            return 64
        }
        let nonce = Nonce.random()
        let sealed = AEAD.seal(
            both, boundTo: bound(keys, earlier.epoch, earlier.last), nonce: nonce, key: keys.auditKeys.bytes)
        return "\(earlier.last) " + hexadecimal(nonce.bytes + sealed)
    }

    /// Nil where the text is none.
    static func decode(_ text: String, _ epoch: UInt32, sealedUnder keys: KeyRing) -> EarlierAuditKeys? {
        let words = text.split(separator: " ")
        guard words.count == 2, let last = UInt64(words[0]), let bytes = hexadecimal(words[1]),
            bytes.count == Nonce.width + 64 + AEAD.tagWidth, let nonce = Nonce(bytes.prefix(Nonce.width)),
            let opened = try? AEAD.open(
                bytes.dropFirst(Nonce.width), boundTo: bound(keys, epoch, last), nonce: nonce,
                key: keys.auditKeys.bytes)
        else { return nil }
        func key(_ range: Range<Int>, _ opened: borrowing SecretBytes) -> SharedSecret {
            opened.withBytes { bytes in
                SharedSecret(
                    SecretBytes(capacity: 32) { out in
                        out.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
                        return 32
                    })
            }
        }
        return EarlierAuditKeys(epoch: epoch, last: last, state: key(0..<32, opened), payloads: key(32..<64, opened))
    }
}

extension VaultSnapshot {
    /// Of every data key before the current one, oldest first.
    func earlierAuditKeys() throws -> [EarlierAuditKeys] {
        if let knownEarlierKeys { return knownEarlierKeys }
        var found: [EarlierAuditKeys] = []
        for epoch in 1..<max(keys.epoch, 1) {
            let name = EarlierKeysSetting.name(epoch)
            guard let text = try setting(name),
                let earlier = EarlierKeysSetting.decode(text, epoch, sealedUnder: keys),
                earlier.last > found.last?.last ?? 0
            else { throw VaultError.integrity(.record(name)) }
            found.append(earlier)
        }
        knownEarlierKeys = found
        return found
    }

    /// The state key of the current data key, or of an earlier one; nil where there was none of that epoch.
    func stateKey(ofEpoch epoch: UInt32) throws -> SharedSecret? {
        if epoch == keys.epoch { return keys.state }
        return try earlierAuditKeys().first { $0.epoch == epoch }?.state
    }
}
