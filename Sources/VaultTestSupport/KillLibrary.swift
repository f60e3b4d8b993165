internal import Foundation

/// A library that, loaded into the program before all others, ends it with SIGKILL at one of its calls that write:
/// files, folders, their modes and names, syncs, sockets. It counts the calls of all threads together.
package struct KillLibrary: Sendable {
    /// The calls that reach the other side of a socket.
    package static let socketCalls = ["write", "writev", "send", "sendto", "sendmsg", "connect"]

    private let path: String

    /// Compiles the library with `clang`, `cc` or `gcc`, whichever is found first.
    ///
    /// - Parameter folder: Where it is put.
    /// - Throws: ``CannotBuild`` with what the compilers said: a machine without one fails the test.
    package init(in folder: String) throws {
        path = folder + "/kill.so"
        let source = folder + "/kill.c"
        try Data(KillLibrarySource.text.utf8).write(to: URL(fileURLWithPath: source))
        var said: [String] = []
        for compiler in ["clang", "cc", "gcc"] {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [
                compiler, "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", path, source, "-ldl",
            ]
            let errors = Pipe()
            process.standardError = errors
            try process.run()
            let text = try errors.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            if process.terminationStatus == 0 { return }
            said.append("\(compiler): \(String(decoding: text, as: UTF8.self))")
        }
        throw CannotBuild(said: said)
    }

    /// No compiler made the library: the tests that kill the program need a C compiler.
    package struct CannotBuild: Error {
        package let said: [String]
    }

    /// When to die, as seen from the call.
    package enum Side: String, Sendable, CaseIterable { case before, after }

    /// The variables that make a run die at its `number`-th call (from 1); 0 only counts. `log` is a file that gets a line
    /// for each call made (see ``calls(in:)``); `only` names the calls that count, nil means all.
    package func variables(at number: Int, _ side: Side = .before, log: String, only: [String]? = nil) -> [String:
        String]
    {
        var variables = [
            "LD_PRELOAD": path, "KILL_AT": String(number), "KILL_SIDE": side.rawValue, "KILL_LOG": log,
        ]
        if let only { variables["KILL_ONLY"] = "," + only.joined(separator: ",") + "," }
        return variables
    }

    /// The names of the calls that a run counted, in their order.
    package func calls(in log: String) -> [String] {
        let bytes = FileManager.default.contents(atPath: log) ?? Data()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
