internal import VaultCore

/// What a command is to get, and under which names.
struct RunPlan {
    /// A variable, and the entry that it has the value of, or the path of a file with the value of.
    struct Binding: Equatable {
        let name: String
        let entry: EntryName
        var isFile = false
    }

    /// Those that were named one by one.
    private let explicit: [Binding]
    /// Those of `--prefix`.
    private var prefixed: [Binding] = []
    private let prefixes: [String]
    private var settings: [EnvironmentFile.Setting] = []

    /// - Throws: 64 for what is not `NAME=ENTRY`, for a name that comes twice, and for what no prefix can be.
    init(variables: [String], files: [String], prefixes: [String]) throws {
        explicit =
            try variables.map { try Self.binding($0, "--env", isFile: false) }
            + files.map { try Self.binding($0, "--file", isFile: true) }
        var seen: Set<String> = []
        for binding in explicit where !seen.insert(binding.name).inserted {
            throw Failure.usage("The variable is named twice: \(binding.name)", hints: ["nothing was run"])
        }
        self.prefixes = try prefixes.map { prefix in
            let name = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
            return try EntryName(name).text + "/"
        }
    }

    /// Adds what an environment file says; what was named one by one, or by a prefix, goes before it.
    mutating func add(_ settings: [EnvironmentFile.Setting]) { self.settings = settings }

    /// Whether there is anything to be asked of a vault.
    var needsVault: Bool { !prefixes.isEmpty || !bindings.isEmpty }
    /// Whether a folder for files is needed.
    var hasFiles: Bool { explicit.contains(where: \.isFile) }

    /// All that is to have a secret, no name twice.
    var bindings: [Binding] {
        var names: Set<String> = []
        let fromFile = settings.compactMap { setting in
            setting.entry.map { Binding(name: setting.name, entry: $0) }
        }
        return (explicit + prefixed + fromFile).filter { names.insert($0.name).inserted }
    }

    /// The variables that are no secrets, no name twice and none of ``bindings``.
    var plain: [(name: String, value: String)] {
        let taken = Set(bindings.map(\.name))
        return settings.filter { $0.entry == nil && !taken.contains($0.name) }.map { ($0.name, $0.value) }
    }

    /// The entries to be released.
    var entries: [EntryName] { bindings.map(\.entry) }

    /// Finds the entries below the prefixes, and names their variables.
    ///
    /// - Throws: 66 for a prefix without entries; 64 where two entries would have one variable.
    mutating func resolvePrefixes(_ snapshot: VaultSnapshot) throws {
        guard !prefixes.isEmpty else { return }
        let named = Set(explicit.map(\.name))
        var owners: [String: EntryName] = [:]
        prefixed = []
        let entries = try snapshot.inventory().entries.map(\.name)
        for prefix in prefixes {
            let below = entries.filter { $0.text.hasPrefix(prefix) }
            guard !below.isEmpty else {
                throw Failure(
                    .missing, code: "no-such-entry", "No entry below: \(MisplacedSecret.shown(prefix))",
                    hints: ["see what there is:  \(command: ["vault", "list"])", "nothing was run"])
            }
            for entry in below {
                let name = try Self.variable(String(entry.text.dropFirst(prefix.count)), of: entry)
                if let other = owners[name], other != entry {
                    throw Failure.usage(
                        "Two entries would have the variable \(name): \(other.text) and \(entry.text)",
                        hints: ["name one of them yourself: --env NAME=ENTRY, without --prefix", "nothing was run"])
                }
                guard owners.updateValue(entry, forKey: name) == nil, !named.contains(name) else { continue }
                prefixed.append(Binding(name: name, entry: entry))
            }
        }
    }

    /// The variable of an entry below a prefix: upper case, `_` for all but letters and digits of ASCII, and before a
    /// digit at the start.
    static func variable(_ rest: String, of entry: EntryName) throws -> String {
        var name = ""
        for scalar in rest.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9": name += String(scalar).uppercased()
            default: name += "_"
            }
        }
        if let first = name.utf8.first, (0x30...0x39).contains(first) { name = "_" + name }
        guard !governing.contains(name), !name.hasPrefix("LD_") else {
            throw Failure.usage(
                "The entry would have the variable \(name), which decides what is run: \(entry.text)",
                hints: ["where that is meant, say it: --env \(name)=\(entry.text)", "nothing was run"])
        }
        return name
    }

    /// Variables that decide which programs and libraries run: a prefix alone never sets them.
    private static let governing: Set<String> = ["PATH", "HOME", "IFS", "ENV", "BASH_ENV", "SHELL"]

    private static func binding(_ text: String, _ option: String, isFile: Bool) throws -> Binding {
        guard let equals = text.firstIndex(of: "="), isVariable(text[..<equals]) else {
            throw Failure.usage(
                "\(plain: option) takes NAME=ENTRY, the name one of letters, digits and _",
                hints: ["ENTRY is the name of an entry, not a value", "nothing was run"])
        }
        let entry = try EntryName(String(text[text.index(after: equals)...]))
        return Binding(name: String(text[..<equals]), entry: entry, isFile: isFile)
    }

    private static func isVariable(_ name: Substring) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
            default: false
            }
        }
    }
}
