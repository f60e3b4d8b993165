import Glibc
import SafeFiles
import SecureMemory
import Testing

@Suite("locks")
struct FileLockTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func lock(milliseconds: Int = 0) throws -> FileLock? {
        try FileLock.exclusive("lock", in: scratch.folder, owner: nil, timeoutMilliseconds: milliseconds)
    }

    private func isFree(within milliseconds: Int = 0) throws -> Bool {
        let lock = try lock(milliseconds: milliseconds)
        return lock != nil
    }

    @Test("a lock that another holds is not given, and is free when that one has gone")
    func excludes() throws {
        let held = try lock()
        #expect(try !isFree())
        #expect(try !isFree(within: 20))
        _ = consume held
        #expect(try isFree())
        #expect(try scratch.folder.status("lock")?.mode == 0o600)
        #expect(try scratch.folder.status("lock")?.size == 0)
    }

    @Test("eight threads with the lock count without losing one")
    func counting() throws {
        let scratch = scratch
        scratch.write("0", to: "count")
        let failures = inEightThreads { _ in
            failure { () throws(FileError) in
                for _ in 0..<25 {
                    let lock = try FileLock.exclusive(
                        "lock", in: scratch.folder, owner: nil, timeoutMilliseconds: 60_000)
                    guard let lock else { throw .system(operation: "lock", path: "", errno: ETIMEDOUT) }
                    let count = Int(scratch.text("count") ?? "") ?? 0
                    scratch.write("\(count + 1)", to: "count")
                    _ = consume lock
                }
            }
        }.compactMap { $0 }
        #expect(failures == [])
        #expect(scratch.text("count") == "200")
    }

    @Test("a lock file that was taken away is made anew, and the new one excludes")
    func removedFile() throws {
        let old = try lock()
        #expect(try scratch.folder.remove("lock"))
        let new = try lock()
        #expect(try !isFree())
        _ = consume old
        #expect(try !isFree())
        _ = consume new
        #expect(try isFree())
    }

    @Test("a link, a folder or a pipe is no lock file")
    func unsafeFiles() throws {
        scratch.write("", to: "target")
        symlink("target", scratch("link"))
        symlink("missing", scratch("dangling"))
        scratch.makeFolder("folder")
        mkfifo(scratch("pipe"), 0o600)
        let expected: [(String, UnsafePath)] = [
            ("link", .symbolicLink), ("dangling", .symbolicLink), ("folder", .notRegularFile),
            ("pipe", .notRegularFile),
        ]
        for (name, problem) in expected {
            let error = failure { () throws(FileError) in
                _ = try FileLock.exclusive(name, in: scratch.folder, owner: nil, timeoutMilliseconds: 0)
            }
            #expect(error == .unsafe(path: scratch(name), problem: problem, mend: nil))
        }
        #expect(try scratch.folder.status("missing") == nil)
    }

    @Test("a child process does not keep a lock that its parent gave up")
    func notInherited() throws {
        let held = try lock()
        // The shell ends and leaves a sleeping child of its own behind, which would still hold what it inherited.
        let shell = try ChildProcess.run(
            ["sh", "-c", "sleep 5 >/dev/null &"], outputLimit: 10, timeoutMilliseconds: 60_000)
        #expect(shell.status == 0)
        #expect(try !isFree())
        _ = consume held
        #expect(try isFree())
    }
}
