import Glibc
import JSON5
import SafeFiles
import Testing
import VaultCore

@testable import OpenClaw

@Suite("OpenClaw's configuration that somebody else writes too")
struct ConcurrencyTests {
    let scene: OpenClawScene

    init() throws {
        scene = try OpenClawScene()
    }

    /// Edits as the target does; `meanwhile` happens after the file was read, and is told how often it was.
    private func edit(makesFile: Bool = true, _ meanwhile: (Int) -> Void) -> DeliveryFailure? {
        var count = 0
        do throws(DeliveryFailure) {
            try ConfigurationFile(path: scene.path).edit(makesFile: makesFile) { _ in
                count += 1
                meanwhile(count)
                return [.set(["ours"], .boolean(true)), .remove(["old"])]
            }
            return nil
        } catch {
            return error
        }
    }

    @Test("what a person saves in the meantime is kept, and edited")
    func save() throws {
        scene.write("{ a: 'before', old: 1 }")
        #expect(edit { if $0 == 1 { scene.write("{ a: 'after!', old: 2 }") } } == nil)
        #expect(scene.text() == "{ a: 'after!', ours: true }")
        #expect(try scene.folder.names() == ["openclaw.json"])
    }

    @Test("so is a file that was put in its place, of the same size")
    func replaced() throws {
        scene.write("{ a: 'before' }")
        let failure = edit { count in
            guard count == 1 else { return }
            scene.write("{ a: 'behind' }", to: "new")
            rename(scene.path("new"), scene.path)
        }
        #expect(failure == nil && scene.text() == "{ a: 'behind', ours: true }")
    }

    @Test("so is a file that was missing and is there now")
    func made() throws {
        #expect(edit { if $0 == 1 { scene.write("{ a: 1 }") } } == nil)
        #expect(scene.text() == "{ a: 1, ours: true }")
        #expect(try scene.folder.names() == ["openclaw.json"])
    }

    @Test("a file that was taken away is made again, or left away where only something was to be removed")
    func removed() throws {
        scene.write("{ old: 1 }")
        #expect(edit { if $0 == 1 { unlink(scene.path) } } == nil)
        #expect(scene.text() == "{\n  \"ours\": true\n}\n")
        scene.write("{ old: 1 }")
        #expect(edit(makesFile: false) { _ in unlink(scene.path) } == nil)
        #expect(try scene.folder.names() == [])
    }

    @Test("a file that changes again and again is given up, as it is")
    func busy() throws {
        scene.write("{}")
        #expect(edit { scene.write("{ a: '\(String(repeating: "x", count: $0))' }") } == .busy)
        #expect(scene.text() == "{ a: 'xxxxx' }")
        #expect(try scene.folder.names() == ["openclaw.json"])
    }

    @Test("one that others made a link of meanwhile is not replaced")
    func becomesLink() throws {
        scene.write("{}")
        scene.write("{ a: 1 }", to: scene.base + "/other")
        let failure = edit { count in
            guard count == 1 else { return }
            unlink(scene.path)
            symlink(scene.base + "/missing", scene.path)
        }
        #expect(failure == .unsafePath(path: scene.path, reason: UnsafePath.symbolicLink.rawValue))
        #expect(try scene.status()?.kind == .symbolicLink)
        #expect(try scene.folder.names() == ["openclaw.json"])
    }
}
