internal import VaultCore

/// Makes a gateway's connection what it should be, by steps that are safe to repeat from wherever a crash left them.
struct ConnectionReconciler<Store: ConnectionStore> {
    /// How often it looks again when somebody else changes the connection meanwhile.
    private static var rounds: Int { 4 }

    let store: Store
    /// The gateway's address, whichever way leads to it: what an intent names.
    let endpoint: String
    /// What was remembered of the last time.
    let receipt: GatewayReceipt

    /// The differences in a fixed order; nil where there is no connection.
    func differences(_ wanted: WantedConnection) async throws(DeliveryFailure) -> [String]? {
        guard let remote = try await store.read(wanted.id) else { return nil }
        let isForeign = isForeign(remote)
        var names = remaining(wanted.keeping(receipt, remote, isForeign: isForeign).differences(remote))
        let hasLeftOver = !receipt.keys.intersection(remote.credentialKeys).isSubset(of: wanted.keys)
        if hasLeftOver || !wanted.keys.isSubset(of: remote.credentialKeys) { names.append("credential_keys") }
        if receipt.hasOtherVersion(remote) { names.append("secret_version") }
        if receipt.wasMadeAnew(remote) { names.append("created_at") }
        if receipt.isUnderAnotherKey(than: wanted) { names.append(Delivery.gatewayKey) }
        if isForeign { names.append(Observation.foreign) }
        return names
    }

    /// Makes the connection what it should be.
    ///
    /// - Parameters:
    ///   - wanted: As it should be.
    ///   - secrets: All of its secrets.
    ///   - isApplied: Whether the gateway already got these very secrets.
    ///   - mayTakeOver: Whether somebody else's connection may be made the vault's.
    /// - Returns: What to remember of it.
    /// - Throws: Why it is not done, or not all of it.
    func apply(
        _ wanted: WantedConnection, secrets: [NamedSecret], isApplied: Bool, mayTakeOver: Bool
    ) async throws(DeliveryFailure) -> DeliveryReceipt {
        try store.check(wanted, secrets: secrets)
        var hasSecrets = isApplied
        for _ in 0..<Self.rounds {
            guard let remote = try await store.read(wanted.id) else {
                var new = wanted
                new.status = receipt.status
                new.pathPrefix = receipt.pathPrefix
                try requireOwnSecret(new, secrets)
                if let made = try await store.create(new, secrets: secrets) { return try settle(made, new) }
                // Somebody created it a moment ago, with secrets that we do not know.
                hasSecrets = false
                continue
            }
            let isForeign = isForeign(remote)
            guard !isForeign || mayTakeOver else { throw .notOurs }
            let known = isForeign ? GatewayReceipt([:]) : receipt
            let wanted = wanted.keeping(receipt, remote, isForeign: isForeign)
            let isLost = try await isLost(remote, wanted, known)
            if isLost || wanted.needsRemaking(remote, receipt: known) {
                if let made = try await remake(wanted, remote, secrets, known, losingOthers: isLost) {
                    return try settle(made, wanted)
                }
                hasSecrets = false
                continue
            }
            let hasDrifted = isForeign || receipt.hasDrifted(remote)
            if hasDrifted || !wanted.keys.isSubset(of: remote.credentialKeys) { hasSecrets = false }
            if let now = try await change(remote, wanted, hasSecrets ? [] : secrets) { return try settle(now, wanted) }
        }
        throw .busy
    }

    /// Deletes what the vault made. What is somebody else's stays: at the place of the delivery the vault's own is gone
    /// then; at another place nobody knows.
    func withdraw(_ id: Slug) async throws(DeliveryFailure) {
        if !receipt.isIntended(at: endpoint) {
            guard receipt.endpoint != nil, let remote = try await store.read(id) else { return }
            if isForeign(remote) {
                guard receipt.isSamePlace(store.endpoint) else { throw .notOurs }
                return
            }
        }
        try await store.delete(id)
    }

    private func isForeign(_ remote: RemoteConnection) -> Bool {
        receipt.isForeign(remote, at: store.endpoint, intendedAt: endpoint)
    }

    /// Whether the gateway has another master key since the connection was delivered, and can open nothing of it any more.
    ///
    /// One that still opens what it had before runs with the key from before: what it is given now would be lost when it is
    /// started with the new one, and is not delivered. A connection that was made since is the vault's own remaking, whose
    /// answer was lost.
    private func isLost(
        _ remote: RemoteConnection, _ wanted: WantedConnection, _ known: GatewayReceipt
    ) async throws(DeliveryFailure) -> Bool {
        guard known.isUnderAnotherKey(than: wanted) else { return false }
        guard try await store.canOpen(wanted.id) else { return true }
        guard known.wasMadeAnew(remote) else { throw .differentMasterKey }
        return false
    }

    /// Deletes and creates. A crash between leaves nothing there, which the next run creates. `losingOthers`: nobody can
    /// open the secrets of others that are there.
    private func remake(
        _ wanted: WantedConnection, _ remote: RemoteConnection, _ secrets: [NamedSecret], _ known: GatewayReceipt,
        losingOthers: Bool
    ) async throws(DeliveryFailure) -> RemoteConnection? {
        let foreign = remote.credentialKeys.subtracting(wanted.keys).subtracting(known.keys)
        guard foreign.isEmpty || losingOthers else { throw .wouldLoseSecrets(count: foreign.count) }
        try requireOwnSecret(wanted, secrets)
        try store.check(wanted, secrets: secrets)
        try await store.delete(wanted.id)
        return try await store.create(wanted, secrets: secrets)
    }

    /// The gateway refuses a connection without the secret that it is to use: found out before one is deleted.
    private func requireOwnSecret(
        _ wanted: WantedConnection, _ secrets: [NamedSecret]
    ) throws(DeliveryFailure) {
        guard secrets.contains(where: { $0.key == wanted.secretKey }) else { throw .ownSecretMissing }
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
        return GatewayReceipt.make(remote, wanted, endpoint: store.endpoint)
    }

    /// Without what this way cannot deliver: the admin API tells it as a difference when it is back.
    private func remaining(_ differences: [String]) -> [String] {
        store.undeliverable.isEmpty ? differences : differences.filter { !store.undeliverable.contains($0) }
    }
}
