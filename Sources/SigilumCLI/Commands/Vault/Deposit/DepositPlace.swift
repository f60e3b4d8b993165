internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// How long a deposit may be accepted.
enum DepositLifetime {
    private static let longest: Int64 = 90 * 86_400_000

    /// In milliseconds.
    static func parse(_ text: String) throws(Failure) -> Int64 {
        guard let lifetime = PointInTime.duration(text), (1...longest).contains(lifetime) else {
            throw .usage("--expires is a time of at most 90 days: 12h, 7d", hints: ["nothing was deposited"])
        }
        return lifetime
    }
}

/// Where a deposit goes, and whom it is for: of a home no more is used than its spool and the public key in it.
struct DepositPlace {
    private let context: Context
    private let surroundings: Surroundings
    private let home: SigilumHome?
    private let file: SecretFile?
    private let spool: DepositSpool?

    /// - Throws: 64 where nothing says where it goes, 66 for a folder that is not there, 73 for a file that is.
    init(_ context: Context, home option: String?, spool: String?, out: String?) throws {
        let surroundings = Surroundings(context)
        (self.context, self.surroundings) = (context, surroundings)
        let location = try HomeResolution.locate(
            option: option, config: try ConfigFile.load(surroundings), surroundings: surroundings)
        let home = try SigilumHome.openIfThere(location, surroundings)
        self.home = home
        file = try out.map { (path) throws(Failure) in try SecretFile(path, surroundings) }
        if let file, file.exists { throw file.existing }
        self.spool = try spool.flatMap { try DepositSpool.find($0, home, surroundings) }
        guard home != nil || file != nil || self.spool != nil else {
            throw Failure.usage(
                "There is no Sigilum home here that has a folder of deposits: \(location.path)",
                hints: ["say where it goes: --out FILE, or --spool FOLDER", "nothing was deposited"])
        }
    }

    /// The key that was given, else the one that the home's owner put there.
    func key(_ given: String?) throws -> DepositKey {
        if let given {
            if let key = DepositKey(text: given) { return key }
            throw Failure.usage(
                "Not a vault's deposit key: deposit- and 104 hexadecimal digits, none of them mistyped",
                hints: [
                    "the vault's owner sees it:  \(command: ["vault", "deposits", "key"])", "nothing was deposited",
                ])
        }
        let hints: [Message] = [
            "give the vault's deposit key: --for deposit-…",
            "or let its owner put it there:  \(command: ["vault", "deposits", "key"])", "nothing was deposited",
        ]
        guard let home, let content = try home.folder.readSecret(DepositSpool.keyFile, limit: 4096) else {
            throw Failure(.missing, code: "no-deposit-key", "There is no deposit key here", hints: hints)
        }
        // Who can write it chooses who can open what is deposited.
        try SafetyCheck(surroundings).settingsFile(home.folder.path + "/" + DepositSpool.keyFile)
        let text = content.withBytes { String(decoding: $0, as: UTF8.self) }
        guard let key = DepositKey(text: text.filter { !$0.isWhitespace }) else {
            throw Failure(
                .configuration, code: "deposit-key", "Not a deposit key: \(home.path(of: DepositSpool.keyFile))",
                hints: hints)
        }
        return key
    }

    /// Writes it; answers where.
    func write(_ deposit: [UInt8]) throws -> String {
        if let file {
            try file.create(SecretBytes(copying: deposit))
            return file.path
        }
        if let spool { return try spool.add(deposit) }
        guard let home else { throw Failure.usage("There is no Sigilum home here") }
        return try DepositSpool.make(in: home, surroundings).add(deposit)
    }
}
