internal import HTTPTransport
internal import VaultCore

/// An answer of the admin API. Nothing of the body but what is decoded here gets out.
struct AdminAnswer: Sendable {
    private let answer: HTTPAnswer

    init(_ answer: HTTPAnswer) {
        self.answer = answer
    }

    var status: Int { answer.status }

    /// What the gateway's clock says, in milliseconds since 1970 UTC.
    var date: Int64? { answer.date }

    /// What the gateway says went wrong, for comparison with the texts we know.
    private struct Problem: Decodable {
        let error: String
        let code: String?
    }

    private struct Health: Decodable {
        let status: String
    }

    /// The values of `code` that are passed on.
    private static let knownCodes: Set<String> = ["ADMIN_TOKEN_REQUIRED", "REQUEST_BODY_TOO_LARGE"]

    /// The connection in the body of a success, which must be that of the id.
    func connection(_ id: Slug) throws(DeliveryFailure) -> RemoteConnection {
        let connection = try answer.decode(RemoteConnection.self)
        guard connection.id == id.text else { throw .wrongAnswer(.missingMember) }
        return connection
    }

    /// A list of what the gateway keeps, by name; empty lists may be null.
    private struct Listing: Decodable {
        struct Connection: Decodable {
            let id: String
            let credential_keys: [String]?
        }

        struct Variable: Decodable {
            let key: String
        }

        let connections: [Connection]?
        let variables: [Variable]?
    }

    /// The ids of all connections that it lists, with the keys of their secrets, whatever else is in them.
    func connections() throws(DeliveryFailure) -> [(id: String, keys: Set<String>)] {
        (try answer.decode(Listing.self).connections ?? []).map { ($0.id, Set($0.credential_keys ?? [])) }
    }

    /// The names of all credential variables that it lists.
    func variables() throws(DeliveryFailure) -> [String] {
        (try answer.decode(Listing.self).variables ?? []).map(\.key)
    }

    private struct ConnectionList: Decodable {
        let connections: [RemoteConnection]
    }

    /// What a trial of a connection is answered; `error`, which can quote a secret, is left where it is.
    private struct Test: Decodable {
        let status: String
        let http_status: Int
    }

    /// The connections in the body of a success.
    func listedConnections() throws(DeliveryFailure) -> [RemoteConnection] {
        try answer.decode(ConnectionList.self).connections
    }

    /// Whether a trial passed, and with which HTTP status of the upstream; 0: it did not answer.
    func testResult() throws(DeliveryFailure) -> (passed: Bool, status: Int) {
        let test = try answer.decode(Test.self)
        guard ["pass", "fail"].contains(test.status), (0...999).contains(test.http_status) else {
            throw .wrongAnswer(.missingMember)
        }
        return (test.status == "pass", test.http_status)
    }

    /// Whether it says that a gateway is there and well.
    func isHealthy() throws(DeliveryFailure) -> Bool {
        try answer.decode(Health.self).status == "ok"
    }

    /// Whether the gateway said, itself, that there is no such connection: a 404 of another server is no news of it.
    var saysNotFound: Bool { status == 404 && problem != nil }

    /// Whether the id is taken.
    var saysTaken: Bool { status == 409 && problem != nil }

    /// Whether the gateway got in its own way.
    var saysConflict: Bool { status == 400 && (problem?.error.contains("Transaction Conflict") ?? false) }

    /// What a rotation without any change is answered.
    var saysNothingToRotate: Bool { status == 400 && (problem?.error.contains("secrets are required") ?? false) }

    /// The failure that this answer is, where it is not one that the call knows how to go on from.
    var failure: DeliveryFailure {
        if (200..<300).contains(status) { return .wrongAnswer(.unexpectedStatus) }
        let problem = problem
        if problem?.code == "ADMIN_TOKEN_REQUIRED" { return .adminTokenRequired }
        if problem?.error.contains("chacha20poly1305: message authentication failed") ?? false {
            return .differentMasterKey
        }
        return .refused(status: status, code: problem?.code.flatMap { Self.knownCodes.contains($0) ? $0 : nil })
    }

    private var problem: Problem? { try? answer.decode(Problem.self) }
}
