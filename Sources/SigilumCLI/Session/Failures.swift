internal import Glibc
internal import VaultCore

extension VaultError: FailureConvertible {
    /// Damage is 65, a wrong key 77, what is not there 66, what cannot be written 73, what others hold 75.
    package var failure: Failure {
        switch self {
        case .integrity(let damage):
            return Failure(
                .damaged, code: "integrity",
                "\(plain: damage.isOfExport ? "Log" : "Vault") integrity: \(plain: damage.text)",
                hints: Self.hints(damage))
        case .wrongKey:
            return Failure(.unsafe, code: "wrong-key", "The master key does not open this vault")
        case .noVault:
            return Failure(
                .missing, code: "no-vault", "There is no vault", hints: ["make one:  \(command: ["vault", "init"])"])
        case .noSuchEntry(let name):
            return Failure(
                .missing, code: "no-such-entry", "No such entry: \(MisplacedSecret.shown(name.text))",
                hints: ["see what there is:  \(command: ["vault", "list"])"])
        case .noSuchVersion(let name, let version):
            return Failure(
                .missing, code: "no-such-version", "No version \(version) of entry: \(name.text)",
                hints: ["see its versions:  \(command: ["vault", "history", name.text])"])
        case .entryExists(let name):
            return Failure(.usage, code: "entry-exists", "There is such an entry already: \(name.text)")
        case .valueTooLarge:
            return .usage("The value is longer than 16 KiB", hints: ["nothing was stored"])
        case .notMovable(let name):
            return .usage(
                "Only a user's own entry can be moved, and only to a name of that kind: \(name.text)",
                hints: ["entries of services and owners have fixed names"])
        case .storage(let error): return error.failure
        case .notEnoughMemory:
            return Failure(
                .busy, code: "not-enough-memory", "Not enough memory to stretch the passphrase",
                hints: ["it takes 256 MiB for half a second; nothing was changed"])
        case .keysChanged:
            return Failure(
                .busy, code: "busy", "Another process gave the vault another data key meanwhile",
                hints: ["nothing was changed; try again"])
        }
    }

    private static func hints(_ damage: Damage) -> [Message] {
        let safe: Message = "nothing was changed and nothing was released"
        switch damage {
        case .vaultGone, .otherVault, .rolledBack, .forked:
            return [
                safe, "if this was done on purpose (a restore, a move), accept it:",
                "  \(command: ["vault", "anchor", "show"])",
                "  \(command: ["vault", "anchor", "accept", "--confirm", "VAULT_ID"])",
            ]
        case .logFile:
            return ["it is the file that is damaged, or no export: use another copy of the export"]
        case .otherExport:
            return ["use an export of this vault; if it is one, this vault was exchanged for another"]
        default: return [safe, "see all of it:  \(command: ["vault", "verify"])", "then put a backup in its place"]
        }
    }
}

extension Damage {
    /// Whether what is wrong is an exported log that was given, and no vault.
    var isOfExport: Bool { self == .logFile || self == .otherExport }
}

extension StorageError: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .busy:
            Failure(
                .busy, code: "busy", "The vault is in use by another process", hints: ["nothing was changed; try again"]
            )
        case .full: Failure(.cannotWrite, code: "disk-full", "The disk is full", hints: ["nothing was changed"])
        case .readOnly:
            Failure(
                .cannotWrite, code: "read-only", "The vault cannot be written",
                hints: ["nothing was changed; see the permissions of its folder"])
        case .damaged: VaultError.integrity(.store).failure
        case .foreignSchema: VaultError.integrity(.schema).failure
        case .newerFormat:
            Failure(
                .configuration, code: "newer-format", "The vault was made by a newer version of this program",
                hints: ["nothing was changed; update the program"])
        case .headMoved: Failure(.busy, code: "busy", "The vault was changed meanwhile", hints: ["try again"])
        case .failed(let code):
            Failure(
                .cannotWrite, code: "storage", "The vault's file cannot be read or written: SQLite code \(code)",
                hints: ["nothing was changed"])
        }
    }
}

extension NameError: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .malformedLabel:
            .usage("Not a name: 3 to 64 of a-z, 0-9 and -, with no - at either end")
        case .wrongLength: .usage("An entry's name has 1 to 200 bytes")
        case .controlCharacter: .usage("An entry's name has no control characters")
        case .malformedPath: .usage("An entry's name has no empty, . or .. part, and no / at either end")
        }
    }
}

extension ServiceError: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .otherNamespace(let namespace):
            .usage(
                "This slug belongs to another namespace of this home: \(namespace.text)",
                hints: ["use another slug, or another home (--sigilum-home)", "nothing was changed"])
        case .baseURLRequired:
            .usage("Gateway mode requires --upstream-base-url", hints: ["nothing was changed"])
        case .noConnection(let slug):
            Failure(
                .missing, code: "no-connection", "Gateway connection not found: \(slug.text)",
                hints: [
                    "make it:  \(command: ["service", "add", "--service-slug", slug.text, "--mode", "gateway", "--upstream-base-url", "URL"])"
                ])
        case .noSuchService(let slug):
            Failure(
                .missing, code: "no-such-service", "No such service: \(slug.text)",
                hints: ["see what there is:  \(command: ["service", "list"])"])
        case .registeredNowhere(let slug):
            Failure(
                .missing, code: "registered-nowhere", "Service is registered nowhere: \(slug.text)",
                hints: [
                    "its API key was removed everywhere; register it again:  \(command: ["service", "add", "--service-slug", slug.text])",
                    "nothing was changed",
                ])
        case .registeredElsewhere(let isManaged):
            .usage(
                isManaged
                    ? "This service is registered at the API, not in the local database"
                    : "This service is registered in the local database, not at the API",
                hints: [
                    isManaged ? "set SIGILUM_MODE=managed" : "unset SIGILUM_MODE, or use another slug",
                    "nothing was changed",
                ])
        case .keyIsIssued(let slug):
            .usage(
                "The API makes the keys of this service: none can be given",
                hints: [
                    "ask for a new one:  \(command: ["service", "key", "rotate", "--service-slug", slug.text])",
                    "nothing was changed",
                ])
        case .secretInUse(let name, let others):
            .usage(
                "The connection uses this secret: \(name.text)",
                hints: [
                    "it has others too, which need it: \(others.map(\.text).joined(separator: ", "))",
                    "remove those first, or let the connection use another: service add --upstream-secret-key KEY",
                    "nothing was removed",
                ])
        case .malformedSecretKey: .usage("A secret key is 1 to 64 letters, digits, _, . and -")
        }
    }
}

extension DeliveryFailure: FailureConvertible {
    package var failure: Failure { failure(hints: []) }

    /// Whether a further sync alone changes nothing: the user has to decide something first.
    var needsDecision: Bool {
        switch self {
        case .notOurs, .wouldLoseSecrets, .ownSecretMissing, .unsuitableSecret, .credentialRevoked, .conflict: true
        default: false
        }
    }

    /// What the other side is called; `kind` is nil where that is not known.
    private static func name(_ kind: TargetKind?) -> String {
        switch kind {
        case .sigilumAPI: "API"
        case .localAPI: "local API's database"
        case .openClaw: "configuration of OpenClaw"
        case .exportFile: "file"
        case .gateway, nil: "gateway"
        }
    }

    /// What brings a service a key that is active.
    static func newKey(_ slug: Slug) -> Message {
        "ask for a new one:  \(command: ["service", "key", "rotate", "--service-slug", slug.text])"
    }

    private static let newKey: Message =
        "ask for a new one:  \(command: ["service", "key", "rotate", "--service-slug", "SLUG"])"

    /// What could not be done where, then `hints`, then what mends it. `path` is the file's, where `target` is one.
    func failure(
        hints first: [Message], namespace: Namespace? = nil, target: TargetKind? = nil, path: String? = nil,
        service: Slug? = nil
    ) -> Failure {
        let login: Message = "get a new one:  \(command: ["auth", "login", "--mode", "managed", "--owner-token-stdin"])"
        switch self {
        case .unreachable(let endpoint) where target == .sigilumAPI:
            return Failure(
                .unavailable, code: "api-unreachable", "API not reachable: \(endpoint)",
                hints: first + ["check it:  curl \(endpoint)"])
        case .unreachable(let endpoint):
            return Failure(
                .unavailable, code: "gateway-unreachable", "Gateway admin not reachable: \(endpoint)",
                hints: first + [
                    "start it:  \(command: ["gateway", "start"] + (namespace.map { ["--namespace", $0.text] } ?? []))",
                    "check it:  curl \(endpoint)/health",
                ])
        case .httpLibraryMissing:
            return Failure(
                .unavailable, code: "http-library-missing", "libcurl is not on this machine, or older than 7.85",
                hints: first + ["install it:  sudo apt-get install -y libcurl4"])
        case .adminTokenRequired:
            return Failure(
                .refused, code: "admin-token-required", "Gateway refused: admin token required",
                hints: first + ["set GATEWAY_ADMIN_TOKEN to the gateway's admin token"])
        case .differentMasterKey:
            return Failure(
                .refused, code: "different-master-key", "Gateway refused: it runs with another master key",
                hints: first + ["start the gateway with the key of this vault"])
        case .notOurs where target == .exportFile:
            return Failure(
                .refused, code: "edited-file", "The file was edited: it holds what the vault does not know",
                hints: first + ["the file was not touched; move it away, then run:  \(command: ["vault", "sync"])"])
        case .notOurs:
            return Failure(
                .refused, code: "not-ours", "Something of that name is there already, and this vault did not make it",
                hints: first + [
                    "take it over with an explicit secret: --upstream-secret-env NAME or --upstream-secret-file FILE"
                ])
        case .tokenOverPlainHTTP(let endpoint):
            return Failure(
                .configuration, code: "token-over-http", "The admin token is not sent over plain http: \(endpoint)",
                hints: first + ["use https, or a gateway on this machine"])
        case .unsuitableSecret:
            return .usage(
                "The \(plain: Self.name(target)) cannot be given this value: it is not UTF-8", hints: first)
        case .ownSecretMissing:
            return Failure(
                .refused, code: "own-secret-missing", "The vault does not have the connection's own secret",
                hints: first + ["the connection cannot be made without it: store it first (service secret set)"])
        case .wouldLoseSecrets(let count):
            return Failure(
                .refused, code: "would-lose-secrets",
                "The gateway's connection has \(count) further secrets that this vault does not know",
                hints: first + ["making it anew would lose them; store them in the vault first"])
        case .refused(let status, let code):
            return Failure(
                .refused, code: "refused", "Refused with status \(status)\(plain: code.map { ": " + $0 } ?? "")",
                hints: first)
        case .wrongAnswer(let how):
            let name = Self.name(target)
            return Failure(
                .refused, code: "wrong-answer", "The \(plain: name) answered something wrong: \(plain: how.rawValue)",
                hints: first
                    + (target == .localAPI ? [] : ["see that the address is the \(plain: name)'s own"]))
        case .busy where target?.isFile == true:
            return Failure(
                .busy, code: "busy", path.map { "Another program writes it all the time: \($0)" } ?? "A file is in use",
                hints: first + ["close what writes it, an editor perhaps, and try again"])
        case .busy: return Failure(.busy, code: "busy", "The other side is busy", hints: first)
        case .cannotWrite(let path, let number):
            return Failure(
                .cannotWrite, code: "cannot-write", "Cannot write \(path): \(plain: String(cString: strerror(number)))",
                hints: first)
        case .unsafePath(let path, let reason):
            return Failure(.unsafe, code: "unsafe-path", "Not safe to write: \(path): \(plain: reason)", hints: first)
        case .unsuitableDatabase(let path, let missing):
            return Failure(
                .configuration, code: "unsuitable-database", "The API database cannot be used: \(path)",
                hints: first + (missing.isEmpty ? [] : ["it lacks: \(missing.joined(separator: ", "))"]))
        case .emailTaken:
            return Failure(
                .refused, code: "email-taken", "The e-mail belongs to the user of another namespace",
                hints: first + ["give another: --email ADDRESS"])
        case .helperFailed(let program, let status):
            return Failure(
                .refused, code: "helper-failed", "\(program) failed with status \(status)", hints: first)
        case .ownerTokenRequired:
            return Failure(
                .usage, code: "owner-token-required", "Managed mode requires an explicit owner JWT.",
                hints: first + [
                    "store one:  \(command: ["auth", "login", "--mode", "managed", "--owner-token-stdin"]) < FILE"
                ])
        case .ownerTokenExpired:
            return Failure(
                .refused, code: "owner-token-expired", "API refused: the owner token has expired",
                hints: first + [login])
        case .ownerTokenRefused:
            return Failure(
                .refused, code: "owner-token-refused", "API refused: it does not take the owner token",
                hints: first + [login])
        case .ownerTokenMalformed:
            return .usage("SIGILUM_OWNER_TOKEN is no owner token that can be used", hints: first + [login])
        case .ownerTokenOfOther(let namespace):
            return .usage(
                "The owner token belongs to another namespace than: \(namespace.text)",
                hints: first + ["it was not sent; unset SIGILUM_OWNER_TOKEN, or set that of the namespace", login])
        case .ownerTokenElsewhere(let endpoint):
            return Failure(
                .configuration, code: "token-elsewhere", "The owner token is not known to be for this API: \(endpoint)",
                hints: first + [
                    "it was not sent",
                    "sign in there:  \(command: ["auth", "login", "--mode", "managed", "--owner-token-stdin", "--api-url", endpoint])",
                    "or say that it is:  --api-url \(endpoint)",
                ])
        case .ownerTokenOverPlainHTTP(let endpoint):
            return Failure(
                .configuration, code: "token-over-http", "The owner token is not sent over plain http: \(endpoint)",
                hints: first + ["use https, or say --allow-insecure-http"])
        case .limitReached(let limit):
            return Failure(
                .refused, code: "limit-reached",
                limit == .services
                    ? "API refused: the account has as many services as it may have"
                    : "API refused: the service has as many keys as it may have",
                hints: first + [
                    limit == .services
                        ? "see them:  \(command: ["service", "list"])"
                        : "revoke one that is not used any more in the dashboard"
                ])
        case .conflict:
            return Failure(
                .refused, code: "conflict", "API refused: another service has that slug already",
                hints: first + ["use another slug"])
        case .tryLater(let seconds):
            return Failure(
                .busy, code: "try-later", "The \(plain: Self.name(target)) asks to be left alone",
                hints: first + (seconds.map { ["try again in \($0) seconds"] } ?? ["try again later"]))
        case .credentialRevoked:
            return Failure(
                .refused, code: "credential-revoked", "The service's API key is not active at the API",
                hints: first + ["it was revoked there, or never made there", service.map(Self.newKey) ?? Self.newKey])
        case .unparseable(let path, let line, let column):
            return Failure(
                .damaged, code: "unparseable", "Not JSON5: \(path): line \(line), column \(column)",
                hints: first + ["the file was not changed"])
        case .tooDeep(let path, let limit, let line, let column):
            return Failure(
                .damaged, code: "too-deep",
                "Nested deeper than \(limit) levels, which is not read: \(path): line \(line), column \(column)",
                hints: first + ["the file was not changed"])
        case .inTheWay(let path, let member):
            return Failure(
                .configuration, code: "in-the-way", "Not an object in \(path): \(member)",
                hints: first + ["the file was not changed"])
        }
    }
}
