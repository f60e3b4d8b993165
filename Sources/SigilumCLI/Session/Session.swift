internal import Glibc
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// An open vault with what a command needs around it.
struct Session: Sendable {
    /// Whether a command makes the home and the vault where they are missing.
    enum Purpose {
        case reading
        case storing
    }

    let context: Context
    let surroundings: Surroundings
    let config: ConfigFile
    let home: SigilumHome
    let masterKey: MasterKey
    let vault: Vault
    /// Whether this very command made the vault.
    let isNew: Bool
    /// The change of the master key that opening the vault has finished.
    var finishedRekey: PendingRekey?

    /// Opens the vault: home, permissions, master key, store, anchor, in this order.
    ///
    /// `masterKey` is the master key where the command itself has it; else it is found as for every command.
    /// `takesUnlocked`: whether what `vault unlock` keeps will do, where no key is set.
    ///
    /// - Throws: 66 where a command that reads finds none, 77 for unsafe permissions or a wrong key, 65 for damage.
    static func open(
        _ context: Context, _ options: VaultChoice, for purpose: Purpose, location: HomeLocation? = nil,
        masterKey: MasterKey? = nil, takesUnlocked: Bool = true
    ) throws -> Session {
        let surroundings = Surroundings(context)
        let config = try ConfigFile.load(surroundings)
        let location =
            try location
            ?? HomeResolution.locate(option: options.home, config: config, surroundings: surroundings)
        let home =
            switch purpose {
            case .reading: try existingHome(location, context, surroundings)
            case .storing: try SigilumHome.openForStoring(location, surroundings)
            }
        try SafetyCheck(surroundings).vaultFiles(of: home)
        let anchors = context.openers.anchors(home.folder.path, try stateFolder(surroundings))
        let allowUnsafe = surroundings.setting(SafetyCheck.override) == "1"
        let actor = Actor(userID: surroundings.user, processID: UInt32(getpid()), program: context.command)
        let tokens = context.tokens
        let environment = VaultEnvironment(now: context.now, actor: actor) { name, value in
            tokens.touched(name)
            return try TokenFacts.describe(name, value)
        }
        let given =
            try masterKey
            ?? MasterKeyResolution.resolve(
                option: context.secret(options.masterKey), home: home, surroundings: surroundings)

        var source = given?.source

        func session(_ vault: Vault, _ key: MasterKey, isNew: Bool) throws -> Session {
            var session = Session(
                context: context, surroundings: surroundings, config: config, home: home, masterKey: key, vault: vault,
                isNew: isNew)
            try session.sayAnchor(isNew: isNew)
            session.finishedRekey = try session.finishRekey()
            tokens.opened(vault, context.openers.tokenNotes(home.folder.path, try stateFolder(surroundings)))
            if MemoryLocking.hasFailed {
                surroundings.say(.warn("Memory could not be locked: secrets may be written to swap (see ulimit -l)"))
            }
            return session
        }
        do {
            // Before the look for the vault: an anchor that comes after it is that of a vault made meanwhile.
            let remembered = try Vault.anchor(anchors)
            if let storage = try context.openers.storage(home.folder, home.owner, false, allowUnsafe),
                try Vault.exists(in: storage)
            {
                // Again: whoever made the vault since the first look made its key file before it.
                let set =
                    try given ?? MasterKeyResolution.resolve(option: nil, home: home, surroundings: surroundings)
                if set == nil, takesUnlocked,
                    let (vault, end) = try Unlocking(context).open(
                        storage,
                        {
                            try Vault.open(storage, stretched: $0, anchors: anchors, environment: environment)
                        })
                {
                    return try session(vault, MasterKey(unlockedUntil: end), isNew: false)
                }
                let key = try set ?? Passphrase.ask(context, storage, home)
                source = key.source
                let vault = try Vault.open(
                    storage, masterKey: key.secret.bytes, anchors: anchors, environment: environment)
                return try session(vault, key, isNew: false)
            }
            if remembered != nil { throw VaultError.integrity(.vaultGone) }
            guard purpose == .storing else { throw location.notFound }
            let key = try given ?? MasterKeyResolution.createKeyFile(in: home, surroundings: surroundings)
            source = key.source
            guard let storage = try context.openers.storage(home.folder, home.owner, true, allowUnsafe) else {
                throw location.notFound
            }
            let (vault, isNew) = try Vault.create(
                in: storage, masterKey: key.secret.bytes, anchors: anchors, environment: environment)
            // What a run left that was killed before there was a vault: a key that nobody uses, for one.
            if isNew { _ = try? home.folder.removeStaleTemporaries() }
            if isNew { surroundings.say(.info("Made a new vault: \(home.path(of: "vault.db"))")) }
            if vault.keyKind == .passphrase, isNew { try Passphrase.warn(of: key, surroundings) }
            return try session(vault, key, isNew: isNew)
        } catch VaultError.wrongKey {
            throw Failure(
                .unsafe, code: "wrong-key", "The master key does not open this vault",
                hints: [
                    "the key came from: \(source?.message ?? "nowhere")",
                    "the vault is: \(home.path(of: "vault.db"))", "nothing was changed",
                ])
        }
    }

    /// As above, of a command with ``VaultOptions``.
    ///
    /// - Throws: As above.
    static func open(
        _ context: Context, _ options: VaultOptions, for purpose: Purpose, location: HomeLocation? = nil,
        masterKey: MasterKey? = nil, takesUnlocked: Bool = true
    ) throws -> Session {
        try open(
            context, options.choice, for: purpose, location: location, masterKey: masterKey,
            takesUnlocked: takesUnlocked)
    }

    /// The home of a command that reads. One that is gone with its vault, while an anchor remembers it, is no vault that
    /// was never made.
    private static func existingHome(
        _ location: HomeLocation, _ context: Context, _ surroundings: Surroundings
    ) throws -> SigilumHome {
        let anchors = try? context.openers.anchors(location.path, stateFolder(surroundings))
        let isRemembered = (try? anchors?.read()) ?? nil != nil
        do {
            return try SigilumHome.openForReading(location, surroundings)
        } catch {
            guard error.code == HomeLocation.notFoundCode, isRemembered else { throw error }
            throw VaultError.integrity(.vaultGone)
        }
    }

    /// Opens the vault where there is one; nil where a command that stores would make it.
    static func openIfThere(
        _ context: Context, _ options: VaultChoice
    ) throws -> Session? {
        do {
            return try open(context, options, for: .reading)
        } catch let failure as Failure where failure.code == HomeLocation.notFoundCode {
            return nil
        }
    }

    /// As above, of a command with ``VaultOptions``.
    ///
    /// - Throws: As above.
    static func openIfThere(_ context: Context, _ options: VaultOptions) throws -> Session? {
        try openIfThere(context, options.choice)
    }

    /// `$XDG_STATE_HOME/sigilum`, else `~/.local/state/sigilum` (XDG Base Directory Specification).
    static func stateFolder(_ surroundings: Surroundings) throws(Failure) -> String {
        if let state = surroundings.setting("XDG_STATE_HOME"), state.hasPrefix("/") {
            return Surroundings.tidy(state + "/sigilum")
        }
        return Surroundings.tidy(try surroundings.requireUserHome() + "/.local/state/sigilum")
    }

    /// Warns once where there is nothing to compare the vault with.
    private func sayAnchor(isNew: Bool) throws {
        guard !isNew else { return }
        switch vault.anchorPresence() {
        case .agrees: break
        case .missing:
            surroundings.say(
                .warn(
                    "This machine has no anchor of the vault yet: one is kept from now on (\(command: ["vault", "anchor", "show"]))"
                ))
        case .unavailable:
            surroundings.say(.warn("The anchor of the vault cannot be kept: a vault that is put back is not noticed"))
        }
    }

    // MARK: Targets

    func exportFiles() -> any DeliveryTarget { context.openers.exportFiles(home.folder.path, home.owner) }

    func localAPI(option: String?) throws -> any DeliveryTarget & ServiceDirectory {
        try Self.localAPI(context, surroundings, option: option, home: home.folder.path, owner: home.owner)
    }

    /// The API's database as it would be found from a home that may not be there yet.
    static func localAPI(
        _ context: Context, _ surroundings: Surroundings, option: String?, home: String, owner: FileOwner?
    ) throws -> any DeliveryTarget & ServiceDirectory {
        try context.openers.localAPI(
            Openers.LocalAPIInputs(
                option: option, variable: surroundings.setting("SIGILUM_API_DB"),
                sourceHome: surroundings.setting("SIGILUM_SOURCE_HOME"),
                workingDirectory: surroundings.workingDirectory, home: home, owner: owner, now: context.now))
    }

    func gateway(_ options: GatewayOptions) throws -> any DeliveryTarget & ConnectionDirectory {
        let directory = try GatewaySettings.dataDirectory(option: options.gatewayDataDir, surroundings)
        var program: Openers.GatewayProgram?
        if directory.isNamed, let path = GatewayPrograms.find(GatewayPrograms.tool, surroundings) {
            let key = OnceReleased { try GatewayMasterKey.resolve(self, purpose: GatewayPrograms.tool).secret }
            program = Openers.GatewayProgram(path: path, dataDirectory: directory.path, masterKey: { try key.value() })
        }
        return try Self.gateway(context, surroundings, options, program: program)
    }

    /// The gateway as it is reached without a vault; `program` is the way when none runs.
    static func gateway(
        _ context: Context, _ surroundings: Surroundings, _ options: GatewayOptions,
        program: Openers.GatewayProgram? = nil
    ) throws -> any DeliveryTarget & ConnectionDirectory {
        try context.openers.gateway(gatewayInputs(context, surroundings, options, program: program))
    }

    /// What the gateway is reached with.
    static func gatewayInputs(
        _ context: Context, _ surroundings: Surroundings, _ options: GatewayOptions,
        program: Openers.GatewayProgram? = nil
    ) throws -> Openers.GatewayInputs {
        let address = try GatewaySettings.adminAddress(option: options.gatewayAdminUrl, surroundings)
        let say = surroundings.say
        return Openers.GatewayInputs(
            adminURL: address.text, adminToken: try GatewaySettings.adminToken(surroundings), program: program,
            warnOfArguments: {
                say(.warn("sigilum-gateway-cli takes secrets as arguments: other users can read the process list"))
            })
    }

    /// The reconciler with every target that this command may reach.
    func reconciler(
        _ options: GatewayOptions, api: APIOptions, apiDatabase: String?, offline: Bool
    ) throws -> Reconciler {
        reconciler(
            targets: [
                exportFiles(), try localAPI(option: apiDatabase), context.openers.openClaw(), try gateway(options),
                try managedAPI(api),
            ], postponed: offline ? [.gateway, .sigilumAPI] : [])
    }

    /// A reconciler with these targets alone.
    func reconciler(targets: [any DeliveryTarget], postponed: Set<TargetKind> = []) -> Reconciler {
        let (folder, owner) = (home.folder, home.owner)
        let locks = DeliveryLocks { (kind) throws(DeliveryFailure) in
            var failure = DeliveryFailure.busy
            do throws(FileError) {
                let lock = try FileLock.exclusive(
                    "deliver-\(kind.rawValue).lock", in: folder, owner: owner, timeoutMilliseconds: 120_000)
                if let lock { return HeldLock(lock) }
            } catch {
                failure = DeliveryFailure(error)
            }
            throw failure
        }
        return Reconciler(vault: vault, targets: targets, locks: locks, postponed: postponed)
    }

    // MARK: Facts

    /// The namespace of a command, as the contract orders its sources. `session` is nil where there is no vault yet.
    static func namespace(
        _ context: Context, _ surroundings: Surroundings, option: String?, openClawHome: String? = nil,
        session: Session?
    ) throws -> Namespace {
        var ask: (() throws(Failure) -> String)?
        if context.terminal.canAsk() { ask = { () throws(Failure) in try askNamespace(context) } }
        return try NamespaceResolution.resolve(
            option: option, config: try ConfigFile.load(surroundings),
            openClawHome: try OpenClawHome.locate(option: openClawHome, surroundings), surroundings: surroundings,
            firstUsed: { () throws(Failure) in try session?.firstNamespace() }, ask: ask)
    }

    /// The namespace that the vault was first used with.
    private func firstNamespace() throws(Failure) -> Namespace? {
        do {
            return try vault.read { try $0.setting("namespace") }.flatMap { try? Namespace($0) }
        } catch {
            throw Failure(describing: error)
        }
    }

    private static func askNamespace(_ context: Context) throws(Failure) -> String {
        do throws(TerminalError) {
            return try context.terminal.askLine("Namespace: ")
        } catch {
            throw error.failure
        }
    }

    /// A path in the home, as it is shown.
    func shown(file: String) -> Value {
        context.shown(path: file.hasPrefix("/") ? file : home.path(of: file))
    }
}

/// Holds a lock as long as it lives.
final class HeldLock: Sendable {
    private let lock: FileLock

    init(_ lock: consuming FileLock) {
        self.lock = lock
    }
}

extension DeliveryFailure {
    fileprivate init(_ error: FileError) {
        switch error {
        case .system(_, let path, let number): self = .cannotWrite(path: path, errno: number)
        case .unsafe(let path, let problem, _): self = .unsafePath(path: path, reason: problem.rawValue)
        case .tooLarge(let path, _): self = .cannotWrite(path: path, errno: EFBIG)
        }
    }
}
