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
        var normal = String.UnicodeScalarView()
        normal.append(contentsOf: text._nfc)
        let name = String(normal)
        guard (1...200).contains(name.utf8.count) else { throw .wrongLength }
        let isControl = name.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard !isControl else { throw .controlCharacter }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { throw .malformedPath }
        self.text = name
    }

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
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    /// What the name says the entry is.
    package var kind: EntryKind {
        let parts = text.split(separator: "/")
        switch (parts.first, parts.count) {
        case ("owner-token", 2): return .ownerToken
        case ("service-api-key", 2): return .serviceAPIKey
        case ("upstream-secret", 3): return .upstreamSecret
        case ("local-jwt-secret", 1): return .localJWTSecret
        default: return .userSecret
        }
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
