internal import HTTPTransport
internal import VaultCore

/// What an answer of the API says, where it is not what was asked for.
extension HTTPAnswer {
    private struct Problem: Decodable {
        let error: String
        let code: String?
    }

    private struct Confirmation: Decodable {
        let success: Bool
    }

    /// The values of `code` that are passed on.
    private static let knownCodes: Set<String> = [
        "UNAUTHORIZED", "TOKEN_EXPIRED", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "VALIDATION_ERROR",
        "SERVICE_LIMIT_REACHED", "KEY_LIMIT_REACHED", "RATE_LIMITED", "INTERNAL_ERROR",
    ]

    private var problem: Problem? { try? decode(Problem.self) }

    private var code: String? { problem?.code.flatMap { Self.knownCodes.contains($0) ? $0 : nil } }

    /// Whether the API said, itself, that there is no such thing: a 404 of another server is no news of it.
    var saysNotFound: Bool { status == 404 && problem != nil }

    /// The failure that this answer is, where it is not one that the call knows how to go on from.
    var failure: DeliveryFailure {
        if status < 300 { return .wrongAnswer(.unexpectedStatus) }
        switch (status, code) {
        case (401, "TOKEN_EXPIRED"): return .ownerTokenExpired
        case (401, _): return .ownerTokenRefused
        case (400...499, "SERVICE_LIMIT_REACHED"): return .limitReached(.services)
        case (400...499, "KEY_LIMIT_REACHED"): return .limitReached(.keys)
        case (409, _): return .conflict
        default: return .refused(status: status, code: code)
        }
    }

    /// Checks that the body of a success says so.
    func confirm() throws(DeliveryFailure) {
        guard status == 200 else { throw failure }
        guard try decode(Confirmation.self).success else { throw .wrongAnswer(.notDone) }
    }
}
