internal import Glibc

/// A child of this process and all that came of it, as `/proc` has it.
enum ProcessTree {
    /// Ends all of them and waits for the child. What has made itself a child of another process meanwhile, as a
    /// daemon does, is not found and goes on.
    static func end(_ child: pid_t) {
        // Each is stopped before its children are looked for: it can start no others.
        var found = [child]
        var next = 0
        while next < found.count {
            kill(found[next], SIGSTOP)
            found += children(of: found[next])
            next += 1
        }
        for process in found { kill(process, SIGKILL) }
        var status: Int32 = 0
        _ = uninterrupted { waitpid(child, &status, 0) }
    }

    private static func children(of parent: pid_t) -> [pid_t] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var children: [pid_t] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let process = pid_t(name), self.parent(of: process) == parent { children.append(process) }
        }
        return children
    }

    /// proc(5): the fourth field of `/proc/PID/stat`. The second, a name in parentheses, may hold anything.
    private static func parent(of process: pid_t) -> pid_t? {
        let file = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = read(file, &bytes, bytes.count)
        guard count > 0, let end = bytes[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(end + 1)..<count].split(separator: UInt8(ascii: " "))
        guard fields.count > 1 else { return nil }
        return pid_t(String(decoding: fields[1], as: UTF8.self))
    }
}
