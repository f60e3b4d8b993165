internal import OwnerToken
internal import SecureMemory
internal import VaultCore

/// What is to be imported, looked at as a whole before anything is stored.
struct ImportCandidates: Sendable {
    /// An entry to be, with its value.
    struct Candidate: Sendable {
        let name: EntryName
        let item: ImportedValues.Item
    }

    let values: ImportedValues
    /// By name.
    let candidates: [Candidate]
    /// What has no value: names only.
    let empty: [String]

    let names: [EntryName]

    func value(_ index: Int) -> SharedSecret { values.value(candidates[index].item) }

    /// - Parameters:
    ///   - values: Names and values as they were found.
    ///   - prefix: Stands before each name.
    ///   - allowsVariableReference: Whether a value bound for the gateway may have the form `{{NAME}}`.
    ///   - now: Seconds since 1970.
    ///   - say: Takes warnings.
    /// - Throws: Everything that is wrong, at once (64).
    init(
        _ values: ImportedValues, prefix: String, allowsVariableReference: Bool, now: Int64, say: (Remark) -> Void
    ) throws(Failure) {
        self.values = values
        var (found, empty, problems) = ([Candidate](), [String](), [ImportProblem]())
        var names: Set<EntryName> = []
        for item in values.items {
            guard !item.isEmpty else {
                empty.append(prefix + item.name)
                continue
            }
            do {
                let name = try EntryName.new(prefix + item.name)
                guard names.insert(name).inserted else {
                    problems.append(ImportProblem(name: item.name, "the name stands twice"))
                    continue
                }
                try Self.check(values, item, name, allowsVariableReference, now, say)
                found.append(Candidate(name: name, item: item))
            } catch {
                problems.append(ImportProblem(name: item.name, Failure(describing: error).message))
            }
        }
        guard problems.isEmpty else { throw ImportProblem.failure(problems) }
        candidates = found.sorted { $0.name < $1.name }
        self.names = candidates.map(\.name)
        self.empty = empty
    }

    /// Whether a value fits where its entry is used.
    private static func check(
        _ values: ImportedValues, _ item: ImportedValues.Item, _ name: EntryName, _ allowsVariableReference: Bool,
        _ now: Int64, _ say: (Remark) -> Void
    ) throws {
        guard item.count <= Vault.valueLimit else { throw TerminalError.tooLong.failure }
        guard name.kind != .userSecret, name.kind != .localJWTSecret else { return }
        try EntryValueOptions.check(
            values.value(item), for: name, allowsVariableReference: allowsVariableReference, now: now, say)
    }
}
