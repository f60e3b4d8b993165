/// The two commands that scripts run all day, in the form that scripts write them in: understood without the parser, which
/// takes half of the time of a `get` (docs/benchmarks.md). A line with anything else in it is the parser's, and so is
/// everything that is wrong with it. That both read the same out of a line is tested.
enum PlainForm {
    /// The command of a line.
    ///
    /// - Parameters:
    ///   - arguments: Without the program's name.
    ///   - program: What the program was called as: `vault` has the vault's commands without a word before.
    /// - Returns: The command and its name, `sigilum vault get`; nil where the line is not in the plain form.
    static func command(
        _ arguments: [String], as program: ProgramName
    ) -> (command: any SigilumCommand, name: String)? {
        var rest = arguments[...]
        if program != .vault, rest.popFirst() != "vault" { return nil }
        switch rest.popFirst() {
        case "get": return VaultGet(plain: rest).map { ($0, "sigilum vault get") }
        case "put": return VaultPut(plain: rest).map { ($0, "sigilum vault put") }
        default: return nil
        }
    }

    /// The words after a command's name: one name, and options that are known here, each once.
    struct Words {
        let name: String
        private var flags: Set<String> = []
        private var values: [String: String] = [:]

        init?(_ words: ArraySlice<String>, flags known: Set<String>, options: Set<String>) {
            var (rest, found) = (words, String?.none)
            while let word = rest.popFirst() {
                if known.contains(word) {
                    guard flags.insert(word).inserted else { return nil }
                } else if options.contains(word) {
                    // A value that looks like an option is the parser's to judge.
                    guard let value = rest.popFirst(), !value.hasPrefix("-"), values[word] == nil else { return nil }
                    values[word] = value
                } else {
                    guard found == nil, !word.hasPrefix("-"), !word.isEmpty else { return nil }
                    found = word
                }
            }
            guard let found else { return nil }
            name = found
        }

        func has(_ flag: String) -> Bool { flags.contains(flag) }
        func value(_ option: String) -> String? { values[option] }
    }
}

extension VaultGet {
    fileprivate init?(plain rest: ArraySlice<String>) {
        let flags: Set = ["--json", "--no-input", "--reveal-secrets", "--reveal"]
        guard let words = PlainForm.Words(rest, flags: flags, options: ["--sigilum-home"]) else { return nil }
        self.init()
        name = words.name
        version = nil
        out = nil
        allowUnrecorded = false
        vault = VaultOptions(words)
        output = OutputOptions(words)
        reveal = RevealOptions()
        reveal.revealSecrets = words.has("--reveal-secrets") || words.has("--reveal")
    }
}

extension VaultPut {
    fileprivate init?(plain rest: ArraySlice<String>) {
        let options: Set = ["--sigilum-home", "--from-env", "--from-file"]
        guard let words = PlainForm.Words(rest, flags: ["--json", "--no-input", "--offline"], options: options) else {
            return nil
        }
        self.init()
        name = words.name
        source = EntryValueOptions()
        source.fromEnv = words.value("--from-env")
        source.fromFile = words.value("--from-file")
        source.allowVariableReference = false
        gatewayKey = GatewayKeyOptions()
        gatewayKey.force = false
        delivery = DeliveryOptions(offline: words.has("--offline"))
        vault = VaultOptions(words)
        output = OutputOptions(words)
    }
}

extension VaultOptions {
    fileprivate init(_ words: PlainForm.Words) {
        self.init()
        sigilumHome = words.value("--sigilum-home")
        gatewayMasterKey = nil
    }
}

extension OutputOptions {
    fileprivate init(_ words: PlainForm.Words) {
        self.init()
        json = words.has("--json")
        noInput = words.has("--no-input")
    }
}

extension DeliveryOptions {
    /// As where none of its options is given.
    fileprivate init(offline: Bool) {
        self.init()
        gateway = GatewayOptions()
        gateway.gatewayAdminUrl = nil
        gateway.gatewayDataDir = nil
        api = APIOptions()
        api.apiUrl = nil
        api.allowInsecureHttp = false
        apiDb = nil
        network = OfflineOptions()
        network.offline = offline
    }
}
