internal import SecureMemory

/// Names and their values as somebody else's file or program has them. The values lie together in guarded memory: one
/// piece for each of thousands would be more than the system can tell apart.
struct ImportedValues: Sendable {
    /// A value and where it stood, for messages.
    struct Item: Sendable {
        let name: String
        fileprivate let piece: Int
        fileprivate let range: Range<Int>

        var isEmpty: Bool { range.isEmpty }
        /// In bytes.
        var count: Int { range.count }
    }

    private(set) var items: [Item] = []
    private var pieces: [SharedSecret] = []

    init() {}

    /// The values of one piece of memory, by their places in it.
    init(_ values: [(name: String, range: Range<Int>)], in piece: consuming SecretBytes) {
        pieces = [SharedSecret(piece)]
        items = values.map { Item(name: $0.name, piece: 0, range: $0.range) }
    }

    /// One value, where it lies.
    func value(_ item: Item) -> SharedSecret { SharedSecret(pieces[item.piece].bytes.part(item.range)) }

    /// Keeps the values readable all the time that `body` runs, which reads one after the other: to open and close megabytes
    /// for each takes longer than to seal it.
    func whileReadable<Result>(_ body: () throws -> Result) throws -> Result { try whileReadable(pieces[...], body) }

    private func whileReadable<Result>(
        _ rest: ArraySlice<SharedSecret>, _ body: () throws -> Result
    ) throws -> Result {
        guard let piece = rest.first else { return try body() }
        return try piece.bytes.withBytes { _ in try whileReadable(rest.dropFirst(), body) }
    }

    /// Adds values that came one by one, as one piece.
    mutating func add(_ values: [(name: String, value: SharedSecret)]) {
        guard !values.isEmpty else { return }
        let size = values.reduce(0) { $0 + $1.value.bytes.count }
        var position = 0
        let piece = SecretBytes(capacity: size) { target in
            for (name, value) in values {
                value.bytes.withBytes { bytes in
                    UnsafeMutableRawBufferPointer(rebasing: target[position...]).copyMemory(from: bytes)
                    items.append(Item(name: name, piece: pieces.count, range: position..<position + bytes.count))
                    position += bytes.count
                }
            }
            return position
        }
        pieces.append(SharedSecret(piece))
    }
}

/// What is wrong with a value, a name or a line of what is imported; all of them are told at once.
struct ImportProblem: Sendable {
    /// Where: a name, or a line. A name that looks like a secret is not shown.
    let place: Message
    let reason: Message

    init(_ place: Message, _ reason: Message) {
        self.place = place
        self.reason = reason
    }

    init(name: String, _ reason: Message) {
        self.init(name.isEmpty ? "(no name)" : MisplacedSecret.shown(name), reason)
    }

    /// How many are told; of more only the number.
    private static let limit = 200

    /// The failure that tells all of them (64).
    static func failure(_ problems: [ImportProblem]) -> Failure {
        let told = problems.prefix(limit).map { problem -> Message in "\(problem.place): \(problem.reason)" }
        let rest = problems.count - told.count
        return Failure(
            .usage, code: "not-importable",
            problems.count == 1
                ? "One value cannot be imported; nothing was stored"
                : "\(problems.count) values cannot be imported; nothing was stored",
            hints: told + (rest > 0 ? ["and \(rest) more"] : []))
    }
}
