/// Which Sigilum API the command line works with.
enum DeploymentMode: String, Sendable, CaseIterable {
    /// The API that Sigilum runs.
    case managed
    /// One's own, on this machine.
    case ossLocal = "oss-local"

    /// The mode of `auth`: `--mode`, `SIGILUM_MODE`, managed.
    static func forAuth(option: String?, _ surroundings: Surroundings) throws(Failure) -> DeploymentMode {
        if let option {
            guard let mode = DeploymentMode(rawValue: option) else {
                throw .usage("--mode is neither managed nor oss-local")
            }
            return mode
        }
        return try fromEnvironment(surroundings) ?? .managed
    }

    /// Where services are registered: the HTTP API where `SIGILUM_MODE` is `managed`, else the local API database.
    static func forServices(_ surroundings: Surroundings) throws(Failure) -> DeploymentMode {
        try fromEnvironment(surroundings) ?? .ossLocal
    }

    private static func fromEnvironment(_ surroundings: Surroundings) throws(Failure) -> DeploymentMode? {
        guard let text = surroundings.setting("SIGILUM_MODE") else { return nil }
        guard let mode = DeploymentMode(rawValue: text) else {
            throw Failure(.configuration, code: "mode", "SIGILUM_MODE is neither managed nor oss-local")
        }
        return mode
    }

    /// The API's base URL: `--api-url`, `SIGILUM_API_URL`, the same in `config.env`, the default of the mode. Without
    /// slashes at its end.
    func apiURL(option: String?, config: ConfigFile, surroundings: Surroundings) throws(Failure) -> String {
        if let option { return try Address.parse(option, from: "--api-url", .usage).text }
        if let text = surroundings.setting("SIGILUM_API_URL") {
            return try Address.parse(text, from: "SIGILUM_API_URL", .configuration).text
        }
        if let text = config.value(.apiURL) {
            let source: Message = "SIGILUM_API_URL in \(config.path ?? "config.env")"
            return try Address.parse(text, from: source, .configuration).text
        }
        switch self {
        case .managed: return "https://api.sigilum.id"
        case .ossLocal: return "http://127.0.0.1:8787"
        }
    }
}

/// An address from an option or a setting.
enum Address {
    /// Parses an address; the failure names where it came from and nothing of it.
    static func parse(_ text: String, from source: Message, _ status: ExitStatus) throws(Failure) -> HTTPAddress {
        do throws(HTTPAddressError) {
            return try HTTPAddress(text)
        } catch {
            throw Failure(
                status, code: status == .usage ? "usage" : "address", "Not an address: \(source): \(error.rawValue)",
                hints: ["an address is http://HOST:PORT or https://HOST"])
        }
    }
}
