internal import CPlatform
internal import Glibc
internal import SafeFiles
internal import SecureMemory

/// What `doctor` looks at of the machine, as values: a test has a machine of its own.
package struct Machine: Sendable {
    /// The beginning of a small file of the system, without the line end; nil where it cannot be read.
    package var text: @Sendable (_ path: String) -> String?
    /// What is in a folder of the system; empty where it cannot be read.
    package var names: @Sendable (_ path: String) -> [String]
    /// The kind of the file system that a path is on (`f_type` of statfs(2)); nil where that cannot be found out.
    package var fileSystem: @Sendable (_ path: String) -> Int?
    /// How many bytes may be locked in memory; nil where there is no limit.
    package var lockLimit: @Sendable () -> UInt64?
    /// Whether that many bytes more can be locked in memory now.
    package var canLock: @Sendable (_ bytes: Int) -> Bool
    /// How large a core file of this process may be, in bytes; nil where there is no limit.
    package var coreLimit: @Sendable () -> UInt64?
    /// Whether this process's memory may be dumped, or looked at by others of the same user.
    package var isDumpable: @Sendable () -> Bool
    /// The path of the program that runs; nil where the system does not say.
    package var program: @Sendable () -> String?
    /// The version of libsodium.
    package var sodium: String
    /// The version of SQLite.
    package var sqlite: String

    package init(
        text: @escaping @Sendable (String) -> String?, names: @escaping @Sendable (String) -> [String],
        fileSystem: @escaping @Sendable (String) -> Int?, lockLimit: @escaping @Sendable () -> UInt64?,
        canLock: @escaping @Sendable (Int) -> Bool, coreLimit: @escaping @Sendable () -> UInt64?,
        isDumpable: @escaping @Sendable () -> Bool, program: @escaping @Sendable () -> String?, sodium: String,
        sqlite: String
    ) {
        self.text = text
        self.names = names
        self.fileSystem = fileSystem
        self.lockLimit = lockLimit
        self.canLock = canLock
        self.coreLimit = coreLimit
        self.isDumpable = isDumpable
        self.program = program
        self.sodium = sodium
        self.sqlite = sqlite
    }

    /// The machine that this process runs on; the store says what its SQLite is.
    package static func live(sqlite: String) -> Machine {
        Machine(
            text: beginning, names: { (try? Folder.open($0).names()) ?? [] },
            fileSystem: { path in
                let kind = sigilum_file_system(path)
                return kind == -1 ? nil : kind
            }, lockLimit: { limit(__RLIMIT_MEMLOCK) }, canLock: { MemoryLocking.canLock($0) },
            coreLimit: { limit(RLIMIT_CORE) }, isDumpable: { sigilum_is_dumpable() != 0 }, program: runningProgram,
            sodium: SodiumLibrary.version, sqlite: sqlite)
    }

    private static func limit(_ resource: __rlimit_resource) -> UInt64? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return 0 }
        return limit.rlim_cur == .max ? nil : UInt64(limit.rlim_cur)
    }

    /// Files of /proc and /sys say that they are empty, so their sizes are not asked.
    private static func beginning(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 16384)
        let count = read(file, &bytes, bytes.count)
        guard count >= 0 else { return nil }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    private static func runningProgram() -> String? {
        guard let path = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }
}
