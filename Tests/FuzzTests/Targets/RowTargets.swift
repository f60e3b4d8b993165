import Sealing
import SecureMemory
import VaultFormat

@testable import VaultCore

/// A key slot: its row alone, and with a checksum that is right.
enum SlotTarget {
    private static let masterKey = SharedSecret(SecretBytes(copying: Array(FuzzKeys.masterKey.utf8)))

    @Sendable static func run(_ bytes: [UInt8]) throws {
        if let row = try? SlotRow(decoding: bytes) {
            try require(row.encoded == bytes, "a slot row that is written in two ways")
        }
        // The slot's number stands in the row, and must be its key.
        let number = bytes.dropFirst(28).first ?? 0
        for value in [bytes, bytes + Checksum.digest(bytes).bytes] {
            guard let row = try? SlotCrypto.decode(([number], value)) else { continue }
            // Stretching takes half a second; what it may cost is checked before.
            guard row.kdf == MasterKeyKind.random.rawValue else {
                let cost = PassphraseCost(passes: row.passes, memoryKiB: row.memoryKiB)
                try require(cost.map { $0.memoryKiB <= 1 << 20 } ?? true, "a cost without a limit")
                continue
            }
            _ = try? SlotCrypto.unwrap(row, with: masterKey.bytes)
        }
    }
}

/// An entry's row, a version's row, and what is sealed in them.
enum RecordTarget {
    @Sendable static func run(_ bytes: [UInt8]) throws {
        if let row = try? EntryRow(decoding: bytes) {
            try require(row.encoded == bytes, "an entry row that is written in two ways")
        }
        if let row = try? BodyRow(decoding: bytes) {
            try require(row.encoded == bytes, "a body row that is written in two ways")
        }
        try fields(bytes)
        try overview(bytes)
        try value(bytes)
    }

    private static func fields(_ bytes: [UInt8]) throws {
        guard let fields = try? FieldMap(decoding: bytes) else { return }
        try require(fields.encoded == bytes, "fields that are written in two ways")
        try require(fields.names.allSatisfy { fields[$0] != nil }, "a field that is named and not there")
        if let overview = Overview(fields)?.fields {
            try require(Overview(overview)?.fields == overview, "an overview that changes when it is read")
        }
        if let service = ServiceRecord(fields) {
            try require(ServiceRecord(service.fields) == service, "a service that changes when it is read")
        }
        if let delivery = Delivery(fields)?.fields {
            try require(Delivery(delivery)?.fields == delivery, "a delivery that changes when it is read")
        }
    }

    /// The bytes as what is sealed in an entry's row.
    private static func overview(_ bytes: [UInt8]) throws {
        let (snapshot, tag) = (FuzzKeys.snapshot(), [UInt8](repeating: 1, count: 16))
        var row = EntryRow(
            id: tag, revision: 1, firstVersion: 1, currentVersion: 1, bodyDigest: Digest.zero.bytes,
            history: Digest.zero.bytes, nonce: FuzzKeys.nonce, ciphertext: [], commitment: [])
        let bound = snapshot.bound(tag, row)
        guard let padded = FuzzKeys.padded(bytes), let nonce = Nonce(FuzzKeys.nonce) else { return }
        row.ciphertext = AEAD.seal(
            bytes: padded, boundTo: bound, nonce: nonce, key: FuzzKeys.ring.overviews.bytes)
        row.commitment =
            FuzzKeys.ring.commitment(boundTo: bound, nonce: FuzzKeys.nonce, ciphertext: row.ciphertext).bytes
        guard let opened = try? snapshot.overview(tag, row) else { return }
        let again = Padding.pad([opened.space.rawValue] + opened.fields.encoded)
        try require(again == padded, "an overview that is sealed in two ways")
        _ = try? snapshot.entry(tag, row)
    }

    /// The bytes as a sealed value with its padding.
    private static func value(_ bytes: [UInt8]) throws {
        let bound = SealedVersion.bound(FuzzKeys.ring, entry: FuzzKeys.vaultID, version: 1, createdAt: 0, origin: 0)
        guard let nonce = Nonce(FuzzKeys.nonce) else { return }
        let ciphertext = AEAD.seal(bytes: bytes, boundTo: bound, nonce: nonce, key: FuzzKeys.ring.bodies.bytes)
        let body = BodyRow(
            createdAt: 0, origin: 0, nonce: FuzzKeys.nonce, ciphertext: ciphertext,
            commitment: FuzzKeys.ring.commitment(boundTo: bound, nonce: FuzzKeys.nonce, ciphertext: ciphertext).bytes)
        let sealed = SealedVersion(entry: FuzzKeys.vaultID, version: 1, body: body)
        guard let value = try? sealed.open(FuzzKeys.ring) else { return }
        let isWithin = value.bytes.withBytes { bytes[Padding.headerWidth...].starts(with: $0) }
        try require(isWithin, "a value that is not what was sealed")
    }
}

/// The head, and the rows of the tree; and the tree itself against a plain dictionary.
enum StateTarget {
    @Sendable static func run(_ bytes: [UInt8]) throws {
        if let row = try? HeadRow(decoding: bytes) {
            try require(row.encoded == bytes, "a head that is written in two ways")
        }
        if let row = try? NodeRow(decoding: bytes) {
            try require(row.encoded == bytes, "a node that is written in two ways")
        }
        if let row = try? BucketRow(decoding: bytes) {
            try require(row.encoded == bytes, "a bucket that is written in two ways")
        }
        let stored = bytes + FuzzKeys.ring.hash(Purpose("head"), bytes).bytes
        _ = HeadCrypto.claimedSlotDigest(stored)
        _ = HeadCrypto.claimedEpoch(stored)
        try require((try? HeadCrypto.decode(stored, FuzzKeys.ring)) == nil, "a head with an audit key of nobody")
        try changes(bytes)
    }

    /// Each 4 bytes are one change: what becomes of the entry with the tag that begins with the other three.
    private static func changes(_ bytes: [UInt8]) throws {
        let (tree, rows) = (StateTree(keys: FuzzKeys.ring), FuzzRows())
        var (model, top): ([[UInt8]: [UInt8]], Digest) = ([:], .zero)
        for start in stride(from: 0, to: min(bytes.count, 64) - 3, by: 4) {
            let tag = Array(bytes[start + 1..<start + 4]) + [UInt8](repeating: 0, count: 13)
            let row: [UInt8]? = bytes[start] & 3 == 0 ? nil : Array(bytes[start..<start + 4])
            if row == nil, model[tag] == nil { continue }
            model[tag] = row
            if let row { try rows.setRow(.entry, tag, row) } else { try rows.deleteRow(.entry, tag) }
            top = try tree.update([tag: row.map { tree.entryHash(tag: tag, row: $0) }], top: top, in: rows)
        }
        var walked: [[UInt8]: [UInt8]] = [:]
        let (nodes, buckets) = try tree.walk(top: top, in: rows) { walked[$0] = $1 }
        try require(walked == model, "a tree with other entries than were put in")
        try require(try rows.count(.node) == nodes && rows.count(.bucket) == buckets, "rows that nothing leads to")
        for (tag, row) in model { try require(try tree.lookup(tag, top: top, in: rows) == row, "an entry not found") }
    }
}
