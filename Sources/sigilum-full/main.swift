internal import Gateway
internal import Glibc
internal import LocalAPI
internal import LocalWorld
internal import SafeFiles
internal import SecureMemory
internal import SigilumAPI
internal import SigilumCLI

// Composition only: what stands behind the commands. Hardening first, then the secrets leave the command line and the
// environment, before anything can copy them.
let inherited = ProcessHardening.apply()
DescriptorLimit.require()
let intake = ArgumentIntake.live()
var openers = Openers.local
openers.localAPI = { inputs in
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
openers.gateway = { inputs in
    let program = inputs.program.map { program in
        GatewayCommandLine(
            program: program.path, dataDirectory: program.dataDirectory, masterKey: program.masterKey,
            beforeSecretsInArguments: inputs.warnOfArguments)
    }
    return try GatewayTarget(
        adminURL: inputs.adminURL, adminToken: inputs.adminToken, commandLineFallback: program)
}
openers.sigilumAPI = { inputs in
    try SigilumAPITarget(
        baseURL: inputs.baseURL, token: inputs.token, allowsInsecureHTTP: inputs.allowsInsecureHTTP)
}
openers.gatewayCheckup = { inputs, connection in
    let gateway = try GatewayTarget(
        adminURL: inputs.adminURL, adminToken: inputs.adminToken, commandLineFallback: nil)
    return await gateway.checkUp(connection: connection)
}
openers.gatewayOverview = { inputs, connection in
    let gateway = try GatewayTarget(
        adminURL: inputs.adminURL, adminToken: inputs.adminToken, commandLineFallback: nil)
    return await gateway.overview(connection: connection)
}
openers.apiCheckup = { inputs in
    let api = try SigilumAPITarget(
        baseURL: inputs.baseURL, token: inputs.token, allowsInsecureHTTP: inputs.allowsInsecureHTTP)
    return await api.checkUp()
}
openers.gatewayConnections = { inputs in
    try await GatewayTarget(
        adminURL: inputs.adminURL, adminToken: inputs.adminToken, commandLineFallback: nil
    ).listedConnections()
}
openers.gatewayTrials = { inputs in
    try GatewayTarget(adminURL: inputs.adminURL, adminToken: inputs.adminToken, commandLineFallback: nil)
}
openers.gatewayHoldings = { inputs in
    try await GatewayTarget(adminURL: inputs.adminURL, adminToken: inputs.adminToken, commandLineFallback: nil)
        .holdings()
}
let context = Context.live(intake, openers: openers, inherited: inherited)
runToTheEnd { await runSigilum(intake, context) }
