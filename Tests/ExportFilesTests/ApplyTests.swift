import ExportFiles
import Glibc
import SafeFiles
import SecureMemory
import Testing
import VaultCore

@Suite("writing export files")
struct ApplyTests {
    let scene: ExportScene
    let name = "service-api-key-linear"

    init() throws {
        scene = try ExportScene()
    }

    @Test("the file holds the bytes as they are, 0600, and the receipt says where")
    func writes() async throws {
        let job = try scene.job("one\r\ntwo\n")
        let receipt = try await scene.target.apply(job)
        #expect(scene.text(name) == "one\r\ntwo\n")
        #expect(try scene.folder.status(name)?.mode == 0o600)
        #expect(Set(receipt.keys) == ["path", "fingerprint"])
        #expect(receipt["path"] == scene.path(name))
        let hex = try #require(receipt["fingerprint"])
        #expect(hex.count == 64)
        #expect(hex.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        #expect(try await scene.target.observe(job) == .present(differences: []))
    }

    @Test("a file that is as it should be is not written again")
    func unchanged() async throws {
        let first = try await scene.target.apply(try scene.job("value"))
        let before = try #require(try scene.folder.status(name))
        let second = try await scene.target.apply(try scene.job("value"))
        #expect(try scene.folder.status(name) == before)
        #expect(first == second)
    }

    @Test("a file with other bytes of the same length, another mode or a second name is written again")
    func repaired() async throws {
        let job = try scene.job("value")
        scene.write("VALUE", to: name)
        _ = try await scene.target.apply(job)
        #expect(scene.text(name) == "value")
        chmod(scene.path(name), 0o644)
        _ = try await scene.target.apply(job)
        #expect(try scene.folder.status(name)?.mode == 0o600)
        link(scene.path(name), scene.path("again"))
        _ = try await scene.target.apply(job)
        #expect(try scene.folder.status(name)?.links == 1)
        #expect(try await scene.target.observe(job) == .present(differences: []))
    }

    @Test("whoever opened the old file keeps the old file: the new one is another")
    func replacesAtomically() async throws {
        _ = try await scene.target.apply(try scene.job("old"))
        let before = try #require(try scene.folder.status(name))
        _ = try await scene.target.apply(try scene.job("new"))
        #expect(try #require(try scene.folder.status(name)).isSameFile(as: before) == false)
        #expect(try scene.folder.names() == [name])
    }

    @Test("a link at the place is neither followed nor replaced", arguments: ["target", "missing"])
    func symbolicLink(destination: String) async throws {
        scene.write("keep", to: "target")
        symlink(destination, scene.path(name))
        let job = try scene.job("value")
        let refused = DeliveryFailure.unsafePath(path: scene.path(name), reason: "it is a symbolic link")
        let target = scene.target
        #expect(await scene.failure { () throws(DeliveryFailure) in _ = try await target.apply(job) } == refused)
        #expect(await scene.failure { () throws(DeliveryFailure) in try await target.withdraw(job) } == refused)
        #expect(try await target.observe(job) == .present(differences: ["kind"]))
        #expect(try scene.folder.names() == [name, "target"])
        #expect(try scene.folder.status(name)?.kind == .symbolicLink)
        #expect(scene.text("target") == "keep")
    }

    @Test("a pipe or a folder at the place is refused and stays", arguments: [true, false])
    func notRegular(isPipe: Bool) async throws {
        if isPipe { mkfifo(scene.path(name), 0o600) } else { mkdir(scene.path(name), 0o700) }
        let before = try scene.folder.status(name)
        let job = try scene.job("value")
        let refused = DeliveryFailure.unsafePath(path: scene.path(name), reason: "it is not a regular file")
        let target = scene.target
        #expect(await scene.failure { () throws(DeliveryFailure) in _ = try await target.apply(job) } == refused)
        #expect(await scene.failure { () throws(DeliveryFailure) in try await target.withdraw(job) } == refused)
        #expect(try await target.observe(job) == .present(differences: ["kind"]))
        #expect(try scene.folder.status(name)?.kind == before?.kind)
        #expect(try scene.folder.names() == [name])
    }

    @Test("an absolute key is a path of its own")
    func absolutePath() async throws {
        let elsewhere = try ExportScene()
        let job = try scene.job("value", at: elsewhere.path("token"))
        let receipt = try await scene.target.apply(job)
        #expect(elsewhere.text("token") == "value")
        #expect(receipt["path"] == elsewhere.path("token"))
        #expect(try scene.folder.names() == [])
        try await scene.target.withdraw(job)
        #expect(try elsewhere.folder.names() == [])
    }

    @Test("a key that leads out of the home is refused", arguments: ["../outside", "a/b", "", ".", ".."])
    func hostileKey(key: String) async throws {
        let job = try scene.job("value", at: key)
        let path = scene.path(key)
        let target = scene.target
        let error = await scene.failure { () throws(DeliveryFailure) in _ = try await target.apply(job) }
        #expect(error == .cannotWrite(path: path, errno: EINVAL))
        #expect(try scene.folder.names() == [])
    }

    @Test("a folder that is not there is said to be so, and is absent to whoever looks")
    func missingFolder() async throws {
        let job = try scene.job("value", at: scene.path("missing/token"))
        let folder = scene.path("missing")
        let target = scene.target
        let error = await scene.failure { () throws(DeliveryFailure) in _ = try await target.apply(job) }
        #expect(error == .cannotWrite(path: folder, errno: ENOENT))
        #expect(try await target.observe(job) == .absent)
        try await target.withdraw(job)
    }

    @Test("what a killed run left is gone after the next writing")
    func staleTemporaries() async throws {
        scene.write("left over", to: ".sigilum-00ff00ff.tmp")
        _ = try await scene.target.apply(try scene.job("value"))
        #expect(try scene.folder.names() == [name])
    }

    @Test("the owner of the home gets the file, and it is mended where another owns it", .enabled(if: isRoot))
    func ownership() async throws {
        let owner = FileOwner(uid: 4321, gid: 4322)
        chown(scene.home, owner.uid, owner.gid)
        let target = ExportFileTarget(home: scene.home, owner: owner)
        let job = try scene.job("value")
        _ = try await target.apply(job)
        #expect(try scene.folder.status(name)?.uid == owner.uid)
        #expect(try scene.folder.status(name)?.gid == owner.gid)
        chown(scene.path(name), 0, 0)
        #expect(try await target.observe(job) == .present(differences: ["owner"]))
        _ = try await target.apply(job)
        #expect(try await target.observe(job) == .present(differences: []))
    }

    @Test("in a folder of a third user the file stays root's", .enabled(if: isRoot))
    func thirdUser() async throws {
        let elsewhere = try ExportScene()
        chown(elsewhere.home, 5555, 5555)
        let target = ExportFileTarget(home: scene.home, owner: FileOwner(uid: 4321, gid: 4322))
        let job = try scene.job("value", at: elsewhere.path("token"))
        _ = try await target.apply(job)
        #expect(try elsewhere.folder.status("token")?.uid == 0)
        #expect(try await target.observe(job) == .present(differences: []))
    }
}
