import Foundation
import SafeFiles
import Testing

@testable import SigilumCLI

@Suite struct DoctorHomeTests {
    let folder: TemporaryFolder
    let home: String

    init() throws {
        folder = try TemporaryFolder()
        home = try folder.folder("home")
    }

    private func checks(
        user: UInt32 = geteuid(), at path: String? = nil, machine: Machine = .good
    ) -> [Diagnosis] {
        let location = HomeLocation(path: path ?? home, source: .option)
        return HomeChecks(location: location, surroundings: Stage(user: user).surroundings, machine: machine).diagnoses
    }

    private func mend(_ found: [Diagnosis]) throws { for repair in found.repairs { try repair.perform() } }

    @Test("a home that is as it was made is well; none is told with the command that makes one")
    func good() throws {
        try folder.write("home/vault.db", "")
        try folder.write("home/gateway-master-key", planted)
        let found = checks()
        #expect(!found.contains { $0.verdict.isFinding } && found.repairs == [])
        #expect(found.verdicts("key-file") == [.ok])
        let none = checks(at: folder("none"))
        #expect(none.verdicts("home") == [.warn])
        #expect(none.said("home").hasSuffix("sigilum vault init"))
    }

    @Test(
        "a home or a file in it that others may use is told, and mended once", arguments: [mode_t(0o770), 0o755, 0o707])
    func permissions(mode: mode_t) throws {
        for name in ["gateway-master-key", "service-api-key-linear", "api.sqlite3", "vault.db", "deliver-gateway.lock"]
        {
            try folder.write("home/" + name, planted, mode: 0o664)
        }
        try folder.write("home/of-the-user.txt", "", mode: 0o666)
        try folder.write("home/.gitignore", "*\n", mode: 0o644)
        try #require(chmod(home, mode) == 0)
        let found = checks()
        #expect(found.verdicts("home-permissions") == [mode & 0o022 == 0 ? .warn : .error])
        #expect(found.verdicts("key-file") == [.error])
        #expect(found.verdicts("home-files") == [.error, .error, .error, .error])
        #expect(found.said("key-file").contains("chmod u+rw,go-rwx '\(home)/gateway-master-key'"))
        #expect(!found.said("key-file").contains(planted))
        try mend(found)
        #expect(folder.mode("home") == 0o700 && folder.mode("home/gateway-master-key") == 0o600)
        #expect(folder.mode("home/of-the-user.txt") == 0o666 && folder.mode("home/.gitignore") == 0o644)
        let again = checks()
        #expect(!again.contains { $0.verdict.isFinding } && again.repairs == [])
    }

    @Test("a sealed file that others may read is a warning; one that its owner may not read is an error")
    func sealed() throws {
        try folder.write("home/vault.db", "", mode: 0o644)
        #expect(checks().verdicts("home-files") == [.warn])
        try #require(chmod(folder("home/vault.db"), 0o000) == 0)
        #expect(checks().verdicts("home-files") == [.error])
        try mend(checks())
        #expect(folder.mode("home/vault.db") == 0o600)
    }

    @Test("what belongs to another user is told with the chown, and never mended")
    func foreign() throws {
        try folder.write("home/gateway-master-key", "", mode: 0o666)
        try #require(chmod(home, 0o770) == 0)
        let found = checks(user: geteuid() + 1)
        #expect(found.verdicts("home-permissions").contains(.error))
        #expect(found.verdicts("key-file") == [.error])
        #expect(found.said("key-file").contains("chown \(geteuid() + 1) '"))
        #expect(found.repairs == [])
    }

    @Test("nothing is mended through a symbolic link, and a file of several names is left alone")
    func links() throws {
        try folder.write("outside", planted, mode: 0o666)
        try folder.link("home/gateway-master-key", to: folder("outside"))
        try folder.link("home/vault.db", to: "/dev/null")
        let found = checks()
        #expect(found.verdicts("key-file") == [.error] && found.verdicts("home-files") == [.error])
        #expect(found.repairs == [])
        for name in ["gateway-master-key", "vault.db"] {
            #expect(throws: FileError.self) { try Repair.tighten(path: home + "/" + name).perform() }
        }
        #expect(folder.mode("outside") == 0o666)
        try folder.write("home/service-api-key-a", "", mode: 0o644)
        try #require(link(folder("home/service-api-key-a"), folder("other-name")) == 0)
        #expect(checks().said("home-files").contains("service-api-key-a: other users may read it"))
        #expect(checks().repairs == [])
        #expect(throws: FileError.self) { try Repair.tighten(path: home + "/service-api-key-a").perform() }
        // A home that is a link: what it leads to is told, and left to the user.
        try #require(chmod(home, 0o750) == 0)
        try folder.link("linked", to: home)
        let linked = checks(at: folder("linked"))
        #expect(linked.verdicts("home-permissions") == [.warn] && linked.repairs == [])
    }

    @Test("a home in a git work tree is well where .gitignore hides it; else one is made where there is none")
    func git() throws {
        #expect(checks().verdicts("git") == [.ok])
        try folder.folder(".git")
        #expect(checks().verdicts("git") == [.warn])
        try mend(checks())
        #expect(folder.content("home/.gitignore") == "*\n")
        #expect(checks().verdicts("git") == [.ok] && checks().repairs == [])
        try folder.write("home/.gitignore", "*.log\n")
        let own = checks()
        #expect(own.verdicts("git") == [.warn] && own.repairs == [])
        #expect(own.said("git").contains("printf '\\n*\\n' >> '\(home)/.gitignore'"))
        try folder.write("home/.gitignore", "# mine\n*\n")
        #expect(checks().verdicts("git") == [.ok])
        try folder.write("home/.gitignore", "*\n!vault.db\n")
        #expect(checks().verdicts("git") == [.warn] && checks().repairs == [])
        #expect(checks().said("git").contains("sed -i '/^!/d' '\(home)/.gitignore'"))
        #expect(!checks().said("git").contains("printf"))
    }

    @Test("a home that is itself the top of a git work tree is told, and mended")
    func ownWorkTree() throws {
        try folder.folder("home/.git")
        #expect(checks().verdicts("git") == [.warn])
        #expect(checks().said("git").contains("git work tree \(home),"))
        try mend(checks())
        #expect(checks().verdicts("git") == [.ok])
    }

    @Test(
        "a file system that does not suit the vault is told",
        arguments: [
            (0x6969, .error), (0xFF53_4D42, .error), (0xFE53_4D42, .error), (0x0102_1997, .warn), (0x6573_5546, .warn),
            (0x0102_1994, .warn), (0xEF53, .ok), (nil, .unknown),
        ] as [(Int?, Diagnosis.Verdict)])
    func fileSystem(kind: Int?, verdict: Diagnosis.Verdict) {
        let found = checks(machine: .good.with { $0.fileSystem = { _ in kind } })
        #expect(found.verdicts("file-system") == [verdict])
    }

    @Test("what killed runs left is found in all folders and removed; what a living writer has stays")
    func temporaries() throws {
        try folder.write("home/.sigilum-0123abcd.tmp", planted)
        try folder.write("home/.sigilum-89abcdef.tmp", planted)
        try folder.write("home/.sigilum-not-ours.tmp", "")
        try folder.link("home/.sigilum-00000000.tmp", to: folder("outside"))
        let writer = open(folder("home/.sigilum-89abcdef.tmp"), O_RDONLY)
        try #require(flock(writer, LOCK_EX | LOCK_NB) == 0)
        let found = [Temporaries.diagnosis(in: [home, folder("none")], user: geteuid())]
        #expect(found.verdicts("temporary-files") == [.warn])
        #expect(found.said("temporary-files").contains("left 1 half written file,"))
        #expect(found.said("temporary-files").contains("rm '\(home)/.sigilum-0123abcd.tmp'"))
        #expect(!found.said("temporary-files").contains("89abcdef"))
        #expect(throws: FileError.self) {
            try Repair.removeTemporary(folder: home, name: ".sigilum-89abcdef.tmp").perform()
        }
        #expect(Temporaries.diagnosis(in: [home], user: geteuid() + 1).verdict == .ok)
        try mend(found)
        #expect(Temporaries.diagnosis(in: [home], user: geteuid()).verdict == .ok)
        let left = try Folder.open(home).names()
        #expect(left == [".sigilum-00000000.tmp", ".sigilum-89abcdef.tmp", ".sigilum-not-ours.tmp"])
        close(writer)
    }

    @Test("a home that is no folder, a circle of links, or full of what should be files is told, and nothing crashes")
    func hostile() throws {
        try folder.write("file", "")
        try folder.link("circle", to: folder("circle"))
        try folder.link("nowhere", to: folder("none"))
        for name in ["file", "circle", "nowhere"] {
            #expect(checks(at: folder(name)).verdicts("home") == [.error], "\(name)")
        }
        #expect(checks(at: folder("file") + "/below").verdicts("home") == [.unknown])
        for name in ["vault.db", "gateway-master-key"] { try folder.folder("home/" + name) }
        try #require(mkfifo(folder("home/.gitignore"), 0o600) == 0)
        try #require(mkfifo(folder("home/vault.lock"), 0o600) == 0)
        try folder.folder(".git")
        let found = checks()
        #expect(found.verdicts("home-files") == [.error, .error, .error] && found.verdicts("key-file") == [.error])
        #expect(found.verdicts("git") == [.warn] && found.repairs == [])
    }
}
