internal import VaultCore

/// Text as a page may have it.
enum PageText {
    /// Text of anybody's, within an element or a quoted attribute: what a browser would take for markup as entities,
    /// control and format characters (those that turn the direction of text among them) as `\u{202e}`.
    static func html(_ text: String) -> String {
        var output: [UInt8] = []
        for byte in Escaping.forTerminal(text).utf8 {
            switch byte {
            case UInt8(ascii: "&"): output += Array("&amp;".utf8)
            case UInt8(ascii: "<"): output += Array("&lt;".utf8)
            case UInt8(ascii: ">"): output += Array("&gt;".utf8)
            case UInt8(ascii: "\""): output += Array("&quot;".utf8)
            case UInt8(ascii: "'"): output += Array("&#39;".utf8)
            default: output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// A path-like name, to be broken into lines between its parts alone where it can.
    static func parts(_ name: String) -> String {
        var parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        for index in parts.indices.dropLast() { parts[index] += "/" }
        return parts.filter { !$0.isEmpty }.map { "<span>\(html($0))</span>" }.joined()
    }

    /// `1 error`, `2 errors`.
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// In the standard alphabet, padded.
    static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).map { start + $0 < bytes.count ? UInt32(bytes[start + $0]) : 0 }
            let bits = group[0] << 16 | group[1] << 8 | group[2]
            for position in 0..<4 {
                let isPadding = position > min(3, bytes.count - start)
                text.append(isPadding ? UInt8(ascii: "=") : digits[Int(bits >> (18 - 6 * UInt32(position)) & 0x3f)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// The pictures of the page: drawn once, as symbols, and used by name. Each stands beside a word that says the same.
enum PageIcon: String, CaseIterable {
    case error, warning, note, fine, seal, copy

    static func of(_ severity: AuditSeverity) -> PageIcon {
        switch severity {
        case .error: .error
        case .warning: .warning
        case .note: .note
        }
    }

    func html(_ classes: String = "") -> String {
        "<svg class=\"icon \(classes)\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><use href=\"#i-\(rawValue)\"/></svg>"
    }

    static var symbols: String {
        let symbols = allCases.map { "<symbol id=\"i-\($0.rawValue)\" viewBox=\"0 0 24 24\">\($0.drawing)</symbol>" }
        return "<svg class=\"symbols\" width=\"0\" height=\"0\" aria-hidden=\"true\">\(symbols.joined())</svg>"
    }

    private var drawing: String {
        switch self {
        case .error: #"<path d="M8.1 2h7.8L22 8.1v7.8L15.9 22H8.1L2 15.9V8.1z"/><path d="m9 9 6 6m0-6-6 6"/>"#
        case .warning: #"<path d="M12 3 1.8 20.5h20.4z"/><path d="M12 9.5v5m0 2.9v.1"/>"#
        case .note: #"<circle cx="12" cy="12" r="9.5"/><path d="M12 11v6m0-9.6v.1"/>"#
        case .fine: #"<circle cx="12" cy="12" r="9.5"/><path d="m7.5 12.3 3.2 3.2 6-6.6"/>"#
        case .seal:
            #"<path d="M12 2 4 5v6.5c0 5 3.4 8.6 8 10.5 4.6-1.9 8-5.5 8-10.5V5z"/><path d="M12 8v3m-2.5 5h5L13 11h-2z"/>"#
        case .copy: #"<rect x="8.5" y="8.5" width="12" height="12" rx="2"/><path d="M15.5 5.5v-2h-12v12h2"/>"#
        }
    }
}
