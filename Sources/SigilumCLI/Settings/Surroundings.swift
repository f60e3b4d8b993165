internal import Glibc
internal import SafeFiles

/// What of the process and its user the settings are resolved from.
package struct Surroundings: Sendable {
    package let environment: ProcessEnvironment
    /// Absolute, with symbolic links resolved; nil where the folder is gone.
    package let workingDirectory: String?
    /// The effective user id.
    package let user: UInt32
    /// The home folder that the system's accounts know, asked only where `HOME` is not set.
    private let accountHome: @Sendable () -> String?
    /// Takes what is to be said on standard error, whatever becomes of the command.
    let say: @Sendable (Remark) -> Void

    package init(
        environment: ProcessEnvironment, workingDirectory: String?, user: UInt32,
        accountHome: @escaping @Sendable () -> String?, say: @escaping @Sendable (Remark) -> Void
    ) {
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
        self.accountHome = accountHome
        self.say = say
    }

    /// Those of this process, for a command.
    init(_ context: Context) {
        let user = geteuid()
        let remarks = context.remarks
        self.init(
            environment: context.environment,
            workingDirectory: context.workingDirectory.isEmpty ? nil : context.workingDirectory, user: user,
            accountHome: {
                guard let account = getpwuid(user), let folder = account.pointee.pw_dir else { return nil }
                return String(cString: folder)
            },
            say: { remarks.add($0) })
    }

    /// A variable's text; nil where it is not set or empty, which is how scripts unset one.
    func setting(_ name: String) -> String? {
        guard let text = environment.value(name), !text.isEmpty else { return nil }
        return text
    }

    /// The user's own home folder, absolute; nil where neither `HOME` nor the system's accounts say.
    var userHome: String? {
        if let home = setting("HOME"), home.hasPrefix("/") { return Self.tidy(home) }
        guard let home = accountHome(), home.hasPrefix("/") else { return nil }
        return Self.tidy(home)
    }

    /// The user's own home folder, or a failure (78) where nothing says where it is.
    func requireUserHome() throws(Failure) -> String {
        guard let home = userHome else {
            throw Failure(
                .configuration, code: "no-user-home", "Unable to find your home folder",
                hints: ["set the environment variable HOME"])
        }
        return home
    }

    /// A path as the user gave it, made absolute.
    func absolute(_ path: String) throws(Failure) -> String {
        if path.hasPrefix("/") { return Self.tidy(path) }
        guard let workingDirectory else {
            throw Failure(
                .missing, code: "no-working-directory", "The working directory does not exist any more",
                hints: ["change to another folder, or give an absolute path"])
        }
        return Self.tidy(workingDirectory + "/" + path)
    }

    /// The working directory and every folder above it, up to `/`; none where the working directory is gone.
    var foldersUpward: [String] {
        guard let workingDirectory else { return [] }
        let parts = workingDirectory.split(separator: "/")
        return (0...parts.count).map { "/" + parts.dropLast($0).joined(separator: "/") }
    }

    /// Without empty and `.` parts. `..` stays: what it means after a symbolic link is for the system to say.
    static func tidy(_ path: String) -> String {
        "/" + pathText(pathComponents(path).filter { $0 != "." })
    }
}

extension Surroundings {
    /// The same, with what is to be said taken elsewhere.
    func saying(_ say: @escaping @Sendable (Remark) -> Void) -> Surroundings {
        Surroundings(
            environment: environment, workingDirectory: workingDirectory, user: user, accountHome: accountHome, say: say
        )
    }

    /// Whether something is at a path.
    func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
