import HTTPTransport
import SecureMemory
import VaultCore

@testable import Gateway
@testable import SigilumAPI

/// An answer of the gateway's admin API; the first byte chooses its status.
enum GatewayAnswerTarget {
    @Sendable static func run(_ bytes: [UInt8]) throws {
        guard let id = try? Slug("linear") else { return }
        let answer = AdminAnswer(Answers.make(bytes))
        if let connection = try? answer.connection(id) {
            try require(connection.id == id.text, "another connection than was asked for")
            _ = GatewayReceipt.status(of: connection)
            try require(GatewayReceipt.pathPrefix(of: connection).utf8.count <= 200, "a path prefix without a limit")
            try require(connection.createdAt.utf8.count <= 40, "a time without a limit")
        }
        _ = try? answer.listedConnections()
        _ = (try? answer.connections(), try? answer.variables(), try? answer.isHealthy())
        if let result = try? answer.testResult() { try require(result.status < 1000, "a status that is none") }
        _ = (answer.saysNotFound, answer.saysTaken, answer.saysConflict, answer.saysNothingToRotate)
        try Answers.check(answer.failure)
    }
}

/// An answer of the API; the first byte chooses its status.
enum APIAnswerTarget {
    @Sendable static func run(_ bytes: [UInt8]) throws {
        let answer = Answers.make(bytes)
        _ = try? answer.decode(RemoteService.List.self)
        _ = try? answer.decode(RemoteService.self)
        if let page = try? answer.decode(RemoteKey.Page.self) { _ = (page.keys.count, page.pagination.hasMore) }
        _ = (try? answer.confirm(), answer.saysNotFound)
        try Answers.check(answer.failure)
        if let text = String(validating: bytes.dropFirst().prefix(64), as: UTF8.self) {
            let wait = RetryAfter.seconds(text, now: 1_900_000_000)
            try require((0...7 * 86_400).contains(wait ?? 0), "a wait without a limit")
        }
        guard let key = try? IssuedKey.take(from: answer) else { return }
        let isText = key.value.bytes.withBytes { $0.allSatisfy { (0x21...0x7e).contains($0) } }
        try require(isText && (1...512).contains(key.value.bytes.count), "a key that is none")
    }
}

private enum Answers {
    private static let statuses = [200, 201, 400, 401, 403, 404, 409, 500]

    static func make(_ bytes: [UInt8]) -> HTTPAnswer {
        HTTPAnswer(
            status: statuses[Int((bytes.first ?? 0) & 7)], isJSON: true, retryAfter: nil,
            body: .plain(Array(bytes.dropFirst())))
    }

    /// Nothing of the body but words that are known gets into what is told.
    static func check(_ failure: DeliveryFailure) throws {
        if case .refused(_, let code?) = failure {
            let isWord = code.utf8.allSatisfy { (0x41...0x5a).contains($0) || $0 == 0x5f }
            try require(isWord, "a code that nobody knows")
        }
    }
}
