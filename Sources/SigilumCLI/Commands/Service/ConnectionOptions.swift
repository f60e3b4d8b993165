internal import ArgumentParser
internal import VaultCore

/// How the gateway calls a service's upstream.
struct ConnectionOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("Where calls go: absolute http or https.", valueName: "url"))
    var upstreamBaseUrl: String?
    @Option(help: ArgumentHelp("bearer, header_key or query_param.", valueName: "mode"))
    var authMode: String?
    @Option(help: ArgumentHelp("The header, or the query parameter, that gets the secret.", valueName: "name"))
    var upstreamHeader: String?
    @Option(help: ArgumentHelp("What precedes the secret.", valueName: "text"))
    var authPrefix: String?
    @Option(help: ArgumentHelp("The secret's key within the connection.", valueName: "key"))
    var upstreamSecretKey: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("Days between rotations.", valueName: "days"))
    var rotationIntervalDays: Int?
    @Flag(inversion: .prefixedNo, help: "Write the connection's secret to an export file.")
    var export: Bool?

    /// Takes the options over, checked. `known` is the service as the vault has it.
    func fill(_ request: inout ServiceRequest, known: ServiceRecord?, say: (Remark) -> Void) throws {
        let mode = request.mode ?? known?.mode ?? .native
        let isAny =
            upstreamBaseUrl != nil || authMode != nil || upstreamHeader != nil || authPrefix != nil
            || upstreamSecretKey != nil || rotationIntervalDays != nil
        guard mode == .gateway || !isAny else {
            throw Failure.usage("Options of an upstream need --mode gateway", hints: ["nothing was stored"])
        }
        guard mode == .gateway else { return }
        request.baseURL = try upstreamBaseUrl.map { try ConnectionRules.baseURL($0, say: say) }
        if request.baseURL == nil, known?.connection == nil { throw ServiceError.baseURLRequired }
        request.authMode = try authMode.map { text in
            guard let mode = AuthMode(rawValue: text) else {
                throw Failure.usage("--auth-mode is bearer, header_key or query_param")
            }
            return mode
        }
        let auth = request.authMode ?? known?.connection?.authMode ?? .bearer
        request.header = try upstreamHeader.map { try ConnectionRules.header($0, for: auth) }
        request.prefix = try authPrefix.map(ConnectionRules.authPrefix)
        request.secretKey = try upstreamSecretKey.map(ConnectionRules.secretKey)
        request.rotationIntervalDays = try rotationIntervalDays.map(ConnectionRules.rotationIntervalDays)
        request.exportsSecret = export
    }
}
