internal import HTTPTransport
internal import SecureMemory
package import VaultCore

extension SigilumAPITarget {
    /// The name of the key that an operation asks for.
    static func keyName(_ operation: String) -> String { "sigilum \(operation)" }

    package func issue(
        _ job: DeliveryJob, operation: String
    ) async throws(DeliveryFailure) -> IssuedCredential {
        let wanted = try wanted(job, isCreated: true)
        let receipt = APIReceipt(job.receipt)
        let there = try await client.service(wanted.slug, remembered: receipt.service)
        let service: APIIdentifier
        if let there { service = there.id } else { service = try await client.create(wanted) }
        let name = Self.keyName(operation)
        let active = try await revokeOrphans(of: service, name: name, sparing: receipt.known)
        // A key that was adopted and never delivered has an id all the same.
        let old = receipt.key ?? Self.key(among: active, of: job)
        let issued = try await ask(service, name: name, sparing: receipt.known)
        let news = APIReceipt(
            service: service, key: issued.id, retiring: receipt.retiring + (old.map { [$0] } ?? []),
            isCreated: there == nil || (receipt.isCreated && there?.id == receipt.service))
        return IssuedCredential(value: issued.value, receipt: news.fields)
    }

    /// Takes away what an operation began to make whose end never reached the vault: its keys. The service stays: nobody
    /// knows any more whether it was there before.
    func withdrawUnfinished(_ job: DeliveryJob) async throws(DeliveryFailure) {
        guard let slug = job.service?.slug ?? (try? Slug(job.key)) else { throw .wrongAnswer(.missingMember) }
        guard let operation = job.settings[Delivery.operationKey],
            let service = try await client.service(slug, remembered: nil)
        else { return }
        try await revokeOrphans(of: service.id, name: Self.keyName(operation), sparing: [])
    }

    /// Asks for a key, and once more where nobody knows what became of the first request.
    private func ask(
        _ service: APIIdentifier, name: String, sparing known: Set<APIIdentifier>
    ) async throws(DeliveryFailure) -> IssuedKey {
        switch try await request(service, name: name, sparing: known) {
        case .issued(let key): return key
        case .lost(.tryLater(let seconds)):
            guard let seconds, seconds <= client.limits.patienceSeconds else { throw .tryLater(seconds: seconds) }
            await client.clock.sleep(.seconds(seconds))
        case .lost: break
        }
        try await revokeOrphans(of: service, name: name, sparing: known)
        switch try await request(service, name: name, sparing: known) {
        case .issued(let key): return key
        case .lost(let failure): throw failure
        }
    }

    /// What became of a request for a key.
    private enum Outcome {
        case issued(IssuedKey)
        /// Nobody knows whether there is a key.
        case lost(DeliveryFailure)
    }

    private func request(
        _ service: APIIdentifier, name: String, sparing known: Set<APIIdentifier>
    ) async throws(DeliveryFailure) -> Outcome {
        do throws(DeliveryFailure) {
            let answer = try await client.createKey(service, name: name)
            guard answer.status != 201 else { return .issued(try IssuedKey.take(from: answer)) }
            let failure = client.refusal(answer)
            guard answer.status >= 500 else { throw failure }
            return .lost(failure)
        } catch .unreachable(let endpoint) {
            return .lost(.unreachable(endpoint: endpoint))
        } catch .wrongAnswer(let problem) {
            // There may be a key that nobody can read. Where this does not reach it either, the next run does.
            _ = try? await revokeOrphans(of: service, name: name, sparing: known)
            throw .wrongAnswer(problem)
        }
    }

    /// Revokes the keys that earlier requests of the same operation made and whose values never arrived; the others
    /// that are active.
    @discardableResult
    private func revokeOrphans(
        of service: APIIdentifier, name: String, sparing known: Set<APIIdentifier>
    ) async throws(DeliveryFailure) -> [ActiveKey] {
        let active = try await client.keys(service)
        let orphans = active.filter { $0.name == name && !known.contains($0.id) }
        for orphan in orphans { try await client.revoke(orphan.id, of: service) }
        return active.filter { key in !orphans.contains { $0.id == key.id } }
    }
}
