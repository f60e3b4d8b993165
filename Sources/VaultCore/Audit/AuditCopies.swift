internal import SecureMemory

/// Copies of live values in files: what is searched for, and which hits are none of the vault's own files.
struct AuditCopies {
    /// Shorter values would be found by chance.
    private static let shortest = 8
    /// So many places of one value in one file are named.
    private static let linesNamed = 8

    /// So many places that were not searched are named.
    private static let unreadNamed = 20

    /// So many values are open at a time, and searched for at once: more can be more than a process may have mapped.
    static let openAtOnce = 4096

    /// The values that are searched for, each once.
    private let patterns: [SealedVersion]
    /// The entries that have each, by the position of the value; the oldest first.
    private let owners: [[EntryName]]
    private let deployments: AuditDeployments
    private let resolve: @Sendable (String) -> String

    init(
        _ values: [AuditedValue], deployments: AuditDeployments, resolve: @escaping @Sendable (String) -> String
    ) {
        var positions: [Fingerprint: Int] = [:]
        var patterns: [SealedVersion] = [], owners: [[EntryName]] = []
        for value in values.sorted(by: { $0.entry.createdAt < $1.entry.createdAt })
        where value.width >= Self.shortest {
            if let known = positions[value.entry.fingerprint] {
                owners[known].append(value.entry.name)
                continue
            }
            positions[value.entry.fingerprint] = patterns.count
            patterns.append(value.sealed)
            owners.append([value.entry.name])
        }
        (self.patterns, self.owners) = (patterns, owners)
        (self.deployments, self.resolve) = (deployments, resolve)
    }

    /// Searches for all values: one finding for a value in a file, at the first line where it is.
    func findings(
        keys: KeyRing, openAtOnce: Int = AuditCopies.openAtOnce, search: ([SharedSecret]) throws -> AuditSearch
    ) throws -> [AuditFinding] {
        var found = AuditSearch()
        for start in stride(from: 0, to: patterns.count, by: openAtOnce) {
            let batch = try patterns[start...].prefix(openAtOnce).map { try $0.open(keys) }
            let part = try search(batch)
            found.hits += part.hits.map { AuditSearch.Hit(value: start + $0.value, place: $0.place) }
            if start == 0 { (found.unread, found.unreadCount) = (part.unread, part.unreadCount) }
        }
        return findings(found)
    }

    private func findings(_ search: AuditSearch) -> [AuditFinding] {
        var byFile: [Key: [AuditPlace]] = [:]
        for hit in search.hits where owners.indices.contains(hit.value) {
            byFile[Key(value: hit.value, path: hit.place.path), default: []].append(hit.place)
        }
        let findings = byFile.compactMap { key, places in finding(key, places) }
        return findings + unread(search)
    }

    /// One note for each place that was not searched; the last one says how many more there are.
    private func unread(_ search: AuditSearch) -> [AuditFinding] {
        let named = search.unread.prefix(Self.unreadNamed).sorted { $0.path < $1.path }
        let others = search.unreadCount - named.count
        return named.enumerated().map { index, place in
            let more = index == named.count - 1 && others > 0 ? ["and \(others) more"] : []
            return AuditFinding(
                .scanIncomplete, place: AuditPlace(path: place.path), details: [place.reason] + more)
        }
    }

    private struct Key: Hashable {
        let value: Int
        let path: String
    }

    private func finding(_ key: Key, _ places: [AuditPlace]) -> AuditFinding? {
        let names = owners[key.value]
        let path = resolve(key.path)
        if !(deployments.exports[path] ?? []).isDisjoint(with: names) { return nil }
        // OpenClaw's own configuration has the token once; a second one is a copy, and either may be the first.
        let isConfiguration = !(deployments.configurations[path] ?? []).isDisjoint(with: names)
        if isConfiguration, places.count == 1 { return nil }
        let places = places.sorted { ($0.line ?? 0) < ($1.line ?? 0) }
        guard let first = places.first else { return nil }
        var details: [String] = []
        var lines: [Int] = []
        for line in places.compactMap(\.line) where lines.last != line { lines.append(line) }
        if lines.count > 1 {
            let more = lines.count > Self.linesNamed ? ", …" : ""
            details.append(
                "also on line " + lines.dropFirst().prefix(Self.linesNamed).map(String.init).joined(separator: ", ")
                    + more)
        }
        if isConfiguration { details.append("one of them is where it belongs") }
        if names.count > 1 { details.append("\(names.count) entries have this value") }
        return AuditFinding(.plainCopy, entry: names.first, place: first, details: details)
    }
}
