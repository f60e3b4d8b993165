internal import Glibc

/// Why a text is no address to call. Carries nothing of the text, which can hold a password.
enum HTTPAddressError: String, Error {
    case notAbsolute = "it is not an absolute http or https URL"
    case noHost = "it has no host"
    case malformedHost = "its host is malformed"
    case malformedPort = "its port is not 1 to 65535"
    case userInfo = "it has a user name or password"
    case query = "it has a query"
    case fragment = "it has a fragment"
    case forbiddenCharacter = "it has a space, a control character or another one that no URL has"
    case malformedEscape = "it has a % that no two hex digits follow"
    case tooLong = "it is longer than 2048 bytes"
}

/// An absolute http or https URL without user info, query and fragment (RFC 3986).
struct HTTPAddress: Sendable, Equatable {
    /// In bytes.
    static let lengthLimit = 2048

    /// The URL as it was given, with its scheme in lower case and without slashes at its end.
    let text: String
    /// Whether calls are encrypted: https.
    let isEncrypted: Bool
    /// Whether the host is surely this machine: `localhost`, `127.0.0.0/8`, `::1`.
    let isLoopback: Bool

    init(_ url: String) throws(HTTPAddressError) {
        let bytes = Array(url.utf8)
        guard bytes.count <= Self.lengthLimit else { throw .tooLong }
        guard bytes.allSatisfy(Self.isURLByte) else { throw .forbiddenCharacter }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[(colon + 1)...].starts(with: "//".utf8) else {
            throw .notAbsolute
        }
        let scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
        guard scheme == "http" || scheme == "https" else { throw .notAbsolute }
        let behind = bytes[(colon + 3)...]
        guard !behind.contains(UInt8(ascii: "#")) else { throw .fragment }
        guard !behind.contains(UInt8(ascii: "?")) else { throw .query }
        let authority = behind.prefix { $0 != UInt8(ascii: "/") }
        guard !authority.contains(UInt8(ascii: "@")) else { throw .userInfo }
        guard Self.escapesAreWhole(behind) else { throw .malformedEscape }
        let host = try Self.host(authority)
        var rest = behind
        while rest.last == UInt8(ascii: "/") { rest = rest.dropLast() }
        text = scheme + "://" + String(decoding: rest, as: UTF8.self)
        isEncrypted = scheme == "https"
        isLoopback = Self.isLoopback(host)
    }

    /// The host of an authority, without the brackets of an IPv6 address; checks the port.
    private static func host(_ authority: ArraySlice<UInt8>) throws(HTTPAddressError) -> String {
        let isBracketed = authority.first == UInt8(ascii: "[")
        let end: Int?
        if isBracketed {
            end = authority.firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 }
        } else {
            end = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
        }
        guard let end else { throw .malformedHost }
        let host = String(decoding: authority[..<end], as: UTF8.self)
        guard !host.isEmpty else { throw .noHost }
        let rest = authority[end...]
        if !rest.isEmpty {
            guard rest.first == UInt8(ascii: ":") else { throw .malformedHost }
            let digits = rest.dropFirst()
            guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
                let port = Int(String(decoding: digits, as: UTF8.self)), (1...65535).contains(port)
            else { throw .malformedPort }
        }
        guard isBracketed else {
            guard isHostName(host) else { throw .malformedHost }
            return host
        }
        let address = String(host.dropFirst().dropLast())
        var binary = in6_addr()
        guard inet_pton(AF_INET6, address, &binary) == 1 else { throw .malformedHost }
        return address
    }

    /// Labels of letters, digits, `-` and `_`, parted by dots: what resolvers take. An IPv4 address is one too.
    private static func isHostName(_ host: String) -> Bool {
        guard host.utf8.count <= 253 else { return false }
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        return name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        var six = in6_addr()
        if inet_pton(AF_INET6, host, &six) == 1 {
            return withUnsafeBytes(of: &six) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
        }
        let name = (host.hasSuffix(".") ? String(host.dropLast()) : host).lowercased()
        return name == "localhost" || name.hasSuffix(".localhost")
    }

    private static func escapesAreWhole(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.indices.allSatisfy { index in
            guard bytes[index] == UInt8(ascii: "%") else { return true }
            let digits = bytes[(index + 1)...].prefix(2)
            return digits.count == 2 && digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
        }
    }

    private static func isURLByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "-._~:/?#[]@!$&'()*+,;=%".utf8.contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
