internal import ArgumentParser

/// Says what is wrong with a command line, without a word of it that the program does not know: any such word can be a
/// secret in the wrong place.
///
/// The parser quotes what it was given. Its text is therefore read by the shapes that it is known to have; only parts
/// made of the program's own declarations are kept, and a text of any other shape becomes a general one.
struct UsageError {
    let tree: CommandTree
    let program: ProgramName

    /// What the user reads: 64, with the usage of the command that was meant.
    func failure(_ error: any Error, arguments: [String]) -> Failure {
        let meant = tree.command(meantBy: arguments)
        var hints: [Message] = []
        if let name = tree.nearMiss(arguments) {
            hints.append("did you mean:  \(plain: ([program.invocation] + name).joined(separator: " "))")
        }
        hints.append("usage: \(plain: tree.usage(meant, program: program))")
        hints.append("help:  \(plain: ([program.invocation] + meant.names + ["--help"]).joined(separator: " "))")
        return .usage(message(tree.root.message(for: error)), hints: hints)
    }

    /// The parser's text without what the user typed.
    func message(_ text: String) -> Message {
        if let (name, rest) = text.between("Unknown option '", "'") {
            return unknownOption(name, rest: rest)
        }
        if text.hasPrefix("Missing ") {
            // "Missing value for '--x <y>'", "Missing expected argument '<x>'", "Missing one of: …": declarations only.
            return "\(plain: text)"
        }
        if let (option, _) = text.between("The option '", "' does not take any value, but '") {
            let option = tree.optionNames.contains(option) ? " '\(option)'" : ""
            return "The option\(plain: option) does not take any value"
        }
        if text.hasPrefix("Unexpected argument '") {
            return "There is an argument too many, or in the wrong place (not shown: it can be a secret)"
        }
        if let (count, _) = text.between("", " unexpected arguments: '"), let count = Int(count) {
            return "There are \(count) arguments too many, or in the wrong place (not shown: they can be secrets)"
        }
        if text.hasPrefix("The value '"), let declared = text.after(last: "' is invalid for '") {
            return invalidValue(declared)
        }
        if text.hasPrefix("Can't ") { return "Completion scripts are made for: bash, zsh, fish" }
        if text.hasPrefix("Value to be set with flag '") { return "Two options contradict each other" }
        return "The command line is not one that this command understands"
    }

    /// An unknown option is shown where it resembles one of the command's, or is one of another command.
    private func unknownOption(_ name: String, rest: String) -> Message {
        if let (suggestion, _) = rest.between(". Did you mean '", "'?"), tree.optionNames.contains(suggestion),
            name.isOptionName
        {
            return "Unknown option '\(name)'. Did you mean '\(suggestion)'?"
        }
        if tree.optionNames.contains(name) { return "Unknown option '\(name)' for this command" }
        return "There is an unknown option (not shown: it can be a secret)"
    }

    /// The last mark of "The value 'V' is invalid for '…'" ends the value, whatever it contains: what follows is the
    /// option and the words that it takes. What a conversion says of itself follows a colon, and is not kept.
    private func invalidValue(_ declared: String) -> Message {
        guard let (option, rest) = declared.between("", "'"),
            option.hasPrefix("<") || tree.optionNames.contains(String(option.prefix { $0 != " " }))
        else { return "A value is invalid" }
        let words = rest.hasPrefix(". Please provide one of") ? rest : ""
        return "The value given is invalid for '\(plain: option)'\(plain: words)"
    }
}

extension String {
    /// What stands between `opening`, with which the text must begin, and the first `closing`; and what follows.
    fileprivate func between(_ opening: String, _ closing: String) -> (text: String, rest: String)? {
        guard hasPrefix(opening) else { return nil }
        let body = dropFirst(opening.count)
        guard let end = body.firstRange(of: closing) else { return nil }
        return (String(body[..<end.lowerBound]), String(body[end.upperBound...]))
    }

    /// What follows the last `mark`.
    fileprivate func after(last mark: String) -> String? {
        ranges(of: mark).last.map { String(self[$0.upperBound...]) }
    }

    /// Two hyphens, then lower-case letters and hyphens, 40 bytes at most: what no generated secret is.
    fileprivate var isOptionName: Bool {
        hasPrefix("--")
            && utf8.count <= 40
            && utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "-") }
    }
}
