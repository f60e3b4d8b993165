import Glibc
import SafeFiles
import Testing

@Suite("files that are written and read piece by piece")
struct PiecewiseTests {
    private let scratch: Scratch
    private struct Stop: Error {}

    init() throws {
        scratch = try Scratch()
    }

    @Test("what was written in pieces is read in pieces, and the file is 0600")
    func roundTrip() throws {
        let pieces = (0..<100).map { number in [UInt8](repeating: UInt8(number), count: number * 37) }
        try scratch.folder.replace("log", owner: nil) { write in
            for piece in pieces { try write(piece) }
        }
        #expect(try scratch.folder.status("log")?.mode == 0o600)
        #expect(try scratch.folder.names() == ["log"])
        let file = try SequentialFile(scratch("log"))
        var all: [UInt8] = []
        while true {
            let next = try file.read(upTo: 4099)
            if next.isEmpty { break }
            #expect(next.count <= 4099)
            all += next
        }
        #expect(all == pieces.flatMap { $0 })
        #expect(try file.read(upTo: 1).isEmpty)
    }

    @Test("where the writer fails, the old file stays and nothing is left beside it")
    func failing() throws {
        scratch.write("old", to: "log")
        #expect(throws: Stop.self) {
            try scratch.folder.replace("log", owner: nil) { write in
                try write([UInt8](repeating: 1, count: 1 << 18))
                throw Stop()
            }
        }
        #expect(scratch.text("log") == "old")
        #expect(try scratch.folder.names() == ["log"])
    }

    @Test("a link, a folder and a pipe are neither written over nor read")
    func otherKinds() throws {
        scratch.write("keep", to: "target")
        symlink("target", scratch("link"))
        mkdir(scratch("folder"), 0o700)
        mkfifo(scratch("pipe"), 0o600)
        for name in ["link", "folder", "pipe"] {
            #expect(throws: FileError.self) { try scratch.folder.replace(name, owner: nil) { try $0([1]) } }
        }
        #expect(scratch.text("target") == "keep")
        for name in ["folder", "pipe", "missing"] {
            #expect(throws: FileError.self) { _ = try SequentialFile(scratch(name)) }
        }
    }
}
