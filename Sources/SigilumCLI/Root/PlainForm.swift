/// The two commands that scripts run all day, in the form that scripts write them in: understood without the parser, which
/// takes half of the time of a `get` (docs/benchmarks.md). A line with anything else in it is the parser's, and so is
/// everything that is wrong with it. That both read the same out of a line is tested.
enum PlainForm {
    /// What a line asks for.
    ///
    /// - Parameters:
    ///   - arguments: Without the program's name.
    ///   - program: What the program was called as: `vault` has the vault's commands without a word before.
    /// - Returns: nil where the line is not in the plain form.
    static func job(_ arguments: [String], as program: ProgramName) -> Job? {
        var rest = arguments[...]
        if program != .vault, rest.popFirst() != "vault" { return nil }
        switch rest.popFirst() {
        case "get":
            guard let reading = EntryReading(plain: rest) else { return nil }
            return Job(
                name: "sigilum vault get", printsJSON: reading.output.json, revealsSecrets: reading.revealSecrets,
                noInput: reading.output.noInput, perform: { try reading.perform($0) })
        case "put":
            guard let storing = EntryStoring(plain: rest) else { return nil }
            return Job(
                name: "sigilum vault put", printsJSON: storing.output.json, revealsSecrets: false,
                noInput: storing.output.noInput, perform: { try await storing.perform($0) })
        default: return nil
        }
    }

    /// The words after a command's name: one name, and options that are known here, each once.
    struct Words {
        let name: String
        // A few words each: an array is searched in less than the first set of strings takes to be made.
        private var flags: [String] = []
        private var values: [(option: String, value: String)] = []

        init?(_ words: ArraySlice<String>, flags known: [String], options: [String]) {
            var (rest, found) = (words, String?.none)
            while let word = rest.popFirst() {
                if known.contains(word) {
                    guard !flags.contains(word) else { return nil }
                    flags.append(word)
                } else if options.contains(word) {
                    // A value that looks like an option is the parser's to judge.
                    guard let text = rest.popFirst(), !text.hasPrefix("-"),
                        !values.contains(where: { $0.option == word })
                    else { return nil }
                    values.append((word, text))
                } else {
                    guard found == nil, !word.hasPrefix("-"), !word.isEmpty else { return nil }
                    found = word
                }
            }
            guard let found else { return nil }
            name = found
        }

        func has(_ flag: String) -> Bool { flags.contains(flag) }

        func value(_ option: String) -> String? {
            for known in values where known.option == option { return known.value }
            return nil
        }

        /// The choices that both commands have.
        var vault: VaultChoice { VaultChoice(home: value("--sigilum-home")) }
        var output: OutputChoice { OutputChoice(json: has("--json"), noInput: has("--no-input")) }
    }
}

extension EntryReading {
    /// The words after `get`; nil where they are not in the plain form.
    init?(plain rest: ArraySlice<String>) {
        let flags = ["--json", "--no-input", "--reveal-secrets", "--reveal"]
        guard let words = PlainForm.Words(rest, flags: flags, options: ["--sigilum-home"]) else { return nil }
        self.init(
            name: words.name, revealSecrets: words.has("--reveal-secrets") || words.has("--reveal"), vault: words.vault,
            output: words.output)
    }
}

extension EntryStoring {
    /// The words after `put`; nil where they are not in the plain form.
    init?(plain rest: ArraySlice<String>) {
        let options = ["--sigilum-home", "--from-env", "--from-file"]
        guard let words = PlainForm.Words(rest, flags: ["--json", "--no-input", "--offline"], options: options) else {
            return nil
        }
        self.init(
            name: words.name,
            value: EntryValueChoice(variable: words.value("--from-env"), file: words.value("--from-file")),
            delivery: DeliveryChoice(offline: words.has("--offline")), vault: words.vault, output: words.output)
    }
}
