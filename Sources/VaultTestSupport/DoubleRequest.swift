/// A request as it arrived at a double.
package struct DoubleRequest: Sendable {
    package let method: String
    /// The path as it was sent, without the query.
    package let path: String
    /// What stands behind the `?`; empty where there is none.
    package let query: String
    package let headers: [(name: String, value: String)]
    /// What arrived of the body; cut off past the limit.
    package let body: [UInt8]

    /// The value of a header, by its name in any case; nil when it was not sent.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// Whether it is of that method, nil being any, and of that path, nil being any; a part `*` of the path stands for
    /// any one part.
    func matches(_ method: String?, _ path: String?) -> Bool {
        guard (method ?? self.method) == self.method else { return false }
        guard let path else { return true }
        let wanted = path.split(separator: "/", omittingEmptySubsequences: false)
        let parts = self.path.split(separator: "/", omittingEmptySubsequences: false)
        return wanted.count == parts.count && zip(wanted, parts).allSatisfy { $0 == "*" || $0 == $1 }
    }
}

/// A death of a double that is to come.
package struct DoubleDeath: Sendable {
    /// When, seen from the request at which it dies.
    package enum Moment: Sendable, CaseIterable { case beforeProcessing, afterProcessing }

    let moment: Moment
    var remaining: Int
    let method: String?
    let path: String?

    /// Counts a request against the deaths to come, and takes the one whose turn it is.
    static func take(from deaths: inout [DoubleDeath], at request: DoubleRequest) -> Moment? {
        var taken: Int?
        for index in deaths.indices where request.matches(deaths[index].method, deaths[index].path) {
            deaths[index].remaining -= 1
            if deaths[index].remaining <= 0, taken == nil { taken = index }
        }
        return taken.map { deaths.remove(at: $0).moment }
    }
}

/// What a connection of a double does once a request is there.
enum DoubleAction: Sendable {
    case answer([UInt8], closes: Bool)
    /// These bytes, then the same filler again and again.
    case endless(head: [UInt8], filler: [UInt8], pauseMilliseconds: Int)
    case silence
    /// The process dies: no answer, nobody listens any more.
    case death
    /// It died a moment ago.
    case hangUp

    private static let startOfJSON = Array(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)

    /// 200 `application/json` and a body that never ends.
    static let endlessBody = endless(
        head: startOfJSON, filler: Array("10000\r\n\(String(repeating: " ", count: 65536))\r\n".utf8),
        pauseMilliseconds: 0)

    /// 200 `application/json` and a body that comes a byte at a time and never ends.
    static let trickling = endless(head: startOfJSON, filler: Array("1\r\n \r\n".utf8), pauseMilliseconds: 20)

    /// 307 to a target.
    static func redirection(to target: String) -> DoubleAction {
        .answer(
            Array("HTTP/1.1 307 Temporary Redirect\r\nLocation: \(target)\r\nContent-Length: 0\r\n\r\n".utf8),
            closes: false)
    }
}

/// Answers of doubles as HTTP/1.1.
enum DoubleHTTP {
    static func bytes(_ status: Int, _ headers: [(String, String)], _ body: [UInt8], closes: Bool) -> [UInt8] {
        var head = "HTTP/1.1 \(status) \(reason(status))\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if status != 204 { head += "Content-Length: \(body.count)\r\n" }
        if closes { head += "Connection: close\r\n" }
        return Array("\(head)\r\n".utf8) + (status == 204 ? [] : body)
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 204: "No Content"
        case 307: "Temporary Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 409: "Conflict"
        case 413: "Request Entity Too Large"
        case 429: "Too Many Requests"
        case 502: "Bad Gateway"
        default: "Status"
        }
    }
}
