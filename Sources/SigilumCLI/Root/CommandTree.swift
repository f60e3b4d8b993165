internal import ArgumentParser

/// What the declarations of the commands say: names, options, usage.
struct CommandTree: Sendable {
    let root: any ParsableCommand.Type

    /// A command, and the words that lead to it.
    struct Node {
        let names: [String]
        let type: any ParsableCommand.Type
    }

    /// Every command, the groups before their members.
    var nodes: [Node] {
        var all: [Node] = []
        func visit(_ node: Node) {
            all.append(node)
            for child in node.type.configuration.subcommands {
                visit(Node(names: node.names + [child._commandName], type: child))
            }
        }
        visit(Node(names: [], type: root))
        return all
    }

    /// The words of a command, `sigilum vault get`, however the program was called.
    func words(of type: any ParsableCommand.Type) -> String {
        let words = nodes.first { $0.type == type }?.names ?? []
        // Called `vault`, the program has the vault's commands, and the groups of them, without a word before.
        let isVaults = root == VaultRoot.self && VaultGroup.commands.contains { $0._commandName == words.first }
        return (["sigilum"] + (isVaults ? ["vault"] : []) + words).joined(separator: " ")
    }

    /// The options of all commands, as help names them. Made from help since the declarations cannot be asked: slow,
    /// and only needed where a command line is wrong or a secret begins with a hyphen.
    var optionNames: Set<String> {
        var names: Set<String> = ["-h", "--help", "--version", "--generate-completion-script"]
        for node in nodes {
            let help = root.helpMessage(for: node.type, includeHidden: true, columns: 200)
            for word in help.split(whereSeparator: { " \n,()[]<>/|'`.=".contains($0) }) where word.hasPrefix("--") {
                names.insert(String(word))
            }
        }
        return names
    }

    /// The command that the first words name.
    func command(meantBy arguments: [String]) -> Node {
        var node = Node(names: [], type: root)
        for word in arguments {
            guard let child = Self.child(of: node, named: word) else { break }
            node = child
        }
        return node
    }

    /// A command that the user may have meant where the next word names none: one of a similar name, or the vault's
    /// command of that very name. The answer consists of declared names alone.
    func nearMiss(_ arguments: [String]) -> [String]? {
        let node = command(meantBy: arguments)
        guard arguments.count > node.names.count else { return nil }
        let word = arguments[node.names.count]
        guard !word.hasPrefix("-"), word.utf8.count <= 20 else { return nil }
        if node.names.isEmpty, word == root._commandName {
            // `./vault vault sync`: the program's own name again.
            return command(meantBy: Array(arguments.dropFirst())).names
        }
        let children = node.type.configuration.subcommands.filter { $0.configuration.shouldDisplay }
        for child in children {
            if let grandchild = Self.child(of: Node(names: [], type: child), named: word) {
                return node.names + [child._commandName] + grandchild.names
            }
        }
        let near = children.map { (name: $0._commandName, distance: Self.distance($0._commandName, word)) }
        return near.filter { $0.distance <= 2 && $0.distance <= $0.name.count / 2 }
            .min { $0.distance < $1.distance }
            .map { node.names + [$0.name] }
    }

    /// The one line of usage.
    func usage(_ node: Node, program: ProgramName) -> String {
        let usage = root.usageString(for: node.type)
        // Of a command with two places, `login`, the usage may name the other one.
        let places = nodes.filter { $0.type == node.type }.map {
            ([root._commandName] + $0.names).joined(separator: " ")
        }
        guard let shown = places.first(where: { usage == $0 || usage.hasPrefix($0 + " ") }) else { return usage }
        return ([program.invocation] + node.names).joined(separator: " ") + usage.dropFirst(shown.count)
    }

    private static func child(of node: Node, named word: String) -> Node? {
        node.type.configuration.subcommands
            .first { $0._commandName == word || $0.configuration.aliases.contains(word) }
            .map { Node(names: node.names + [$0._commandName], type: $0) }
    }

    /// How many letters must be put in, taken out or changed to make one word of the other.
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.utf8)
        var row = Array(0...right.count)
        for (index, letter) in left.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let change = diagonal + (right[column] == letter ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
