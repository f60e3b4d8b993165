import Sealing
import SecureMemory
import VaultFormat

@testable import SigilumCLI
@testable import VaultCore

/// A row of the log, what is sealed in it, and what is shown and sent of it.
enum AuditTarget {
    @Sendable static func run(_ bytes: [UInt8]) throws {
        let payloads = AuditChain(keys: FuzzKeys.ring).payloads
        if let row = try? AuditRow(decoding: bytes) {
            try require(row.encoded == bytes, "a row of the log that is written in two ways")
            _ = try? payloads.open(1, bytes)
        }
        // The same bytes as a row before its nonce, and what is sealed in it.
        var reader = ByteReader(bytes)
        guard let time = try? reader.integer(Int64.self), let operation = try? reader.integer(UInt16.self),
            let rest = try? reader.takeAll(but: 0), let padded = FuzzKeys.padded(rest),
            let nonce = Nonce(FuzzKeys.nonce)
        else { return }
        var row = AuditRow(
            time: time, operation: operation, userID: 0, processID: 0, entryID: FuzzKeys.vaultID, generation: 1,
            nonce: FuzzKeys.nonce, ciphertext: [])
        let bound = KeyRing.bound(
            FuzzKeys.vaultID, 1, [Array("audit".utf8), AuditRow.key(1), row.boundPart])
        row.ciphertext = AEAD.seal(
            bytes: padded, boundTo: bound, nonce: nonce, key: FuzzKeys.ring.auditPayloads.bytes)
        guard let opened = try? payloads.open(1, row.encoded) else { return }
        try require(Padding.pad(opened.fields.encoded) == padded, "a payload that is sealed in two ways")
        try show(opened.event)
    }

    /// As `vault log` prints it, and as a collector gets it.
    static func show(_ event: AuditEvent) throws {
        try require(!"\(event.line) \(event.document)".isEmpty, "an event that is not shown")
        let message = SyslogMessage.bytes(event, vaultID: FuzzKeys.vaultID, host: "host")
        try require(String(validating: message, as: UTF8.self) != nil, "a message that is not UTF-8")
        try require(message.allSatisfy { $0 >= 0x20 && $0 != 0x7f }, "a message with a control character")
    }
}

/// An exported log. After an auditor's secret key (32 bytes); boxes sealed to it stand there opened, with 48 bytes of nothing.
enum LogTarget {
    @Sendable static func run(_ bytes: [UInt8]) throws {
        try walk(bytes)
        let secret = SharedSecret(SecretBytes(copying: bytes.prefix(32)))
        guard bytes.count > 32, let pair = RecipientKeyPair(secret: secret) else { return }
        let file = sealed(Array(bytes.dropFirst(32)), for: pair)
        try walk(file)
        guard let read = try? LogFile(file.source(pieces: 100)) else { return }
        let older = try? LogFile(file.source())
        _ = try? LogProof.prove(read, with: pair, older: older) { event in
            // What it throws here would look like a log that is not as it was written.
            do { try AuditTarget.show(event) } catch { preconditionFailure("\(error)") }
        }
    }

    /// Reads all of a file without a key.
    private static func walk(_ bytes: [UInt8]) throws {
        guard var file = try? LogFile(bytes.source()) else { return }
        try require(bytes.starts(with: file.header.encoded), "a header that is written in two ways")
        var total = file.header.encoded.count
        do {
            while let row = try file.next() { total += 4 + row.count }
            _ = try file.end()
        } catch is VaultError {
            return
        }
        try require(total + 2 * Digest.width == bytes.count, "a file of another length than what was read")
    }

    static func sealed(_ bytes: [UInt8], for pair: RecipientKeyPair) -> [UInt8] {
        var file = bytes
        var start = LogFileHeader.width
        while start + SealedEpochRow.width <= min(file.count, 8192) {
            let box = start + 36..<start + SealedEpochRow.width
            if Array(file[start..<start + 32]) == pair.publicKey.bytes {
                let plain = SecretBytes(copying: file[box].prefix(AuditEpochRow.width))
                if let sealed = SealedBox.seal(plain, to: pair.publicKey) { file.replaceSubrange(box, with: sealed) }
            }
            start += SealedEpochRow.width
        }
        return file
    }
}

/// A backup. After a data key (32 bytes); its stream stands there opened.
enum BackupTarget {
    private static let stream = FuzzKeys.key(2)

    @Sendable static func run(_ bytes: [UInt8]) throws {
        try header(bytes)
        guard bytes.count > 32 else { return }
        let rest = Array(bytes.dropFirst(32))
        try header(rest)
        guard let plain = try? BackupFile(rest.source()) else { return }
        let width = plain.header.encoded.count
        let keys = KeyRing(
            dataKey: SharedSecret(SecretBytes(copying: bytes.prefix(32))), vaultID: plain.header.vaultID,
            epoch: plain.header.epoch)
        let tag = BackupKeys.tag(stream, Array(rest.prefix(width)))
        var file = Array(rest.prefix(width)) + tag.bytes
        var sealer = StreamSealer(key: stream, tag: tag.bytes) { file += $0 }
        try sealer.append(Array(rest.dropFirst(width + BackupHeader.tagWidth)))
        try sealer.finish()
        let opened = BackupKeys(keys: keys, stream: stream, tag: tag.bytes)
        _ = try? BackupFile(file.source(pieces: 1000)).prove(with: opened)
    }

    private static func header(_ bytes: [UInt8]) throws {
        guard let file = try? BackupFile(bytes.source()) else { return }
        try require(bytes.starts(with: file.header.encoded), "a header that is written in two ways")
        try require(file.header.slots.count <= BackupHeader.slotLimit, "more slots than there may be")
        try require(!Timestamp.text(file.header.time).isEmpty, "a time that is not shown")
        // Only those that cost nothing: stretching a passphrase takes half a second.
        guard !file.takesPassphrase else { return }
        let key = SharedSecret(SecretBytes(copying: Array(FuzzKeys.masterKey.utf8)))
        _ = try? file.keys(with: .masterKey(key))
    }
}

/// A deposit's file, and what is sealed in one.
enum DepositTarget {
    @Sendable static func run(_ bytes: [UInt8]) throws {
        if let header = try? DepositHeader(decoding: bytes) {
            try require(header.encoded == bytes, "a header that is written in two ways")
        }
        if let row = try? DepositRow(decoding: bytes) {
            try require(row.encoded == bytes, "a deposit that is written in two ways")
        }
        _ = try? Deposit(opening: bytes, FuzzKeys.ring)
        guard let padded = FuzzKeys.padded(bytes), let pair = try? FuzzKeys.ring.depositPair(),
            let box = SealedBox.seal(SecretBytes(copying: padded), to: pair.publicKey)
        else { return }
        let header = DepositHeader(vaultID: FuzzKeys.vaultID, key: pair.publicKey.bytes).encoded
        guard let deposit = try? Deposit(opening: header + box, FuzzKeys.ring) else { return }
        let row = DepositRow(
            vaultID: FuzzKeys.vaultID, id: deposit.id, time: deposit.madeAt, end: deposit.endsAt,
            base: deposit.base ?? 0, name: Array(deposit.name.text.utf8)
        ).encoded
        var writer = ByteWriter()
        writer.append(row)
        deposit.value.bytes.withBytes { writer.framed(Array($0)) }
        try require(Padding.pad(writer.bytes) == padded, "a deposit that is sealed in two ways")
        // As it is shown before somebody accepts it.
        let shown = [Timestamp.text(deposit.madeAt), Timestamp.text(deposit.endsAt)]
        try require(!shown.contains("") && deposit.maskedPrefix.utf8.count < 32, "a deposit that is not shown")
    }
}
