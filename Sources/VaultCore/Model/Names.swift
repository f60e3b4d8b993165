@_spi(_Unicode) internal import Swift

/// Why a name given by a user cannot be one. Carries no part of the name: a secret typed in the wrong place is a name too.
package enum NameError: Error, Equatable {
    /// A namespace or slug that does not match `^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$`.
    case malformedLabel
    /// An entry name that is empty or longer than 200 bytes of UTF-8 after NFC.
    case wrongLength
    /// An entry name with a control character.
    case controlCharacter
    /// An entry name with an empty, `.` or `..` part, or one that begins or ends with `/`.
    case malformedPath
}

/// What a namespace and a service slug have in common: 3 to 64 of `a-z`, `0-9` and `-`, no `-` at either end.
private func isLabel(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard (3...64).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-") else {
        return false
    }
    return bytes.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
    }
}

/// The owner of services: a validated label.
package struct Namespace: Hashable, Sendable {
    package let text: String

    package init(_ text: String) throws(NameError) {
        guard isLabel(text) else { throw .malformedLabel }
        self.text = text
    }
}

/// The identifier of a service, and the id of its connection at the gateway: a validated label.
package struct Slug: Hashable, Sendable {
    package let text: String

    package init(_ text: String) throws(NameError) {
        guard isLabel(text) else { throw .malformedLabel }
        self.text = text
    }
}

/// The name of an entry: a path of 1-200 bytes of UTF-8 in NFC, without control characters and without an empty, `.`
/// or `..` part.
package struct EntryName: Hashable, Sendable, Comparable {
    package let text: String

    package init(_ text: String) throws(NameError) {
        // What is ASCII is in NFC as it is.
        let isPlain = text.utf8.allSatisfy { $0 < 0x80 }
        let name = isPlain ? text : Self.normalised(text)
        guard (1...200).contains(name.utf8.count) else { throw .wrongLength }
        let isControl =
            isPlain
            ? name.utf8.contains { $0 < 0x20 || $0 == 0x7F }
            : name.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard !isControl else { throw .controlCharacter }
        guard isPlain ? Self.isPlainPath(name) : Self.isPath(name) else { throw .malformedPath }
        self.text = name
    }

    private static func normalised(_ text: String) -> String {
        var normal = String.UnicodeScalarView()
        normal.append(contentsOf: text._nfc)
        return String(normal)
    }

    /// Whether no part is empty, `.` or `..`.
    private static func isPath(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    /// The same of ASCII, byte by byte. A `/` with a mark on it, which is no separator, is not ASCII.
    private static func isPlainPath(_ text: String) -> Bool {
        var count = 0, isDots = true
        for byte in text.utf8 {
            if byte == slash {
                if isDots, count <= 2 { return false }
                (count, isDots) = (0, true)
            } else {
                count += 1
                isDots = isDots && byte == UInt8(ascii: ".")
            }
        }
        return !isDots || count > 2
    }

    private static let slash = UInt8(ascii: "/")

    private init(checked text: String) {
        self.text = text
    }

    /// `service-api-key/<slug>`: the key with which a service calls the API.
    package static func serviceAPIKey(_ slug: Slug) -> EntryName { EntryName(checked: "service-api-key/\(slug.text)") }

    /// `upstream-secret/<slug>/<secret-key>`: what the gateway adds to calls of a service.
    package static func upstreamSecret(_ slug: Slug, key: String) throws(NameError) -> EntryName {
        try EntryName("upstream-secret/\(slug.text)/\(key)")
    }

    /// `owner-token/<namespace>`: the JWT of a namespace's owner.
    package static func ownerToken(_ namespace: Namespace) -> EntryName {
        EntryName(checked: "owner-token/\(namespace.text)")
    }

    /// `local-jwt-secret`: what signs owner tokens in oss-local mode.
    package static let localJWTSecret = EntryName(checked: "local-jwt-secret")

    /// By bytes, so that the order is the same on every machine.
    package static func < (left: EntryName, right: EntryName) -> Bool {
        var (left, right) = (left.text, right.text)
        return left.withUTF8 { left in right.withUTF8 { left.lexicographicallyPrecedes($0) } }
    }

    /// What the name says the entry is.
    package var kind: EntryKind {
        // Nearly all are the user's own: told without taking the name apart.
        let first = text.utf8.first
        guard
            first == UInt8(ascii: "o") || first == UInt8(ascii: "s") || first == UInt8(ascii: "u")
                || first == UInt8(ascii: "l")
        else { return .userSecret }
        // Of what is ASCII each `/` is a separator; one with a mark on it is none.
        let isPlain = text.utf8.allSatisfy { $0 < 0x80 }
        let count = isPlain ? text.utf8.count { $0 == Self.slash } + 1 : text.split(separator: "/").count
        if count == 2, text.hasPrefix("owner-token/") { return .ownerToken }
        if count == 2, text.hasPrefix("service-api-key/") { return .serviceAPIKey }
        if count == 3, text.hasPrefix("upstream-secret/") { return .upstreamSecret }
        return text == "local-jwt-secret" ? .localJWTSecret : .userSecret
    }
}

/// What an entry is for. The raw value is what users read and what `--json` prints.
package enum EntryKind: String, Sendable, CaseIterable {
    case ownerToken = "owner-token"
    case serviceAPIKey = "service-api-key"
    case upstreamSecret = "upstream-secret"
    case localJWTSecret = "local-jwt-secret"
    case userSecret = "user-secret"
}
