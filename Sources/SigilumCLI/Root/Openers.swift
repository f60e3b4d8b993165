package import SafeFiles
package import SecureMemory
package import VaultCore

/// The closures by which commands reach the vault, its store and the targets; `main` fills them.
package struct Openers: Sendable {
    /// What an adapter of the API's local database is made from.
    package struct LocalAPIInputs: Sendable {
        /// `--api-db`
        package let option: String?
        /// `SIGILUM_API_DB`
        package let variable: String?
        /// `SIGILUM_SOURCE_HOME`
        package let sourceHome: String?
        package let workingDirectory: String?
        /// The Sigilum home, where our own database lies.
        package let home: String
        package let owner: FileOwner?
        /// Milliseconds since 1970 UTC.
        package let now: @Sendable () -> Int64
    }

    /// `sigilum-gateway-cli`.
    package struct GatewayProgram: Sendable {
        package let path: String
        package let dataDirectory: String
        /// The gateway's master key, asked for when the program is run: its release is recorded then.
        package let masterKey: @Sendable () throws -> SharedSecret
    }

    /// What an adapter of the gateway is made from.
    package struct GatewayInputs: Sendable {
        /// Scheme, host and port.
        package let adminURL: String
        package let adminToken: SharedSecret?
        /// The way when no gateway runs.
        package let program: GatewayProgram?
        /// Called before secrets are handed over as arguments.
        package let warnOfArguments: @Sendable () -> Void
    }

    /// What an adapter of the API over HTTP is made from.
    package struct SigilumAPIInputs: Sendable {
        /// Absolute http or https.
        package let baseURL: String
        /// Whether the owner token may travel to another machine over plain http.
        package let allowsInsecureHTTP: Bool
        /// The owner token, asked for when the first call is made; nil where there is none.
        package let token: @Sendable () throws -> SharedSecret?
    }

    /// The store in a home; nil where there is none and none should be made.
    package var storage:
        @Sendable (_ home: Folder, _ owner: FileOwner?, _ createIfMissing: Bool, _ allowUnsafe: Bool) throws ->
            (any VaultStorage)?
    /// The anchor of the vault in a home, kept in the user's state folder.
    package var anchors: @Sendable (_ home: String, _ stateFolder: String) -> any AnchorStore
    /// The note of when the owner tokens of the vault in a home end, kept in the user's state folder.
    package var tokenNotes: @Sendable (_ home: String, _ stateFolder: String) -> any TokenNoteStore
    package var exportFiles: @Sendable (_ home: String, _ owner: FileOwner?) -> any DeliveryTarget
    /// What lies in an export file that the vault did not make; nil where there is none. At most 16 KiB, without one line
    /// end at its end.
    package var adoptableFile: @Sendable (_ home: String, _ name: String) throws -> SharedSecret?
    package var localAPI: @Sendable (LocalAPIInputs) throws -> any DeliveryTarget & ServiceDirectory
    package var gateway: @Sendable (GatewayInputs) throws -> any DeliveryTarget & ConnectionDirectory
    package var openClaw: @Sendable () -> any DeliveryTarget & ConfigurationEditor
    package var sigilumAPI: @Sendable (SigilumAPIInputs) throws -> any CredentialIssuer & AccountDirectory

    /// How the gateway is; of a connection too, where one is named.
    package var gatewayCheckup: @Sendable (GatewayInputs, Slug?) async throws -> EndpointCheckup
    /// How the gateway is, and what it has; about the key too, where a connection is named.
    package var gatewayOverview: @Sendable (GatewayInputs, Slug?) async throws -> GatewayOverview
    /// How the API over HTTP is.
    package var apiCheckup: @Sendable (SigilumAPIInputs) async throws -> EndpointCheckup
    /// What connections a gateway has.
    package var gatewayConnections: @Sendable (GatewayInputs) async throws -> [ListedConnection]
    /// A gateway where a secret can be tried before it goes live.
    package var gatewayTrials: @Sendable (GatewayInputs) throws -> any SecretTrials
    package var machine: Machine
    /// Where unlocked vaults are kept; a test has none unless it says so.
    package var keyring: KeyringStore
    /// Everything that the gateway keeps, by name.
    package var gatewayHoldings: @Sendable (GatewayInputs) async throws -> GatewayHoldings = { inputs in
        throw DeliveryFailure.unreachable(endpoint: inputs.adminURL)
    }

    package init(
        storage: @escaping @Sendable (Folder, FileOwner?, Bool, Bool) throws -> (any VaultStorage)?,
        anchors: @escaping @Sendable (String, String) -> any AnchorStore,
        exportFiles: @escaping @Sendable (String, FileOwner?) -> any DeliveryTarget,
        adoptableFile: @escaping @Sendable (String, String) throws -> SharedSecret?,
        localAPI: @escaping @Sendable (LocalAPIInputs) throws -> any DeliveryTarget & ServiceDirectory,
        gateway: @escaping @Sendable (GatewayInputs) throws -> any DeliveryTarget & ConnectionDirectory,
        openClaw: @escaping @Sendable () -> any DeliveryTarget & ConfigurationEditor,
        sigilumAPI: @escaping @Sendable (SigilumAPIInputs) throws -> any CredentialIssuer & AccountDirectory,
        tokenNotes: @escaping @Sendable (String, String) -> any TokenNoteStore = { _, _ in NoTokenNotes() },
        gatewayCheckup: @escaping @Sendable (GatewayInputs, Slug?) async throws -> EndpointCheckup = { inputs, _ in
            EndpointCheckup(failure: .unreachable(endpoint: inputs.adminURL), time: nil)
        },
        gatewayOverview: @escaping @Sendable (GatewayInputs, Slug?) async throws -> GatewayOverview = { inputs, _ in
            var overview = GatewayOverview()
            overview.failure = .unreachable(endpoint: inputs.adminURL)
            return overview
        },
        apiCheckup: @escaping @Sendable (SigilumAPIInputs) async throws -> EndpointCheckup = { inputs in
            EndpointCheckup(failure: .unreachable(endpoint: inputs.baseURL), time: nil)
        },
        gatewayConnections: @escaping @Sendable (GatewayInputs) async throws -> [ListedConnection] = { inputs in
            throw DeliveryFailure.unreachable(endpoint: inputs.adminURL)
        },
        gatewayTrials: @escaping @Sendable (GatewayInputs) throws -> any SecretTrials = { inputs in
            throw DeliveryFailure.unreachable(endpoint: inputs.adminURL)
        },
        machine: Machine = .live(sqlite: "unknown"), keyring: KeyringStore = .none
    ) {
        self.storage = storage
        self.anchors = anchors
        self.exportFiles = exportFiles
        self.adoptableFile = adoptableFile
        self.localAPI = localAPI
        self.gateway = gateway
        self.openClaw = openClaw
        self.sigilumAPI = sigilumAPI
        self.tokenNotes = tokenNotes
        self.gatewayCheckup = gatewayCheckup
        self.gatewayOverview = gatewayOverview
        self.apiCheckup = apiCheckup
        self.gatewayConnections = gatewayConnections
        self.gatewayTrials = gatewayTrials
        self.machine = machine
        self.keyring = keyring
    }
}
