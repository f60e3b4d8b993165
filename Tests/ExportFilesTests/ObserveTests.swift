import ExportFiles
import Glibc
import SafeFiles
import SecureMemory
import Testing
import VaultCore

@Suite("looking at export files")
struct ObserveTests {
    let scene: ExportScene
    let name = "service-api-key-linear"

    init() throws {
        scene = try ExportScene()
    }

    @Test("what is not there is absent")
    func absent() async throws {
        #expect(try await scene.target.observe(try scene.job("value")) == .absent)
    }

    @Test("an older value that was delivered differs and was not edited")
    func older() async throws {
        let receipt = try await scene.target.apply(try scene.job("v1"))
        let next = try scene.job("v2", receipt: receipt)
        #expect(try await scene.target.observe(next) == .present(differences: ["content"]))
    }

    @Test("a value that nobody delivered was edited, an added line end too")
    func edited() async throws {
        let receipt = try await scene.target.apply(try scene.job("v1"))
        for text in ["mine", "v1\n", ""] {
            scene.write(text, to: name)
            let job = try scene.job("v1", receipt: receipt)
            #expect(try await scene.target.observe(job) == .present(differences: ["content", "edited"]))
        }
    }

    @Test("a file larger than any value was edited")
    func large() async throws {
        scene.write(String(repeating: "x", count: 16 * 1024 + 1), to: name)
        #expect(try await scene.target.observe(try scene.job("v1")) == .present(differences: ["content", "edited"]))
    }

    @Test("all differences come in one order")
    func order() async throws {
        scene.write("mine", to: name, mode: 0o644)
        link(scene.path(name), scene.path("again"))
        let job = try scene.job("v1")
        #expect(try await scene.target.observe(job) == .present(differences: ["content", "edited", "mode", "links"]))
    }

    @Test("looking changes nothing")
    func readOnly() async throws {
        scene.write("mine", to: name, mode: 0o644)
        scene.write("", to: ".sigilum-00ff00ff.tmp")
        let before = try scene.folder.status(name)
        _ = try await scene.target.observe(try scene.job("v1"))
        #expect(try scene.folder.status(name) == before)
        #expect(try scene.folder.names() == [".sigilum-00ff00ff.tmp", name])
    }

    @Test("withdrawing removes what was delivered, older too, and is done where nothing is")
    func withdraws() async throws {
        let receipt = try await scene.target.apply(try scene.job("v1"))
        try await scene.target.withdraw(try scene.job("v2", receipt: receipt))
        #expect(try scene.folder.names() == [])
        try await scene.target.withdraw(try scene.job("v2", receipt: receipt))
        scene.write("v2", to: name)
        try await scene.target.withdraw(try scene.job("v2", receipt: receipt))
        #expect(try scene.folder.names() == [])
    }

    @Test("withdrawing leaves a file that somebody edited, or that is larger than any value")
    func withdrawLeavesEdited() async throws {
        let receipt = try await scene.target.apply(try scene.job("v1"))
        for text in ["mine", String(repeating: "x", count: 16 * 1024 + 1)] {
            scene.write(text, to: name)
            let job = try scene.job("v1", receipt: receipt)
            let target = scene.target
            let error = await scene.failure { () throws(DeliveryFailure) in try await target.withdraw(job) }
            #expect(error == .notOurs)
            #expect(scene.text(name) == text)
        }
    }

    @Test(
        "a file that was there before is read without one line end",
        arguments: [("value\n", "value"), ("value\r\n", "value"), ("a\nb\n\n", "a\nb\n"), ("", "")])
    func adoption(content: String, value: String) throws {
        scene.write(content, to: name, mode: 0o644)
        let adopted = try scene.target.adoptableFile(name)?.withBytes { String(decoding: $0, as: UTF8.self) }
        #expect(adopted == value)
        #expect(scene.text(name) == content)
    }

    @Test("16 KiB and a line end are adopted, one byte more is refused")
    func adoptionLimit() throws {
        let limit = 16 * 1024
        scene.write(String(repeating: "x", count: limit) + "\r\n", to: name)
        #expect(try scene.target.adoptableFile(name)?.count == limit)
        for excess in ["x", "x\n", "xxxx"] {
            scene.write(String(repeating: "x", count: limit) + excess, to: name)
            #expect(throws: DeliveryFailure.self) { _ = try scene.target.adoptableFile(name) }
        }
    }

    @Test("nothing is adopted from a place that is empty, a link or a pipe")
    func adoptionRefuses() throws {
        #expect(try scene.target.adoptableFile(name)?.count == nil)
        #expect(try ExportFileTarget(home: scene.path("missing"), owner: nil).adoptableFile(name)?.count == nil)
        scene.write("keep", to: "target")
        symlink("target", scene.path("link"))
        mkfifo(scene.path("pipe"), 0o600)
        for (place, reason) in [("link", "it is a symbolic link"), ("pipe", "it is not a regular file")] {
            #expect(throws: DeliveryFailure.unsafePath(path: scene.path(place), reason: reason)) {
                _ = try scene.target.adoptableFile(place)
            }
        }
    }
}
