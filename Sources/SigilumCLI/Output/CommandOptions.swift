/// Options of this run that a command in a hint needs too, or it would be about another vault or gateway.
package struct CommandOptions: Sendable, Equatable {
    /// As they were given: an option's name and its value.
    private let given: [(name: String, value: String)]

    package static let none = CommandOptions([])

    /// - Parameter arguments: A command line that was understood, without the program's name.
    package init(_ arguments: [String]) {
        var given: [(String, String)] = []
        let words = Array(arguments.prefix { $0 != "--" })
        for (option, name) in [
            ("--sigilum-home", "--sigilum-home"), ("--home", "--sigilum-home"),
            ("--gateway-admin-url", "--gateway-admin-url"),
        ] {
            for (index, word) in words.enumerated() {
                if word == option, index + 1 < words.count { given.append((name, words[index + 1])) }
                if word.hasPrefix(option + "=") { given.append((name, String(word.dropFirst(option.count + 1)))) }
            }
        }
        self.given = given.map { (name: $0.0, value: $0.1) }
    }

    /// The words of a command with the options that it takes.
    func added(to words: [String]) -> [String] {
        guard let first = words.first, ["vault", "service", "auth", "login", "gateway"].contains(first) else {
            return words
        }
        let reachesGateway =
            words.starts(with: ["vault", "sync"]) || words.starts(with: ["service", "add"])
            || words.starts(with: ["service", "secret"]) || first == "gateway"
        var words = words
        for name in ["--sigilum-home", "--gateway-admin-url"] where !words.contains(name) {
            guard let value = given.last(where: { $0.name == name })?.value else { continue }
            // What follows `--` is no option.
            let end = words.firstIndex(of: "--") ?? words.endIndex
            if name == "--sigilum-home" || reachesGateway { words.insert(contentsOf: [name, value], at: end) }
        }
        return words
    }

    package static func == (left: CommandOptions, right: CommandOptions) -> Bool {
        left.given.elementsEqual(right.given) { $0.name == $1.name && $0.value == $1.value }
    }
}
