internal import SecureMemory
internal import VaultCore

/// What `get` says of one version of an entry.
struct EntryVersionFacts {
    let name: EntryName
    /// nil: the current one.
    let version: UInt32?
    let session: Session

    /// `value` is the value where it is shown; nil for its masked form.
    func report(value: SharedSecret?) throws -> Report {
        let (found, older) = try session.vault.read { snapshot in
            guard let entry = try snapshot.entry(name) else { throw VaultError.noSuchEntry(name) }
            return (entry, version == nil || version == entry.currentVersion ? nil : try snapshot.history(name))
        }
        guard let older, let version else { return report(found, value) }
        guard let past = older.first(where: { $0.version == version }) else {
            throw VaultError.noSuchVersion(name, version)
        }
        // The public prefix is kept of the current version alone.
        let shown = value.map { Value.secret($0, prefix: "") } ?? .hidden(prefix: "")
        return Report(
            .ok("Entry: \(name.text)"),
            fields: [
                Field("name", .untrusted(name.text)), Field("kind", .plain(found.kind.rawValue)),
                Field("version", .integer(Int64(version))), Field("created", .plain(Timestamp.text(past.createdAt))),
                Field("value", shown),
            ],
            json: .object([
                ("name", .string(name.text)), ("kind", .string(found.kind.rawValue)),
                ("version", .integer(Int64(version))), ("created_at", .string(Timestamp.text(past.createdAt))),
                ("value", shown.json),
            ]))
    }

    private func report(_ entry: Entry, _ value: SharedSecret?) -> Report {
        let shown = value.map { Value.secret($0, prefix: entry.maskedPrefix) } ?? entry.masked
        let deliveries = entry.deliveries.map(\.text).joined(separator: ", ")
        return Report(
            .ok("Entry: \(entry.name.text)"),
            fields: [
                Field("name", .untrusted(entry.name.text)), Field("kind", .plain(entry.kind.rawValue)),
                Field("version", .integer(Int64(entry.currentVersion))),
                Field("created", .plain(Timestamp.text(entry.createdAt))),
                Field("updated", .plain(Timestamp.text(entry.updatedAt))),
                Field("rotation_due", entry.rotationDue(now: session.context.now())),
                Field("deliveries", deliveries.isEmpty ? .plain("-") : .untrusted(deliveries)),
            ] + (entry.rotateWith.map { [Field("rotate_with", RotationCommand.shown($0))] } ?? [])
                + TokenFacts.fields(entry, now: session.context.now()) + [Field("value", shown)],
            json: .object(entry.members(value: shown.json)))
    }
}
