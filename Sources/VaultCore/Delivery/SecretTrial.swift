package import SecureMemory

extension Reconciler {
    /// Tries a new secret on a connection that is made for it and taken away again, whatever comes of it. What a killed
    /// trial left is taken away first. The log says that the value leaves before it does.
    ///
    /// - Parameters:
    ///   - value: The secret.
    ///   - name: The entry that is to have it.
    ///   - service: Whose connection it is for.
    ///   - call: What is called.
    ///   - target: The gateway; one of this reconciler's targets.
    /// - Returns: How it went, or why it could not be tried; and whether the connection is gone: where it is not, the next
    ///   ``reconcile(_:takingOver:)`` takes it away.
    /// - Throws: ``DeliveryFailure`` where nobody answers, before anything is begun.
    package func attempt(
        _ value: SharedSecret, of name: EntryName, like service: ServiceRecord, _ call: TrialCall,
        at target: any SecretTrials
    ) async throws -> (outcome: Result<TrialOutcome, DeliveryFailure>, isGone: Bool) {
        let old = try vault.read { try $0.inventory().deliveries.map(\.id).filter(\.isTrial) }
        _ = try await reconcile(old)
        let blank = DeliveryJob(
            key: DeliveryID.trialPrefix + "none", service: nil, expected: [], secrets: [], isApplied: false,
            receipt: [:],
            fingerprint: { [vault] in vault.fingerprint($0) })
        _ = try await target.observe(blank)
        let id: Slug
        let result: Result<TrialOutcome, DeliveryFailure>
        do {
            // Nobody else takes the connection away as long as this is held.
            let lock = try locks.acquire(.gateway)
            defer { withExtendedLifetime(lock) {} }
            id = try vault.beginTrial(of: name, intent: target.intent)
            do throws(DeliveryFailure) {
                result = .success(try await target.attempt(id, like: service, value: value, call: call))
            } catch {
                result = .failure(error)
            }
        }
        let taken = try await reconcile([.gateway(id)])
        return (result, !taken.contains(where: \.isPending))
    }
}
