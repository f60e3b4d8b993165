internal import VaultCore

/// Makes a gateway's connection what it should be, by steps that are safe to repeat from wherever a crash left them.
struct ConnectionReconciler<Store: ConnectionStore> {
    /// How often it looks again when somebody else changes the connection meanwhile.
    private static var rounds: Int { 4 }

    let store: Store

    /// The differences in a fixed order; nil where there is no connection.
    func differences(
        _ wanted: WantedConnection, receipt: GatewayReceipt
    ) async throws(DeliveryFailure) -> [String]? {
        guard let remote = try await store.read(wanted.id) else { return nil }
        var names = remaining(wanted.differences(remote))
        if receipt.hasOtherStatus(remote) { names.append("status") }
        let hasLeftOver = !receipt.keys.intersection(remote.credentialKeys).isSubset(of: wanted.keys)
        if hasLeftOver || !wanted.keys.isSubset(of: remote.credentialKeys) { names.append("credential_keys") }
        if receipt.hasOtherVersion(remote) { names.append("secret_version") }
        if receipt.wasMadeAnew(remote) { names.append("created_at") }
        return names
    }

    /// Makes the connection what it should be.
    ///
    /// - Parameters:
    ///   - wanted: As it should be.
    ///   - secrets: All of its secrets.
    ///   - isApplied: Whether the gateway already got these very secrets.
    ///   - receipt: What was remembered of the last time.
    /// - Returns: What to remember of it.
    /// - Throws: Why it is not done, or not all of it.
    func apply(
        _ wanted: WantedConnection, secrets: [NamedSecret], isApplied: Bool, receipt: GatewayReceipt
    ) async throws(DeliveryFailure) -> DeliveryReceipt {
        try store.check(wanted, secrets: secrets)
        var hasSecrets = isApplied
        for _ in 0..<Self.rounds {
            guard let remote = try await store.read(wanted.id) else {
                var new = wanted
                new.status = receipt.status
                new.pathPrefix = receipt.pathPrefix
                if let made = try await store.create(new, secrets: secrets) { return try settle(made, wanted) }
                // Somebody created it a moment ago, with secrets that we do not know.
                hasSecrets = false
                continue
            }
            if wanted.needsRemaking(remote, receipt: receipt) {
                if let made = try await remake(wanted, remote, secrets, receipt) { return try settle(made, wanted) }
                hasSecrets = false
                continue
            }
            if receipt.hasDrifted(remote) || !wanted.keys.isSubset(of: remote.credentialKeys) { hasSecrets = false }
            if let now = try await change(remote, wanted, hasSecrets ? [] : secrets) { return try settle(now, wanted) }
        }
        throw .busy
    }

    /// Deletes and creates. A crash between leaves nothing there, which the next run creates.
    private func remake(
        _ wanted: WantedConnection, _ remote: RemoteConnection, _ secrets: [NamedSecret], _ receipt: GatewayReceipt
    ) async throws(DeliveryFailure) -> RemoteConnection? {
        let foreign = remote.credentialKeys.subtracting(wanted.keys).subtracting(receipt.keys)
        guard foreign.isEmpty else { throw .wouldLoseSecrets(count: foreign.count) }
        var new = wanted
        new.status = GatewayReceipt.status(of: remote)
        new.pathPrefix = remote.pathPrefix
        try store.check(new, secrets: secrets)
        try await store.delete(wanted.id)
        return try await store.create(new, secrets: secrets)
    }

    /// Rotates, then changes fields, since the key that the connection is to use must be there first. nil: somebody
    /// took it away meanwhile.
    private func change(
        _ remote: RemoteConnection, _ wanted: WantedConnection, _ secrets: [NamedSecret]
    ) async throws(DeliveryFailure) -> RemoteConnection? {
        var now = remote
        if !secrets.isEmpty {
            switch try await store.rotate(wanted.id, secrets: secrets) {
            case .done(let rotated): now = rotated
            case .alreadyApplied: break
            case .gone: return nil
            }
        }
        guard !remaining(wanted.differences(now)).isEmpty else { return now }
        return try await store.patch(wanted)
    }

    /// Believes success only where the answer shows it.
    private func settle(
        _ remote: RemoteConnection, _ wanted: WantedConnection
    ) throws(DeliveryFailure) -> DeliveryReceipt {
        guard remaining(wanted.differences(remote)).isEmpty, wanted.keys.isSubset(of: remote.credentialKeys) else {
            throw .wrongAnswer(.notDone)
        }
        return GatewayReceipt.make(remote, keys: wanted.keys, endpoint: store.endpoint)
    }

    /// Without what this way cannot deliver: the admin API tells it as a difference when it is back.
    private func remaining(_ differences: [String]) -> [String] {
        store.carriesRotationInterval ? differences : differences.filter { $0 != "rotation_interval_days" }
    }
}
