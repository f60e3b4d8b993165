import Foundation
import SafeFiles
import SecureMemory
import Testing

@testable import SigilumCLI

private let none = ConfigFile(path: nil, values: [:])

private func locate(
    _ option: String? = nil, _ variables: [String: String] = [:], config: ConfigFile = none, in folder: String = "/w"
) throws -> HomeLocation {
    try HomeResolution.locate(
        option: option, config: config, surroundings: Stage(variables, workingDirectory: folder).surroundings)
}

@Suite struct SettingsHomeTests {
    @Test("the first source that is set gives the home")
    func order() throws {
        let config = ConfigFile(path: "/c/config.env", values: ["GATEWAY_SIGILUM_HOME": "/by/config/"])
        let variables = ["GATEWAY_SIGILUM_HOME": "by-variable", "SIGILUM_HOME": "/programs"]
        #expect(
            try locate("by-option", variables, config: config) == HomeLocation(path: "/w/by-option", source: .option))
        #expect(
            try locate(nil, variables, config: config) == HomeLocation(path: "/w/by-variable", source: .environment))
        let empty = ["GATEWAY_SIGILUM_HOME": ""]
        #expect(
            try locate(nil, empty, config: config)
                == HomeLocation(path: "/by/config", source: .configFile("/c/config.env")))
        #expect(
            try locate(nil, ["SIGILUM_HOME": "/x"])
                == HomeLocation(path: "/w/.sigilum-workspace", source: .workingDirectory))
        #expect(failure { _ = try locate("") } == Read(64, "--sigilum-home is empty"))
    }

    @Test("a home in config.env must be absolute, since nothing is expanded there")
    func relativeInConfig() {
        let config = ConfigFile(path: "/c/config.env", values: ["GATEWAY_SIGILUM_HOME": "~/vault"])
        #expect(
            failureWithHints { _ = try locate(config: config) }
                == Read(
                    78, "GATEWAY_SIGILUM_HOME in /c/config.env is not an absolute path",
                    hints: ["the file is not run by a shell: write ~ and $HOME out"]))
    }

    @Test("the nearest workspace upward is the home; a file of that name is none")
    func upward() throws {
        let folder = try TemporaryFolder()
        try folder.folder("a/b/c")
        try folder.folder(".sigilum-workspace")
        #expect(try locate(in: folder("a/b/c")) == HomeLocation(path: folder(".sigilum-workspace"), source: .found))
        try folder.write("a/b/.sigilum-workspace", "")
        #expect(try locate(in: folder("a/b/c")).path == folder(".sigilum-workspace"))
        try folder.folder("a/.sigilum-workspace")
        #expect(try locate(in: folder("a/b/c")).path == folder("a/.sigilum-workspace"))
        try folder.folder("a/b/c/.sigilum-workspace")
        #expect(try locate(in: folder("a/b/c")).path == folder("a/b/c/.sigilum-workspace"))
        #expect(try locate(in: "/") == HomeLocation(path: "/.sigilum-workspace", source: .workingDirectory))
    }

    @Test("the global home is in the user's own folder")
    func global() throws {
        #expect(
            try HomeResolution.global(Stage(["HOME": "/h"]).surroundings)
                == HomeLocation(path: "/h/.sigilum-workspace", source: .global))
    }

    @Test("a command that reads answers 66 and says where it looked, and makes nothing")
    func reading() throws {
        let folder = try TemporaryFolder()
        let make = "make one:  sigilum vault init"
        let name = "or name the folder of one with --sigilum-home"
        let sources: [(HomeLocation.Source, String)] = [
            (.option, "looked where --sigilum-home says"),
            (.environment, "looked where GATEWAY_SIGILUM_HOME says"),
            (.configFile("/c"), "looked where GATEWAY_SIGILUM_HOME in /c says"),
            (.found, "looked in the nearest .sigilum-workspace from the working directory upward"),
            (
                .workingDirectory,
                "looked for .sigilum-workspace in the working directory and in every folder above it"
            ),
            (.global, "looked in your home folder"),
        ]
        for (source, looked) in sources {
            let location = HomeLocation(path: folder("home"), source: source)
            #expect(
                failureWithHints { _ = try SigilumHome.openForReading(location, Stage().surroundings) }
                    == Read(66, "No vault found: \(folder("home"))", hints: [looked, make, name]))
        }
        #expect(try folder.names() == [])
    }

    @Test("a command that stores makes the home 0700 with a .gitignore, says so, and does so once")
    func storing() throws {
        let folder = try TemporaryFolder()
        let location = HomeLocation(path: folder("below/home"), source: .option)
        let stage = Stage()
        let home = try SigilumHome.openForStoring(location, stage.surroundings)
        #expect(home.isNew)
        #expect(home.owner == nil)
        #expect(home.folder.path == folder("below/home"))
        #expect(stage.said() == ["[i] Made the Sigilum home: \(folder("below/home"))"])
        #expect(folder.mode("below/home") == 0o700)
        #expect(folder.mode("below") == 0o700)
        #expect(folder.content("below/home/.gitignore") == "*\n")
        let again = try SigilumHome.openForStoring(location, stage.surroundings)
        #expect(!again.isNew)
        #expect(try SigilumHome.openForReading(location, stage.surroundings).folder.path == folder("below/home"))
        #expect(stage.said() == [])
        #expect(home.path(of: "vault.db") == folder("below/home/vault.db"))
    }

    @Test("a folder that was there gets a .gitignore as long as there is no vault in it")
    func gitignore() throws {
        let folder = try TemporaryFolder()
        let location = HomeLocation(path: folder.path, source: .option)
        _ = try SigilumHome.openForReading(location, Stage().surroundings)
        #expect(try folder.names() == [])
        _ = try SigilumHome.openForStoring(location, Stage().surroundings)
        #expect(folder.content(".gitignore") == "*\n")
        try folder.write(".gitignore", "!keep\n")
        _ = try SigilumHome.openForStoring(location, Stage().surroundings)
        #expect(folder.content(".gitignore") == "!keep\n")
        try FileManager.default.removeItem(atPath: folder(".gitignore"))
        try folder.write("vault.db", "")
        _ = try SigilumHome.openForStoring(location, Stage().surroundings)
        #expect(try folder.names() == ["vault.db"])
    }

    @Test("a home that is a link to one's own folder is used where it really is")
    func link() throws {
        let folder = try TemporaryFolder()
        try folder.folder("real")
        try folder.link("home", to: "real")
        let location = HomeLocation(path: folder("home"), source: .option)
        let stage = Stage()
        let home = try SigilumHome.openForStoring(location, stage.surroundings)
        #expect(home.folder.path == folder("real"))
        #expect(home.path(of: "x") == folder("home/x"))
        #expect(folder.content("real/.gitignore") == "*\n")
        #expect(stage.said() == [])
    }

    @Test("a link that leads to an unsafe folder, or lies in one, is refused")
    func unsafeLink() throws {
        let folder = try TemporaryFolder()
        try folder.folder("open", mode: 0o777)
        try folder.link("home", to: "open")
        #expect(
            failure {
                _ = try SigilumHome.openForStoring(.init(path: folder("home"), source: .option), Stage().surroundings)
            }
                == Read(77, "Unsafe permissions: \(folder("open")): other users may write it"))
        try folder.folder("real")
        try folder.link("open/home", to: "../real")
        let inside = HomeLocation(path: folder("open/home"), source: .option)
        #expect(
            failure { _ = try SigilumHome.openForReading(inside, Stage().surroundings) }
                == Read(77, "Unsafe permissions: \(folder("open")): other users may write it"))
    }

    @Test("a link that leads nowhere and a file in the home's place are 78")
    func notFolder() throws {
        let folder = try TemporaryFolder()
        try folder.link(".sigilum-workspace", to: "nowhere")
        let location = try locate(in: folder.path)
        #expect(location.source == .found)
        let nowhere = Read(
            78, "The Sigilum home is a symbolic link that leads nowhere: \(folder(".sigilum-workspace"))")
        #expect(failure { _ = try SigilumHome.openForReading(location, Stage().surroundings) } == nowhere)
        #expect(failure { _ = try SigilumHome.openForStoring(location, Stage().surroundings) } == nowhere)
        let file = HomeLocation(path: try folder.write("file", ""), source: .option)
        let isFile = Read(78, "The Sigilum home is not a folder: \(folder("file"))")
        #expect(failure { _ = try SigilumHome.openForReading(file, Stage().surroundings) } == isFile)
        #expect(failure { _ = try SigilumHome.openForStoring(file, Stage().surroundings) } == isFile)
        #expect(try folder.names() == [".sigilum-workspace", "file"])
    }

    @Test("a home that others may write is 77 with the chmod that mends it")
    func writable() throws {
        let folder = try TemporaryFolder()
        let path = try folder.folder("home", mode: 0o720)
        let location = HomeLocation(path: path, source: .option)
        #expect(
            failureWithHints { _ = try SigilumHome.openForReading(location, Stage().surroundings) }
                == Read(
                    77, "Unsafe permissions: \(path): other users may write it",
                    hints: [
                        "mend it:  chmod go-w '\(path)'",
                        "or go on with a warning:  set SIGILUM_ALLOW_UNSAFE_PERMISSIONS=1",
                    ]))
        let overridden = Stage(["SIGILUM_ALLOW_UNSAFE_PERMISSIONS": "1"])
        #expect(try SigilumHome.openForReading(location, overridden.surroundings).folder.path == path)
        #expect(overridden.said() == ["[warn] Unsafe permissions: \(path): other users may write it"])
    }

    @Test("a home that another user owns is 77 with the chown that mends it")
    func foreign() throws {
        let folder = try TemporaryFolder()
        let other = geteuid() + 4711
        let stage = Stage(user: other)
        let read = failureWithHints {
            _ = try SigilumHome.openForReading(.init(path: folder.path, source: .option), stage.surroundings)
        }
        #expect(read?.status == 77)
        #expect(read?.message == "Unsafe permissions: \(folder.path): another user owns it")
        #expect(read?.hints.contains("mend it:  chown \(other) '\(folder.path)'") == true)
    }

    @Test("what root makes in a home that another user owns belongs to that user")
    func rootOnForeignHome() throws {
        let folder = try TemporaryFolder()
        // Run by root, the home is given away; run by anybody else, it is somebody else's already.
        let owner: uid_t = geteuid() == 0 ? 4711 : geteuid()
        try #require(chown(folder.path, owner, getegid()) == 0)
        let stage = Stage(user: 0)
        let home = try SigilumHome.openForStoring(.init(path: folder.path, source: .option), stage.surroundings)
        #expect(home.owner == FileOwner(uid: owner, gid: getegid()))
        _ = try MasterKeyResolution.createKeyFile(in: home, surroundings: stage.surroundings)
        #expect(try folder.names() == [".gitignore", "gateway-master-key"])
        for name in try folder.names() {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder(name))
            #expect(attributes[.ownerAccountID] as? UInt32 == owner)
        }
        let key = try MasterKeyResolution.resolve(option: nil, home: home, surroundings: stage.surroundings)
        #expect(text(try key?.secret) == folder.content("gateway-master-key"))
    }

    @Test("a home under a folder that everybody may write is refused before it is made")
    func unsafeParent() throws {
        let folder = try TemporaryFolder()
        try folder.folder("open", mode: 0o777)
        let location = HomeLocation(path: folder("open/home"), source: .option)
        #expect(failure { _ = try SigilumHome.openForStoring(location, Stage().surroundings) }?.status == 77)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder("open")) == [])
    }

    @Test("a group-writable folder above the home is a warning")
    func groupParent() throws {
        let folder = try TemporaryFolder()
        let parent = try folder.folder("team", mode: 0o770)
        let stage = Stage()
        _ = try SigilumHome.openForStoring(.init(path: folder("team/home"), source: .option), stage.surroundings)
        #expect(
            stage.said() == [
                "[warn] Unsafe permissions: \(parent): its group may write it",
                "[i] Made the Sigilum home: \(folder("team/home"))",
            ])
    }

    @Test("a home that cannot be made is 73")
    func cannotMake() throws {
        let folder = try TemporaryFolder()
        let location = HomeLocation(path: folder("a/b/c"), source: .option)
        #expect(
            failure { _ = try SigilumHome.openForStoring(location, Stage().surroundings) }
                == Read(73, "Cannot write \(folder("a/b")): No such file or directory"))
        let proc = HomeLocation(path: "/proc/sigilum-home", source: .option)
        #expect(failure { _ = try SigilumHome.openForStoring(proc, Stage().surroundings) }?.status == 73)
    }
}
