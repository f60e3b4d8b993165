import Glibc
import Testing

/// One HTTP exchange over a socket, as the bytes say it.
struct RawHTTP {
    let status: Int
    let head: String
    let body: String

    /// Whether the body has this member with this JSON value.
    func says(_ member: String, _ json: String) -> Bool { body.contains("\"\(member)\":\(json)") }

    func header(_ name: String) -> String? {
        head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
            .map { String($0.dropFirst(name.count + 2)) }
    }

    /// Sends a request and reads until the other side closes.
    static func send(
        _ method: String, _ path: String, port: Int, body: String = "", headers: [String] = []
    ) throws -> RawHTTP {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(socket >= 0)
        defer { close(socket) }
        var wait = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        for header in headers { head += header + "\r\n" }
        if !body.isEmpty { head += "Content-Length: \(body.utf8.count)\r\n" }
        var rest = Array("\(head)\r\n\(body)".utf8)[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent <= 0 { break }
            rest = rest.dropFirst(sent)
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count <= 0 { break }
            answer += buffer[..<count]
        }
        let text = String(decoding: answer, as: UTF8.self)
        let end = text.firstRange(of: "\r\n\r\n")
        let lines = end.map { String(text[..<$0.lowerBound]) } ?? ""
        return RawHTTP(
            status: Int(lines.split(separator: " ").dropFirst().first ?? "") ?? 0, head: lines,
            body: end.map { String(text[$0.upperBound...]) } ?? "")
    }
}
