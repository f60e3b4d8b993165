internal import CPlatform
internal import Glibc

/// A file or folder as a walk meets it.
package struct ScanPlace: Sendable {
    /// Absolute or relative, as the walk's root was.
    package let path: String
    package let isFolder: Bool
    package let device: UInt64
    package let inode: UInt64
}

/// Something that could not be read.
package struct ScanTrouble: Sendable, Equatable {
    package let path: String
    /// Of the call that failed: `EACCES`, say.
    package let errno: Int32

    package init(path: String, errno: Int32) {
        (self.path, self.errno) = (path, errno)
    }
}

/// What a walk found.
package struct ScanFindings: Sendable {
    /// By path in the order of the walk, then by place.
    package fileprivate(set) var matches: [(path: String, match: ScanMatch)] = []
    /// Files that hold a value so often that not all places of it are named.
    package fileprivate(set) var cut: [String] = []
    /// The first ``ScanWalk/troubleLimit`` files and folders that could not be read, and how many there were.
    package fileprivate(set) var troubles: [ScanTrouble] = []
    package fileprivate(set) var troubleCount = 0
    /// Folders that other file systems are mounted on: they are not entered.
    package fileprivate(set) var otherFileSystems: [String] = []
    package fileprivate(set) var files = 0
    package fileprivate(set) var bytes: Int64 = 0
}

/// Searches folders with all that is in them.
///
/// Reads regular files alone: a pipe, a socket or a device is never opened, a symbolic link never followed but where it
/// is a root itself. Stays on the file system of its root.
package struct ScanWalk: ~Copyable {
    /// So many places that could not be read are named.
    package static let troubleLimit = 1000
    /// So deep a walk goes: every folder on the way is open meanwhile.
    private static let depthLimit = 200

    private let stream: ScanStream
    private let skips: (ScanPlace) -> Bool
    private var findings = ScanFindings()
    /// Folders that were entered: a folder may be below two roots, or be mounted below itself.
    private var entered: Set<[UInt64]> = []

    /// Searches roots one after the other: folders or files; what is below two of them once. A root that does not exist is
    /// a trouble like any other. `skips` says of a file, or of a folder with all that is in it, whether it is left out; it
    /// is asked before anything is opened.
    package static func search(
        _ roots: [String], with scanner: SecretScanner, skipping skips: @escaping (ScanPlace) -> Bool = { _ in false }
    ) -> ScanFindings {
        var walk = ScanWalk(stream: ScanStream(scanner), skips: skips)
        for root in roots { walk.searchRoot(root) }
        return walk.findings
    }

    private init(stream: ScanStream, skips: @escaping (ScanPlace) -> Bool) {
        (self.stream, self.skips) = (stream, skips)
    }

    private mutating func searchRoot(_ root: String) {
        var status = stat()
        guard stat(root, &status) == 0 else { return note(errno, root) }
        let name = Array(root.utf8CString)
        visit(name, in: AT_FDCWD, path: root, status: status, device: status.st_dev, depth: 0)
    }

    /// Searches what has a name in a folder: not followed where it is a link, save for a root (`depth` 0). `device` is the
    /// file system of the root.
    private mutating func visit(
        _ name: [CChar], in folder: Int32, path: String, status: stat, device: dev_t, depth: Int
    ) {
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFDIR else { return }
        let place = ScanPlace(
            path: path, isFolder: kind == S_IFDIR, device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        guard !skips(place) else { return }
        guard status.st_dev == device else {
            if place.isFolder { findings.otherFileSystems.append(path) }
            return
        }
        if place.isFolder, !entered.insert([place.device, place.inode]).inserted { return }
        guard depth <= Self.depthLimit else { return note(ELOOP, path) }
        // Without waiting for whoever might have put a pipe there meanwhile.
        let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (depth > 0 ? O_NOFOLLOW : 0)
        let opened = Self.uninterrupted {
            Int(sigilum_openat(folder, name, flags | (place.isFolder ? O_DIRECTORY : 0), 0))
        }
        guard opened >= 0 else { return note(errno, path) }
        let descriptor = Int32(opened)
        if place.isFolder {
            searchFolder(descriptor, path: path, device: device, depth: depth)
        } else {
            searchFile(descriptor, path: path)
        }
    }

    /// Searches what is in a folder by the order of the names' bytes. Closes the descriptor.
    private mutating func searchFolder(_ descriptor: Int32, path: String, device: dev_t, depth: Int) {
        guard let listing = fdopendir(descriptor) else {
            note(errno, path)
            close(descriptor)
            return
        }
        defer { closedir(listing) }
        let names = names(in: listing, path: path)
        for name in names {
            let shown = name.withUnsafeBufferPointer { bytes in
                bytes.withMemoryRebound(to: UInt8.self) { String(decoding: $0.dropLast(), as: UTF8.self) }
            }
            let below = path.hasSuffix("/") ? path + shown : path + "/" + shown
            var status = stat()
            guard fstatat(dirfd(listing), name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                // What went away meanwhile is no trouble.
                if errno != ENOENT { note(errno, below) }
                continue
            }
            visit(name, in: dirfd(listing), path: below, status: status, device: device, depth: depth + 1)
        }
    }

    private mutating func names(in listing: OpaquePointer, path: String) -> [[CChar]] {
        var names: [[CChar]] = []
        while true {
            errno = 0
            guard let entry = readdir(listing) else {
                if errno != 0 { note(errno, path) }
                break
            }
            guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { continue }
            // Through the pointer, not the tuple: the record is shorter than the type says.
            let start = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            let name = Array(UnsafeBufferPointer(start: start, count: strlen(start) + 1))
            if name != [0x2e, 0], name != [0x2e, 0x2e, 0] { names.append(name) }
        }
        return names.sorted { strcmp($0, $1) < 0 }
    }

    /// Closes the descriptor.
    private mutating func searchFile(_ descriptor: Int32, path: String) {
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return note(errno, path) }
        // Something else was put in the place of the file.
        guard status.st_mode & S_IFMT == S_IFREG else { return }
        findings.files += 1
        // A log may grow as fast as it is read; files of the system do not say how long they are.
        var rest = Int64(status.st_size) + 1 << 20
        stream.restart()
        while rest > 0, stream.wantsMore {
            let count = stream.fill { free in
                Self.uninterrupted { read(descriptor, free.baseAddress, min(free.count, Int(rest))) }
            }
            guard count > 0 else {
                if count < 0 { note(errno, path) }
                break
            }
            rest -= Int64(count)
            findings.bytes += Int64(count)
        }
        for match in stream.finish() { findings.matches.append((path, match)) }
        if stream.isCut { findings.cut.append(path) }
    }

    private mutating func note(_ error: Int32, _ path: String) {
        findings.troubleCount += 1
        if findings.troubles.count < Self.troubleLimit {
            findings.troubles.append(ScanTrouble(path: path, errno: error))
        }
    }

    private static func uninterrupted(_ call: () -> Int) -> Int {
        while true {
            let answer = call()
            if answer >= 0 || errno != EINTR { return answer }
        }
    }
}
