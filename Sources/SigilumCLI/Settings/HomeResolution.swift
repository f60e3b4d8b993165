internal import Glibc

/// Where the Sigilum home is, or would be: the folder of `vault.db`, the export files and the key file.
struct HomeLocation: Sendable, Equatable {
    /// What named it.
    enum Source: Sendable, Equatable {
        /// `--sigilum-home`
        case option
        /// `GATEWAY_SIGILUM_HOME`
        case environment
        /// `GATEWAY_SIGILUM_HOME` in this file.
        case configFile(String)
        /// A `.sigilum-workspace` in the working directory or above it.
        case found
        /// There is none: the working directory gets one.
        case workingDirectory
        /// `init --global`: the user's own home folder.
        case global
    }

    /// Absolute, as it was named: symbolic links are not resolved.
    let path: String
    let source: Source

    /// The code of ``notFound``.
    static let notFoundCode = "no-vault"

    /// What a command that reads says where there is no vault (66): where it looked.
    var notFound: Failure {
        let looked: Message =
            switch source {
            case .option: "looked where --sigilum-home says"
            case .environment: "looked where GATEWAY_SIGILUM_HOME says"
            case .configFile(let file): "looked where GATEWAY_SIGILUM_HOME in \(file) says"
            case .found: "looked in the nearest \(HomeResolution.folderName) from the working directory upward"
            case .workingDirectory:
                "looked for \(HomeResolution.folderName) in the working directory and in every folder above it"
            case .global: "looked in your home folder"
            }
        return Failure(
            .missing, code: Self.notFoundCode, "No vault found: \(path)",
            hints: [
                looked, "make one:  \(command: ["vault", "init"])", "or name the folder of one with --sigilum-home",
            ])
    }
}

/// Finds the Sigilum home. Changes nothing.
enum HomeResolution {
    static let folderName = ".sigilum-workspace"

    /// The home, from the first of: the option, `GATEWAY_SIGILUM_HOME`, the same in `config.env`, the nearest
    /// `.sigilum-workspace` from the working directory upward, else one in the working directory.
    static func locate(
        option: String?, config: ConfigFile, surroundings: Surroundings
    ) throws(Failure) -> HomeLocation {
        if let option {
            guard !option.isEmpty else { throw Failure.usage("--sigilum-home is empty") }
            return HomeLocation(path: try surroundings.absolute(option), source: .option)
        }
        if let path = surroundings.setting("GATEWAY_SIGILUM_HOME") {
            return HomeLocation(path: try surroundings.absolute(path), source: .environment)
        }
        if let path = config.value(.home) {
            let file = config.path ?? "config.env"
            guard path.hasPrefix("/") else {
                throw Failure(
                    .configuration, code: "config-file",
                    "GATEWAY_SIGILUM_HOME in \(file) is not an absolute path",
                    hints: ["the file is not run by a shell: write ~ and $HOME out"])
            }
            return HomeLocation(path: Surroundings.tidy(path), source: .configFile(file))
        }
        let start = try surroundings.absolute(".")
        for folder in surroundings.foldersUpward where isFolder(join(folder, folderName)) {
            return HomeLocation(path: join(folder, folderName), source: .found)
        }
        return HomeLocation(path: join(start, folderName), source: .workingDirectory)
    }

    /// The home of `init --global`: `~/.sigilum-workspace`.
    static func global(_ surroundings: Surroundings) throws(Failure) -> HomeLocation {
        HomeLocation(path: join(try surroundings.requireUserHome(), folderName), source: .global)
    }

    private static func join(_ folder: String, _ name: String) -> String {
        folder == "/" ? "/" + name : folder + "/" + name
    }

    /// Whether a folder is there, or a link: one that leads nowhere is reported, not passed over.
    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFDIR || status.st_mode & S_IFMT == S_IFLNK
    }
}
