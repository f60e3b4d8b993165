internal import Glibc
internal import SafeFiles

/// The path of a file with its folder's links, `.` and `..` resolved; the file itself may be anything.
///
/// Parts that do not exist are kept as they are: what remembers a vault must find it again after its whole home is gone.
/// So is a path that cannot be looked at; no vault can be opened there.
func realPath(ofFile path: String) -> String {
    var folder = pathComponents(path)
    let isAbsolute = path.hasPrefix("/")
    var missing: [String] = []
    if let name = folder.popLast() { missing.append(name) }
    while true {
        let text = (isAbsolute ? "/" : "./") + pathText(folder)
        if let resolved = realpath(text, nil) {
            defer { free(resolved) }
            return joined(pathComponents(String(cString: resolved)), missing.reversed())
        }
        guard errno == ENOENT, let last = folder.popLast() else { return path }
        missing.append(last)
    }
}

private func joined(_ base: [String], _ rest: [String]) -> String {
    var parts = base
    for part in rest {
        switch part {
        case ".": break
        case "..": _ = parts.popLast()
        default: parts.append(part)
        }
    }
    return "/" + pathText(parts)
}
