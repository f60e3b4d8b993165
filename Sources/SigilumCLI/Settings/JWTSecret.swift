internal import Glibc
internal import OwnerToken
internal import SafeFiles
internal import SecureMemory

/// What local owner tokens are signed with: the API's `JWT_SECRET`, to the byte.
struct JWTSecret: Sendable {
    /// Where it came from.
    enum Source: Sendable, Equatable {
        /// `JWT_SECRET`
        case environment
        /// `JWT_SECRET` in `apps/api/.dev.vars` of a checkout.
        case devVars(path: String)
        /// The vault entry `local-jwt-secret`.
        case vault

        /// What users read.
        var message: Message {
            switch self {
            case .environment: "the environment variable JWT_SECRET"
            case .devVars(let path): "JWT_SECRET in \(path)"
            case .vault: "the vault entry local-jwt-secret"
            }
        }
    }

    let secret: SharedSecret
    let source: Source

    /// The file in a checkout.
    private static let fileName = "apps/api/.dev.vars"
    private static let variable = "JWT_SECRET"

    /// The secret, from the first of these that has one: the variable `JWT_SECRET`, `apps/api/.dev.vars` of the
    /// checkout, the vault. What is set and empty is an error, not passed over. A weak one is used, with a warning.
    ///
    /// The checkout is the one that `SIGILUM_SOURCE_HOME` names, or else the nearest from the working directory upward
    /// that has the file; there, files of other users than this one and the home's owner are passed over.
    ///
    /// - Parameters:
    ///   - surroundings: The environment.
    ///   - homeOwner: Who owns the Sigilum home, where that is not this user.
    ///   - vaultEntry: Opens the entry `local-jwt-secret`; nil where there is none. Asked last, and only if needed.
    /// - Returns: The secret, which is not empty.
    /// - Throws: 77 where others may write the file, 78 where no secret is found or it is empty, or a line of the file
    ///   is no setting; and what `vaultEntry` throws.
    static func resolve(
        _ surroundings: Surroundings, homeOwner: FileOwner?, vaultEntry: () throws -> SharedSecret?
    ) throws -> JWTSecret {
        if let secret = surroundings.environment.takeSecret(variable) {
            return try JWTSecret(secret, .environment, surroundings)
        }
        if let path = try devVars(surroundings, homeOwner), let secret = try read(path, surroundings) {
            return try JWTSecret(secret, .devVars(path: path), surroundings)
        }
        if let secret = try vaultEntry() { return try JWTSecret(secret, .vault, surroundings) }
        throw failure("Unable to resolve JWT_SECRET")
    }

    private init(_ secret: SharedSecret, _ source: Source, _ surroundings: Surroundings) throws(Failure) {
        guard secret.bytes.count > 0 else {
            throw Self.failure("Unable to resolve JWT_SECRET: empty: \(source.message)")
        }
        switch OwnerToken.weakness(of: secret.bytes) {
        case .short:
            surroundings.say(
                .warn(
                    """
                    JWT_SECRET has fewer than \(OwnerToken.secretWidth) bytes (\(source.message)): whoever sees a token \
                    can find it by trying; make a better one:  openssl rand -base64 32
                    """))
        case .sample:
            surroundings.say(
                .warn(
                    """
                    JWT_SECRET is the published sample (\(source.message)): everybody can make tokens with it; make \
                    your own:  openssl rand -base64 32
                    """))
        case nil: break
        }
        self.secret = secret
        self.source = source
    }

    private static func failure(_ message: Message) -> Failure {
        Failure(
            .configuration, code: "no-jwt-secret", message,
            hints: [
                "set the one that the API uses:  export JWT_SECRET=\"$(openssl rand -base64 32)\"",
                "or write JWT_SECRET=… into \(plain: fileName) of the checkout that SIGILUM_SOURCE_HOME names",
                "or keep one in the vault:  \(command: ["vault", "generate", "local-jwt-secret"])",
            ])
    }

    // MARK: The file of a checkout

    private static func devVars(_ surroundings: Surroundings, _ homeOwner: FileOwner?) throws(Failure) -> String? {
        if let source = surroundings.setting("SIGILUM_SOURCE_HOME") {
            return try surroundings.absolute(source + "/" + fileName)
        }
        // Another user's file in a folder above (`/tmp`, say) must not decide what tokens are signed with.
        let trusted: Set<UInt32> = homeOwner.map { [surroundings.user, $0.uid] } ?? [surroundings.user]
        return surroundings.foldersUpward.lazy.map { Surroundings.tidy($0 + "/" + fileName) }
            .first { path in
                var (link, file) = (stat(), stat())
                guard lstat(path, &link) == 0, stat(path, &file) == 0 else { return false }
                return trusted.contains(link.st_uid) && trusted.contains(file.st_uid)
            }
    }

    /// The secret that stands in the file; nil where there is no file, or none in it.
    private static func read(_ path: String, _ surroundings: Surroundings) throws(Failure) -> SharedSecret? {
        let content: SecretBytes?
        do throws(FileError) {
            content = try readSecretThroughLinks(path, limit: ConfigFile.sizeLimit)
        } catch {
            throw error.failure
        }
        guard let content else { return nil }
        let secret: SecretBytes?
        do throws(ConfigFileError) {
            secret = try content.withBytes { (bytes) throws(ConfigFileError) in
                try ConfigFileParser.secret(variable, in: bytes)
            }
        } catch {
            throw Failure(
                .configuration, code: "config-file",
                "Configuration file \(path), line \(error.line): \(error.reason.rawValue)",
                hints: ["or set the environment variable JWT_SECRET, then the file is not read"])
        }
        guard let secret else { return nil }
        // Only now: a file without the secret may be anybody's to read.
        try SafetyCheck(surroundings).secretFile(path, .mounted)
        return SharedSecret(secret)
    }
}
