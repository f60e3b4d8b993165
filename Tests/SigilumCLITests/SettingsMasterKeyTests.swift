import Foundation
import SafeFiles
import SecureMemory
import Testing

@testable import SigilumCLI

/// A home, the folders that the other sources are in, and all of them set.
private struct Sources {
    let folder: TemporaryFolder
    let home: SigilumHome
    var option: SharedSecret? = shared("by-option")
    var variables: [String: String]

    init() throws {
        folder = try TemporaryFolder()
        home = try SigilumHome.openForStoring(.init(path: folder("home"), source: .option), Stage().surroundings)
        try folder.write("home/gateway-master-key", "by-home\n")
        try folder.write("credentials/gateway-master-key", "by-credential\n")
        try folder.write("key", "\t by-file \r\n")
        variables = [
            "GATEWAY_MASTER_KEY": " by-variable\n", "GATEWAY_MASTER_KEY_FILE": folder("key"),
            "GATEWAY_MASTER_KEY_COMMAND": "echo 'by-command '", "CREDENTIALS_DIRECTORY": folder("credentials"),
        ]
    }

    /// Only what is said here is set.
    init(_ variables: [String: String]) throws {
        self = try Sources()
        option = nil
        self.variables = variables
        try FileManager.default.removeItem(atPath: folder("home/gateway-master-key"))
    }

    func resolve(_ stage: Stage? = nil) throws -> MasterKey? {
        try MasterKeyResolution.resolve(
            option: option, home: home,
            surroundings: (stage ?? Stage(variables, workingDirectory: folder.path)).surroundings)
    }

    func key(_ stage: Stage? = nil) throws -> String? { text(try resolve(stage)?.secret) }
    func source() throws -> String? { try resolve()?.source.message.text(as: .sigilum) }
}

@Suite struct SettingsMasterKeyTests {
    @Test("the first source that is set gives the key, without the white space around it, and says what it is")
    func order() throws {
        var sources = try Sources()
        let folder = sources.folder
        #expect(try sources.key() == "by-option")
        #expect(try sources.source() == "--gateway-master-key")
        sources.option = nil
        #expect(try sources.key() == "by-variable")
        #expect(try sources.source() == "GATEWAY_MASTER_KEY")
        sources.variables["GATEWAY_MASTER_KEY"] = nil
        #expect(try sources.key() == "by-file")
        #expect(try sources.source() == "GATEWAY_MASTER_KEY_FILE (\(folder("key")))")
        sources.variables["GATEWAY_MASTER_KEY_FILE"] = ""
        #expect(try sources.key() == "by-command")
        #expect(try sources.source() == "GATEWAY_MASTER_KEY_COMMAND")
        sources.variables["GATEWAY_MASTER_KEY_COMMAND"] = nil
        #expect(try sources.key() == "by-credential")
        #expect(try sources.source() == "$CREDENTIALS_DIRECTORY (\(folder("credentials/gateway-master-key")))")
        sources.variables["CREDENTIALS_DIRECTORY"] = folder("home/nothing")
        #expect(try sources.key() == "by-home")
        #expect(try sources.source() == folder("home/gateway-master-key"))
        try FileManager.default.removeItem(atPath: folder("home/gateway-master-key"))
        #expect(try sources.key() == nil)
        #expect(
            try MasterKeyResolution.resolve(option: nil, home: nil, surroundings: Stage().surroundings)?.source == nil)
    }

    @Test("a relative GATEWAY_MASTER_KEY_FILE starts at the working directory; a relative credentials folder is none")
    func relative() throws {
        #expect(try Sources(["GATEWAY_MASTER_KEY_FILE": "key"]).key() == "by-file")
        #expect(try Sources(["CREDENTIALS_DIRECTORY": "credentials"]).key() == nil)
    }

    @Test("nothing is said of a key that is where it should be")
    func silent() throws {
        let sources = try Sources()
        for variables in [sources.variables, [:]] {
            let stage = Stage(variables, workingDirectory: sources.folder.path)
            _ = try sources.resolve(stage)
            #expect(stage.said() == [])
        }
    }

    @Test("an inner space belongs to the key, white space around it does not")
    func white() throws {
        for raw in ["two words", " two words ", "\n\t two words\r\n\u{B}\u{C}"] {
            #expect(text(try MasterKey(shared(raw).bytes, source: .option).secret) == "two words")
        }
        #expect(text(try MasterKey(shared("größe").bytes, source: .option).secret) == "größe")
    }

    @Test("a key that is empty, too long or has a control character is 78 and names where it came from")
    func notAKey() throws {
        #expect(
            failure { _ = try Sources(["GATEWAY_MASTER_KEY": ""]).resolve() }
                == Read(78, "The master key is empty: GATEWAY_MASTER_KEY"))
        #expect(
            failure { _ = try Sources(["GATEWAY_MASTER_KEY": " \n"]).resolve() }
                == Read(78, "The master key is empty: GATEWAY_MASTER_KEY"))
        for inner in ["\n", "\0", "\u{7F}", "\u{1B}", "\t"] {
            #expect(
                failure { _ = try MasterKey(shared(planted + inner + planted).bytes, source: .option) }
                    == Read(
                        78,
                        "The master key has a line end or another control character inside: --gateway-master-key"))
        }
        #expect(
            text(try MasterKey(shared(String(repeating: "k", count: 4096)).bytes, source: .option).secret)?.count
                == 4096)
        #expect(
            failure { _ = try MasterKey(shared(String(repeating: "k", count: 4097)).bytes, source: .option) }
                == Read(78, "The master key is longer than 4096 bytes: --gateway-master-key"))
        let sources = try Sources([:])
        let path = try sources.folder.write("home/gateway-master-key", String(repeating: "k", count: 5000))
        #expect(failure { _ = try sources.resolve() } == Read(78, "The master key is longer than 4096 bytes: \(path)"))
        try sources.folder.write("home/gateway-master-key", "")
        #expect(failure { _ = try sources.resolve() } == Read(78, "The master key is empty: \(path)"))
    }

    @Test("a file that GATEWAY_MASTER_KEY_FILE names and that is not there is 66")
    func missingFile() throws {
        let sources = try Sources(["GATEWAY_MASTER_KEY_FILE": "/nonexistent/key"])
        #expect(
            failureWithHints { _ = try sources.resolve() }
                == Read(66, "Master key file not found: /nonexistent/key", hints: ["GATEWAY_MASTER_KEY_FILE names it"]))
        #expect(
            failure { _ = try Sources(["GATEWAY_MASTER_KEY_FILE": "/tmp"]).resolve() }
                == Read(77, "Unsafe permissions: /tmp: it is not a regular file"))
    }

    @Test("a mounted key may be a link and readable, with a warning; writable by others it is 77")
    func mounted() throws {
        for name in ["GATEWAY_MASTER_KEY_FILE", "CREDENTIALS_DIRECTORY"] {
            let sources = try Sources([:])
            let folder = sources.folder
            let real = try folder.write("data/real", planted, mode: 0o644)
            try folder.folder("mount")
            try folder.link("mount/gateway-master-key", to: "../data/real")
            let link = folder("mount/gateway-master-key")
            let variables = [name: name == "CREDENTIALS_DIRECTORY" ? folder("mount") : link]
            let stage = Stage(variables)
            #expect(try sources.key(stage) == planted)
            #expect(
                stage.said() == [
                    "[warn] Unsafe permissions: \(link): it is a symbolic link",
                    "[warn] Unsafe permissions: \(real): other users may read it",
                ])
            try folder.write("data/real", planted, mode: 0o620)
            #expect(
                failureWithHints { _ = try sources.key(Stage(variables)) }
                    == Read(
                        77, "Unsafe permissions: \(real): other users may write it",
                        hints: [
                            "mend it:  chmod 600 '\(real)'",
                            "or go on with a warning:  set SIGILUM_ALLOW_UNSAFE_PERMISSIONS=1",
                        ]))
        }
    }

    @Test(
        "a key file that others may read or write is 77 with the chmod that mends it", arguments: [0o640, 0o604, 0o620])
    func strict(_ mode: Int) throws {
        let sources = try Sources([:])
        let path = try sources.folder.write("home/gateway-master-key", planted, mode: mode_t(mode))
        let problem = mode & 0o022 != 0 ? "write" : "read"
        let read = failureWithHints { _ = try sources.resolve() }
        #expect(read?.status == 77)
        #expect(read?.message == "Unsafe permissions: \(path): other users may \(problem) it")
        #expect(read?.hints.first == "mend it:  chmod 600 '\(path)'")
        let overridden = Stage(["SIGILUM_ALLOW_UNSAFE_PERMISSIONS": "1"])
        #expect(try sources.key(overridden) == planted)
        #expect(overridden.said() == ["[warn] Unsafe permissions: \(path): other users may \(problem) it"])
        let other = Stage(["SIGILUM_ALLOW_UNSAFE_PERMISSIONS": "yes"])
        #expect(failure { _ = try sources.resolve(other) }?.status == 77)
    }

    @Test("a key file that is a link is refused, unless the user said to go on; a folder always is")
    func linkedKeyFile() throws {
        let sources = try Sources([:])
        try sources.folder.write("elsewhere", planted)
        try sources.folder.link("home/gateway-master-key", to: "../elsewhere")
        let path = sources.folder("home/gateway-master-key")
        #expect(
            failure { _ = try sources.resolve() } == Read(77, "Unsafe permissions: \(path): it is a symbolic link"))
        #expect(try sources.key(Stage(["SIGILUM_ALLOW_UNSAFE_PERMISSIONS": "1"])) == planted)
        let folder = try Sources([:])
        try folder.folder.folder("home/gateway-master-key")
        #expect(
            failure { _ = try folder.resolve() }
                == Read(
                    77,
                    "Unsafe permissions: \(folder.folder("home/gateway-master-key")): it is not a regular file"))
    }

    @Test("a key command runs without a shell, and its output loses the white space around it")
    func command() throws {
        let folder = try TemporaryFolder()
        let script = try folder.write("print key", "#!/bin/sh\nprintf '\\n %s|%s \\n' \"$1\" \"$2\"\n", mode: 0o700)
        let sources = try Sources(["GATEWAY_MASTER_KEY_COMMAND": "'\(script)' \"a b\" $HOME;id"])
        #expect(try sources.key() == "a b|$HOME;id")
    }

    @Test(
        "a key command that gives no key is 78; the words of the command are not repeated",
        arguments: [
            ("false \(planted)", "GATEWAY_MASTER_KEY_COMMAND failed: it ended with status 1"),
            ("sh -c 'echo \(planted); exit 3'", "GATEWAY_MASTER_KEY_COMMAND failed: it ended with status 3"),
            ("/nonexistent/\(planted)", "GATEWAY_MASTER_KEY_COMMAND failed: there is no such program"),
            ("/dev/null \(planted)", "GATEWAY_MASTER_KEY_COMMAND failed: it cannot be started: Permission denied"),
            ("echo '\(planted)", "GATEWAY_MASTER_KEY_COMMAND failed: a quote is not closed"),
            ("echo \(planted)\\", "GATEWAY_MASTER_KEY_COMMAND failed: it ends with a backslash"),
            ("  ", "GATEWAY_MASTER_KEY_COMMAND failed: it names no program"),
            ("true", "The master key is empty: GATEWAY_MASTER_KEY_COMMAND"),
            ("yes \(planted)", "GATEWAY_MASTER_KEY_COMMAND failed: it wrote more than 4096 bytes"),
            (
                "printf 'a\\n\(planted)'",
                "The master key has a line end or another control character inside: GATEWAY_MASTER_KEY_COMMAND"
            ),
        ])
    func commandFails(_ command: String, _ message: String) throws {
        let sources = try Sources(["GATEWAY_MASTER_KEY_COMMAND": command])
        #expect(failure { _ = try sources.resolve() } == Read(78, message))
    }

    @Test(
        "a command line is split as its quotes and backslashes say, and nothing is expanded",
        arguments: [
            ("a", ["a"]), ("  a\t b\n", ["a", "b"]), ("a 'b c' d", ["a", "b c", "d"]), ("a \"b c\"d", ["a", "b cd"]),
            ("a ''", ["a", ""]), ("a \"\" b", ["a", "", "b"]), (#"a b\ c"#, ["a", "b c"]),
            (#"a "\"\\\n""#, ["a", #""\\n"#]),
            (#"a '\'"#, ["a", #"\"#]), ("a 'it'\\''s'", ["a", "it's"]), ("a $x `y` *", ["a", "$x", "`y`", "*"]),
            ("a|b>c", ["a|b>c"]), ("a \"'\" '\"'", ["a", "'", "\""]),
        ])
    func words(_ line: String, _ words: [String]) throws {
        #expect(try CommandWords.split(line) == words)
    }

    @Test("a new key file has 64 hex digits and no line end, 0600, and what is said explains where keys belong")
    func create() throws {
        let sources = try Sources([:])
        let path = sources.folder("home/gateway-master-key")
        let stage = Stage()
        let key = try MasterKeyResolution.createKeyFile(in: sources.home, surroundings: stage.surroundings)
        let content = try #require(sources.folder.content("home/gateway-master-key"))
        #expect(content.utf8.count == 64)
        #expect(content.allSatisfy { "0123456789abcdef".contains($0) })
        #expect(sources.folder.mode("home/gateway-master-key") == 0o600)
        #expect(text(try key.secret) == content)
        #expect(key.source == .homeFile(path: path))
        let said = stage.said()
        #expect(
            said == [
                "[i] Made a new master key: \(path). Beside its vault it protects copies of the vault alone; safer is "
                    + "another place: GATEWAY_MASTER_KEY_FILE (another disk, a container's secret), "
                    + "GATEWAY_MASTER_KEY_COMMAND (a password manager) or a systemd credential named gateway-master-key"
            ])
        #expect(!said.joined().contains(content))
        #expect(try sources.key() == content)
        let other = try Sources([:])
        let second = try MasterKeyResolution.createKeyFile(in: other.home, surroundings: Stage().surroundings)
        #expect(text(try second.secret) != content)
    }

    @Test("whoever comes second with a new key file takes the first one's key, and says nothing")
    func race() async throws {
        let sources = try Sources([:])
        let keys = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let stage = Stage()
                    let key = try? MasterKeyResolution.createKeyFile(in: sources.home, surroundings: stage.surroundings)
                    return text(try? key?.secret).map { "\($0) \(stage.said().count)" }
                }
            }
            return await group.reduce(into: [String?]()) { $0.append($1) }
        }
        let content = try #require(sources.folder.content("home/gateway-master-key"))
        #expect(keys.count == 8)
        #expect(keys.filter { $0 == content + " 1" }.count == 1)
        #expect(keys.filter { $0 == content + " 0" }.count == 7)
        #expect(try FileManager.default.contentsOfDirectory(atPath: sources.folder("home")).count == 2)
    }

    @Test("a vault without a key is 78 and says where a key can be")
    func notFound() throws {
        let sources = try Sources([:])
        #expect(
            failureWithHints { throw MasterKeyResolution.notFound(sources.home) }
                == Read(
                    78, "No master key for this vault: \(sources.folder("home"))",
                    hints: [
                        "set GATEWAY_MASTER_KEY_FILE, GATEWAY_MASTER_KEY_COMMAND or GATEWAY_MASTER_KEY",
                        "or put the key file back: \(sources.folder("home/gateway-master-key"))",
                    ]))
    }
}
