import Glibc

/// A folder of a test's own, removed with what is in it.
final class Tree: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/secret-scan-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template), let real = realpath(made, nil) else { throw TreeError() }
        path = String(cString: real)
        free(real)
    }

    deinit { removeTree(path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// A file, with the folders that it lies in.
    func write(_ name: String, _ text: String, mode: mode_t = 0o600) {
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/" + part
            mkdir(folder, 0o700)
        }
        guard let file = fopen(self(name), "w") else { return }
        fwrite(text, 1, text.utf8.count, file)
        fclose(file)
        chmod(self(name), mode)
    }
}

struct TreeError: Error {}

/// Removes a folder and what is in it, without following links.
private func removeTree(_ path: String) {
    chmod(path, 0o700)
    if let listing = opendir(path) {
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            if unlink(path + "/" + name) != 0 { removeTree(path + "/" + name) }
        }
        closedir(listing)
    }
    rmdir(path)
}

let isRoot = geteuid() == 0

/// Runs `body` with the rights of an ordinary user, where this process is root: for files alone, in this thread alone.
func withoutPrivilege<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard isRoot, let symbol = dlsym(nil, "setfsuid") else { return try body() }
    let setUser = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> Int32).self)
    _ = setUser(65534)
    defer { _ = setUser(0) }
    return try body()
}

/// A socket that listens at a path.
final class LocalSocket {
    private let descriptor: Int32

    init?(_ path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        guard bound == 0, listen(descriptor, 1) == 0 else { return nil }
    }

    deinit { close(descriptor) }

    /// Whether somebody connected.
    var wasCalled: Bool { accept(descriptor, nil, nil) >= 0 }
}
