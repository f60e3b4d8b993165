internal import Glibc

/// The path of a file with its folder's links, `.` and `..` resolved; the file itself may be anything.
///
/// Parts that do not exist are kept as they are: what remembers a vault must find it again after its whole home is gone.
/// So is a path that cannot be looked at; no vault can be opened there.
func realPath(ofFile path: String) -> String {
    var folder = components(path)
    let isAbsolute = path.hasPrefix("/")
    var missing: [String] = []
    if let name = folder.popLast() { missing.append(name) }
    while true {
        let text = (isAbsolute ? "/" : "./") + folder.joined(separator: "/")
        if let resolved = realpath(text, nil) {
            defer { free(resolved) }
            return joined(components(String(cString: resolved)), missing.reversed())
        }
        guard errno == ENOENT, let last = folder.popLast() else { return path }
        missing.append(last)
    }
}

private func components(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }

private func joined(_ base: [String], _ rest: some Sequence<String>) -> String {
    var parts = base
    for part in rest {
        switch part {
        case ".": break
        case "..": _ = parts.popLast()
        default: parts.append(part)
        }
    }
    return "/" + parts.joined(separator: "/")
}
