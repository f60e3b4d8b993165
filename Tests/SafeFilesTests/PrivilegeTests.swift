import Glibc
import SafeFiles
import SecureMemory
import Testing

@Suite("other users, full and read-only places")
struct PrivilegeTests {
    let scratch: Scratch
    let other = FileOwner(uid: 4321, gid: 4322)

    init() throws {
        scratch = try Scratch()
    }

    @Test("only root on a home of someone else's makes files for its owner")
    func ownerOfHome() throws {
        let status = try scratch.folder.status
        #expect(FileOwner.forHome(status, user: 1000) == nil)
        #expect(FileOwner.forHome(status, user: 0) == (isRoot ? nil : FileOwner(uid: status.uid, gid: status.gid)))
    }

    @Test("a home of another user gives that user as the owner", .enabled(if: isRoot))
    func ownerOfForeignHome() throws {
        chown(scratch.path, other.uid, other.gid)
        #expect(FileOwner.forHome(try scratch.folder.status, user: 0) == other)
        #expect(FileOwner.forHome(try scratch.folder.status, user: other.uid) == nil)
    }

    @Test("what root makes for another user belongs to that user", .enabled(if: isRoot))
    func filesForAnother() throws {
        try scratch.folder.replace("replaced", with: secret("a"), owner: other)
        try scratch.folder.createNew("created", with: secret("b"), owner: other)
        let made = try Folder.openOrCreate(scratch("outer/inner"), owner: other)
        let lock = try FileLock.exclusive("lock", in: scratch.folder, owner: other, timeoutMilliseconds: 0)
        let isHeld = lock != nil
        #expect(isHeld)
        for name in ["replaced", "created", "outer", "lock"] {
            let status = try #require(try scratch.folder.status(name))
            #expect(FileOwner(uid: status.uid, gid: status.gid) == other)
            #expect(status.mode == (name == "outer" ? 0o700 : 0o600))
        }
        #expect(try made.folder.status.uid == other.uid)
    }

    @Test("a file that cannot be given away is not left behind")
    func cannotGiveAway() throws {
        chmod(scratch.path, 0o777)
        let error = withoutPrivilege {
            failure { () throws(FileError) in try scratch.folder.replace("key", with: secret("new"), owner: other) }
        }
        #expect(error == .system(operation: "chown", path: scratch("key"), errno: EPERM))
        #expect(try scratch.folder.names() == [])
    }

    @Test("in a read-only folder nothing changes and the system's error is told")
    func readOnlyFolder() throws {
        scratch.write("old", to: "key", mode: 0o644)
        chmod(scratch.path, 0o555)
        let errors = withoutPrivilege {
            [
                failure { () throws(FileError) in try scratch.folder.replace("key", with: secret("new"), owner: nil) },
                failure { () throws(FileError) in try scratch.folder.createNew("b", with: secret("new"), owner: nil) },
                failure { () throws(FileError) in _ = try Folder.openOrCreate(scratch("home"), owner: nil) },
                failure { () throws(FileError) in _ = try scratch.folder.remove("key") },
            ]
        }
        #expect(
            errors == [
                .system(operation: "open", path: scratch("key"), errno: EACCES),
                .system(operation: "open", path: scratch("b"), errno: EACCES),
                .system(operation: "mkdir", path: scratch("home"), errno: EACCES),
                .system(operation: "unlink", path: scratch("key"), errno: EACCES),
            ])
        #expect(scratch.text("key") == "old")
        #expect(try scratch.folder.names() == ["key"])
    }

    @Test("a full file system leaves the old file whole and no other", .enabled(if: SmallFileSystem.isPossible))
    func full() throws {
        scratch.makeFolder("small")
        let small = try SmallFileSystem(at: scratch("small"))
        let folder = try Folder.open(small.path)
        try folder.replace("key", with: secret("old"), owner: nil)
        let large = SecretBytes(randomCount: 256 * 1024)
        let replacing = failure { () throws(FileError) in try folder.replace("key", with: large, owner: nil) }
        #expect(replacing == .system(operation: "write", path: small.path + "/key", errno: ENOSPC))
        let creating = failure { () throws(FileError) in try folder.createNew("b", with: large, owner: nil) }
        #expect(creating == .system(operation: "write", path: small.path + "/b", errno: ENOSPC))
        #expect(try folder.readSecret("key", limit: 10)?.text() == "old")
        #expect(try folder.names() == ["key"])
    }

    @Test("no error of a file says what was to be written")
    func canary() throws {
        let canary = "canary-5c1d"
        scratch.makeFolder("folder")
        symlink("missing", scratch("link"))
        for name in ["folder", "link", "", "a/b"] {
            let error = failure { () throws(FileError) in
                try scratch.folder.replace(name, with: secret(canary), owner: nil)
            }
            #expect(!String(describing: error).contains(canary))
            #expect(!String(reflecting: error).contains(canary))
        }
        #expect(try scratch.folder.names() == ["folder", "link"])
    }
}

/// A file system of 64 KiB in memory, unmounted when the value dies.
struct SmallFileSystem: ~Copyable {
    let path: String

    /// Whether this process may mount: not in every container.
    static let isPossible: Bool = {
        guard let scratch = try? Scratch() else { return false }
        scratch.makeFolder("probe")
        do {
            _ = try SmallFileSystem(at: scratch("probe"))
            return true
        } catch {
            return false
        }
    }()

    init(at path: String) throws {
        let mounted = try ChildProcess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path], outputLimit: 1000, timeoutMilliseconds: 60_000)
        guard mounted.status == 0 else { throw ScratchError() }
        self.path = path
    }

    deinit {
        _ = try? ChildProcess.run(["umount", "-l", path], outputLimit: 1000, timeoutMilliseconds: 60_000)
    }
}
