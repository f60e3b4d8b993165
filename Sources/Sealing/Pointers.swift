extension UnsafeRawBufferPointer {
    /// The first byte. A `SecretBytes` has an allocation even when it is empty, so there always is one.
    var start: UnsafePointer<UInt8> {
        guard let baseAddress else { preconditionFailure("a secret has an allocation") }
        return baseAddress.assumingMemoryBound(to: UInt8.self)
    }
}

extension UnsafeMutableRawBufferPointer {
    /// The first byte, for writing.
    var start: UnsafeMutablePointer<UInt8> {
        guard let baseAddress else { preconditionFailure("a secret has an allocation") }
        return baseAddress.assumingMemoryBound(to: UInt8.self)
    }
}

/// An array of so many bytes that `fill` writes, all of them. An array's own way to be made like that is not specialised,
/// and takes longer than a hash. Not for secrets: the bytes lie on the stack first.
func bytes(_ count: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Void) -> [UInt8] {
    withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { out in
        out.initializeMemory(as: UInt8.self, repeating: 0)
        fill(out.start)
        return Array(UnsafeRawBufferPointer(out))
    }
}
