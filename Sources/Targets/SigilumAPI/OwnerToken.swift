internal import HTTPTransport
internal import SecureMemory
internal import Synchronization
internal import VaultCore

/// The owner token of a run: asked for when the first call is made, and then kept.
final class OwnerToken: Sendable {
    private let source: @Sendable () throws -> SharedSecret?
    private let answer = Mutex<Result<SharedSecret, DeliveryFailure>?>(nil)

    init(source: @escaping @Sendable () throws -> SharedSecret?) {
        self.source = source
    }

    /// The header `Authorization`, whole.
    func header() throws(DeliveryFailure) -> SharedSecret {
        let token = try token()
        do throws(BearerToken.Problem) {
            return try BearerToken.header(token)
        } catch .empty {
            throw .ownerTokenRequired
        } catch {
            throw .ownerTokenRefused
        }
    }

    private func token() throws(DeliveryFailure) -> SharedSecret {
        let result = answer.withLock { answer in
            if let answer { return answer }
            let new = Self.ask(source)
            answer = new
            return new
        }
        return try result.get()
    }

    private static func ask(_ source: () throws -> SharedSecret?) -> Result<SharedSecret, DeliveryFailure> {
        do {
            return try source().map { .success($0) } ?? .failure(.ownerTokenRequired)
        } catch let failure as DeliveryFailure {
            return .failure(failure)
        } catch {
            return .failure(.ownerTokenRequired)
        }
    }
}
