import Glibc
import SafeFiles
import SecureMemory
import Testing

@Suite("files that are written over where they are")
struct FileInPlaceTests {
    let home: Scratch
    let folder: Folder

    init() throws {
        home = try Scratch()
        folder = try Folder.open(home.path)
    }

    @Test("part of a file of ours is written over; length, mode and the rest stay")
    func overwriting() throws {
        try folder.replace("a", with: SecretBytes(copying: Array("0123456789".utf8)), owner: nil)
        let before = try #require(try folder.status("a"))
        try writeOver()
        let after = try #require(try folder.status("a"))
        #expect((after.inode, after.size, after.mode) == (before.inode, before.size, before.mode))
    }

    @Test("what is not there, or not exactly what this program makes, is not opened")
    func others() throws {
        #expect(try !opens("none"))
        mkfifo(home("pipe"), 0o600)
        #expect(try !opens("pipe"))
        for name in ["wide", "two", "foreign", "good"] {
            try folder.replace(name, with: SecretBytes(copying: [1]), owner: nil)
        }
        chmod(home("wide"), 0o640)
        #expect(link(home("two"), home("again")) == 0)
        let other = FileOwner(uid: geteuid() + 1, gid: getegid())
        for (name, owner) in [("wide", nil), ("two", nil), ("again", nil), ("foreign", other)] {
            #expect(try !opens(name, owner))
        }
        #expect(try opens("good"))
        symlink(home("good"), home("link"))
        #expect(throws: FileError.unsafe(path: home("link"), problem: .symbolicLink, mend: nil)) {
            try opens("link")
        }
        #expect(throws: FileError.system(operation: "open", path: home.path + "/a/b", errno: EINVAL)) {
            try opens("a/b")
        }
    }

    private func writeOver() throws {
        guard let file = try FileInPlace.open("a", in: folder, owner: nil) else {
            Issue.record("it is one of ours")
            return
        }
        try file.write(Array("xyz".utf8), at: 3, durably: false)
        try file.write(Array("end".utf8), at: 7, durably: true)
        #expect(try file.read(limit: 10) == Array("012xyz6end".utf8))
        #expect(throws: FileError.tooLarge(path: home("a"), limit: 9)) { _ = try file.read(limit: 9) }
    }

    private func opens(_ name: String, _ owner: FileOwner? = nil) throws(FileError) -> Bool {
        let file = try FileInPlace.open(name, in: folder, owner: owner)
        return file != nil
    }
}
