internal import VaultCore

/// One event of the log as a message of RFC 5424.
enum SyslogMessage {
    /// Facility 10 (security, for those who may know), severity 6 (informational): RFC 5424, section 6.2.1.
    static let priority = 10 * 8 + 6

    /// The message without a frame.
    ///
    /// - Parameters:
    ///   - event: The event; no value is in one.
    ///   - vaultID: Whose it is.
    ///   - host: This machine's name.
    /// - Returns: UTF-8.
    static func bytes(_ event: AuditEvent, vaultID: [UInt8], host: String) -> [UInt8] {
        var parameters: [(name: String, value: String)] = [
            ("vault", Hexadecimal.text(vaultID)), ("sequence", "\(event.sequence)"),
            ("operation", event.operation.text), ("uid", "\(event.actor.userID)"),
            ("pid", "\(event.actor.processID)"), ("program", event.actor.program),
        ]
        if let name = event.name { parameters.append(("entry", name)) }
        parameters += event.facts.map { (name: "fact." + $0.name, value: $0.value) }
        let data = parameters.map { " \(self.name($0.name))=\"\(value($0.value))\"" }.joined()
        let header = [
            "<\(priority)>1", Self.time(event.time), word(host, limit: 255), "sigilum", "\(event.actor.processID)",
            word(event.operation.text, limit: 32),
        ]
        let text = event.operation.text + (event.name.map { ": " + Escaping.forTerminal($0) } ?? "")
        // Text that is not ASCII begins with a byte order mark: section 6.4.
        let mark = text.utf8.allSatisfy { $0 < 0x80 } ? "" : "\u{feff}"
        // The enterprise number is the one for documentation (RFC 5612).
        return Array((header.joined(separator: " ") + " [sigilum@32473\(data)] " + mark + text).utf8)
    }

    /// `2026-03-01T10:00:00.123Z`
    private static func time(_ milliseconds: Int64) -> String {
        let fraction = String((milliseconds % 1000 + 1000) % 1000)
        return Timestamp.text(milliseconds).dropLast() + "." + String(repeating: "0", count: 3 - fraction.utf8.count)
            + fraction + "Z"
    }

    /// A word of printable ASCII without spaces; `-` for none.
    private static func word(_ text: String, limit: Int) -> String {
        let bytes = text.utf8.prefix(limit).map { (0x21...0x7e).contains($0) ? $0 : UInt8(ascii: "-") }
        return bytes.isEmpty ? "-" : String(decoding: bytes, as: UTF8.self)
    }

    /// The name of a parameter: up to 32 characters of printable ASCII, none of `=`, `]`, `"` (section 6.3.2).
    private static func name(_ text: String) -> String {
        String(decoding: word(text, limit: 32).utf8.map { "=]\"".utf8.contains($0) ? 0x2d : $0 }, as: UTF8.self)
    }

    /// The value of a parameter: `"`, `\` and `]` get a backslash (section 6.3.3), control characters become text.
    private static func value(_ text: String) -> String {
        var escaped: [UInt8] = []
        for byte in Escaping.forTerminal(text).utf8 {
            if "\"\\]".utf8.contains(byte) { escaped.append(UInt8(ascii: "\\")) }
            escaped.append(byte)
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
