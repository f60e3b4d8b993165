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
