internal import VaultCore

/// What became of a rotation.
enum RotationOutcome {
    case done(RemoteConnection)
    /// The values were there already.
    case alreadyApplied
    /// There is no such connection (any more).
    case gone
}

/// A way to a gateway's connections: its admin API, or its command line tool while it does not run.
protocol ConnectionStore: Sendable {
    /// What a receipt says of where it was delivered.
    var endpoint: String { get }

    /// The fields that this way has no means for, by their names among the differences.
    var undeliverable: Set<String> { get }

    /// nil: there is none of that id.
    func read(_ id: Slug) async throws(DeliveryFailure) -> RemoteConnection?

    /// Whether ``create(_:secrets:)`` has what it needs, asked before anything is deleted.
    func check(_ wanted: WantedConnection, secrets: [NamedSecret]) throws(DeliveryFailure)

    /// nil: there is one of that id already.
    func create(
        _ wanted: WantedConnection, secrets: [NamedSecret]
    ) async throws(DeliveryFailure) -> RemoteConnection?

    func rotate(_ id: Slug, secrets: [NamedSecret]) async throws(DeliveryFailure) -> RotationOutcome

    /// Whether the gateway can open what it keeps of a connection: not where it runs with another master key than when the
    /// connection was made. Changes nothing.
    func canOpen(_ id: Slug) async throws(DeliveryFailure) -> Bool

    /// Everything of ``WantedConnection`` that can be changed in place; nil: there is none of that id.
    func patch(_ wanted: WantedConnection) async throws(DeliveryFailure) -> RemoteConnection?

    /// Not being there is success.
    func delete(_ id: Slug) async throws(DeliveryFailure)
}
