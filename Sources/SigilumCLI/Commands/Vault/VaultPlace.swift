internal import Glibc
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// Where a vault is or was, found without opening it: for commands that work where opening refuses.
struct VaultPlace {
    let location: HomeLocation
    /// nil: the folder is not there.
    let home: SigilumHome?
    let anchors: any AnchorStore
    /// nil: there is no vault.
    private let storage: (any VaultStorage)?
    private let surroundings: Surroundings

    /// `given` is the home where the command itself says which; else it is found as for every command.
    static func find(_ context: Context, _ options: VaultOptions, location given: HomeLocation? = nil) throws
        -> VaultPlace
    {
        let surroundings = Surroundings(context)
        let config = try ConfigFile.load(surroundings)
        let location =
            try given
            ?? HomeResolution.locate(option: options.sigilumHome, config: config, surroundings: surroundings)
        let home = try existingHome(location, surroundings)
        let anchors = context.openers.anchors(
            home?.folder.path ?? location.path, try Session.stateFolder(surroundings))
        return VaultPlace(
            location: location, home: home, anchors: anchors, storage: try existingVault(home, context, surroundings),
            surroundings: surroundings)
    }

    private static func existingHome(
        _ location: HomeLocation, _ surroundings: Surroundings
    ) throws(Failure) -> SigilumHome? {
        do {
            return try SigilumHome.openForReading(location, surroundings)
        } catch  where error.code == HomeLocation.notFoundCode {
            return nil
        }
    }

    private static func existingVault(
        _ home: SigilumHome?, _ context: Context, _ surroundings: Surroundings
    ) throws -> (any VaultStorage)? {
        let allowUnsafe = surroundings.setting(SafetyCheck.override) == "1"
        guard let home, let found = try context.openers.storage(home.folder, home.owner, false, allowUnsafe),
            try Vault.exists(in: found)
        else { return nil }
        return found
    }

    var holdsVault: Bool { storage != nil }

    /// The id that the vault claims; nil where there is none. Nothing of it is proven.
    func claimedID() throws -> [UInt8]? { try storage.flatMap { try Vault.claimedID($0) } }

    /// The vault's file as users know it.
    var path: String { location.path + "/vault.db" }

    /// Opens the vault without comparing it with its anchor; nil where there is none.
    func open(_ context: Context, _ options: VaultOptions) throws -> Vault? {
        guard let storage, let home else { return nil }
        let given = try MasterKeyResolution.resolve(
            option: context.secret(options.gatewayMasterKey), home: home, surroundings: surroundings)
        let actor = Actor(userID: surroundings.user, processID: UInt32(getpid()), program: "sigilum")
        let environment = VaultEnvironment(now: context.now, actor: actor)
        if given == nil,
            let opened = try Unlocking(context).open(
                storage, { try Vault.open(storage, stretched: $0, anchors: anchors, environment: environment) })
        {
            return opened.vault
        }
        let key = try given ?? Passphrase.ask(context, storage, home)
        do {
            return try Vault.open(
                storage, masterKey: key.secret.bytes, anchors: anchors, environment: environment)
        } catch VaultError.wrongKey {
            throw Failure(
                .unsafe, code: "wrong-key", "The master key does not open this vault",
                hints: ["the key came from: \(key.source.message)", "the vault is: \(path)", "nothing was changed"])
        }
    }
}
