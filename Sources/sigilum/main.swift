internal import ExportFiles
internal import Gateway
internal import Glibc
internal import LocalAPI
internal import OpenClaw
internal import SafeFiles
internal import SecureMemory
internal import SigilumAPI
internal import SigilumCLI
internal import VaultCore
internal import VaultStore

// Composition only: what stands behind the commands. Hardening first, then the secrets leave the command line and the
// environment, before anything can copy them.
let inherited = ProcessHardening.apply()
DescriptorLimit.require()
let intake = ArgumentIntake.live()
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
    anchors: { home, stateFolder in FileAnchorStore(folder: stateFolder + "/anchors", vault: home + "/vault.db") },
    exportFiles: { home, owner in ExportFileTarget(home: home, owner: owner) },
    adoptableFile: { home, name in
        guard let found = try ExportFileTarget(home: home, owner: nil).adoptableFile(name) else { return nil }
        return SharedSecret(found)
    },
    localAPI: { inputs in
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
    },
    gateway: { inputs in
        let program = inputs.program.map { program in
            GatewayCommandLine(
                program: program.path, dataDirectory: program.dataDirectory, masterKey: program.masterKey,
                beforeSecretsInArguments: inputs.warnOfArguments)
        }
        return try GatewayTarget(
            adminURL: inputs.adminURL, adminToken: inputs.adminToken, commandLineFallback: program)
    },
    openClaw: { OpenClawTarget() },
    sigilumAPI: { inputs in
        try SigilumAPITarget(
            baseURL: inputs.baseURL, token: inputs.token, allowsInsecureHTTP: inputs.allowsInsecureHTTP)
    },
    tokenNotes: { home, stateFolder in
        FileTokenNoteStore(folder: stateFolder + "/tokens", vault: home + "/vault.db")
    },
    gatewayCheckup: { inputs, connection in
        let gateway = try GatewayTarget(
            adminURL: inputs.adminURL, adminToken: inputs.adminToken, commandLineFallback: nil)
        return await gateway.checkUp(connection: connection)
    },
    gatewayOverview: { inputs, connection in
        let gateway = try GatewayTarget(
            adminURL: inputs.adminURL, adminToken: inputs.adminToken, commandLineFallback: nil)
        return await gateway.overview(connection: connection)
    },
    apiCheckup: { inputs in
        let api = try SigilumAPITarget(
            baseURL: inputs.baseURL, token: inputs.token, allowsInsecureHTTP: inputs.allowsInsecureHTTP)
        return await api.checkUp()
    },
    gatewayConnections: { inputs in
        try await GatewayTarget(
            adminURL: inputs.adminURL, adminToken: inputs.adminToken, commandLineFallback: nil
        ).listedConnections()
    },
    gatewayTrials: { inputs in
        try GatewayTarget(adminURL: inputs.adminURL, adminToken: inputs.adminToken, commandLineFallback: nil)
    }, machine: .live(sqlite: SQLiteLibrary.version), keyring: .kernel)
openers.gatewayHoldings = { inputs in
    try await GatewayTarget(adminURL: inputs.adminURL, adminToken: inputs.adminToken, commandLineFallback: nil)
        .holdings()
}
exit(await runSigilum(intake, .live(intake, openers: openers, inherited: inherited)))
