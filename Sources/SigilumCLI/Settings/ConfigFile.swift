internal import SafeFiles
internal import SecureMemory

/// The settings of `config.env`: those that this program takes from there, and nothing else that is in the file.
struct ConfigFile: Sendable, Equatable {
    /// What is taken from the file. The raw value is its name there.
    enum Setting: String, Sendable, CaseIterable {
        case namespace = "SIGILUM_NAMESPACE"
        case gatewayNamespace = "GATEWAY_SIGILUM_NAMESPACE"
        case home = "GATEWAY_SIGILUM_HOME"
        case apiURL = "SIGILUM_API_URL"
    }

    /// In bytes: far more than settings need.
    static let sizeLimit = 64 * 1024

    /// The file's absolute path, for messages; nil where there is no place to look.
    let path: String?
    private let values: [String: String]

    init(path: String?, values: [String: String]) {
        self.path = path
        self.values = values
    }

    /// The value of a setting; nil where it is not there or empty.
    func value(_ setting: Setting) -> String? {
        guard let text = values[setting.rawValue], !text.isEmpty else { return nil }
        return text
    }

    /// Reads the file: the one that `SIGILUM_CONFIG_FILE` names, else `config.env` in the folder that
    /// `SIGILUM_CONFIG_HOME` names, else `~/.sigilum/config.env`. One that is not there is empty; where the first of
    /// these names it, there is a warning.
    ///
    /// - Throws: 77 where others may write the file or somebody else owns it, 78 where a line is not a setting.
    static func load(_ surroundings: Surroundings) throws(Failure) -> ConfigFile {
        let named = surroundings.setting("SIGILUM_CONFIG_FILE")
        guard let path = try location(named, surroundings), path != "/dev/null" else {
            return ConfigFile(path: nil, values: [:])
        }
        let content: SecretBytes?
        do throws(FileError) {
            content = try readSecretThroughLinks(path, limit: sizeLimit)
        } catch {
            throw error.failure
        }
        guard let content else {
            if named != nil { surroundings.say(.warn("SIGILUM_CONFIG_FILE names a file that is not there: \(path)")) }
            return ConfigFile(path: path, values: [:])
        }
        try SafetyCheck(surroundings).settingsFile(path)
        do throws(ConfigFileError) {
            let wanted = Set(Setting.allCases.map(\.rawValue))
            let values = try content.withBytes { (bytes) throws(ConfigFileError) in
                try ConfigFileParser.parse(bytes, wanted: wanted)
            }
            return ConfigFile(path: path, values: values)
        } catch {
            throw Failure(
                .configuration, code: "config-file",
                "Configuration file \(path), line \(error.line): \(error.reason.rawValue)")
        }
    }

    private static func location(_ named: String?, _ surroundings: Surroundings) throws(Failure) -> String? {
        if let named { return try surroundings.absolute(named) }
        if let folder = surroundings.setting("SIGILUM_CONFIG_HOME") {
            return try surroundings.absolute(folder + "/config.env")
        }
        return surroundings.userHome.map { $0 + "/.sigilum/config.env" }
    }
}
