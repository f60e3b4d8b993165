internal import Glibc
internal import SafeFiles
package import SecureMemory

/// Secrets as they come from outside: their limit, and the line end that a file or a pipe adds.
package enum SecretInput {
    /// The longest secret, in bytes.
    package static let limit = 16 * 1024

    /// Reads a descriptor to its end, straight into guarded memory, and takes one line end off.
    ///
    /// - Throws: ``TerminalError/tooLong`` past ``limit`` bytes without the line end; ``TerminalError/system(_:)``.
    package static func read(_ descriptor: Int32) throws(TerminalError) -> SecretBytes {
        // Room for the line end, and one byte that shows that there is more.
        let capacity = limit + 3
        let whole = try SecretBytes(capacity: capacity) { (buffer) throws(TerminalError) in
            var used = 0
            while used < capacity {
                let count = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: used), capacity - used)
                if count == 0 { break }
                if count > 0 { used += count } else if errno != EINTR { throw .system(errno) }
            }
            return used
        }
        let secret = withoutTrailingLineEnd(whole)
        guard secret.count <= limit else { throw .tooLong }
        return secret
    }
}
