internal import ArgumentParser
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// `sigilum vault key …`
struct VaultKeyGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "The master keys that open the vault: up to four.",
        discussion: """
            Example:
              sigilum vault key list
            """,
        subcommands: [VaultKeyList.self, VaultKeyAdd.self, VaultKeyRemove.self, VaultKeyMoveOut.self])
}

/// `sigilum vault key list`
struct VaultKeyList: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Shows the key slots, and which of them opened the vault now.",
        discussion: """
            Example:
              sigilum vault key list
            """)

    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let vault = try Session.open(context, vault, for: .reading).vault
        let (slots, times, pending) = try vault.read { snapshot in
            (try snapshot.slots(), try Self.times(snapshot), try snapshot.pendingRekey())
        }
        func state(_ slot: KeySlot) -> String {
            switch slot.number {
            case vault.slot: "opened the vault now"
            case pending?.oldSlot: "goes when the new key has opened the vault"
            case pending?.newSlot: "takes the place of slot \(pending?.oldSlot ?? 0)"
            default: ""
            }
        }
        let rows = slots.map { slot in
            Line.row([
                .integer(Int64(slot.number)), .plain(slot.kind.word),
                .plain(times[slot.number].map { Timestamp.text($0) } ?? "-"), .plain(state(slot)),
            ])
        }
        let documents = slots.map { slot -> JSON in
            [
                "slot": .integer(Int64(slot.number)), "kind": .string(slot.kind.word),
                "added_at": times[slot.number].map { .string(Timestamp.text($0)) } ?? .null,
                "passes": .integer(Int64(slot.passes)), "memory_kib": .integer(Int64(slot.memoryKiB)),
                "opened": .boolean(slot.number == vault.slot),
            ]
        }
        return Report(
            .ok("Key slots: \(slots.count) of \(KeySlot.limit)"), lines: rows, json: ["slots": .array(documents)])
    }

    /// When each slot was made, in milliseconds since 1970 UTC, as the log says.
    private static func times(_ snapshot: VaultSnapshot) throws -> [UInt8: Int64] {
        var times: [UInt8: Int64] = [:]
        try snapshot.log { event in
            let slot = event.facts.first { $0.name == "slot" }.flatMap { UInt8($0.value) }
            switch event.operation {
            case .vaultCreated: times[0] = event.time
            case .keyAdded: if let slot { times[slot] = event.time }
            default: break
            }
        }
        return times
    }
}

/// `sigilum vault key add`
struct VaultKeyAdd: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Makes another master key open the vault too.",
        discussion: """
            The key comes from standard input, or from a prompt on a terminal, where no option names another source.

            Example:
              sigilum vault key add --new-key-file /media/usb/vault-key
            """)

    @Option(help: ArgumentHelp("The environment variable that has the key.", valueName: "name"))
    var fromEnv: String?
    @Option(help: ArgumentHelp("The file that has the key; - is standard input.", valueName: "path"))
    var fromFile: String?
    @Option(help: ArgumentHelp("Make a random key, and write it to this new file, 0600.", valueName: "path"))
    var newKeyFile: String?
    @Flag(help: "The key is a passphrase, asked for twice on a terminal.") var passphrase = false
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        let source = NewKeySource(variable: fromEnv, file: fromFile, newFile: newKeyFile, isPassphrase: passphrase)
        let new = try source.read(names: ["--from-env", "--from-file", "--new-key-file"], for: session, context)
        // Nobody takes the last slot while the key is made.
        let file = HomeKeyFile(home: session.home, surroundings: session.surroundings)
        guard let lock = try file.lock(milliseconds: 10_000) else { throw VaultError.storage(.busy) }
        defer { withExtendedLifetime(lock) {} }
        if new.known == nil { try session.vault.requireFreeSlot() }
        let (key, path) = (try new.get(), new.path)
        // A key that is in a file opens the vault already where a run was killed after it added it.
        let known = path == nil ? nil : try session.vault.slot(openedBy: key.secret.bytes)
        let slot = try known ?? session.vault.addSlot(key.secret.bytes).number
        let slots = try session.vault.read { try $0.slots() }
        var fields = [
            Field("slot", .integer(Int64(slot))),
            Field("key_kind", .plain(slots.first { $0.number == slot }?.kind.word ?? "")),
            Field("slots", .integer(Int64(slots.count))),
        ]
        if let path { fields.append(Field("key_file", context.shown(path: path))) }
        var report = Report(
            .ok(known == nil ? "Key added: slot \(Int(slot))" : "The key opens the vault already"), fields: fields)
        if try !session.vault.read({ try $0.gatewayKeyIsEntry() }) {
            report.remarks = [
                .info(
                    "the gateway keeps its own master key: start it with the same key as before, whatever opens the vault"
                )
            ]
        }
        return report
    }
}

/// `sigilum vault key remove`
struct VaultKeyRemove: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Makes a master key open the vault no more.",
        discussion: """
            The vault is opened with another key for that: so it is certain that one is left.

            Example:
              sigilum vault key remove 1 --confirm 1
            """)

    @Argument(help: "The number of its slot, as key list shows it.") var slot: UInt8
    @Option(help: ArgumentHelp("The number once more.", valueName: "slot")) var confirm: UInt8?
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        guard confirm == slot else {
            throw Failure.usage(
                confirm == nil ? "Removing needs --confirm SLOT" : "--confirm is not the number of the slot",
                hints: ["nothing was changed; SLOT is its number once more"])
        }
        let session = try Session.open(context, vault, for: .reading)
        let file = HomeKeyFile(home: session.home, surroundings: session.surroundings)
        let isInFile = try file.slot(in: session.vault) == slot
        do {
            try session.vault.removeSlot(slot)
        } catch KeySlotError.missing(let slot) {
            // A run before this one may have been killed before it wiped.
            try session.finishWipe()
            throw KeySlotError.missing(slot)
        }
        let isWiped = try session.vault.wipeRemoved()
        if isInFile {
            session.surroundings.say(
                .warn(
                    "The key file opens the vault no more, and is in the way: \(session.home.path(of: MasterKeyResolution.fileName))"
                ))
        }
        return try session.slotReport(
            "Key removed: slot \(Int(slot))", isWiped, [Field("slot", .integer(Int64(slot)))], session.vault)
    }
}

extension Session {
    /// What is said of a slot that is gone: never that all is done where something of it is left in the vault's files.
    func slotReport(_ done: Message, _ isWiped: Bool, _ fields: [Field], _ vault: Vault) throws -> Report {
        if !isWiped {
            surroundings.say(
                .warn("wipe pending: another process reads the vault; the next command that changes it wipes"))
        }
        let left = try vault.read { try $0.slots() }.count
        return Report(
            isWiped ? .ok(done) : .warn("\(done), not yet wiped"),
            fields: fields + [Field("slots", .integer(Int64(left))), Field("wiped", .boolean(isWiped))])
    }
}
