internal import Glibc
internal import OwnerToken
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// What `auth login` and `auth refresh` do: a token, taken or made, then stored, then delivered.
struct OwnerLogin {
    let options: AuthOptions
    let vault: VaultOptions
    let context: Context

    /// Everything that can be wrong is found before anything is made or stored.
    func report() async throws -> Report {
        let surroundings = Surroundings(context)
        let config = try ConfigFile.load(surroundings)
        let mode = try DeploymentMode.forAuth(option: options.mode, surroundings)
        let existing = try Session.openIfThere(context, vault)
        let namespace = try Session.namespace(
            context, surroundings, option: options.namespace, openClawHome: options.openClaw.openclawHome,
            session: existing)
        let api = try mode.apiURL(option: options.apiUrl, config: config, surroundings: surroundings)
        try refusePlainHTTP(api)
        let (places, found) = try await findPlaces(namespace, api, existing, config, surroundings)
        let given = try givenToken(mode, namespace, surroundings)
        let lifetime = try options.lifetime(mode, surroundings)
        let email = try email(surroundings)
        if let (path, settings) = places.configuration {
            try context.openers.openClaw().check(path: path, settings: settings)
        }

        if options.tokenFile == nil { try secureFolder(of: places.file, surroundings) }
        let session: Session
        let token: SharedSecret
        var owner: String?
        var targets: [any DeliveryTarget] = []
        if let given {
            session = try existing ?? Session.open(context, vault, for: .storing)
            token = given
        } else {
            let secret = try JWTSecret.resolve(surroundings, homeOwner: existing?.home.owner) {
                try existing?.localSecret()
            }
            let address = try address(email, of: namespace, existing, config, surroundings)
            session = try existing ?? Session.open(context, vault, for: .storing)
            let database = try session.localAPI(option: options.apiDb)
            token = try sign(namespace, address, lifetime, secret: secret.secret, by: database)
            owner = address
            targets.append(database)
        }
        // Also where it is stored already: a run that was killed may not have noted it.
        context.tokens.touched(.ownerToken(namespace))
        let outcome = try session.vault.saveOwnerToken(
            token, of: namespace, origin: given == nil ? .generated : .given, adopting: found, email: owner,
            address: api, places: places)
        if found != nil {
            surroundings.say(.info("Taken over from its file, as a version of: \(outcome.name.text)"))
        }
        if mode == .managed { try session.rememberAPI(api) }
        targets += [session.exportFiles(), context.openers.openClaw()]
        let reconciler = session.reconciler(targets: targets)
        return try conclusion(
            mode, namespace, api, places, token, try await reconciler.reconcile(outcome.deliveries))
    }

    // MARK: The token

    /// The token of managed mode; nil where it is made here.
    private func givenToken(
        _ mode: DeploymentMode, _ namespace: Namespace, _ surroundings: Surroundings
    ) throws -> SharedSecret? {
        let argument = context.secret(options.ownerToken)
        guard mode == .managed else {
            guard argument == nil, !options.ownerTokenStdin else {
                throw Failure.usage("A token is given in managed mode only", hints: ["say --mode managed"])
            }
            return nil
        }
        guard argument == nil || !options.ownerTokenStdin else {
            throw Failure.usage("Use only one of: --owner-token, --owner-token-stdin")
        }
        var token = argument
        if options.ownerTokenStdin {
            token = try SecretSource.standardInput.read(surroundings, context.terminal)
        } else if token == nil {
            token = surroundings.environment.takeSecret("SIGILUM_OWNER_TOKEN")
        }
        guard let token, token.bytes.count > 0 else { throw DeliveryFailure.ownerTokenRequired.failure }
        try OwnerToken.parse(token.bytes).check(now: context.now() / 1000, namespace: namespace.text)
        return token
    }

    /// `--email`, `SIGILUM_OWNER_EMAIL`; nil: what the database has, else the namespace's own.
    private func email(_ surroundings: Surroundings) throws(Failure) -> String? {
        if let email = options.email { return try ServiceRules.email(email) }
        guard let email = surroundings.setting("SIGILUM_OWNER_EMAIL") else { return nil }
        return try ServiceRules.email(email, from: "SIGILUM_OWNER_EMAIL", .configuration)
    }

    /// The e-mail that the owner gets, which the database would take: asked before there is a home.
    private func address(
        _ email: String?, of namespace: Namespace, _ existing: Session?, _ config: ConfigFile,
        _ surroundings: Surroundings
    ) throws -> String {
        let home =
            try existing?.home.folder.path
            ?? HomeResolution.locate(option: vault.sigilumHome, config: config, surroundings: surroundings).path
        let database = try Session.localAPI(
            context, surroundings, option: options.apiDb, home: home, owner: existing?.home.owner)
        let known = try database.owner(namespace: namespace)?.email
        let address = email ?? known.flatMap { $0.isEmpty ? nil : $0 } ?? ServiceRules.defaultEmail(namespace)
        try database.checkOwner(namespace: namespace, email: address)
        return address
    }

    /// Makes or updates the owner, whose id the token is of, and signs.
    private func sign(
        _ namespace: Namespace, _ email: String, _ lifetime: Int64, secret: SharedSecret,
        by database: any ServiceDirectory
    ) throws -> SharedSecret {
        let subject = try database.ensureOwner(namespace: namespace, email: email)
        let now = context.now() / 1000
        let claims = OwnerClaims(
            subject: subject, email: email, namespace: namespace.text, issuer: OwnerToken.issuer,
            audience: [OwnerToken.audience], issuedAt: now, expiresAt: now + lifetime)
        return SharedSecret(try OwnerToken.sign(claims, secret: secret.bytes))
    }

    // MARK: Places

    /// The places of the token, and one that lies in its file already.
    private func findPlaces(
        _ namespace: Namespace, _ api: String, _ existing: Session?, _ config: ConfigFile, _ surroundings: Surroundings
    ) async throws -> (OwnerTokenPlaces, found: SharedSecret?) {
        let home =
            try existing?.home.folder.path
            ?? HomeResolution.locate(option: vault.sigilumHome, config: config, surroundings: surroundings).path
        let places = try DeliveryPlaces(existing, home: home)
        let named = options.tokenFile
        guard named != "" else { throw Failure.usage("--token-file is empty") }
        guard named?.hasSuffix("/") != true else { throw Failure.usage("--token-file is not the name of a file") }
        let file = try await TokenFile(
            named.map(surroundings.absolute) ?? options.openClaw.tokenFile(of: namespace, surroundings),
            isNamed: named != nil, of: namespace, in: existing, places: places)
        guard options.writeOpenclaw == .true else {
            guard options.enableAuthzNotify == .preserve else {
                throw Failure.usage("--enable-authz-notify needs --write-openclaw true", hints: ["nothing was changed"])
            }
            return (OwnerTokenPlaces(file: file.path, configuration: nil), file.found)
        }
        guard options.config != "" else { throw Failure.usage("--config is empty") }
        let path =
            try options.config.map(surroundings.absolute)
            ?? options.openClaw.folder(surroundings) + "/openclaw.json"
        try places.refuseOwnFile(path, options.config == nil ? "OpenClaw's configuration" : "--config")
        guard !DeliveryPlaces.isSame(path, file.path, .openClaw) else {
            throw Failure.usage("--token-file and --config name the same file", hints: ["nothing was changed"])
        }
        let settings = [
            "namespace": namespace.text, "api_url": api, "authz_notify": options.enableAuthzNotify.rawValue,
        ]
        let key = places.known(.openClaw, at: path)?.id.key ?? path
        return (OwnerTokenPlaces(file: file.path, configuration: (key, settings)), file.found)
    }

    /// OpenClaw's folder for tokens is 0700. One of another user's is not used: whose it is may put another file there.
    private func secureFolder(of file: String, _ surroundings: Surroundings) throws {
        guard let slash = file.lastIndex(of: "/"), let folder = try? Folder.open(String(file[..<slash])),
            let status = try? folder.status, status.mode != 0o700
        else { return }
        guard status.uid == surroundings.user || surroundings.user == 0 else {
            return try SafetyCheck(surroundings).judge([
                PathFinding(path: folder.path, problem: .foreignOwner, severity: .refuse, mend: nil)
            ])
        }
        do throws(FileError) {
            try folder.makePrivate()
        } catch {
            throw error.failure
        }
        surroundings.say(.warn("The folder of the token was open to others; it is 0700 now: \(folder.path)"))
    }

    /// The hook, and every managed call, would send the token to that address.
    private func refusePlainHTTP(_ api: String) throws {
        let address = try Address.parse(api, from: "--api-url", .usage)
        guard address.isEncrypted || address.isLoopback || options.allowInsecureHttp else {
            let failure = DeliveryFailure.ownerTokenOverPlainHTTP(endpoint: api)
            throw failure.failure(hints: ["nothing was changed"])
        }
    }

    // MARK: The end

    private func conclusion(
        _ mode: DeploymentMode, _ namespace: Namespace, _ api: String, _ places: OwnerTokenPlaces,
        _ token: SharedSecret, _ outcomes: [DeliveryOutcome]
    ) throws -> Report {
        var fields = [
            Field("mode", .plain(mode.rawValue)), Field("namespace", .plain(namespace.text)),
            Field("api", .untrusted(api)), Field("token_file", context.shown(path: places.file)),
        ]
        if let configuration = places.configuration {
            fields += [
                Field("openclaw_config", context.shown(path: configuration.path)),
                Field("authz_notify_enabled", .plain(options.enableAuthzNotify.rawValue)),
            ]
        }
        let value = Value.secret(token, prefix: "")
        let isPrinted = options.printToken == .true || options.tokenOnly
        var conclusion = Conclusion(
            done: "Namespace-owner token ready.", saved: "Namespace-owner token saved, not delivered.",
            fields: fields, lines: isPrinted ? [.info("JWT:"), .value(value)] : [], outcomes: outcomes)
        conclusion.json = .object(
            fields.map { ($0.key, $0.value.json) } + (isPrinted ? [("jwt", value.json)] : []))
        conclusion.showsSecrets = isPrinted
        if options.tokenOnly {
            conclusion.bare = token
            conclusion.isAlwaysBare = true
        }
        return try conclusion.report()
    }
}
