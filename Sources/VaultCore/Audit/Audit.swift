package import SecureMemory

extension Vault {
    /// Looks at every credential: what is deployed, how old it is, how good its value is, and where copies of it lie.
    ///
    /// Values are opened in this process alone, as ``verify()`` does, and none leaves it: nothing is recorded and nothing
    /// changed. Linear in the entries and their versions, and in the bytes that are searched.
    package func audit(_ request: AuditRequest) throws -> AuditReport {
        let (at, inventory, values) = try read { snapshot in
            let inventory = try snapshot.inventory()
            return (snapshot.now, inventory, try inventory.entries.map { try AuditedValue($0, in: snapshot) })
        }
        let deployments = AuditDeployments(inventory, request)
        let times = AuditTimes(now: at, request: request)
        let copies = AuditCopies(values, deployments: deployments, resolve: request.resolve)
        var findings = deployments.findings
        for value in values { findings += times.findings(value.entry) + value.findings }
        findings += AuditedValue.sharedFindings(values)
        findings += deployments.orphans(request)
        // The vault is not held meanwhile: a search can take long.
        findings += try copies.findings(keys: keys, search: request.search)
        return AuditReport(
            at: at,
            credentials: values.map { value in
                value.credential(
                    expiresAt: request.tokenEnd(value.entry), deployments: deployments.byEntry[value.entry.name] ?? [])
            }, findings: findings)
    }

    /// Opens the current values of entries, after all these releases were recorded in one transaction. An entry that has
    /// gone meanwhile is left out.
    package func revealAll(_ names: [EntryName], purpose: String) throws -> [EntryName: SharedSecret] {
        let sealed = try write { transaction in
            try names.filter { try transaction.entry($0) != nil }
                .map { ($0, try transaction.release($0, version: nil, purpose: purpose)) }
        }
        var values: [EntryName: SharedSecret] = [:]
        for (name, version) in sealed { values[name] = try version.open(keys) }
        return values
    }
}

/// What time says of entries.
struct AuditTimes {
    private static let day: Int64 = 86_400_000
    /// How long before its end a token is spoken of: a week, but never more than the last third of the time since it was
    /// stored. One that is good for a week is not reported on its first day.
    private static func notice(_ entry: Entry, end: Int64) -> Int64 { min(7 * day, (end - entry.updatedAt) / 3) }

    /// Milliseconds since 1970 UTC.
    let now: Int64
    let request: AuditRequest

    func findings(_ entry: Entry) -> [AuditFinding] {
        var findings: [AuditFinding] = []
        if let end = request.tokenEnd(entry) {
            if end <= now {
                findings.append(AuditFinding(.tokenExpired, entry: entry.name))
            } else if end - now <= Self.notice(entry, end: end) {
                findings.append(AuditFinding(.tokenExpiresSoon, entry: entry.name))
            }
        }
        if let due = entry.rotationDueAt, due <= now {
            let days = (now - due) / Self.day
            findings.append(AuditFinding(.rotationOverdue, entry: entry.name, details: Self.text(days, "since ")))
        }
        let age = (now - entry.updatedAt) / Self.day
        if let limit = request.maxAgeDays, now - entry.updatedAt > Int64(limit) * Self.day {
            findings.append(AuditFinding(.tooOld, entry: entry.name, details: Self.text(age, "")))
        }
        return findings
    }

    private static func text(_ days: Int64, _ before: String) -> [String] {
        days < 1 ? [] : ["\(before)\(days) day\(days == 1 ? "" : "s")"]
    }
}
