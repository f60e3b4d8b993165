import Testing
import VaultFormat

/// Numbers that look random and are the same in every run (SplitMix64).
struct Generator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

/// One kind of row: bytes that are one, and reading and writing it again.
struct Sample: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let rewrite: @Sendable ([UInt8]) throws(FormatError) -> [UInt8]

    var testDescription: String { name }

    /// The error with which bytes are refused; nil where they are read.
    func refusal(of bytes: [UInt8]) -> FormatError? {
        do throws(FormatError) {
            _ = try rewrite(bytes)
            return nil
        } catch {
            return error
        }
    }

    static let slot = SlotRow(
        vaultID: fill(16, 1), number: 3, epoch: 0x0102_0304, kdf: 1, passes: 3, memoryKiB: 0x0004_0000,
        salt: fill(16, 2), nonce: fill(24, 3), wrappedKey: fill(48, 4), commitment: fill(32, 5))
    static let head = HeadRow(
        vaultID: fill(16, 1), epoch: 2, generation: 0x0102_0304_0506_0708, count: 7, top: fill(32, 2),
        slotDigest: fill(32, 3), auditSequence: 9, auditTime: -2, auditHead: fill(32, 4), auditMAC: fill(32, 5),
        auditKeyNonce: fill(24, 6), sealedAuditKey: fill(48, 7))
    static let body = BodyRow(
        createdAt: 0x0102_0304_0506, origin: 2, nonce: fill(24, 1), ciphertext: fill(256 + 20, 2),
        commitment: fill(32, 3))
    static let entry = EntryRow(
        id: fill(16, 1), revision: 5, firstVersion: 2, currentVersion: 4, bodyDigest: fill(32, 2),
        history: fill(32, 3), nonce: fill(24, 4), ciphertext: fill(256 + 20, 5), commitment: fill(32, 6))
    static let audit = AuditRow(
        time: 0x0102_0304_0506, operation: 0x0708, userID: 1000, processID: 4711, entryID: fill(16, 1), generation: 3,
        nonce: fill(24, 2), ciphertext: fill(256 + 20, 3))
    static let node: NodeRow = {
        var node = NodeRow()
        for digit: UInt8 in [0, 7, 31, 32, 63] { node[digit] = fill(32, digit) }
        return node
    }()
    static let bucket: BucketRow = {
        var bucket = BucketRow()
        for mark: UInt8 in [9, 3, 250] { bucket[fill(16, mark)] = fill(32, mark) }
        return bucket
    }()
    static let fields: FieldMap = {
        var fields = FieldMap()
        fields[text: "name"] = "canary/größe"
        fields[text: ""] = ""
        fields[number: "created"] = 0x0102_0304_0506_0708
        fields["bytes"] = fill(300, 8)
        return fields
    }()

    static let all = [
        Sample(name: "slot", bytes: slot.encoded) { (bytes) throws(FormatError) in
            try SlotRow(decoding: bytes).encoded
        },
        Sample(name: "head", bytes: head.encoded) { (bytes) throws(FormatError) in
            try HeadRow(decoding: bytes).encoded
        },
        Sample(name: "body", bytes: body.encoded) { (bytes) throws(FormatError) in
            try BodyRow(decoding: bytes).encoded
        },
        Sample(name: "entry", bytes: entry.encoded) { (bytes) throws(FormatError) in
            try EntryRow(decoding: bytes).encoded
        },
        Sample(name: "audit", bytes: audit.encoded) { (bytes) throws(FormatError) in
            try AuditRow(decoding: bytes).encoded
        },
        Sample(name: "node", bytes: node.encoded) { (bytes) throws(FormatError) in
            try NodeRow(decoding: bytes).encoded
        },
        Sample(name: "bucket", bytes: bucket.encoded) { (bytes) throws(FormatError) in
            try BucketRow(decoding: bytes).encoded
        },
        Sample(name: "field map", bytes: fields.encoded) { (bytes) throws(FormatError) in
            try FieldMap(decoding: bytes).encoded
        },
        Sample(name: "padding", bytes: Padding.pad(fill(300, 1)) ?? []) { (bytes) throws(FormatError) in
            Padding.pad(try Padding.unpad(bytes)) ?? []
        },
    ]
}

func fill(_ count: Int, _ byte: UInt8) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0) &+ byte } }
