internal import VaultCore

/// What reports say of an entry, in the same words everywhere.
extension Entry {
    /// How many versions are kept.
    var versionCount: Int64 { Int64(currentVersion) - Int64(firstVersion) + 1 }

    var masked: Value { .hidden(prefix: maskedPrefix) }

    /// When the next rotation is due; `-` where none is asked for.
    func rotationDue(now: Int64) -> Value {
        guard let due = rotationDueAt else { return .plain("-") }
        return .plain(Timestamp.text(due) + (due <= now ? " (overdue)" : ""))
    }

    /// Members of a document. The value is `value`: masked, or opened by the caller.
    func members(value: JSON) -> [(key: String, value: JSON)] {
        [
            ("name", .string(name.text)), ("kind", .string(kind.rawValue)),
            ("version", .integer(Int64(currentVersion))), ("created_at", .string(Timestamp.text(createdAt))),
            ("updated_at", .string(Timestamp.text(updatedAt))),
            ("rotation_due_at", rotationDueAt.map { .string(Timestamp.text($0)) } ?? .null),
            ("deliveries", .array(deliveries.map { .string($0.text) })),
        ]
            + (rotateWith.map { [("rotate_with", RotationCommand.shown($0).json)] } ?? [])
            + (facts.isEmpty
                ? []
                : [("facts", .object(facts.sorted { $0.key < $1.key }.map { (key: $0.key, value: .string($0.value)) }))])
            + [("value", value)]
    }
}
