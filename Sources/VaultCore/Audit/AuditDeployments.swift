/// What the one comparison says of every deployment, as findings and by entry.
struct AuditDeployments {
    private(set) var findings: [AuditFinding] = []
    private(set) var byEntry: [EntryName: [AuditedDeployment]] = [:]
    /// The entries whose export file is at a path, links resolved; and those that are kept beside their key file.
    private(set) var exports: [String: Set<EntryName>] = [:]
    /// The entries whose token is in a configuration at a path, links resolved, and as it should be.
    private(set) var configurations: [String: Set<EntryName>] = [:]

    init(_ inventory: Inventory, _ request: AuditRequest) {
        let deliveries = Dictionary(inventory.deliveries.map { ($0.id, $0) }) { first, _ in first }
        for delivery in inventory.deliveries where !delivery.isReleased {
            let path = Self.path(of: delivery.id, home: request.home)
            guard let path else { continue }
            if delivery.id.target == .exportFile {
                exports[request.resolve(path), default: []].formUnion(delivery.entries)
            }
        }
        // A change of the master key keeps the old one as an entry and in a file, and the vault may be opened by the
        // gateway's.
        let keys = GatewayKeyEntry.all.compactMap { try? EntryName($0) }
        for file in GatewayKeyEntry.files {
            exports[request.resolve(request.home + "/" + file), default: []].formUnion(keys)
        }
        for comparison in request.comparisons {
            let entries = deliveries[comparison.id]?.entries ?? []
            for name in entries { byEntry[name, default: []].append(comparison.deployment) }
            if comparison.id.target == .openClaw, comparison.observation?.differences.contains("owner_token") == false {
                configurations[request.resolve(comparison.id.key), default: []].formUnion(entries)
            }
            let place = Self.path(of: comparison.id, home: request.home).map { AuditPlace(path: $0) }
            findings += comparison.findings.map { found in
                AuditFinding(
                    found.rule, entry: entries.first, delivery: comparison.id, place: place, details: found.details,
                    failure: found.rule.severity == .note || found.rule == .checkFailed ? comparison.failure : nil)
            }
        }
    }

    /// The file of a delivery that is one; absolute.
    private static func path(of id: DeliveryID, home: String) -> String? {
        switch id.target {
        case .exportFile: id.key.hasPrefix("/") ? id.key : home + "/" + id.key
        case .openClaw: id.key
        case .localAPI, .gateway, .sigilumAPI: nil
        }
    }

    /// Files with the name of an export that nothing is delivered to.
    func orphans(_ request: AuditRequest) -> [AuditFinding] {
        request.exportFiles.filter { exports[request.resolve($0)] == nil }
            .map { path in
                AuditFinding(
                    .orphanFile, place: AuditPlace(path: path),
                    details: request.exportFolders.contains(path) ? [AuditFiles.folder] : [])
            }
    }
}

extension Observation {
    /// Nothing where nothing is there.
    fileprivate var differences: [String] {
        if case .present(let differences) = self { differences } else { [] }
    }
}

extension DeliveryComparison {
    fileprivate var deployment: AuditedDeployment {
        let state: AuditedState =
            switch observation {
            case _ where isWithdrawn: .leaving
            case _ where isPending: .pending
            case nil: .unseen
            case .absent: .missing
            case .present(let differences): differences.isEmpty ? .same : .differs
            }
        let shows = state == .differs || state == .pending
        return AuditedDeployment(id: id, state: state, differences: shows ? observation?.differences ?? [] : [])
    }

    fileprivate var findings: [(rule: AuditRule, details: [String])] {
        var findings: [(rule: AuditRule, details: [String])] = []
        if failure != nil || observation == nil {
            findings.append((failure?.isMuteness ?? true ? .notChecked : .checkFailed, []))
        }
        if isWithdrawn { return findings + [(.withdrawalPending, [])] }
        if isPending {
            findings.append((.deliveryPending, []))
            // What a sync alone does not do.
            if observation?.isForeign == true { findings.append((.connectionForeign, [])) }
            return findings
        }
        switch observation {
        case nil: return findings
        case .absent: return findings + [(id.target.missing, [])]
        case .present(let differences):
            let byRule = Dictionary(grouping: differences) { id.target.rule(of: $0) }
            return findings + byRule.map { (rule: $0.key, details: $0.value) }
        }
    }
}

extension DeliveryFailure {
    /// Whether nobody answered, or not now: it says nothing of what is there.
    fileprivate var isMuteness: Bool {
        switch self {
        case .busy, .tryLater: true
        default: isUnreachable
        }
    }
}

extension TargetKind {
    /// What it means that nothing is there.
    fileprivate var missing: AuditRule {
        switch self {
        case .exportFile: .exportFileMissing
        case .localAPI: .localServiceMissing
        case .openClaw: .openClawTokenMissing
        case .gateway: .connectionMissing
        case .sigilumAPI: .apiServiceMissing
        }
    }

    /// What it means that this field is not as it should be.
    fileprivate func rule(of difference: String) -> AuditRule {
        switch (self, difference) {
        case (.exportFile, "content"), (.exportFile, "edited"): .exportFileDiffers
        case (.exportFile, _): .exportFileUnsafe
        case (.localAPI, "key"): .localKeyInactive
        case (.localAPI, _): .localServiceDiffers
        case (.openClaw, "owner_token"): .openClawTokenDiffers
        case (.openClaw, "mode"): .openClawFileUnsafe
        case (.openClaw, _): .openClawSettingsDiffer
        case (.gateway, Observation.foreign): .connectionForeign
        case (.gateway, "base_url"): .connectionRedirected
        case (.gateway, "secret_version"), (.gateway, "credential_keys"), (.gateway, "created_at"),
            (.gateway, "auth_secret_key"):
            .connectionSecretDiffers
        case (.gateway, _): .connectionDiffers
        case (.sigilumAPI, "api_key"): .apiKeyInactive
        case (.sigilumAPI, "retired_key"): .apiOldKeyActive
        case (.sigilumAPI, _): .apiServiceDiffers
        }
    }
}
