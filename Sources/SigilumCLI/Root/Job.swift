/// A command whose words were read, by the parser or without it: what the entry point needs of it.
struct Job: Sendable {
    /// Its words, `sigilum vault get`, however the program was called.
    let name: String
    let printsJSON: Bool
    let revealsSecrets: Bool
    /// Whether nothing may be asked on the terminal.
    let noInput: Bool
    let perform: @Sendable (Context) async throws -> Report
}

extension Job {
    init(_ command: some SigilumCommand, name: String) {
        self.init(
            name: name, printsJSON: command.printsJSON, revealsSecrets: command.revealsSecrets,
            noInput: command.output.noInput, perform: { try await command.perform($0) })
    }
}
