package import SecureMemory
internal import VaultCore

/// A value of a report. What it is decides how it may be shown.
package enum Value: Sendable {
    /// Text of ours: an enum's word, a date. Shown as it is.
    case plain(String)
    /// Text of anybody's: a name, a path, a URL. Shown with control characters escaped.
    case untrusted(String)
    case integer(Int64)
    case boolean(Bool)
    /// A secret that is at hand: its public prefix and stars, or itself with `--reveal-secrets`.
    case secret(SharedSecret, prefix: String)
    /// A secret that was not opened: its public prefix and stars, always.
    case hidden(prefix: String)

    /// The same fact in a document.
    package var json: JSON {
        switch self {
        case .plain(let text), .untrusted(let text): .string(text)
        case .integer(let number): .integer(number)
        case .boolean(let truth): .boolean(truth)
        case .secret(let secret, let prefix): .secret(secret, prefix: prefix)
        case .hidden(let prefix): .hidden(prefix: prefix)
        }
    }
}
