internal import Glibc
internal import SafeFiles

/// The path without links and without `.` and `..`, also where its last parts do not exist: what remembers a vault must
/// find it again after its whole home is gone.
func realPath(of path: String) throws(FileError) -> String {
    var existing = path.isEmpty ? "." : path
    var missing: [String] = []
    while true {
        if let resolved = realpath(existing, nil) {
            defer { free(resolved) }
            return missing.reversed().reduce(String(cString: resolved)) { base, name in
                switch name {
                case ".": base
                case "..": folder(above: base)
                default: base.hasSuffix("/") ? base + name : base + "/" + name
                }
            }
        }
        let code = errno
        let parts = existing.split(separator: "/").map(String.init)
        guard code == ENOENT, let last = parts.last else {
            throw .system(operation: "realpath", path: path, errno: code)
        }
        missing.append(last)
        let rest = parts.dropLast().joined(separator: "/")
        existing = existing.hasPrefix("/") ? "/" + rest : (rest.isEmpty ? "." : rest)
    }
}

private func folder(above path: String) -> String {
    let parts = path.split(separator: "/").dropLast()
    return "/" + parts.joined(separator: "/")
}
