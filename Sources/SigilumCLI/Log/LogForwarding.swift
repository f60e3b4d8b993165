internal import Glibc
internal import VaultCore

/// Sends a vault's log to the system's: every event once, in its order.
final class LogForwarding {
    private let session: Session
    private let note: ForwardingNote
    private let path: String
    private var socket: SyslogSocket?
    private var filter: LogFilter
    private let host: String

    init(_ session: Session, socket path: String, filter: LogFilter) throws {
        self.session = session
        self.path = try session.surroundings.absolute(path)
        self.filter = filter
        note = try ForwardingNote(
            stateFolder: Session.stateFolder(session.surroundings), vaultID: session.vault.id)
        var name = [CChar](repeating: 0, count: 256)
        let isNamed = gethostname(&name, name.count - 1) == 0
        host = isNamed ? String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : "-"
    }

    /// Sends what was not sent yet.
    func report() throws -> Report {
        let (sent, mark) = try pass(try note.read())
        return summary(sent, mark)
    }

    /// Sends what was not sent yet, and then what comes.
    func follow(_ context: Context) async throws -> Report {
        var (sent, mark) = try pass(try note.read())
        guard context.publish(summary(sent, mark)) else { return Report(records: []) }
        while context.results.isRead() {
            try await Task.sleep(for: LogReading.interval)
            (sent, mark) = try pass(mark)
        }
        return Report(records: [])
    }

    private func summary(_ sent: Int, _ mark: ForwardingNote.Mark) -> Report {
        let fields = [
            Field("socket", .untrusted(path)), Field("sent", .integer(Int64(sent))),
            Field("through_record", .integer(Int64(clamping: mark.sent))),
        ]
        let document = JSON.object(fields.map { (key: $0.key, value: $0.value.json) })
        return Report(.ok("Log forwarded"), fields: fields, records: [document])
    }

    /// One look at the log; answers how many events were sent.
    private func pass(_ mark: ForwardingNote.Mark?) throws -> (sent: Int, mark: ForwardingNote.Mark) {
        let (events, end, known) = try news(mark)
        var mark = known ?? ForwardingNote.Mark(place: .start, sent: 0)
        let start = mark.sent
        var count = 0
        for event in filter.wanted(events) where event.sequence > start {
            let socket = try socket ?? SyslogSocket(path: path)
            self.socket = socket
            try socket.send(SyslogMessage.bytes(event, vaultID: session.vault.id, host: host))
            mark.sent = event.sequence
            try note.write(mark, durably: false)
            count += 1
        }
        let last = ForwardingNote.Mark(place: end, sent: end.sequence)
        if last != mark || count > 0 { try note.write(last, durably: true) }
        return (count, last)
    }

    /// The events after the place that was proven before. Where the log does not lead there any more (a vault that was
    /// put back on purpose), all of them: rather twice than never.
    private func news(_ mark: ForwardingNote.Mark?) throws -> ([AuditEvent], LogPlace, ForwardingNote.Mark?) {
        guard let mark, mark.sent > 0 else {
            let (events, end) = try LogReading.events(of: session.vault, from: nil)
            return (events, end, nil)
        }
        do {
            let (events, end) = try LogReading.events(of: session.vault, from: mark.place)
            return (events, end, mark)
        } catch VaultError.integrity(let damage) where damage == .forked || damage == .rolledBack {
            let (events, end) = try LogReading.events(of: session.vault, from: nil)
            session.surroundings.say(
                .warn("The log is not the one that was sent before: it is sent again from its start"))
            return (events, end, nil)
        }
    }
}
