package import SecureMemory

/// What stands behind `Authorization:`.
package enum BearerToken {
    /// Why a token cannot be in a header. Carries no part of it.
    package enum Problem: Error, Sendable, Equatable {
        case empty
        /// It has a character that is not printable ASCII, or a space.
        case unsuitable
    }

    /// The whole header that carries a token, with a zero byte at its end. White space around the token is not part of it; anything
    /// that cannot be in a header is refused. The caller has made sure that it may travel: ``HTTPEndpoint/isExposed``.
    package static func header(_ token: SharedSecret) throws(Problem) -> SharedSecret {
        try token.bytes.withBytes { bytes throws(Problem) in
            let kept = bytes.trimmed
            guard !kept.isEmpty else { throw .empty }
            guard kept.allSatisfy({ (0x21...0x7e).contains($0) }) else { throw .unsuitable }
            let name = StaticString("Authorization: Bearer ")
            return SharedSecret(
                SecretBytes(capacity: name.utf8CodeUnitCount + kept.count + 1) { room in
                    name.withUTF8Buffer { room.copyBytes(from: $0) }
                    UnsafeMutableRawBufferPointer(rebasing: room[name.utf8CodeUnitCount...]).copyMemory(from: kept)
                    // The memory comes zeroed: the last byte is the end.
                    return room.count
                })
        }
    }
}
