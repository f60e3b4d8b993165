import Glibc
import OpenClaw
import SafeFiles
import SecureMemory
import Testing
import VaultCore

private func unsafe(_ path: String, _ problem: UnsafePath) -> DeliveryFailure {
    .unsafePath(path: path, reason: problem.rawValue)
}

@Suite("OpenClaw's configuration where somebody means ill")
struct HostileTests {
    let scene: OpenClawScene

    init() throws {
        scene = try OpenClawScene()
    }

    @Test("a file is written through links, near and far, and the links stay")
    func links() async throws {
        mkdir(scene.base + "/dotfiles", 0o700)
        scene.write("{ a: 1 }\n", to: scene.base + "/dotfiles/openclaw.json5", mode: 0o644)
        symlink("../dotfiles/openclaw.json5", scene.path("second"))
        symlink(scene.path("second"), scene.path)
        try await scene.apply()
        #expect(try scene.status()?.kind == .symbolicLink && scene.status("second")?.kind == .symbolicLink)
        let there = try #require(scene.text(scene.base + "/dotfiles/openclaw.json5"))
        #expect(there.hasPrefix("{ a: 1, hooks: {") && there.contains(scene.token))
        #expect(try await scene.differences() == [])
        #expect(try Folder.open(scene.base + "/dotfiles").status("openclaw.json5")?.mode == 0o600)
    }

    @Test("a folder that is a link is followed")
    func linkedFolder() async throws {
        symlink(scene.home, scene.base + "/link")
        try await scene.apply(path: scene.base + "/link/openclaw.json")
        #expect(scene.text()?.contains(scene.token) == true)
    }

    @Test("a link to nothing is not written through, and is nothing to whoever looks")
    func dangling() async throws {
        for destination in ["missing", scene.base + "/missing/openclaw.json"] {
            unlink(scene.path)
            symlink(destination, scene.path)
            let error = unsafe(scene.path, .symbolicLink)
            #expect(try await scene.failures() == [error, error, nil, nil])
            #expect(try await scene.differences() == nil)
            #expect(try scene.folder.names() == ["openclaw.json"])
        }
    }

    @Test("links in a circle end")
    func loop() async throws {
        symlink("second", scene.path)
        symlink("openclaw.json", scene.path("second"))
        let error = unsafe(scene.path, .symbolicLink)
        #expect(try await scene.failures() == [error, error, error, error])
    }

    @Test("a pipe, a folder, a device by a link: none is read or replaced")
    func odd() async throws {
        let error = unsafe(scene.path, .notRegularFile)
        mkfifo(scene.path, 0o600)
        #expect(try await scene.failures() == [error, error, error, error])
        #expect(try scene.status()?.kind == .other)
        unlink(scene.path)
        mkdir(scene.path, 0o700)
        #expect(try await scene.failures() == [error, error, error, error])
        #expect(try scene.status()?.kind == .folder)
        rmdir(scene.path)
        mkfifo(scene.path("pipe"), 0o600)
        symlink("pipe", scene.path)
        #expect(try await scene.failures() == [error, error, error, error])
    }

    @Test("a file with a second name is not taken away from it")
    func hardLink() async throws {
        scene.write("{}")
        link(scene.path, scene.base + "/elsewhere")
        let error = unsafe(scene.path, .hardLinked)
        #expect(try await scene.failures() == [error, error, error, error])
        #expect(scene.text() == "{}")
    }

    @Test("a folder that others may write is not safe, nor is one on the way", arguments: [0o770, 0o707, 0o1777])
    func writableFolder(_ mode: mode_t) async throws {
        scene.write("{}")
        chmod(scene.home, mode)
        let error = unsafe(scene.home, .othersMayWrite)
        #expect(try await scene.failures() == [error, error, error, error])
        chmod(scene.home, 0o700)
        mkdir(scene.base + "/common", 0o700)
        chmod(scene.base + "/common", mode)
        scene.write("{}", to: scene.base + "/common/file")
        unlink(scene.path)
        symlink("../common/file", scene.path)
        let linked = unsafe(scene.base + "/common", .othersMayWrite)
        #expect(try await scene.failures() == [linked, linked, linked, linked])
        #expect(scene.text(scene.base + "/common/file") == "{}")
    }

    @Test("a file larger than 64 MiB is refused, unread")
    func large() async throws {
        scene.write("{}")
        truncate(scene.path, (64 << 20) + 1)
        let failures = try await scene.failures()
        #expect(failures.allSatisfy { $0 == .unsafePath(path: scene.path, reason: "it is larger than 67108864 bytes") })
    }

    @Test("many writers at once lose nothing")
    func manyWriters() async throws {
        scene.write("{ a: 'canary-other' }")
        let job = try scene.job()
        let target = scene.target
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { _ = try? await target.apply(job) } }
        }
        try await scene.apply()
        #expect(try await scene.differences() == [])
        #expect(scene.text()?.contains("{ a: 'canary-other', hooks: {") == true)
        #expect(try scene.folder.names() == ["openclaw.json"])
    }

    @Test("what a killed run left is gone after the next writing")
    func staleTemporaries() async throws {
        scene.write("left over", to: ".sigilum-00ff00ff.tmp")
        scene.write("{}")
        try await scene.apply()
        #expect(try scene.folder.names() == ["openclaw.json"])
    }

    @Test("no error, receipt, observation or file name holds the token or what else is in the file")
    func canaries() async throws {
        let texts = [
            "{ canary-other }", "{ a: 'canary-other' }", "{ hooks: 'canary-other' }", "canary-other",
            "['canary-other']",
        ]
        var said: [String] = []
        for text in texts {
            scene.write(text)
            for notify in ["true", "false", "preserve"] {
                let job = try scene.job(notify)
                said.append(String(reflecting: try? await scene.target.observe(job)))
                said.append(String(reflecting: try? await scene.target.apply(job)))
                for failure in try await scene.failures(notify: notify).compactMap({ $0 }) {
                    said.append(String(reflecting: failure))
                    dump(failure, to: &said[said.count - 1])
                }
            }
            said += try scene.folder.names()
        }
        #expect(said.count > 30)
        #expect(said.filter { $0.contains("canary") } == [])
    }
}
