package import SecureMemory
internal import VaultCore

/// The gateway's own command line tool, which opens its data directory: the way to its connections while no gateway
/// runs on it. It takes secrets in its arguments only, where other users of the machine can read them while it runs.
package struct GatewayCommandLine: Sendable {
    static let name = "sigilum-gateway-cli"

    let program: String
    let dataDirectory: String
    let masterKey: @Sendable () throws -> SharedSecret
    let timeoutMilliseconds: Int
    let beforeSecretsInArguments: @Sendable () -> Void

    /// - Parameters:
    ///   - program: The tool's path.
    ///   - dataDirectory: The gateway's, for `GATEWAY_DATA_DIR`.
    ///   - masterKey: The gateway's, for `GATEWAY_MASTER_KEY`; asked for at each run. Where it throws, the tool is no way. White space around it is left out: the gateway hashes its
    ///     own as it is.
    ///   - timeoutMilliseconds: For each run of the tool.
    ///   - beforeSecretsInArguments: Called each time before secrets are put into arguments, for a warning.
    package init(
        program: String, dataDirectory: String, masterKey: @escaping @Sendable () throws -> SharedSecret,
        timeoutMilliseconds: Int = 30000,
        beforeSecretsInArguments: @escaping @Sendable () -> Void = {}
    ) {
        self.program = program
        self.dataDirectory = dataDirectory
        self.masterKey = masterKey
        self.timeoutMilliseconds = timeoutMilliseconds
        self.beforeSecretsInArguments = beforeSecretsInArguments
    }

    /// What the tool did, apart from succeeding, that a caller can go on from.
    enum Outcome {
        case done(RemoteConnection?)
        case notFound
        case taken
        case nothingToRotate
    }
}

extension GatewayCommandLine: ConnectionStore {
    var endpoint: String { "\(Self.name) \(dataDirectory)" }
    /// It has no options for them.
    var undeliverable: Set<String> { ["rotation_interval_days", "status", "path_prefix"] }

    func read(_ id: Slug) async throws(DeliveryFailure) -> RemoteConnection? {
        switch try run(["get", "--id", id.text]) {
        case .done(let connection): return try await present(connection, id)
        case .notFound: return nil
        case .taken, .nothingToRotate: throw failed(1)
        }
    }

    func check(_ wanted: WantedConnection, secrets: [NamedSecret]) throws(DeliveryFailure) {
        try SecretBody.check(secrets)
        for secret in secrets {
            // `--secret k=v` ends the key at the first `=`; an argument ends at the first NUL.
            let hasNUL = secret.value.bytes.withBytes { $0.contains(0) }
            guard !hasNUL, !secret.key.utf8.contains(UInt8(ascii: "=")) else { throw .unsuitableSecret }
        }
        // It has no option for these two, and making a connection without them would change what people set.
        guard wanted.pathPrefix.isEmpty, wanted.status != "disabled" else { throw .unreachable(endpoint: endpoint) }
    }

    func create(
        _ wanted: WantedConnection, secrets: [NamedSecret]
    ) async throws(DeliveryFailure) -> RemoteConnection? {
        try check(wanted, secrets: secrets)
        let fields = ["add", "--id", wanted.id.text, "--name", wanted.name, "--base-url", wanted.baseURL]
        switch try run(fields + credentials(wanted), secrets: secrets) {
        case .done(let connection): return try await present(connection, wanted.id)
        case .taken: return nil
        case .notFound, .nothingToRotate: throw failed(1)
        }
    }

    func rotate(_ id: Slug, secrets: [NamedSecret]) async throws(DeliveryFailure) -> RotationOutcome {
        switch try run(["rotate", "--id", id.text], secrets: secrets) {
        case .done(let connection): return .done(try await present(connection, id))
        case .nothingToRotate: return .alreadyApplied
        case .notFound: return .gone
        case .taken: throw failed(1)
        }
    }

    /// It cannot be asked that without changing something.
    func canOpen(_ id: Slug) async throws(DeliveryFailure) -> Bool { throw .unreachable(endpoint: endpoint) }

    func patch(_ wanted: WantedConnection) async throws(DeliveryFailure) -> RemoteConnection? {
        switch try run(["update", "--id", wanted.id.text, "--name", wanted.name] + credentials(wanted)) {
        case .done(let connection): return try await present(connection, wanted.id)
        case .notFound: return nil
        case .taken, .nothingToRotate: throw failed(1)
        }
    }

    func delete(_ id: Slug) async throws(DeliveryFailure) {
        switch try run(["delete", "--id", id.text]) {
        case .done, .notFound: return
        case .taken, .nothingToRotate: throw failed(1)
        }
    }

    private func credentials(_ wanted: WantedConnection) -> [String] {
        let all = [
            ("--auth-mode", wanted.authMode), ("--auth-header-name", wanted.header), ("--auth-prefix", wanted.prefix),
            ("--auth-secret-key", wanted.secretKey),
        ]
        return all.filter { !$0.1.isEmpty }.flatMap { [$0.0, $0.1] }
    }

    /// The connection that was told, or asked for where the tool said something else.
    private func present(
        _ connection: RemoteConnection?, _ id: Slug
    ) async throws(DeliveryFailure) -> RemoteConnection {
        var told = connection
        if told == nil, case .done(let read) = try run(["get", "--id", id.text]) { told = read }
        guard let told, told.id == id.text else { throw .wrongAnswer(.missingMember) }
        return told
    }
}
