import Glibc
import SafeFiles
import SecureMemory
import Testing

@Suite("replacing and creating files")
struct ReplaceTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    @Test("a file holds exactly the bytes, 0600, whatever the umask")
    func exactBytes() throws {
        let before = umask(0o277)
        defer { umask(before) }
        try scratch.folder.replace("key", with: secret("one\r\n\u{0}two"), owner: nil)
        let status = try #require(try scratch.folder.status("key"))
        #expect(status.mode == 0o600)
        #expect(status.links == 1)
        #expect(status.kind == .regular)
        #expect(try scratch.folder.readSecret("key", limit: 100)?.text() == "one\r\n\u{0}two")
        #expect(try scratch.folder.names() == ["key"])
    }

    @Test("replacing makes a new file, so that another name of the old one keeps the old bytes")
    func hardLink() throws {
        scratch.write("old", to: "key", mode: 0o644)
        link(scratch("key"), scratch("other"))
        try scratch.folder.replace("key", with: secret("new"), owner: nil)
        #expect(scratch.text("key") == "new")
        #expect(scratch.text("other") == "old")
        #expect(try scratch.folder.status("key")?.mode == 0o600)
        #expect(try scratch.folder.names() == ["key", "other"])
    }

    @Test("a symbolic link is refused, and what it leads to stays", arguments: ["target", "missing"])
    func symbolicLink(destination: String) throws {
        scratch.write("keep", to: "target")
        symlink(destination, scratch("key"))
        let error = failure { () throws(FileError) in
            try scratch.folder.replace("key", with: secret("new"), owner: nil)
        }
        #expect(error == .unsafe(path: scratch("key"), problem: .symbolicLink, mend: nil))
        #expect(try scratch.folder.status("key")?.kind == .symbolicLink)
        #expect(try scratch.folder.names() == ["key", "target"])
        #expect(scratch.text("target") == "keep")
    }

    @Test("a folder or a pipe at the place is refused and stays")
    func notRegular() throws {
        scratch.makeFolder("folder")
        mkfifo(scratch("pipe"), 0o600)
        for name in ["folder", "pipe"] {
            let error = failure { () throws(FileError) in
                try scratch.folder.replace(name, with: secret("new"), owner: nil)
            }
            #expect(error == .unsafe(path: scratch(name), problem: .notRegularFile, mend: nil))
        }
        #expect(try scratch.folder.status("folder")?.kind == .folder)
        #expect(try scratch.folder.status("pipe")?.kind == .other)
        #expect(try scratch.folder.names() == ["folder", "pipe"])
    }

    @Test("a new file appears 0600 with one name")
    func createsNew() throws {
        try scratch.folder.createNew("key", with: secret("first"), owner: nil)
        #expect(scratch.text("key") == "first")
        let status = try #require(try scratch.folder.status("key"))
        #expect(status.mode == 0o600)
        #expect(status.links == 1)
        #expect(try scratch.folder.names() == ["key"])
    }

    @Test("what is there is never overwritten by a new file, a dangling link neither")
    func createNewRefuses() throws {
        scratch.write("keep", to: "key")
        symlink("missing", scratch("link"))
        for name in ["key", "link"] {
            let error = failure { () throws(FileError) in
                try scratch.folder.createNew(name, with: secret("new"), owner: nil)
            }
            #expect(error == .system(operation: "link", path: scratch(name), errno: EEXIST))
        }
        #expect(scratch.text("key") == "keep")
        #expect(try scratch.folder.names() == ["key", "link"])
    }

    @Test("of eight threads that create the same file, one does, and its bytes are there")
    func oneCreator() throws {
        let scratch = scratch
        let winners = inEightThreads { index in
            failure { () throws(FileError) in
                try scratch.folder.createNew("key", with: secret("writer \(index)"), owner: nil)
            } == nil ? index : nil
        }.compactMap { $0 }
        #expect(winners.count == 1)
        #expect(scratch.text("key") == "writer \(try #require(winners.first))")
        #expect(try scratch.folder.names() == ["key"])
    }

    @Test("eight threads that replace and read the same file never see a torn one")
    func neverTorn() throws {
        let scratch = scratch
        let size = 10_000
        try scratch.folder.replace("key", with: secret(String(repeating: "0", count: size)), owner: nil)
        let torn = inEightThreads { index in
            var torn = 0
            let mine = secret(String(repeating: "\(index)", count: size))
            for _ in 0..<20 {
                do throws(FileError) {
                    try scratch.folder.replace("key", with: mine, owner: nil)
                    guard let read = try scratch.folder.readSecret("key", limit: size) else {
                        torn += 1
                        continue
                    }
                    let isWhole = read.withBytes { bytes in bytes.count == size && Set(bytes).count == 1 }
                    if !isWhole { torn += 1 }
                } catch {
                    torn += 1
                }
            }
            return torn
        }
        #expect(torn == Array(repeating: 0, count: 8))
        #expect(try scratch.folder.names() == ["key"])
    }

    @Test("a file that is another by now, in content, status or kind, is not replaced where that was asked")
    func onlyIfUnchanged() throws {
        func replace(_ expected: FileStatus, _ old: String) throws -> Bool {
            try scratch.folder.replace(
                "key", with: secret("new"), owner: nil, onlyIf: expected, holding: secret(old))
        }
        scratch.write("old", to: "key")
        let status = try #require(try scratch.folder.status("key"))
        for old in ["odd", "older", "ol", ""] { #expect(try !replace(status, old)) }
        scratch.write("old", to: "again")
        let other = try #require(try scratch.folder.status("again"))
        #expect(try !replace(other, "old"))
        chmod(scratch("key"), 0o640)
        #expect(try !replace(status, "old"))
        #expect(scratch.text("key") == "old")
        let now = try #require(try scratch.folder.status("key"))
        #expect(try replace(now, "old"))
        #expect(scratch.text("key") == "new")
        #expect(try scratch.folder.status("key")?.mode == 0o600)
        unlink(scratch("key"))
        #expect(try !replace(now, "new"))
        symlink("again", scratch("key"))
        #expect(try !replace(other, "old"))
        #expect(try scratch.folder.names() == ["again", "key"])
        #expect(scratch.text("again") == "old")
    }

    @Test("what a killed writer left is removed; a living writer's file and look-alikes stay")
    func staleTemporaries() throws {
        scratch.write("left", to: ".sigilum-0a1b2c3d.tmp")
        scratch.write("held", to: ".sigilum-11111111.tmp")
        scratch.write("else", to: ".sigilum-zzzzzzzz.tmp")
        scratch.write("else", to: ".sigilum-0a1b2c3d.tmp.bak")
        scratch.makeFolder(".sigilum-22222222.tmp")
        mkfifo(scratch(".sigilum-33333333.tmp"), 0o600)
        symlink("key", scratch(".sigilum-44444444.tmp"))
        scratch.write("keep", to: "key")
        let held = open(scratch(".sigilum-11111111.tmp"), O_RDONLY | O_CLOEXEC)
        defer { close(held) }
        try #require(flock(held, LOCK_EX | LOCK_NB) == 0)
        #expect(try scratch.folder.removeStaleTemporaries() == 1)
        #expect(
            try scratch.folder.names() == [
                ".sigilum-0a1b2c3d.tmp.bak", ".sigilum-11111111.tmp", ".sigilum-22222222.tmp", ".sigilum-33333333.tmp",
                ".sigilum-44444444.tmp", ".sigilum-zzzzzzzz.tmp", "key",
            ])
    }

    @Test("a cleaner that runs all the time takes no living writer's file")
    func cleanerAndWriters() throws {
        let scratch = scratch
        let failures = inEightThreads { index in
            failure { () throws(FileError) in
                for round in 0..<20 {
                    if index < 4 {
                        try scratch.folder.replace("key \(index)", with: secret("\(round)"), owner: nil)
                    } else {
                        for _ in 0..<10 { try scratch.folder.removeStaleTemporaries() }
                    }
                }
            }
        }.compactMap { $0 }
        #expect(failures == [])
        #expect(try scratch.folder.names() == ["key 0", "key 1", "key 2", "key 3"])
        #expect(scratch.text("key 3") == "19")
    }
}
