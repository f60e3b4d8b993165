internal import Sealing
internal import SecureMemory
internal import VaultFormat

/// The head as the program works with it: its row, opened and authenticated.
struct Head {
    var generation: UInt64
    var count: UInt64
    var top: Digest
    var slotDigest: Digest
    var audit: AuditEnd
    /// The bytes in the store, for the compare-and-swap; nil before the first.
    var stored: [UInt8]?

    func anchor(of keys: KeyRing) -> Anchor {
        Anchor(
            vaultID: keys.vaultID, generation: generation, auditSequence: audit.sequence, auditHead: audit.head)
    }
}

/// Sealing and opening the head row.
enum HeadCrypto {
    /// The digest of all slot rows. Without a key, so that a changed slot is told from a wrong key before any slot is
    /// opened; the head's MAC is what makes it proof.
    static func slotDigest(_ slots: [(key: [UInt8], value: [UInt8])]) -> Digest {
        var writer = ByteWriter()
        for slot in slots {
            writer.framed(slot.key)
            writer.framed(slot.value)
        }
        return Checksum.digest(writer.bytes)
    }

    /// The digest of the slots that a head names, read without a key: a hint, and no proof. Nil where it is no head.
    static func claimedSlotDigest(_ bytes: [UInt8]) -> Digest? {
        guard bytes.count == HeadRow.width + HeadRow.macWidth,
            let row = try? HeadRow(decoding: Array(bytes.dropLast(HeadRow.macWidth)))
        else { return nil }
        return Digest(row.slotDigest)
    }

    /// The data key's epoch that a head names, read without a key: a hint, and no proof. Nil where it is no head.
    static func claimedEpoch(_ bytes: [UInt8]) -> UInt32? {
        guard bytes.count == HeadRow.width + HeadRow.macWidth else { return nil }
        return (try? HeadRow(decoding: Array(bytes.dropLast(HeadRow.macWidth))))?.epoch
    }

    static func encode(_ head: Head, _ keys: KeyRing) -> [UInt8] {
        let nonce = Nonce.random()
        let row = HeadRow(
            vaultID: keys.vaultID, epoch: keys.epoch, generation: head.generation, count: head.count,
            top: head.top.bytes, slotDigest: head.slotDigest.bytes, auditSequence: head.audit.sequence,
            auditTime: head.audit.time, auditHead: head.audit.head.bytes, auditMAC: head.audit.mac.bytes,
            auditKeyNonce: nonce.bytes,
            sealedAuditKey: AEAD.seal(
                head.audit.key.bytes, boundTo: bound(keys, head.audit.sequence), nonce: nonce,
                key: keys.auditKeys.bytes))
        return row.encoded + keys.hash(Purpose("head"), row.encoded).bytes
    }

    static func decode(_ bytes: [UInt8], _ keys: KeyRing) throws(VaultError) -> Head {
        let body = Array(bytes.dropLast(HeadRow.macWidth))
        guard bytes.count == HeadRow.width + HeadRow.macWidth, let mac = Digest(bytes.suffix(HeadRow.macWidth)),
            mac.matches(keys.hash(Purpose("head"), body)), let row = try? HeadRow(decoding: body),
            row.vaultID == keys.vaultID, row.epoch == keys.epoch, let top = Digest(row.top),
            let slots = Digest(row.slotDigest), let auditHead = Digest(row.auditHead),
            let auditMAC = Digest(row.auditMAC), let nonce = Nonce(row.auditKeyNonce),
            let key = try? SharedSecret(
                AEAD.open(
                    row.sealedAuditKey, boundTo: bound(keys, row.auditSequence), nonce: nonce,
                    key: keys.auditKeys.bytes))
        else { throw .integrity(.head) }
        let audit = AuditEnd(
            sequence: row.auditSequence, time: row.auditTime, head: auditHead, mac: auditMAC, key: key)
        return Head(
            generation: row.generation, count: row.count, top: top, slotDigest: slots, audit: audit, stored: bytes)
    }

    private static func bound(_ keys: KeyRing, _ sequence: UInt64) -> [UInt8] {
        keys.bound([Array("audit key".utf8), AuditRow.key(sequence)])
    }
}
