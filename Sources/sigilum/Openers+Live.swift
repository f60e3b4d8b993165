internal import ExportFiles
internal import Gateway
internal import LocalAPI
internal import OpenClaw
internal import SafeFiles
internal import SecureMemory
internal import SigilumAPI
internal import SigilumCLI
internal import VaultCore
internal import VaultStore

extension Openers {
    /// What stands behind the commands. Nothing is opened, and no library of the network loaded, before a command asks.
    static var live: Openers {
        var openers = Openers(
            storage: { home, owner, createIfMissing, allowUnsafe in
                do throws(VaultFileError) {
                    return try SQLiteVaultStorage.open(
                        home: home, owner: owner, createIfMissing: createIfMissing, allowUnsafe: allowUnsafe)
                } catch {
                    switch error {
                    case .file(let file): throw file
                    case .storage(let storage): throw VaultError.storage(storage)
                    }
                }
            },
            anchors: { home, stateFolder in FileAnchorStore(folder: stateFolder + "/anchors", vault: home + "/vault.db")
            },
            exportFiles: { home, owner in ExportFileTarget(home: home, owner: owner) },
            adoptableFile: { home, name in
                guard let found = try ExportFileTarget(home: home, owner: nil).adoptableFile(name) else { return nil }
                return SharedSecret(found)
            },
            localAPI: { localAPI($0) },
            gateway: { inputs in
                let program = inputs.program.map { program in
                    GatewayCommandLine(
                        program: program.path, dataDirectory: program.dataDirectory, masterKey: program.masterKey,
                        beforeSecretsInArguments: inputs.warnOfArguments)
                }
                return try gateway(inputs, commandLineFallback: program)
            },
            openClaw: { OpenClawTarget() },
            sigilumAPI: { try api($0) },
            tokenNotes: { home, stateFolder in
                FileTokenNoteStore(folder: stateFolder + "/tokens", vault: home + "/vault.db")
            },
            machine: .live(sqlite: SQLiteLibrary.version), keyring: .kernel)
        openers.gatewayCheckup = { inputs, connection in await (try gateway(inputs)).checkUp(connection: connection) }
        openers.gatewayOverview = { inputs, connection in await (try gateway(inputs)).overview(connection: connection) }
        openers.gatewayConnections = { inputs in try await gateway(inputs).listedConnections() }
        openers.gatewayTrials = { inputs in try gateway(inputs) }
        openers.gatewayHoldings = { inputs in try await gateway(inputs).holdings() }
        openers.apiCheckup = { inputs in await (try api(inputs)).checkUp() }
        return openers
    }

    private static func gateway(
        _ inputs: GatewayInputs, commandLineFallback: GatewayCommandLine? = nil
    ) throws -> GatewayTarget {
        try GatewayTarget(
            adminURL: inputs.adminURL, adminToken: inputs.adminToken, commandLineFallback: commandLineFallback)
    }

    private static func api(_ inputs: SigilumAPIInputs) throws -> SigilumAPITarget {
        try SigilumAPITarget(
            baseURL: inputs.baseURL, token: inputs.token, allowsInsecureHTTP: inputs.allowsInsecureHTTP)
    }

    private static func localAPI(_ inputs: LocalAPIInputs) -> LocalAPITarget {
        let location = LocalAPILocation.resolve(
            explicit: inputs.option,
            environment: { name in
                switch name {
                case "SIGILUM_API_DB": inputs.variable
                case "SIGILUM_SOURCE_HOME": inputs.sourceHome
                default: nil
                }
            }, workingDirectory: inputs.workingDirectory ?? inputs.home, home: inputs.home)
        return LocalAPITarget(
            location: location, owner: inputs.owner.map { ($0.uid, $0.gid) }, clock: inputs.now)
    }
}
