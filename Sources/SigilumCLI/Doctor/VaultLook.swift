internal import Glibc
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// A vault as `doctor` gets to see it: opened where that is possible, once, without changing anything.
struct VaultLook {
    enum State {
        /// There is no home, or no vault in it.
        case absent
        /// The home or its files are not safe, or the store cannot be used: not even looked into.
        case closed(Failure)
        /// It is there, and no key is.
        case locked(Failure)
        /// It is there, and the key does not open it, or it is damaged.
        case refused(Failure)
        case open(Vault)
    }

    let state: State
    /// Where the key came from, where one was found.
    var source: MasterKeySource?
    var anchors: (any AnchorStore)?

    /// Opens the vault. Asks for a passphrase only where somebody can be asked, and tries one key alone.
    static func make(
        _ context: Context, _ options: VaultOptions, _ location: HomeLocation, _ surroundings: Surroundings
    ) -> VaultLook {
        var look = VaultLook(state: .absent)
        do {
            let home = try SigilumHome.openIfThere(location, surroundings)
            let place = home?.folder.path ?? location.path
            let stateFolder = try Session.stateFolder(surroundings)
            let anchors = context.openers.anchors(place, stateFolder)
            look.anchors = anchors
            let allowUnsafe = surroundings.setting(SafetyCheck.override) == "1"
            guard let home, let storage = try context.openers.storage(home.folder, home.owner, false, allowUnsafe),
                try Vault.exists(in: storage)
            else { return look }
            let actor = Actor(userID: surroundings.user, processID: UInt32(getpid()), program: context.command)
            let environment = VaultEnvironment(now: context.now, actor: actor, describe: TokenFacts.describe)
            let key: MasterKey
            do {
                let given = try MasterKeyResolution.resolve(
                    option: context.secret(options.gatewayMasterKey), home: home, surroundings: surroundings)
                if given == nil,
                    let opened = try Unlocking(context).open(
                        storage, { try Vault.open(storage, stretched: $0, anchors: anchors, environment: environment) })
                {
                    look.source = .unlocked(until: opened.until)
                    context.tokens.opened(opened.vault, context.openers.tokenNotes(place, stateFolder))
                    return look.with(.open(opened.vault))
                }
                key = try given ?? Passphrase.ask(context, storage, home)
            } catch {
                return look.with(.locked(Failure(describing: error)))
            }
            look.source = key.source
            do {
                let vault = try Vault.open(
                    storage, masterKey: key.secret.bytes, anchors: anchors, environment: environment)
                context.tokens.opened(vault, context.openers.tokenNotes(place, stateFolder))
                return look.with(.open(vault))
            } catch {
                return look.with(.refused(Failure(describing: error)))
            }
        } catch {
            return look.with(.closed(Failure(describing: error)))
        }
    }

    private func with(_ state: State) -> VaultLook { VaultLook(state: state, source: source, anchors: anchors) }

    var vault: Vault? { if case .open(let vault) = state { vault } else { nil } }

    /// Whether there is a vault, as far as can be seen.
    var holdsVault: Bool { if case .absent = state { false } else { true } }
}

/// What an open vault says of itself.
struct VaultFacts {
    let inventory: Inventory
    let isWipePending: Bool
    /// Milliseconds since 1970 UTC.
    let lastRecord: Int64

    init(_ vault: Vault) throws {
        (inventory, isWipePending, lastRecord) = try vault.read { snapshot in
            (try snapshot.inventory(), try snapshot.setting("wipe-pending") != nil, snapshot.lastRecordTime)
        }
    }

    func deliveries(to target: TargetKind) -> [Delivery] {
        inventory.deliveries.filter { $0.id.target == target && !$0.isWithdrawn && !$0.isReleased }
    }
}
