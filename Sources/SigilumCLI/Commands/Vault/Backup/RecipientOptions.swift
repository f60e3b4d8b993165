internal import ArgumentParser
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// `--recipient`, `--recipients-file`
struct RecipientOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp("Whoever has this public key can open it too; may be repeated.", valueName: "public-key"))
    var recipient: [String] = []

    @Option(help: ArgumentHelp("A file of such public keys, one a line; # begins a comment.", valueName: "path"))
    var recipientsFile: String?

    /// More is no list of keys.
    private static let fileLimit = 64 * 1024

    /// The recipients, each once, in the order they were given.
    ///
    /// - Throws: 64 for what is no public key, 66 where the file is not there, 77 where others may write it.
    func read(_ surroundings: Surroundings) throws -> [Recipient] {
        var all: [Recipient] = []
        for text in recipient + (try lines(surroundings)) {
            let recipient = try Self.parse(text)
            if !all.contains(recipient) { all.append(recipient) }
        }
        return all
    }

    private func lines(_ surroundings: Surroundings) throws -> [String] {
        guard let recipientsFile else { return [] }
        let path = try surroundings.absolute(recipientsFile)
        // Who writes a key into it can open the backup.
        try SafetyCheck(surroundings).settingsFile(path)
        guard let content = try readSecretThroughLinks(path, limit: Self.fileLimit) else {
            throw Failure(.missing, code: "file-not-found", "File not found: \(path)")
        }
        let text = content.withBytes { String(decoding: $0, as: UTF8.self) }
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            String(line.prefix { $0 != "#" }).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        let keys = lines.filter { !$0.isEmpty }
        guard !keys.isEmpty else {
            throw Failure(.configuration, code: "no-recipients", "No public key in: \(path)")
        }
        return keys
    }

    private static func parse(_ text: String) throws(Failure) -> Recipient {
        if let recipient = Recipient(text: text) { return recipient }
        guard !text.contains(RecipientKeyText.prefix) else {
            throw .usage(
                "That is a recipient's secret key: a backup is made for the public one",
                hints: ["who could read it here has it: make a new one", "nothing was written"])
        }
        throw .usage(
            "Not a recipient's public key: recipient- and 64 hexadecimal digits",
            hints: ["make one:  \(command: ["vault", "recipient", "new", "--out", "FILE"])", "nothing was written"])
    }
}
