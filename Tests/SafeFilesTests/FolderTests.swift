import Glibc
import SafeFiles
import SecureMemory
import Testing

@Suite("folders")
struct FolderTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    @Test("a name that is not one component is refused", arguments: ["", ".", "..", "a/b", "/a", "a\u{0}b"])
    func names(name: String) {
        let full = scratch(name)
        let folder = scratch.folder
        let expected = { FileError.system(operation: $0, path: full, errno: EINVAL) }
        #expect(failure { () throws(FileError) in _ = try folder.readSecret(name, limit: 1) } == expected("open"))
        #expect(failure { () throws(FileError) in _ = try folder.status(name) } == expected("stat"))
        #expect(failure { () throws(FileError) in _ = try folder.remove(name) } == expected("unlink"))
        let replacing = failure { () throws(FileError) in try folder.replace(name, with: secret("x"), owner: nil) }
        #expect(replacing == expected("rename"))
        #expect(failure { () throws(FileError) in try folder.rename("a", to: name) } == expected("rename"))
    }

    @Test("names are in the order of their bytes")
    func sortedNames() throws {
        for name in ["b", "B", "ä", ".hidden", "a"] { scratch.write("", to: name) }
        #expect(try scratch.folder.names() == [".hidden", "B", "a", "b", "ä"])
        #expect(try scratch.folder.names().count == 5)
    }

    @Test("removing says whether something was there; a link goes, its target stays")
    func removing() throws {
        scratch.write("keep", to: "target")
        symlink("target", scratch("link"))
        #expect(try scratch.folder.remove("link"))
        #expect(try !scratch.folder.remove("link"))
        #expect(try scratch.folder.names() == ["target"])
    }

    @Test("renaming replaces what has the new name")
    func renaming() throws {
        scratch.write("new", to: "a")
        scratch.write("old", to: "b")
        try scratch.folder.rename("a", to: "b")
        #expect(scratch.text("b") == "new")
        #expect(try scratch.folder.names() == ["b"])
        let error = failure { () throws(FileError) in try scratch.folder.rename("a", to: "b") }
        #expect(error == .system(operation: "rename", path: scratch("b"), errno: ENOENT))
    }

    @Test("status says kind, mode, size and number of names, and does not follow links")
    func status() throws {
        scratch.write("12345", to: "file", mode: 0o640)
        link(scratch("file"), scratch("again"))
        symlink("file", scratch("link"))
        let file = try #require(try scratch.folder.status("file"))
        #expect(file.kind == .regular)
        #expect(file.mode == 0o640)
        #expect(file.size == 5)
        #expect(file.links == 2)
        #expect(file.uid == geteuid())
        #expect(file.modified > 1_600_000_000_000)
        #expect(file.isSameFile(as: try #require(try scratch.folder.status("again"))))
        #expect(try scratch.folder.status("link")?.kind == .symbolicLink)
        #expect(try scratch.folder.status("missing") == nil)
        #expect(try scratch.folder.status.kind == .folder)
        #expect(try scratch.folder.status.mode == 0o700)
    }

    @Test("an open folder stays the same folder when another takes its path")
    func folderIsHeld() throws {
        scratch.makeFolder("home")
        let home = try Folder.open(scratch("home"))
        rename(scratch("home"), scratch("moved"))
        scratch.makeFolder("home")
        try home.replace("key", with: secret("value"), owner: nil)
        #expect(scratch.text("moved/key") == "value")
        #expect(scratch.text("home/key") == nil)
    }

    @Test("a folder and the one above it are made 0700, whatever the umask")
    func making() throws {
        let before = umask(0o077)
        defer { umask(before) }
        let made = try Folder.openOrCreate(scratch("state/anchors"), owner: nil)
        #expect(made.created)
        #expect(try made.folder.status.mode == 0o700)
        #expect(try scratch.folder.status("state")?.mode == 0o700)
        let again = try Folder.openOrCreate(scratch("state/anchors/"), owner: nil)
        #expect(!again.created)
        #expect(try again.folder.status.isSameFile(as: made.folder.status))
    }

    @Test("three missing folders are one too many, and nothing is made")
    func tooMuchMissing() throws {
        let error = failure { () throws(FileError) in _ = try Folder.openOrCreate(scratch("a/b/c"), owner: nil) }
        #expect(error == .system(operation: "mkdir", path: scratch("a/b"), errno: ENOENT))
        #expect(try scratch.folder.names() == [])
    }

    @Test("a folder is not made through a dangling link, and not in place of a file")
    func makingRefuses() throws {
        symlink("missing", scratch("link"))
        scratch.write("", to: "file")
        let dangling = failure { () throws(FileError) in _ = try Folder.openOrCreate(scratch("link"), owner: nil) }
        #expect(dangling == .system(operation: "open", path: scratch("link"), errno: ENOENT))
        let file = failure { () throws(FileError) in _ = try Folder.openOrCreate(scratch("file"), owner: nil) }
        #expect(file == .system(operation: "open", path: scratch("file"), errno: ENOTDIR))
        #expect(try scratch.folder.names() == ["file", "link"])
    }

    @Test("of eight threads that make the same folder, one did")
    func oneMaker() throws {
        let scratch = scratch
        let made = inEightThreads { _ in
            (try? Folder.openOrCreate(scratch("home/inner"), owner: nil))?.created
        }
        #expect(made.filter { $0 == true }.count == 1)
        #expect(made.filter { $0 == false }.count == 7)
    }
}
