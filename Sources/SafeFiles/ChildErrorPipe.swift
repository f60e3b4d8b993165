internal import CPlatform
internal import Glibc
internal import SecureMemory

/// Where a program's standard error waits until the program ended: a pipe that neither end blocks on.
///
/// Nobody reads while the program runs, so what it says beyond the pipe's capacity (64 KiB on Linux) is lost.
final class ChildErrorPipe {
    private static let limit = 65536

    private let reading: Descriptor
    private let writing: Descriptor

    /// - Parameter program: What the error names.
    /// - Throws: That the pipe could not be made.
    init(program: String) throws(ChildProcessError) {
        var ends: [Int32] = [-1, -1]
        guard sigilum_pipe(&ends) == 0 else { throw .cannotStart(program: program, errno: errno) }
        reading = Descriptor(owning: ends[0])
        writing = Descriptor(owning: ends[1])
        for end in ends {
            guard fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) == 0 else {
                throw .cannotStart(program: program, errno: errno)
            }
        }
    }

    /// The end for the program.
    var end: Int32 { writing.number }

    /// What was said so far.
    func contents() -> SecretBytes {
        let number = reading.number
        return SecretBytes(capacity: Self.limit) { buffer in
            var count = 0
            while count < buffer.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                let read = uninterrupted { Glibc.read(number, rest.baseAddress, rest.count) }
                if read <= 0 { break }
                count += read
            }
            return count
        }
    }
}
