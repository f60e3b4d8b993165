internal import Supervision

/// The gateway's own programs, on `PATH` or in `$SIGILUM_HOME/bin`.
enum GatewayPrograms {
    /// The gateway.
    static let server = "sigilum-gateway"
    /// The tool that works on its files.
    static let tool = "sigilum-gateway-cli"

    /// The path of one of them; nil where none may be run. Folders that are not absolute are passed over: whoever can write
    /// into the working directory is not to be given a key.
    static func find(_ name: String, _ surroundings: Surroundings) -> String? {
        let path = folders(surroundings).joined(separator: ":")
        return path.isEmpty ? nil : try? CommandSearch.find(name, path: path)
    }

    /// The gateway's path.
    ///
    /// - Throws: 66 where it is not installed.
    static func gateway(_ surroundings: Surroundings) throws(Failure) -> String {
        if let path = find(server, surroundings) { return path }
        throw missing(server, surroundings)
    }

    static func missing(_ name: String, _ surroundings: Surroundings) -> Failure {
        let home: Message =
            surroundings.setting("SIGILUM_HOME").map { " and \($0)/bin" } ?? " (SIGILUM_HOME is not set)"
        return Failure(
            .missing, code: "gateway-not-installed", "\(plain: name) is not installed",
            hints: [
                "looked in the folders of PATH\(home)",
                "install the Sigilum gateway, then put its programs on PATH or set SIGILUM_HOME to where it is installed",
                "nothing was started and no key was handed over",
            ])
    }

    private static func folders(_ surroundings: Surroundings) -> [String] {
        let path = (surroundings.setting("PATH") ?? "").split(separator: ":").map(String.init)
        let own = surroundings.setting("SIGILUM_HOME").map { [$0 + "/bin"] } ?? []
        return (path + own).filter { $0.hasPrefix("/") }
    }
}
