internal import Synchronization
internal import VaultCore

/// Says, after a command that opened a vault, that one of its owner tokens ends within a day or has ended: once a day.
///
/// When tokens end is kept in a note apart from the vault (``TokenNoteStore``), so that a command that has nothing to do with
/// them reads nothing more of the vault. The note is made of what commands see anyway; where there is none, the next
/// command looks through all entries, once. Nothing here fails.
package final class TokenWatch: Sendable {
    static let day: Int64 = 86_400_000

    private struct State {
        var vault: Vault?
        var notes: (any TokenNoteStore)?
        /// Entries that were stored or removed.
        var touched: Set<EntryName> = []
        /// All tokens that end, where the command saw all entries.
        var seen: [Namespace: Int64]?
    }

    private let state = Mutex(State())

    package init() {}

    /// A vault was opened; its notes are kept there.
    func opened(_ vault: Vault, _ notes: any TokenNoteStore) {
        state.withLock { ($0.vault, $0.notes) = (vault, notes) }
    }

    /// An entry is stored or removed, or was; only owner tokens matter.
    func touched(_ name: EntryName) {
        guard name.kind == .ownerToken else { return }
        state.withLock { _ = $0.touched.insert(name) }
    }

    /// All entries of the vault were looked at; these are the owner tokens of them, and may be others too.
    func saw(_ entries: [Entry]) {
        let ends = Self.ends(entries)
        state.withLock { $0.seen = ends }
    }

    /// Brings the note up to date, and answers what is to be said now, at `now` in milliseconds since 1970 UTC.
    func conclude(now: Int64) -> [Remark] {
        let state = state.withLock { state in
            defer { state = State() }
            return state
        }
        guard let vault = state.vault, let notes = state.notes else { return [] }
        let old = notes.read().flatMap { $0.vaultID == vault.id ? $0 : nil }
        guard let ends = try? Self.ends(old, state, vault, notes) else { return [] }
        let today = now >= 0 ? now / Self.day : (now - Self.day + 1) / Self.day
        let note = TokenNote(vaultID: vault.id, ends: ends, saidOn: old?.saidOn)
        let due = note.inOrder.filter { token in
            guard token.end - now <= Self.day else { return false }
            // What was said today is not said again, but of a token that was not due until now.
            return note.saidOn != today || (old?.ends[token.namespace]).map { $0 - now > Self.day } ?? true
        }
        guard !due.isEmpty else {
            if note != old { _ = notes.write(note) }
            return []
        }
        // What cannot be noted is not said, or every command would say it.
        guard notes.write(TokenNote(vaultID: vault.id, ends: ends, saidOn: today)) else { return [] }
        return due.map { Self.remark($0.namespace, end: $0.end, now: now, vault) }
    }

    /// When tokens end, as the note said and as the command changed it.
    private static func ends(
        _ old: TokenNote?, _ state: State, _ vault: Vault, _ notes: any TokenNoteStore
    ) throws -> [Namespace: Int64] {
        // What was listed was listed before or after a change: the vault itself is asked about what changed.
        if var ends = state.seen ?? old?.ends {
            for name in state.touched {
                guard let namespace = namespace(of: name) else { continue }
                ends[namespace] = try vault.read { try $0.entry(name) }.flatMap(TokenFacts.end)
            }
            return ends
        }
        // Without a note all entries are looked at, once; where none can be kept every command would look again. What is
        // tried with is the note of no vault: a run that is killed now leaves the looking to the next.
        let isNoted = notes.write(TokenNote(vaultID: [UInt8](repeating: 0, count: 16), ends: [:], saidOn: nil))
        guard !state.touched.isEmpty || isNoted else { return [:] }
        return Self.ends(
            try vault.read { snapshot in
                var tokens: [Entry] = []
                try snapshot.eachEntry { entry in
                    if entry.kind == .ownerToken { tokens.append(entry) }
                    return true
                }
                return tokens
            })
    }

    private static func ends(_ entries: [Entry]) -> [Namespace: Int64] {
        var ends: [Namespace: Int64] = [:]
        for entry in entries where entry.kind == .ownerToken {
            if let namespace = namespace(of: entry.name) { ends[namespace] = TokenFacts.end(entry) }
        }
        return ends
    }

    private static func namespace(of name: EntryName) -> Namespace? {
        name.text.split(separator: "/").last.flatMap { try? Namespace(String($0)) }
    }

    private static func remark(_ namespace: Namespace, end: Int64, now: Int64, _ vault: Vault) -> Remark {
        let next: Message = "get a new one: \(TokenRenewal.command(namespace.text, in: vault))"
        guard end > now else {
            return .warn(
                "The owner token of \(namespace.text) expired at \(plain: Timestamp.text(end)); \(next)")
        }
        return .warn(
            "The owner token of \(namespace.text) expires in \(plain: Timestamp.duration(end - now)); \(next)")
    }
}

/// Where no notes are kept.
struct NoTokenNotes: TokenNoteStore {
    func read() -> TokenNote? { nil }
    func write(_ note: TokenNote) -> Bool { false }
}
