internal import Sealing
internal import SecureMemory
internal import VaultFormat

/// What a verification went through, all of it as it was written.
package struct VerificationReport: Sendable, Equatable {
    package var entries = 0
    package var versions = 0
    package var records = 0
    package var auditRecords: UInt64 = 0
}

extension Vault {
    /// Proves every record, every version and the whole audit log, and that there is nothing besides. Throws at the
    /// first record that is not as it was written.
    package func verify() throws -> VerificationReport {
        try read { snapshot in
            let report = try keys.whileReadable { try snapshot.prove().report }
            do throws(StorageError) {
                try snapshot.rows.check()
            } catch {
                throw VaultError.storage(error)
            }
            return report
        }
    }
}

extension VaultSnapshot {
    /// Proves this state. Each row of the tree, each body and each audit row is read once, always in the same order.
    ///
    /// - Parameter place: An audit row's number, nil for none.
    /// - Returns: What was proven, and the audit chain at that row.
    /// - Throws: ``VaultError/integrity(_:)`` with the first record that is not as it was written.
    func prove(noting place: UInt64? = nil) throws -> (report: VerificationReport, chain: Digest?) {
        var report = VerificationReport()
        var walked = 0, bodies = 0
        let (nodes, buckets) = try tree.walk(top: head.top, in: rows) { tag, bytes in
            guard let row = try? EntryRow(decoding: bytes) else { throw VaultError.integrity(.entry(tag: tag)) }
            walked += 1
            bodies += try self.prove(tag, row, &report)
        }
        guard UInt64(walked) == head.count else { throw VaultError.integrity(.count) }
        let chain = chain
        let start = try chain.first()
        let earlier = try earlierAuditKeys()
        var noted = place == 0 ? start : nil
        var running = start
        let end = try chain.walk(from: 0, head: start, to: head.audit.sequence, in: rows) { number, row in
            _ = try chain.open(number, row)
            report.auditRecords += 1
            guard let place, number <= place else { return }
            running = chain.step(running, number, row, under: earlier.first { $0.last >= number }?.state)
            if number == place { noted = running }
        }
        guard end == head.audit.head else { throw VaultError.integrity(.auditEnd) }
        let expected: [(RowTable, Int)] = [
            (.node, nodes), (.bucket, buckets), (.entry, walked), (.body, bodies),
            (.audit, Int(head.audit.sequence)),
        ]
        for (table, count) in expected where try rows.count(table) != count {
            throw VaultError.integrity(.orphan(table))
        }
        let slots = try rows.rows(.slot, after: nil, limit: 256)
        for slot in slots { _ = try SlotCrypto.decode(slot) }
        guard head.slotDigest.matches(HeadCrypto.slotDigest(slots)) else {
            throw VaultError.integrity(.slot(slots.first?.key.first ?? 0))
        }
        return (report, noted)
    }

    /// One record with all its versions, each opened; returns how many versions it has.
    private func prove(_ tag: [UInt8], _ row: EntryRow, _ report: inout VerificationReport) throws -> Int {
        let (space, fields) = try overview(tag, row)
        let name: String?
        switch space {
        case .secret:
            let entry = try entry(tag, row, fields)
            name = entry.name.text
            report.entries += 1
            for (version, body) in try bodies(of: row) {
                let value = try SealedVersion(entry: row.id, version: version, body: body).open(keys)
                if version == row.currentVersion, keys.fingerprint(value.bytes) != entry.fingerprint {
                    throw VaultError.integrity(.body(entry: row.id, version: version))
                }
                report.versions += 1
            }
        case .service: name = fields[text: "slug"]
        case .delivery: name = fields[text: "id"]
        case .setting: name = fields[text: SettingField.name]
        }
        if space != .secret { report.records += 1 }
        if let name, keys.tag(space, name) != tag { throw VaultError.integrity(.entry(tag: tag)) }
        return row.currentVersion == 0 ? 0 : Int(row.currentVersion - row.firstVersion) + 1
    }
}
