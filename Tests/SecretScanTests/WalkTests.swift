import Glibc
import SecretScan
import Testing

struct WalkTests {
    private let value = "canary-value-of-the-walk"

    private func search(_ roots: String..., skipping: @escaping (ScanPlace) -> Bool = { _ in false }) -> ScanFindings {
        ScanWalk.search(roots, with: scanner(value), skipping: skipping)
    }

    @Test("files are searched at any depth, in the order of their names, those that are no text too")
    func tree() throws {
        let tree = try Tree()
        tree.write("b/c/deep.txt", "one\n\(value)")
        tree.write("a.env", "KEY=\(value)\nAGAIN=\(value)\n")
        tree.write(".git/objects/ab/cdef", value)
        tree.write("empty", "")
        tree.write("other.txt", "nothing")
        tree.write("zz.bin", "\u{0}\u{1}\(value)\u{0}")
        let found = search(tree.path)
        #expect(
            found.matches.map { "\($0.path.dropFirst(tree.path.count)):\($0.match.line)" }
                == ["/.git/objects/ab/cdef:1", "/a.env:1", "/a.env:2", "/b/c/deep.txt:2", "/zz.bin:1"])
        #expect((found.files, found.troubleCount) == (6, 0))
        #expect(found.bytes == 146)
    }

    @Test("links are not followed, not to files, not to folders, not in a circle; a root that is a link is")
    func links() throws {
        let tree = try Tree()
        tree.write("real/file", value)
        symlink("file", tree("real/link"))
        symlink("../real", tree("real/circle"))
        symlink("nowhere", tree("real/broken"))
        symlink("real", tree("root"))
        #expect(search(tree("real")).matches.map(\.path) == [tree("real/file")])
        #expect(search(tree("root")).matches.map(\.path) == [tree("root/file")])
        #expect(search(tree("real"), tree.path).matches.count == 1)
    }

    @Test("pipes, sockets and devices are not opened")
    func special() throws {
        let tree = try Tree()
        mkfifo(tree("pipe"), 0o600)
        let socket = try #require(LocalSocket(tree("socket")))
        tree.write("file", value)
        let found = search(tree.path, "/dev/null")
        #expect((found.matches.map(\.path), found.files, found.troubleCount) == ([tree("file")], 1, 0))
        #expect(!socket.wasCalled)
    }

    @Test("what may not be read is said, and the rest is searched")
    func unreadable() throws {
        let tree = try Tree()
        tree.write("a", value, mode: 0o000)
        tree.write("closed/b", value)
        tree.write("z", value)
        chmod(tree("closed"), 0o000)
        chmod(tree.path, 0o755)
        defer { chmod(tree("closed"), 0o700) }
        let found = withoutPrivilege { search(tree.path, tree("missing")) }
        #expect(
            found.troubles
                == [
                    ScanTrouble(path: tree("a"), errno: EACCES), ScanTrouble(path: tree("closed"), errno: EACCES),
                    ScanTrouble(path: tree("z"), errno: EACCES), ScanTrouble(path: tree("missing"), errno: ENOENT),
                ].filter { isRoot || $0.path != tree("z") })
        #expect(found.troubleCount == found.troubles.count)
    }

    @Test("what the caller leaves out is not opened: a file, a folder with all that is in it")
    func skipping() throws {
        let tree = try Tree()
        tree.write("vault.db", value)
        tree.write("skip/file", value)
        tree.write("keep", value)
        mkfifo(tree("skip/pipe"), 0o600)
        let found = search(tree.path) { $0.path.hasSuffix("/vault.db") || $0.isFolder && $0.path.hasSuffix("/skip") }
        #expect(found.matches.map(\.path) == [tree("keep")])
        var status = stat()
        stat(tree("keep"), &status)
        let inode = UInt64(status.st_ino)
        #expect(search(tree.path) { $0.inode == inode }.matches.map(\.path) == [tree("skip/file"), tree("vault.db")])
    }

    @Test("a file as root, one with a name that is no text, and one whose places are cut")
    func files() throws {
        let tree = try Tree()
        tree.write("many", String(repeating: value + "\n", count: 1500))
        let found = search(tree("many"))
        #expect((found.matches.count, found.cut) == (1000, [tree("many")]))
        let descriptor = open(tree.path + "/\u{1b}name", O_WRONLY | O_CREAT, 0o600)
        #expect(write(descriptor, value, value.utf8.count) == value.utf8.count)
        close(descriptor)
        #expect(search(tree.path).matches.count == 1001)
    }

    @Test("a folder deeper than the walk goes is said, and nothing else is lost")
    func deep() throws {
        let tree = try Tree()
        let path = String(repeating: "d/", count: 300)
        tree.write(path + "file", value)
        tree.write("file", value)
        let found = search(tree.path)
        #expect(found.matches.map(\.path) == [tree("file")])
        #expect(found.troubles.map(\.errno) == [ELOOP])
    }

    @Test("another file system is not entered, and named")
    func mounted() throws {
        let found = ScanWalk.search(["/"], with: scanner(value)) { $0.path != "/" && $0.path != "/proc" }
        #expect(found.otherFileSystems == ["/proc"])
        #expect(found.files == 0)
    }
}
