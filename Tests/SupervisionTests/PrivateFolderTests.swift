import Foundation
import SecureMemory
import Testing

@testable import Supervision

@Suite("A folder for files in memory", .serialized)
struct PrivateFolderTests {
    private let base: String

    init() throws {
        base = NSTemporaryDirectory() + "/private-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
    }

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test("folder and files are the user's alone, and gone with all that was put there")
    func removed() throws {
        let folder = try PrivateFolder.make(in: base)
        let path = try folder.write(SecretBytes(copying: [1, 0, 2]), as: "KEY")
        #expect(FileManager.default.contents(atPath: path) == Data([1, 0, 2]))
        #expect(try mode(path) == 0o600)
        #expect(try mode(folder.path) == 0o700)
        try FileManager.default.createDirectory(atPath: folder.path + "/a/b", withIntermediateDirectories: true)
        try Data([1]).write(to: URL(fileURLWithPath: folder.path + "/a/b/c"))
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: base)
        folder.remove()
        #expect(try FileManager.default.contentsOfDirectory(atPath: base) == [])
    }

    @Test("the next run removes what a killed one left, and nothing of one that lives or of others")
    func stale() throws {
        let living = try PrivateFolder.make(in: base)
        let left = base + "/" + PrivateFolder.prefix + "0123456789abcdef"
        for folder in [left, base + "/other"] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data([1]).write(to: URL(fileURLWithPath: folder + "/KEY"))
        }
        let next = try PrivateFolder.make(in: base)
        let expected = [living.path, next.path, base + "/other"].map { String($0.dropFirst(base.count + 1)) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: base).sorted() == expected.sorted())
        living.remove()
        next.remove()
        try FileManager.default.removeItem(atPath: base)
    }

    @Test("only a folder in memory is taken, and none that others may rename in")
    func memory() throws {
        #expect(PrivateFolder.base(of: ["relative", "/no/such/folder", "/proc"]) == nil)
        #expect(PrivateFolder.base(of: ["/proc", "/dev/shm"]) == "/dev/shm")
        try FileManager.default.removeItem(atPath: base)
    }

    @Test("a program is found as a shell finds it")
    func search() {
        #expect((try? CommandSearch.find("sh", path: "/no/such:/usr/bin:/bin")) == "/usr/bin/sh")
        #expect(throws: CommandError.notFound) { try CommandSearch.find("no-such-program", path: "/usr/bin:/bin") }
        #expect(throws: CommandError.notFound) { try CommandSearch.find("/no/such", path: nil) }
        #expect(throws: CommandError.notFound) { try CommandSearch.find("", path: "/usr/bin") }
        #expect(throws: CommandError.notExecutable(errno: EACCES)) {
            try CommandSearch.find("passwd", path: "/etc")
        }
        #expect(throws: CommandError.notExecutable(errno: EISDIR)) { try CommandSearch.find("/etc", path: nil) }
        try? FileManager.default.removeItem(atPath: base)
    }
}
