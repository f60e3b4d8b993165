internal import CPlatform
internal import Glibc
package import SecureMemory

/// The variables of a command: those of this process as they are, byte for byte, with others added or put in their place.
///
/// Secrets go from secret memory to the system directly: this process makes no other copy of them.
package struct CommandEnvironment: Sendable {
    private let plain: [(name: String, value: String)]
    /// `NAME=value` and a zero byte, one after the other.
    private let secrets: SharedSecret
    /// Where each of them begins.
    private let starts: [Int]
    private let replaced: Set<String>

    /// - Parameters:
    ///   - plain: Variables that are no secrets. No name twice; names without `=`, and no zero bytes.
    ///   - secrets: Variables whose values are. No name twice, and none of `plain`; no zero bytes.
    ///   - removed: Variables of this process that the command does not get.
    package init(
        plain: [(name: String, value: String)], secrets: [(name: String, value: SharedSecret)],
        removed: Set<String> = []
    ) {
        self.plain = plain
        replaced = removed.union(plain.map(\.name) + secrets.map(\.name))
        var (starts, size) = ([Int](), 0)
        for (name, value) in secrets {
            starts.append(size)
            size += name.utf8.count + 1 + value.bytes.count + 1
        }
        self.starts = starts
        self.secrets = SharedSecret(
            SecretBytes(capacity: size) { block in
                // The memory comes zeroed: the byte after each value is its end.
                for (start, (name, value)) in zip(starts, secrets) {
                    let text = Array((name + "=").utf8)
                    UnsafeMutableRawBufferPointer(rebasing: block[start...]).copyBytes(from: text)
                    value.bytes.withBytes {
                        UnsafeMutableRawBufferPointer(rebasing: block[(start + text.count)...]).copyMemory(from: $0)
                    }
                }
                return size
            })
    }

    /// All of them as the system wants them, readable while `body` runs.
    func withPointers<Result>(_ body: ([UnsafeMutablePointer<CChar>?]) -> Result) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = []
        if var next = sigilum_environ() {
            while let variable = next.pointee {
                if !isReplaced(variable) { pointers.append(variable) }
                next = next.advanced(by: 1)
            }
        }
        let copies = plain.map { strdup("\($0.name)=\($0.value)") }
        defer { for copy in copies { free(copy) } }
        pointers += copies
        return secrets.bytes.withBytes { block in
            // The system reads through these pointers and does not write, whatever their type says.
            if let base = block.baseAddress?.assumingMemoryBound(to: CChar.self) {
                pointers += starts.map { UnsafeMutablePointer(mutating: base + $0) }
            }
            return body(pointers + [nil])
        }
    }

    private func isReplaced(_ variable: UnsafePointer<CChar>) -> Bool {
        guard !replaced.isEmpty, let end = strchr(variable, 0x3D) else { return false }
        let name = UnsafeBufferPointer(start: variable, count: UnsafePointer(end) - variable)
        return replaced.contains(String(decoding: name.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}
