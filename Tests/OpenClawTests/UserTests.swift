import Glibc
import OpenClaw
import SafeFiles
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

/// Runs `body` with the rights of an ordinary user, where this process is root: for files alone, in this thread alone,
/// so nothing in `body` may wait.
private func withoutPrivilege<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard isRoot, let symbol = dlsym(nil, "setfsuid") else { return try body() }
    let setUser = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> Int32).self)
    _ = setUser(65534)
    defer { _ = setUser(0) }
    return try body()
}

private let alice: uid_t = 4321
private let bob: uid_t = 5432

@Suite("OpenClaw's configuration of several users")
struct UserTests {
    let scene: OpenClawScene

    init() throws {
        scene = try OpenClawScene()
    }

    private func expectForeign(_ path: String) async throws {
        let error = DeliveryFailure.unsafePath(path: path, reason: UnsafePath.foreignOwner.rawValue)
        #expect(try await scene.failures() == [error, error, error, error])
    }

    @Test("in a read-only folder the system's error is told, the file stays, and nothing is left")
    func readOnlyFolder() throws {
        scene.write("{ a: 'canary-other' }", mode: 0o644)
        chmod(scene.home, 0o555)
        let (job, target) = (try scene.job(), scene.target)
        let expected = DeliveryFailure.cannotWrite(path: scene.path, errno: EACCES)
        let calls: [@Sendable () async throws -> Void] = [
            { _ = try await target.apply(job) }, { try target.check(path: job.key, settings: job.settings) },
        ]
        for call in calls {
            guard case .failure(let error) = withoutPrivilege({ immediately(call) }) else {
                Issue.record("it was written")
                return
            }
            #expect(error as? DeliveryFailure == expected)
        }
        #expect(scene.text() == "{ a: 'canary-other' }")
        #expect(try scene.folder.names() == ["openclaw.json"])
    }

    @Test("root edits another user's file, which stays that user's", .enabled(if: isRoot))
    func keepsOwner() async throws {
        chown(scene.home, alice, alice)
        scene.write("{}")
        chown(scene.path, alice, bob)
        try await scene.apply()
        let status = try #require(try scene.status())
        #expect(status.uid == alice && status.gid == bob && status.mode == 0o600)
        try await scene.target.withdraw(try scene.job())
        #expect(try scene.status()?.uid == alice)
    }

    @Test("what root makes in another user's home is that user's", .enabled(if: isRoot))
    func newFile() async throws {
        chown(scene.home, alice, bob)
        let path = scene.path("new/openclaw.json")
        try scene.target.check(path: path, settings: scene.settings("true"))
        try await scene.apply(path: path)
        let made = try Folder.open(scene.path("new"))
        #expect(try made.status.uid == alice && made.status.gid == bob && made.status.mode == 0o700)
        let file = try #require(try made.status("openclaw.json"))
        #expect(file.uid == alice && file.gid == bob && file.mode == 0o600)
    }

    @Test("a user's link to root's file, or to a third user's, is not followed by root", .enabled(if: isRoot))
    func linkToForeignFile() async throws {
        mkdir(scene.base + "/secret", 0o700)
        let victim = scene.base + "/secret/file"
        chown(scene.home, alice, alice)
        symlink(victim, scene.path)
        for owner in [0, bob] {
            scene.write("{ b: 'canary-other' }", to: victim)
            chown(victim, owner, owner)
            try await expectForeign(victim)
            #expect(scene.text(victim) == "{ b: 'canary-other' }")
        }
        // In a third user's folder not even the user's own file is safe.
        chown(victim, alice, alice)
        chown(scene.base + "/secret", bob, bob)
        try await expectForeign(scene.base + "/secret")
        chown(scene.base + "/secret", alice, alice)
        try await scene.apply()
        #expect(scene.text(victim)?.contains(scene.token) == true)
        #expect(try Folder.open(scene.base + "/secret").status("file")?.uid == alice)
    }

    @Test("root's own link to a user's file is not followed", .enabled(if: isRoot))
    func rootsLink() async throws {
        mkdir(scene.base + "/alice", 0o700)
        scene.write("{}", to: scene.base + "/alice/file")
        chown(scene.base + "/alice/file", alice, alice)
        symlink(scene.base + "/alice/file", scene.path)
        try await expectForeign(scene.base + "/alice/file")
        chown(scene.base + "/alice", alice, alice)
        try await expectForeign(scene.base + "/alice")
    }
}
