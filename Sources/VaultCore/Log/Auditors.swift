internal import Sealing
internal import SecureMemory
internal import VaultFormat

/// An auditor of this vault.
package struct RegisteredAuditor: Sendable, Equatable {
    package let auditor: Auditor
    /// The epoch of the log that began when they were added: from there on they can check it.
    package let auditEpoch: UInt32
    /// The number of the first record that they can prove by its key.
    package let first: UInt64
    /// Names the first key of that epoch: 32 hexadecimal digits, the same in the log and in what the auditor sees.
    package let fingerprint: String
}

/// Why an auditor is not added.
package enum AuditorError: Error, Sendable {
    /// The public key is one of the few that nothing can be sealed to.
    case unusableKey
    /// As many as there may be.
    case tooMany(limit: Int)
}

/// The settings that auditors are kept in.
enum AuditorSetting {
    /// A line for each auditor: public key, first epoch, first record, fingerprint.
    static let auditors = "auditors"
    /// The number of the current epoch; none: 1.
    static let epoch = "audit-epoch"

    /// What is sealed to an auditor for an epoch, in hexadecimal digits.
    static func box(_ epoch: UInt32, _ auditor: Auditor) -> String {
        "audit-epoch/\(epoch)/\(hexadecimal(auditor.key.bytes))"
    }
}

extension VaultSnapshot {
    /// The auditors of this vault, in the order they were added.
    package func auditors() throws -> [RegisteredAuditor] {
        guard let text = try setting(AuditorSetting.auditors) else { return [] }
        return try text.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 4, let auditor = Auditor(text: words[0]), let epoch = UInt32(words[1]),
                let first = UInt64(words[2])
            else { throw VaultError.integrity(.record("auditors")) }
            return RegisteredAuditor(auditor: auditor, auditEpoch: epoch, first: first, fingerprint: words[3])
        }
    }

    /// The number of the current epoch of the log.
    package func auditEpoch() throws -> UInt32 {
        guard let text = try setting(AuditorSetting.epoch) else { return 1 }
        guard let number = UInt32(text) else { throw VaultError.integrity(.record("audit-epoch")) }
        return number
    }

    /// Every epoch that is sealed to somebody, by auditor and epoch.
    func sealedEpochs() throws -> [SealedEpochRow] {
        let current = try auditEpoch()
        return try auditors().flatMap { registered in
            guard registered.auditEpoch <= current else { throw VaultError.integrity(.record("auditors")) }
            return try (registered.auditEpoch...current).map { epoch in
                guard let text = try setting(AuditorSetting.box(epoch, registered.auditor)),
                    let box = hexadecimal(text), box.count == SealedEpochRow.boxWidth
                else { throw VaultError.integrity(.auditEpoch(epoch)) }
                return SealedEpochRow(auditor: registered.auditor.key.bytes, auditEpoch: epoch, box: box)
            }
        }
    }
}

extension VaultTransaction {
    /// How many auditors a vault may have.
    package static var auditorLimit: Int { 16 }

    /// Adds an auditor: a new epoch of the log begins, and its first key is sealed to them and to every auditor before
    /// them. Of one that is there already nothing changes.
    package func add(_ auditor: Auditor) throws -> (auditor: RegisteredAuditor, isNew: Bool) {
        var all = try auditors()
        if let known = all.first(where: { $0.auditor == auditor }) { return (known, false) }
        guard all.count < Self.auditorLimit else { throw AuditorError.tooMany(limit: Self.auditorLimit) }
        let epoch = try auditEpoch() + 1
        let firstKey = SharedSecret(SecretBytes(randomCount: 32))
        let fingerprint = AuditEpoch.fingerprint(firstKey, vaultID: keys.vaultID, auditEpoch: epoch)
        // Sealed once for nothing, so that a key that nothing can be sealed to changes nothing.
        guard SealedBox.seal(SecretBytes(copying: []), to: auditor.key) != nil else { throw AuditorError.unusableKey }
        try beginAuditEpoch(
            .auditorAdded, ["auditor": auditor.text, "epoch": "\(epoch)", "fingerprint": fingerprint],
            firstKey: firstKey)
        let added = RegisteredAuditor(
            auditor: auditor, auditEpoch: epoch, first: head.audit.sequence + 1, fingerprint: fingerprint)
        all.append(added)
        try seal(try begun(epoch, firstKey), to: all)
        let lines = all.map { "\($0.auditor.text) \($0.auditEpoch) \($0.first) \($0.fingerprint)" }
        try setQuietly(AuditorSetting.auditors, to: lines.joined(separator: "\n"))
        return (added, true)
    }

    /// The epoch of a vault that was restored: the key of the one before is in no backup, so that nobody can close it. Its
    /// first row says that it was restored; every auditor is given its key.
    func beginRestoredEpoch(backup: [UInt8]) throws {
        let epoch = try auditEpoch() + 1
        let fingerprint = AuditEpoch.fingerprint(head.audit.key, vaultID: keys.vaultID, auditEpoch: epoch)
        try seal(try begun(epoch, head.audit.key), to: try auditors())
        try record(
            .restored,
            facts: ["backup": hexadecimal(backup), "epoch": "\(epoch)", "fingerprint": fingerprint])
    }

    /// An epoch that begins after the last row.
    private func begun(_ epoch: UInt32, _ firstKey: SharedSecret) throws -> AuditEpoch {
        AuditEpoch(
            row: AuditEpochRow(
                vaultID: keys.vaultID, dataKeyEpoch: keys.epoch, auditEpoch: epoch, last: head.audit.sequence,
                time: head.audit.time, rows: try provenRows().value.bytes, chain: head.audit.head.bytes,
                mac: head.audit.mac.bytes),
            firstKey: firstKey, payloadKey: keys.auditPayloads)
    }

    /// Seals an epoch that began to each auditor, and says that it is the current one.
    func seal(_ begun: AuditEpoch, to auditors: [RegisteredAuditor]) throws {
        for registered in auditors {
            guard let sealed = begun.sealed(to: registered.auditor) else { throw AuditorError.unusableKey }
            try setQuietly(AuditorSetting.box(begun.row.auditEpoch, registered.auditor), to: hexadecimal(sealed.box))
        }
        try setQuietly(AuditorSetting.epoch, to: "\(begun.row.auditEpoch)")
    }

    /// The digest of all rows so far, each opened, and the chain over them proven: what an auditor is told to be the
    /// past is.
    func provenRows() throws -> RowsDigest {
        var digest = RowsDigest()
        let chain = chain
        let end = try chain.walk(from: 0, head: chain.first(), to: head.audit.sequence, in: rows) { number, row in
            _ = try chain.event(number, row)
            digest.add(row)
        }
        guard end == head.audit.head else { throw VaultError.integrity(.auditEnd) }
        return digest
    }
}
