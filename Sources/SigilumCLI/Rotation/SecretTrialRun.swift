internal import ArgumentParser
internal import SecureMemory
internal import VaultCore

/// `--try`, for the commands that store a new upstream secret.
struct TrialOptions: ParsableArguments, Sendable {
    @Option(
        name: .customLong("try"),
        help: ArgumentHelp(
            "Have the gateway call the upstream with the new secret first; where that fails nothing changes.",
            valueName: "METHOD PATH"))
    var call: String?

    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    /// The call; nil where none is asked for.
    func read() throws(Failure) -> TrialCall? {
        guard let call else { return nil }
        let words = call.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard words.count == 2, Self.methods.contains(words[0].uppercased()), words[1].hasPrefix("/"),
            words[1].utf8.count <= 2000, words[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw .usage(
                "--try takes a method and a path", hints: ["as in:  --try 'GET /v1/me'", "nothing was changed"])
        }
        return TrialCall(method: words[0].uppercased(), path: words[1])
    }
}

/// Tries a new secret of a connection before it is stored.
struct SecretTrialRun {
    let session: Session
    let options: DeliveryOptions

    /// Has the gateway make the call on a connection of its own, which is taken away afterwards.
    ///
    /// - Parameters:
    ///   - value: The new secret.
    ///   - name: The entry that is to have it: the secret that a connection uses.
    ///   - call: What is called.
    /// - Throws: 64 where it cannot be tried, 69 where no gateway answers, 76 where the secret does not work.
    func perform(_ value: SharedSecret, as name: EntryName, _ call: TrialCall) async throws {
        let service = try service(of: name)
        guard !options.network.offline else { throw Failure.usage("Use only one of: --try, --offline") }
        let gateway = try session.context.openers.gatewayTrials(
            Session.gatewayInputs(session.context, session.surroundings, options.gateway))
        let reconciler = session.reconciler(targets: [gateway])
        let result: TrialOutcome
        do {
            let (outcome, isGone) = try await reconciler.attempt(value, of: name, like: service, call, at: gateway)
            if !isGone { sayLeftOver() }
            result = try outcome.get()
        } catch let failure as DeliveryFailure {
            let base = failure.failure(hints: ["the secret was not tried; nothing was changed"], target: .gateway)
            throw Failure(base.status, code: base.code, base.message, hints: base.hints)
        }
        switch result {
        case .passed: return
        case .failed(let status): throw Self.refused("the upstream answered with status \(status)")
        case .noAnswer: throw Self.refused("the upstream did not answer the gateway")
        case .signedCallersOnly:
            throw Failure(
                .refused, code: "trial-refused",
                "The secret cannot be tried: the gateway tries for signed callers only",
                hints: ["nothing was changed; go on without --try"])
        }
    }

    /// Whose connection is used with the secret.
    private func service(of name: EntryName) throws -> ServiceRecord {
        let parts = name.text.split(separator: "/").map(String.init)
        guard name.kind == .upstreamSecret, let slug = try? Slug(parts[1]),
            let service = try session.vault.read({ try $0.service(slug) }), !service.isRemoved,
            let connection = service.connection, connection.secretKey == parts[2]
        else {
            throw Failure.usage(
                "Only the secret that a connection uses can be tried: \(name.text)", hints: ["nothing was changed"])
        }
        guard connection.authMode != .queryParameter else {
            throw Failure.usage(
                "A secret in a query parameter cannot be tried: the gateway leaves it out of its trials",
                hints: ["go on without --try; nothing was changed"])
        }
        return service
    }

    private func sayLeftOver() {
        session.surroundings.say(
            .warn("The connection of the trial is still at the gateway; take it away:  \(command: ["vault", "sync"])"))
    }

    private static func refused(_ reason: Message) -> Failure {
        Failure(
            .refused, code: "trial-failed", "The new secret does not work: \(reason)",
            hints: ["nothing was changed: the old one is still the current one"])
    }
}
