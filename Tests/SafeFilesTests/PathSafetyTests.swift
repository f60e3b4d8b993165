import Glibc
import SafeFiles
import Testing

@Suite("path safety")
struct PathSafetyTests {
    let scratch: Scratch
    let me = geteuid()

    init() throws {
        scratch = try Scratch()
    }

    /// Only what is about the scratch folder and below: what is above it is the machine's.
    private func folderFindings(_ name: String, user: UInt32? = nil) throws -> [PathFinding] {
        try PathSafety.inspect(folder: scratch(name), user: user ?? me).filter { $0.path.hasPrefix(scratch.path) }
    }

    private func fileFindings(
        _ name: String, _ leniency: SecretFileLeniency = .strict, user: UInt32? = nil
    ) throws -> [PathFinding] {
        try PathSafety.inspect(secretFile: scratch(name), user: user ?? me, leniency: leniency)
            .filter { $0.path.hasPrefix(scratch.path) }
    }

    private func finding(
        _ name: String, _ problem: UnsafePath, _ severity: PathFinding.Severity, _ mend: String? = nil
    ) -> PathFinding {
        let path = name.isEmpty ? scratch.path : scratch(name)
        return PathFinding(path: path, problem: problem, severity: severity, mend: mend.map { "\($0) '\(path)'" })
    }

    @Test("a folder that only its user may write is safe", arguments: [0o700, 0o755, 0o750])
    func safeFolder(mode: mode_t) throws {
        scratch.makeFolder("home", mode: mode)
        #expect(try folderFindings("home") == [])
        #expect(try folderFindings("home/not/there") == [])
    }

    @Test("a home that others may write is refused, sticky too", arguments: [0o770, 0o707, 0o777, 0o720, 0o1777])
    func writableHome(mode: mode_t) throws {
        scratch.makeFolder("home", mode: mode)
        #expect(try folderFindings("home") == [finding("home", .othersMayWrite, .refuse, "chmod go-w")])
    }

    @Test("a home that another user owns is refused")
    func foreignHome() throws {
        scratch.makeFolder("home")
        let other = me + 1
        let found = try folderFindings("home", user: other)
        #expect(found.first == finding("home", .foreignOwner, .refuse, "chown \(other)"))
    }

    @Test("root may work on another user's home, below that user's folders", .enabled(if: isRoot))
    func rootOnForeignHome() throws {
        scratch.makeFolder("home")
        scratch.makeFolder("home/inner")
        scratch.write("key", to: "home/inner/key")
        for name in ["home", "home/inner", "home/inner/key"] { chown(scratch(name), 4321, 4321) }
        #expect(try folderFindings("home/inner", user: 0) == [])
        #expect(try fileFindings("home/inner/key", user: 0) == [])
        chown(scratch("home"), 5555, 5555)
        let foreign = finding("home", .foreignOwner, .refuse, "chown 0")
        #expect(try folderFindings("home/inner", user: 0) == [foreign])
        #expect(try fileFindings("home/inner/key", user: 0) == [foreign])
    }

    @Test("what is no folder is refused")
    func notFolder() throws {
        scratch.write("", to: "home")
        #expect(try folderFindings("home") == [finding("home", .notFolder, .refuse)])
    }

    @Test("a group-writable parent gets a warning")
    func groupWritableParent() throws {
        scratch.makeFolder("outer", mode: 0o770)
        scratch.makeFolder("outer/home")
        scratch.write("key", to: "outer/home/key")
        let expected = finding("outer", .groupWritableParent, .warn, "chmod g-w")
        #expect(try folderFindings("outer/home") == [expected])
        #expect(try fileFindings("outer/home/key") == [expected])
        #expect(try folderFindings("outer/home/missing") == [expected])
    }

    @Test("a world-writable parent is refused unless it is sticky")
    func worldWritableParent() throws {
        scratch.makeFolder("outer/home")
        for (mode, mend) in [(mode_t(0o777), "chmod go-w"), (0o707, "chmod o-w")] {
            scratch.makeFolder("outer", mode: mode)
            scratch.makeFolder("outer/home")
            #expect(try folderFindings("outer/home") == [finding("outer", .othersMayWrite, .refuse, mend)])
        }
        chmod(scratch("outer"), 0o1777)
        #expect(try folderFindings("outer/home") == [])
    }

    @Test("a parent of another user is refused, root's is fine", .enabled(if: isRoot))
    func foreignParent() throws {
        scratch.makeFolder("outer")
        scratch.makeFolder("outer/home")
        chown(scratch("outer/home"), 4321, 4321)
        #expect(try folderFindings("outer/home", user: 4321) == [])
        chown(scratch("outer"), 5555, 5555)
        let expected = finding("outer", .foreignOwner, .refuse, "chown 4321")
        #expect(try folderFindings("outer/home", user: 4321) == [expected])
    }

    @Test("a home that is a link is judged where it is, and both ways to it count")
    func linkedHome() throws {
        scratch.makeFolder("real", mode: 0o770)
        scratch.makeFolder("real/home", mode: 0o770)
        scratch.makeFolder("shared", mode: 0o777)
        symlink("../real/home", scratch("shared/link"))
        let found = try folderFindings("shared/link")
        #expect(
            found == [
                finding("real/home", .othersMayWrite, .refuse, "chmod go-w"),
                finding("shared", .othersMayWrite, .refuse, "chmod go-w"),
                finding("real", .groupWritableParent, .warn, "chmod g-w"),
            ])
        #expect(try folderFindings("shared/link/inner").count == 3)
    }

    @Test("a link that another user made in a shared folder is refused", .enabled(if: isRoot))
    func foreignLink() throws {
        scratch.makeFolder("real")
        scratch.makeFolder("shared", mode: 0o1777)
        symlink("../real", scratch("shared/link"))
        #expect(try folderFindings("shared/link") == [])
        lchown(scratch("shared/link"), 4321, 4321)
        #expect(try folderFindings("shared/link") == [finding("shared/link", .foreignOwner, .refuse)])
    }

    @Test("links that lead in circles are an error")
    func circle() throws {
        symlink("b", scratch("a"))
        symlink("a", scratch("b"))
        let error = failure { () throws(FileError) in _ = try PathSafety.inspect(folder: scratch("a"), user: me) }
        #expect(error == .system(operation: "stat", path: scratch("a"), errno: ELOOP))
    }

    @Test("a key file for its user alone is safe, and one that is not there too", arguments: [0o600, 0o400])
    func safeKeyFile(mode: mode_t) throws {
        scratch.write("key", to: "key", mode: mode)
        #expect(try fileFindings("key") == [])
        #expect(try fileFindings("key", .mounted) == [])
        #expect(try fileFindings("missing") == [])
    }

    @Test("a key file that others may read is refused, or warned of where it is mounted", arguments: [0o640, 0o604])
    func readableKeyFile(mode: mode_t) throws {
        scratch.write("key", to: "key", mode: mode)
        #expect(try fileFindings("key") == [finding("key", .othersMayRead, .refuse, "chmod 600")])
        #expect(try fileFindings("key", .mounted) == [finding("key", .othersMayRead, .warn, "chmod 600")])
    }

    @Test("a key file that others may write is refused, mounted or not", arguments: [0o620, 0o602])
    func writableKeyFile(mode: mode_t) throws {
        scratch.write("key", to: "key", mode: mode)
        let expected = [finding("key", .othersMayWrite, .refuse, "chmod 600")]
        #expect(try fileFindings("key") == expected)
        #expect(try fileFindings("key", .mounted) == expected)
    }

    @Test("a key file that is a link is refused, or warned of where it is mounted")
    func linkedKeyFile() throws {
        scratch.makeFolder("..data")
        scratch.write("key", to: "..data/key", mode: 0o440)
        symlink("..data/key", scratch("key"))
        #expect(
            try fileFindings("key", .mounted) == [
                finding("key", .symbolicLink, .warn), finding("..data/key", .othersMayRead, .warn, "chmod 600"),
            ])
        #expect(try fileFindings("key").allSatisfy { $0.severity == .refuse })
        #expect(try fileFindings("key").count == 2)
    }

    @Test("root's file is warned of where it is mounted, another user's is refused", .enabled(if: isRoot))
    func ownerOfKeyFile() throws {
        scratch.write("key", to: "key")
        #expect(try fileFindings("key", .mounted, user: 4321) == [finding("key", .foreignOwner, .warn)])
        #expect(try fileFindings("key", user: 4321) == [])
        chown(scratch("key"), 5555, 5555)
        let refused = [finding("key", .foreignOwner, .refuse, "chown 4321")]
        #expect(try fileFindings("key", .mounted, user: 4321) == refused)
        #expect(try fileFindings("key", user: 4321) == refused)
    }

    @Test("a key file with a second name gets a warning; a pipe or a folder is refused")
    func oddKeyFiles() throws {
        scratch.write("key", to: "key")
        link(scratch("key"), scratch("again"))
        #expect(try fileFindings("key") == [finding("key", .hardLinked, .warn)])
        mkfifo(scratch("pipe"), 0o600)
        #expect(try fileFindings("pipe", .mounted) == [finding("pipe", .notRegularFile, .refuse)])
        scratch.makeFolder("folder")
        #expect(try fileFindings("folder") == [finding("folder", .notRegularFile, .refuse)])
    }

    @Test("the command that mends is one line of a shell, whatever the path")
    func quoting() throws {
        let name = "it's $HOME; `x` \"y\" \\ end"
        scratch.makeFolder(name, mode: 0o777)
        let mend = try #require(try folderFindings(name).first?.mend)
        #expect(mend == "chmod go-w '\(scratch.path)/it'\\''s $HOME; `x` \"y\" \\ end'")
        let shell = try ChildProcess.run(["sh", "-c", mend], outputLimit: 1000, timeoutMilliseconds: 60_000)
        #expect(shell.status == 0)
        #expect(try folderFindings(name) == [])
    }

    @Test("a relative path is judged from the working directory")
    func relative() throws {
        let here = try #require(getcwd(nil, 0))
        defer { free(here) }
        // To whoever does not own the working directory it is unsafe: something to find.
        let stranger = try Folder.open(".").status.uid + 1
        let expected = try PathSafety.inspect(folder: String(cString: here), user: stranger)
        #expect(expected.first?.problem == .foreignOwner)
        #expect(expected.first?.path == String(cString: here))
        #expect(try PathSafety.inspect(folder: ".", user: stranger) == expected)
        #expect(try PathSafety.inspect(folder: "./../" + lastPart(String(cString: here)), user: stranger) == expected)
    }

    private func lastPart(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? ""
    }
}
