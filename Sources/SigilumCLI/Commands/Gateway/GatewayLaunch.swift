internal import Glibc
internal import SafeFiles
internal import SecureMemory
internal import Supervision
internal import VaultCore

/// A gateway that is about to take the place of this process.
struct GatewayLaunch {
    let program: String
    let inherited: InheritedState?
    let namespace: Namespace
    /// The Sigilum home, absolute.
    let home: String
    /// The API's base address.
    let api: String
    let address: ListenAddress
    let dataDirectory: String
    /// What its admin API is to ask for; nil where no token is set.
    let adminToken: SharedSecret?
    private var masterKey: SharedSecret?

    init(
        program: String, inherited: InheritedState?, namespace: Namespace, home: String, api: String,
        address: ListenAddress, dataDirectory: String, adminToken: SharedSecret?
    ) {
        self.program = program
        self.inherited = inherited
        self.namespace = namespace
        self.home = home
        self.api = api
        self.address = address
        self.dataDirectory = dataDirectory
        self.adminToken = adminToken
    }

    func with(_ masterKey: SharedSecret) -> GatewayLaunch {
        var launch = self
        launch.masterKey = masterKey
        return launch
    }

    /// Has the tool make the identity of the namespace, where there is none. The tool gets no secret.
    ///
    /// - Throws: 66 where it is not installed, 76 where it fails.
    func ensureIdentity(_ surroundings: Surroundings) throws(Failure) {
        let file = "\(home)/identities/\(namespace.text)/identity.json"
        guard !surroundings.exists(file) else { return }
        guard let tool = GatewayPrograms.find(GatewayPrograms.tool, surroundings) else {
            throw GatewayPrograms.missing(GatewayPrograms.tool, surroundings)
        }
        let environment = [
            ("GATEWAY_SIGILUM_HOME", home), ("GATEWAY_SIGILUM_NAMESPACE", namespace.text),
            ("GATEWAY_DATA_DIR", dataDirectory), ("SIGILUM_API_URL", api),
        ].map { (name: $0.0, value: SharedSecret(SecretBytes(copying: $0.1.utf8))) }
        do throws(ChildProcessError) {
            let result = try ChildProcess.run(
                [tool, "init-identity", "--namespace", namespace.text, "--home", home], environment: environment,
                errors: .inherited, outputLimit: 1 << 20, timeoutMilliseconds: 60_000)
            guard result.status == 0 else {
                throw ChildProcessError.cannotStart(program: tool, errno: result.status)
            }
        } catch {
            var reason: Message = "it could not be run"
            if case .cannotStart(_, let status) = error { reason = "it ended with status \(status)" }
            if case .timedOut = error { reason = "it was not done after 60 seconds" }
            throw Failure(
                .refused, code: "no-identity", "\(plain: GatewayPrograms.tool) made no identity: \(reason)",
                hints: [
                    "the identity would be: \(file)",
                    "make it yourself:  \(plain: GatewayPrograms.tool) init-identity --namespace \(namespace.text) --home \(ProgramName.quote(home))",
                    "nothing was started and no key was handed over",
                ])
        }
        surroundings.say(
            surroundings.exists(file)
                ? .info("Made the identity of \(namespace.text): \(file)")
                : .warn("\(plain: GatewayPrograms.tool) init-identity succeeded, and there is no \(file)"))
    }

    /// Where the vault's key comes from is nothing to the gateway, whose key may be another one.
    private static let vaultsOwn: Set<String> = ["GATEWAY_MASTER_KEY_FILE", "GATEWAY_MASTER_KEY_COMMAND"]

    /// Becomes the gateway: same process, no descriptor more, and nothing of this program stays.
    ///
    /// - Returns: Only where that failed: why.
    func become() -> Failure {
        guard let inherited, let masterKey else { return Failure.usage("No command can be run here") }
        var secrets = [(name: "GATEWAY_MASTER_KEY", value: masterKey)]
        if let adminToken { secrets.append(("GATEWAY_ADMIN_TOKEN", adminToken)) }
        let plain = [
            (name: "GATEWAY_SIGILUM_HOME", value: home), ("GATEWAY_SIGILUM_NAMESPACE", namespace.text),
            ("SIGILUM_NAMESPACE", namespace.text), ("SIGILUM_API_URL", api), ("GATEWAY_ADDR", address.text),
            ("GATEWAY_DATA_DIR", dataDirectory),
        ]
        let command = Command(
            path: program, words: [program],
            environment: CommandEnvironment(plain: plain, secrets: secrets, removed: Self.vaultsOwn),
            inherited: inherited)
        var reason = "it cannot be run"
        if case .notExecutable(let number) = command.become() { reason = String(cString: strerror(number)) }
        return Failure(
            .configuration, code: "gateway-not-executable", "Cannot run \(program): \(plain: reason)",
            hints: ["the gateway was not started; the log says that its key was handed over"])
    }
}
