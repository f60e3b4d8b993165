import Glibc
import SafeFiles
import SecureMemory
import Testing

@Suite("reading secrets from files")
struct ReadTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    @Test("what is not there is nil")
    func absent() throws {
        #expect(try scratch.folder.readSecret("key", limit: 10)?.count == nil)
        #expect(try readSecretThroughLinks(scratch("key"), limit: 10)?.count == nil)
    }

    @Test("a file of exactly the limit is read, one byte more is too large")
    func limit() throws {
        scratch.write("12345", to: "key")
        scratch.write("", to: "empty")
        #expect(try scratch.folder.readSecret("key", limit: 5)?.text() == "12345")
        #expect(try scratch.folder.readSecret("empty", limit: 0)?.count == 0)
        let error = failure { () throws(FileError) in _ = try scratch.folder.readSecret("key", limit: 4) }
        #expect(error == .tooLarge(path: scratch("key"), limit: 4))
    }

    @Test("a file that does not say its size is read to its end, and to the limit only")
    func unknownSize() throws {
        let folder = try Folder.open("/proc/self")
        #expect(try #require(try folder.status("status")).size == 0)
        #expect(try folder.readSecret("status", limit: 65536)?.text().hasPrefix("Name:") == true)
        let error = failure { () throws(FileError) in _ = try folder.readSecret("status", limit: 20) }
        #expect(error == .tooLarge(path: "/proc/self/status", limit: 20))
    }

    @Test("a file that is a symbolic link is not followed", arguments: ["target", "missing"])
    func symbolicLink(destination: String) throws {
        scratch.write("keep", to: "target")
        symlink(destination, scratch("key"))
        let error = failure { () throws(FileError) in _ = try scratch.folder.readSecret("key", limit: 10) }
        #expect(error == .unsafe(path: scratch("key"), problem: .symbolicLink, mend: nil))
    }

    @Test("a mounted secret is read through its link")
    func mounted() throws {
        scratch.write("value\n", to: "target")
        symlink("target", scratch("key"))
        #expect(try readSecretThroughLinks(scratch("key"), limit: 10)?.text() == "value\n")
    }

    @Test("a pipe without a writer is refused and not waited for")
    func pipe() throws {
        mkfifo(scratch("key"), 0o600)
        let refused = FileError.unsafe(path: scratch("key"), problem: .notRegularFile, mend: nil)
        #expect(failure { () throws(FileError) in _ = try scratch.folder.readSecret("key", limit: 10) } == refused)
        let mounted = failure { () throws(FileError) in _ = try readSecretThroughLinks(scratch("key"), limit: 10) }
        #expect(mounted == refused)
    }

    @Test("a folder and a socket are refused")
    func otherKinds() throws {
        scratch.makeFolder("folder")
        try makeSocket(scratch("socket"))
        for name in ["folder", "socket"] {
            let error = failure { () throws(FileError) in _ = try scratch.folder.readSecret(name, limit: 10) }
            #expect(error == .unsafe(path: scratch(name), problem: .notRegularFile, mend: nil))
        }
    }

    @Test("a file that this user may not read is an error of the system")
    func notReadable() throws {
        scratch.write("hidden", to: "key", mode: 0o000)
        chmod(scratch.path, 0o755)
        let error = withoutPrivilege {
            failure { () throws(FileError) in _ = try scratch.folder.readSecret("key", limit: 10) }
        }
        #expect(error == .system(operation: "open", path: scratch("key"), errno: EACCES))
    }

    @Test("a descriptor is read to its end, however it arrives, and to the limit only")
    func descriptor() throws {
        for limit in [8, 7] {
            var ends: [Int32] = [0, 0]
            try #require(Glibc.pipe(&ends) == 0)
            write(ends[1], "one\n", 4)
            write(ends[1], "two\n", 4)
            close(ends[1])
            let error = failure { () throws(FileError) in
                let read = try readSecretDescriptor(ends[0], limit: limit)
                #expect(read.text() == "one\ntwo\n")
            }
            close(ends[0])
            #expect(error == (limit == 8 ? nil : .tooLarge(path: "descriptor \(ends[0])", limit: 7)))
        }
    }

    @Test(
        "one line end at the end goes, nothing else",
        arguments: [
            ("a", "a"), ("a\n", "a"), ("a\n\n", "a\n"), ("a\r\n", "a"), ("a\r", "a\r"), ("\n", ""), ("\r\n", ""),
            ("", ""), ("a\nb \n", "a\nb "),
        ])
    func lineEnd(given: String, kept: String) {
        #expect(withoutTrailingLineEnd(secret(given)).text() == kept)
    }

    private func makeSocket(_ path: String) throws {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
    }
}
