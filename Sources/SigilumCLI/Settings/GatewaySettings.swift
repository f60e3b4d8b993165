internal import SecureMemory

/// How the gateway is reached, and where its files are.
enum GatewaySettings {
    /// The admin address: `--gateway-admin-url`, `GATEWAY_ADMIN_URL`, `http://127.0.0.1:38100`. Plain http to another
    /// machine gets a warning, since secrets are sent there.
    static func adminAddress(option: String?, _ surroundings: Surroundings) throws(Failure) -> HTTPAddress {
        let source: Message = option == nil ? "GATEWAY_ADMIN_URL" : "--gateway-admin-url"
        let text = option ?? surroundings.setting("GATEWAY_ADMIN_URL") ?? "http://127.0.0.1:38100"
        let address = try Address.parse(text, from: source, option == nil ? .configuration : .usage)
        if !address.isEncrypted, !address.isLoopback {
            surroundings.say(.warn("\(source): plain http to another machine; secrets travel readable"))
        }
        return address
    }

    /// What the gateway's admin API is told as a bearer token: `GATEWAY_ADMIN_TOKEN`; nil where it is not set or empty.
    static func adminToken(_ surroundings: Surroundings) throws(Failure) -> SharedSecret? {
        guard let token = surroundings.environment.takeSecret("GATEWAY_ADMIN_TOKEN"), token.bytes.count > 0 else {
            return nil
        }
        do throws(HTTPValueError) {
            try HTTPValueRule.check(token.bytes, allowsVariableReference: true)
        } catch {
            throw Failure(
                .configuration, code: "admin-token",
                """
                GATEWAY_ADMIN_TOKEN cannot go into an HTTP header: it has a control character or a space at an end, or \
                is not UTF-8
                """)
        }
        return token
    }

    /// The gateway's data directory, and whether an option or variable named it: only then the gateway's own program
    /// may work on it.
    struct DataDirectory: Sendable, Equatable {
        /// Absolute.
        let path: String
        let isNamed: Bool
    }

    /// `--gateway-data-dir`, `GATEWAY_DATA_DIR`, `$XDG_DATA_HOME/sigilum-gateway`, `~/.local/share/sigilum-gateway`.
    static func dataDirectory(option: String?, _ surroundings: Surroundings) throws(Failure) -> DataDirectory {
        if let named = option ?? surroundings.setting("GATEWAY_DATA_DIR") {
            guard !named.isEmpty else { throw .usage("--gateway-data-dir is empty") }
            return DataDirectory(path: try surroundings.absolute(named), isNamed: true)
        }
        // The XDG specification has relative paths ignored.
        if let data = surroundings.setting("XDG_DATA_HOME"), data.hasPrefix("/") {
            return DataDirectory(path: Surroundings.tidy(data + "/sigilum-gateway"), isNamed: false)
        }
        let home = try surroundings.requireUserHome()
        return DataDirectory(path: Surroundings.tidy(home + "/.local/share/sigilum-gateway"), isNamed: false)
    }
}

/// OpenClaw's folder.
enum OpenClawHome {
    /// `--openclaw-home`, `OPENCLAW_HOME`, `~/.openclaw`; nil where none is named and the user has no home folder.
    static func locate(option: String?, _ surroundings: Surroundings) throws(Failure) -> String? {
        if let named = option ?? surroundings.setting("OPENCLAW_HOME") {
            guard !named.isEmpty else { throw .usage("--openclaw-home is empty") }
            return try surroundings.absolute(named)
        }
        return surroundings.userHome.map { Surroundings.tidy($0 + "/.openclaw") }
    }
}
