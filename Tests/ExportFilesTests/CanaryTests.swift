import ExportFiles
import Glibc
import SafeFiles
import SecureMemory
import Testing
import VaultCore

/// Starts a call that never really waits and runs it in this very thread, whose rights on files may be reduced.
private func immediately<Value: Sendable>(
    _ call: @escaping @Sendable () async throws -> Value
) -> Result<Value, any Error>? {
    let box = Box<Result<Value, any Error>>()
    Task.immediate {
        do { box.value = .success(try await call()) } catch { box.value = .failure(error) }
    }
    return box.value
}

/// Written and read by one thread.
private final class Box<Value>: @unchecked Sendable {
    var value: Value?
}

@Suite("export files that fail")
struct CanaryTests {
    let scene: ExportScene
    let name = "service-api-key-linear"
    let canary = "canary-71f0c3"

    init() throws {
        scene = try ExportScene()
    }

    @Test("no error, receipt, observation or file name holds the secret")
    func nowhere() async throws {
        symlink("missing", scene.path("link"))
        mkfifo(scene.path("pipe"), 0o600)
        mkdir(scene.path("folder"), 0o700)
        scene.write("somebody's", to: "edited")
        let keys = ["link", "pipe", "folder", "edited", "", "a/b", scene.path("missing/x"), "good"]
        var said: [String] = []
        var failures = 0
        for key in keys {
            let job = try scene.job(canary, at: key)
            let target = scene.target
            var errors: [DeliveryFailure?] = []
            errors.append(await scene.failure { () throws(DeliveryFailure) in try await target.withdraw(job) })
            errors.append(
                await scene.failure { () throws(DeliveryFailure) in
                    said.append(String(reflecting: try await target.observe(job)))
                })
            errors.append(
                await scene.failure { () throws(DeliveryFailure) in
                    said.append(String(reflecting: try await target.apply(job)))
                })
            for error in errors.compactMap({ $0 }) {
                failures += 1
                said += [String(describing: error), String(reflecting: error)]
                var dumped = ""
                dump(error, to: &dumped)
                said.append(dumped)
            }
            var dumped = ""
            dump(job, to: &dumped)
            said.append(dumped)
        }
        said += try scene.folder.names()
        // Withdrawing and applying of three odd files; the edited one; three calls of each bad name; a missing folder.
        #expect(failures == 3 * 2 + 1 + 2 * 3 + 1)
        #expect(said.filter { $0.contains(canary) } == [])
        #expect(scene.text("good") == canary)
    }

    @Test("in a read-only home the system's error is told, and the old file stays")
    func readOnlyHome() throws {
        scene.write("old", to: name)
        chmod(scene.home, 0o555)
        chmod(scene.path(name), 0o644)
        let job = try scene.job(canary)
        let target = scene.target
        let applied = withoutPrivilege { immediately { try await target.apply(job) } }
        guard case .failure(let error) = applied else {
            Issue.record("it was written")
            return
        }
        #expect(error as? DeliveryFailure == .cannotWrite(path: scene.path(name), errno: EACCES))
        #expect(!String(reflecting: error).contains(canary))
        #expect(scene.text(name) == "old")
        #expect(try scene.folder.names() == [name])
    }

    @Test("a file that may not be read is an error of the system, not an absent file")
    func unreadable() throws {
        scene.write("old", to: name, mode: 0o000)
        chmod(scene.home, 0o755)
        let job = try scene.job(canary)
        let target = scene.target
        let observed = withoutPrivilege { immediately { try await target.observe(job) } }
        guard case .failure(let error) = observed else {
            Issue.record("it was read")
            return
        }
        #expect(error as? DeliveryFailure == .cannotWrite(path: scene.path(name), errno: EACCES))
    }
}
