internal import Glibc

/// Why a text is not an address to call. Carries no part of the text, which can hold a password.
package enum HTTPURLError: Error, Sendable, Equatable {
    /// It does not begin with `http://` or `https://`.
    case notHTTP
    /// It has a user name or password before the host.
    case userInformation
    /// It has a `?` or a `#`.
    case queryOrFragment
    /// The host is missing or malformed, or a character cannot be in a URL.
    case malformedHost
    /// The port is not a number of 1 to 65535.
    case malformedPort
    /// The path has a character that cannot be there.
    case malformedPath
}

/// Where calls go: absolute http or https, without user info, query and fragment.
package struct HTTPEndpoint: Sendable, Equatable {
    /// The URL without slashes at its end. Characters of URLs only, so it can begin a request's URL and be printed.
    package let text: String
    /// Whether calls are encrypted.
    package let isEncrypted: Bool
    /// Whether the host is `localhost` or a loopback address.
    package let isThisMachine: Bool

    /// Whether what is sent there can be read on its way: plain http to another machine.
    package var isExposed: Bool { !isEncrypted && !isThisMachine }

    package init(_ text: String) throws(HTTPURLError) {
        guard let separator = text.firstRange(of: "://") else { throw .notHTTP }
        let scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { throw .notHTTP }
        let rest = text[separator.upperBound...]
        guard !rest.utf8.contains(UInt8(ascii: "?")), !rest.utf8.contains(UInt8(ascii: "#")) else {
            throw .queryOrFragment
        }
        let authority = rest.prefix { $0 != "/" }
        guard !authority.utf8.contains(UInt8(ascii: "@")) else { throw .userInformation }
        let (host, port) = try Self.split(authority)
        let isAddress = host.hasPrefix("[")
        guard isAddress ? Self.isIPv6(host) : Self.isName(host) else { throw .malformedHost }
        if let port {
            let isNumber = !port.isEmpty && port.utf8.allSatisfy { (0x30...0x39).contains($0) }
            guard isNumber, let number = UInt16(port), number > 0 else { throw .malformedPort }
        }
        var path = rest.dropFirst(authority.count)
        while path.last == "/" { path.removeLast() }
        guard path.utf8.allSatisfy(Self.isPathByte) else { throw .malformedPath }
        self.text = "\(scheme)://\(authority)\(path)"
        isEncrypted = scheme == "https"
        isThisMachine = Self.isLoopback(String(host))
    }

    private static func split(_ authority: Substring) throws(HTTPURLError) -> (Substring, Substring?) {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw .malformedHost }
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw .malformedHost }
            return (authority[...end], after.isEmpty ? nil : after.dropFirst())
        }
        guard let colon = authority.firstIndex(of: ":") else { return (authority, nil) }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }

    private static func isName(_ host: Substring) -> Bool {
        (1...253).contains(host.utf8.count)
            && host.utf8.allSatisfy { isLetterOrDigit($0) || "-._".utf8.contains($0) }
    }

    private static func isIPv6(_ host: Substring) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &address) == 1
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || "-._~/%!$&'()*+,;=:@".utf8.contains(byte)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        var four = in_addr()
        // The address is in network order: its first byte in memory is the first number.
        if inet_pton(AF_INET, host, &four) == 1 { return withUnsafeBytes(of: four) { $0.first == 127 } }
        guard host.hasPrefix("["), host.hasSuffix("]") else { return false }
        var six = in6_addr()
        guard inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &six) == 1 else { return false }
        let bytes = withUnsafeBytes(of: six) { Array($0) }
        let isMappedFour = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        return bytes == Array(repeating: 0, count: 15) + [1] || (isMappedFour && bytes[12] == 127)
    }
}
