package import SecureMemory

/// What stands behind `Authorization:`.
package enum BearerToken {
    /// Why a token cannot be in a header. Carries no part of it.
    package enum Problem: Error, Sendable, Equatable {
        case empty
        /// It has a character that is not printable ASCII, or a space.
        case unsuitable
    }

    /// The value of the header that carries a token: the one place where it becomes a `String`, because the client
    /// takes no other. White space around it is not part of it; anything that cannot be in a header is refused. The
    /// caller has made sure that it may travel: ``HTTPEndpoint/isExposed``.
    package static func headerValue(_ token: SharedSecret) throws(Problem) -> String {
        try token.bytes.withBytes { bytes throws(Problem) in
            let kept = bytes.trimmed
            guard !kept.isEmpty else { throw .empty }
            guard kept.allSatisfy({ (0x21...0x7e).contains($0) }) else { throw .unsuitable }
            return "Bearer " + String(decoding: kept, as: UTF8.self)
        }
    }
}
