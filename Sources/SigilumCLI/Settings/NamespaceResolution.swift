internal import VaultCore

/// Which namespace a command is about.
enum NamespaceResolution {
    /// Variables of the environment that name it, in order.
    private static let variables = ["SIGILUM_NAMESPACE", "GATEWAY_SIGILUM_NAMESPACE"]

    /// The namespace, from the first of: the option, the environment, `config.env`, OpenClaw's configuration, the one
    /// the vault was first used with, an answer on the terminal, the name of the user.
    ///
    /// - Parameters:
    ///   - option: The value of `--namespace`.
    ///   - config: What `config.env` says.
    ///   - openClawHome: The folder of `openclaw.json`.
    ///   - surroundings: The environment.
    ///   - firstUsed: The namespace that the vault was first used with; nil where there is none.
    ///   - ask: Asks on the terminal; nil where nobody can be asked.
    /// - Returns: The namespace; there is always one.
    /// - Throws: 64 for an option or an answer that is no namespace, 78 for a setting that is none, and where there is
    ///   nothing to take it from.
    static func resolve(
        option: String?, config: ConfigFile, openClawHome: String?, surroundings: Surroundings,
        firstUsed: () throws(Failure) -> Namespace?, ask: (() throws(Failure) -> String)?
    ) throws(Failure) -> Namespace {
        if let option { return try namespace(option, from: "--namespace", .usage) }
        for name in variables {
            if let text = surroundings.setting(name) { return try namespace(text, from: "\(name)", .configuration) }
        }
        for setting in [ConfigFile.Setting.namespace, .gatewayNamespace] {
            guard let text = config.value(setting) else { continue }
            return try namespace(text, from: "\(setting.rawValue) in \(config.path ?? "config.env")", .configuration)
        }
        if let openClawHome, let text = OpenClawNamespace.read(in: openClawHome, surroundings) {
            let path = OpenClawNamespace.path(in: openClawHome)
            return try namespace(text, from: "SIGILUM_NAMESPACE in \(path)", .configuration)
        }
        if let first = try firstUsed() { return first }
        if let ask { return try namespace(try ask(), from: "the answer", .usage) }
        if let user = userName(surroundings) { return user }
        throw unresolved(config: config, openClawHome: openClawHome, surroundings)
    }

    private static func namespace(_ text: String, from source: Message, _ status: ExitStatus) throws(Failure)
        -> Namespace
    {
        do throws(NameError) {
            return try Namespace(text)
        } catch {
            throw Failure(
                status, code: "namespace", "Not a namespace: \(source)",
                hints: ["a namespace is 3 to 64 of a-z, 0-9 and -, with no - at either end"])
        }
    }

    /// Root is many people, and no namespace of one.
    private static func userName(_ surroundings: Surroundings) -> Namespace? {
        guard surroundings.user != 0, let name = surroundings.setting("USER"), name != "root" else { return nil }
        return try? Namespace(name)
    }

    private static func unresolved(
        config: ConfigFile, openClawHome: String?, _ surroundings: Surroundings
    ) -> Failure {
        var hints: [Message] = [
            "give --namespace, or set SIGILUM_NAMESPACE or GATEWAY_SIGILUM_NAMESPACE"
        ]
        if let path = config.path { hints.append("or put SIGILUM_NAMESPACE=… into \(path)") }
        if let openClawHome {
            let path = OpenClawNamespace.path(in: openClawHome)
            hints.append("or set it in \(path): \(OpenClawNamespace.place)")
        }
        hints.append(
            surroundings.user == 0
                ? "looked too: the vault, which no namespace has used yet; root's variable USER is not used"
                : "looked too: the vault, which no namespace has used yet, and the variable USER")
        return Failure(.configuration, code: "no-namespace", "Unable to resolve the namespace", hints: hints)
    }
}
