internal import Glibc

/// Why nothing could be sent: `errno`.
struct SyslogError: Error {
    let path: String
    let number: Int32
}

/// The local socket of the system's log. A datagram is a message; on a stream each ends with a line feed (RFC 6587,
/// section 3.4.2).
final class SyslogSocket {
    private let path: String
    private var descriptor: Int32 = -1
    private var isStream = false

    init(path: String) throws {
        self.path = path
        try connect()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Sends one message. Where the other side began anew meanwhile, connects again, once.
    func send(_ message: [UInt8]) throws {
        guard let number = attempt(message) else { return }
        guard [ECONNREFUSED, ECONNRESET, ENOTCONN, EPIPE, ENOENT].contains(number) else {
            throw SyslogError(path: path, number: number)
        }
        try connect()
        if let number = attempt(message) { throw SyslogError(path: path, number: number) }
    }

    /// Nil where all of it was taken; else `errno`.
    private func attempt(_ message: [UInt8]) -> Int32? {
        var rest = (isStream ? message + [0x0a] : message)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            rest = rest.dropFirst(count)
        }
        return nil
    }

    private func connect() throws {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        for (type, isStream) in [(SOCK_DGRAM, false), (SOCK_STREAM, true)] {
            let made = socket(AF_UNIX, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard made >= 0 else { throw SyslogError(path: path, number: errno) }
            if try connect(made) {
                (descriptor, self.isStream) = (made, isStream)
                return
            }
            close(made)
        }
        throw SyslogError(path: path, number: EPROTOTYPE)
    }

    /// False where the socket is of the other type.
    private func connect(_ made: Int32) throws -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard bytes.count < room.count else { return false }
            room.copyBytes(from: bytes)
            return true
        }
        guard fits else {
            close(made)
            throw SyslogError(path: path, number: ENAMETOOLONG)
        }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(made, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if result == 0 { return true }
        let number = errno
        if number == EPROTOTYPE { return false }
        close(made)
        throw SyslogError(path: path, number: number)
    }
}

extension SyslogError: FailureConvertible {
    var failure: Failure {
        Failure(
            .unavailable, code: "no-syslog", "Nothing takes messages at \(path): \(String(cString: strerror(number)))",
            hints: [
                "what was not sent is sent by the next run: the log itself is in the vault",
                "start the system's log, or name its socket:  --syslog-socket PATH",
            ])
    }
}
