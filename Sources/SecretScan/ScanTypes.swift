package import SecureMemory

/// One value to search for.
package struct ScanPattern: Sendable {
    /// What the caller knows the value by; several patterns may have the same.
    package let label: Int
    /// At least ``SecretScanner/shortestValue`` bytes; a shorter value is not searched for.
    package let value: SharedSecret

    package init(label: Int, value: SharedSecret) {
        self.label = label
        self.value = value
    }
}

/// How a value was written where it was found. The raw value is printed and never changes.
package enum ScanEncoding: String, Sendable, CaseIterable {
    /// Byte for byte.
    case plain
    /// Base64 in the standard or the URL alphabet, by itself or within something longer.
    case base64
    /// With at least one byte as `%41`.
    case urlEncoded = "url-encoded"
}

/// Where a value was found. Holds no part of it.
package struct ScanMatch: Sendable, Hashable {
    package let label: Int
    package let encoding: ScanEncoding
    /// From 1; lines end with LF.
    package let line: Int
    /// Of the first byte that belongs to the value, from 0.
    package let offset: Int64

    package init(label: Int, encoding: ScanEncoding, line: Int, offset: Int64) {
        self.label = label
        self.encoding = encoding
        self.line = line
        self.offset = offset
    }
}
