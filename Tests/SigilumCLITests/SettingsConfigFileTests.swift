import Foundation
import SecureMemory
import Testing

@testable import SigilumCLI

private func parse(_ text: String) throws -> [String: String] {
    try parse(Array(text.utf8))
}

private func parse(_ bytes: [UInt8]) throws -> [String: String] {
    try bytes.withUnsafeBytes { try ConfigFileParser.parse($0, wanted: ["A", "B", "_C9"]) }
}

private func parseError(_ bytes: [UInt8]) -> ConfigFileError? {
    do {
        _ = try parse(bytes)
        return nil
    } catch {
        return error as? ConfigFileError
    }
}

@Suite struct SettingsConfigFileTests {
    @Test(
        "a value is what a shell would take of a plain assignment",
        arguments: [
            ("A=x", "x"), ("A=", ""), ("A=x\n", "x"), ("A=x\r\n", "x"), ("  A=x  ", "x"), ("\tA=x\t", "x"),
            ("export A=x", "x"), ("export\tA=x", "x"), ("  export   A=x", "x"),
            ("A=\"x y\"", "x y"), ("A='x y'", "x y"), ("A=''", ""), ("A=\"\"", ""), ("A=\"it's\"", "it's"),
            ("A='say \"hi\"'", "say \"hi\""), ("A=\" x \"  ", " x "), ("A='x' # comment", "x"), ("A=\"#x\"", "#x"),
            ("A=x # comment", "x"), ("A=x#y", "x#y"), ("A=# comment", ""), ("A= x", "x"), ("A=x y", "x y"),
            ("A=x=y", "x=y"), ("A=$HOME", "$HOME"), ("A=\"`id`\"", "`id`"), ("A=\"a\\nb\"", "a\\nb"), ("A=~/x", "~/x"),
            ("A=$(id)", "$(id)"), ("A=x;id", "x;id"), ("A=1\nA=2", "2"), ("\u{FEFF}A=x", "x"), ("A=größe", "größe"),
            ("# A=1\n\n \nA=2\n#A=3", "2"), ("B=1\nA=x\nB=2", "x"), ("OTHER='x'\nA=x", "x"),
        ])
    func values(_ line: String, _ value: String) throws {
        #expect(try parse(line)["A"] == value)
    }

    @Test("names that are not wanted are passed over, so a secret among them is not copied")
    func unwanted() throws {
        #expect(try parse("JWT_SECRET=\(planted)\n_C9=1\nexport GATEWAY_MASTER_KEY='\(planted)'") == ["_C9": "1"])
        #expect(try parse("") == [:])
        #expect(try parse("exportA=1\nexport_A=1") == [:])
    }

    @Test(
        "a line that is no setting is refused with its number and the reason",
        arguments: [
            ("A=1\nA", 2, .noName), ("=x", 1, .noName), ("A =x", 1, .noName), ("9A=x", 1, .noName),
            ("A-B=x", 1, .noName),
            ("a b=x", 1, .noName), ("export", 1, .noName), ("Ä=x", 1, .noName), ("\n\n\r\nsource x", 4, .noName),
            ("A=\"x", 1, .openQuote), ("A='x\ny'", 1, .openQuote), ("A='", 1, .openQuote),
            ("A=\"x\"y", 1, .behindQuote), ("A='x' y", 1, .behindQuote), ("A='x'#y", 1, .behindQuote),
            ("A=\"a\" \"b\"", 1, .behindQuote), ("A=x\"y\"", 1, .quoteInside), ("A=it's", 1, .quoteInside),
            ("A=x\0y", 1, .controlCharacter), ("A=\u{1B}[31m", 1, .controlCharacter), ("A=x\ry", 1, .controlCharacter),
            ("OTHER='\(planted)", 1, .openQuote),
        ] as [(String, Int, ConfigFileError.Reason)])
    func refused(_ text: String, _ line: Int, _ reason: ConfigFileError.Reason) {
        #expect(parseError(Array(text.utf8)) == ConfigFileError(line: line, reason: reason))
    }

    @Test("a value that is not UTF-8 is refused")
    func notUTF8() throws {
        #expect(parseError([0x41, 0x3D, 0xFF]) == ConfigFileError(line: 1, reason: .notUTF8))
        #expect(try parse([0x5A, 0x3D, 0xFF]) == [:])
    }

    @Test("any bytes are either read or refused")
    func anyBytes() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("A=B\"' \t#\n\r\\export\0\u{FF}".utf8) + [0xFF]
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...24, using: &generator)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            }
            if let error = parseError(bytes) { #expect(error.line >= 1) }
        }
    }

    @Test("the file is the one that is named, else the one in the named folder, else the one in the user's home")
    func location() throws {
        let folder = try TemporaryFolder()
        try folder.write("named.env", "SIGILUM_NAMESPACE=named")
        try folder.write("conf/config.env", "SIGILUM_NAMESPACE=folder")
        try folder.write("home/.sigilum/config.env", "SIGILUM_NAMESPACE=home")
        var variables = [
            "SIGILUM_CONFIG_FILE": folder("named.env"), "SIGILUM_CONFIG_HOME": folder("conf"), "HOME": folder("home"),
        ]
        for (name, value) in [("SIGILUM_CONFIG_FILE", "named"), ("SIGILUM_CONFIG_HOME", "folder"), ("HOME", "home")] {
            let stage = Stage(variables)
            let config = try ConfigFile.load(stage.surroundings)
            #expect(config.value(.namespace) == value)
            #expect(stage.said() == [])
            variables[name] = ""
        }
        #expect(try ConfigFile.load(Stage(variables).surroundings).path == nil)
    }

    @Test("a file that is not there is empty; a warning says so where it was named")
    func missing() throws {
        let folder = try TemporaryFolder()
        let silent = Stage(["HOME": folder.path])
        #expect(
            try ConfigFile.load(silent.surroundings) == ConfigFile(path: folder(".sigilum/config.env"), values: [:]))
        #expect(silent.said() == [])
        let named = Stage(["SIGILUM_CONFIG_FILE": folder("x.env")])
        #expect(try ConfigFile.load(named.surroundings).value(.namespace) == nil)
        #expect(named.said() == ["[warn] SIGILUM_CONFIG_FILE names a file that is not there: \(folder("x.env"))"])
        let none = Stage(["SIGILUM_CONFIG_FILE": "/dev/null"])
        #expect(try ConfigFile.load(none.surroundings) == ConfigFile(path: nil, values: [:]))
        #expect(none.said() == [])
    }

    @Test("only its own settings are taken from it, and an empty one is none")
    func settings() throws {
        let folder = try TemporaryFolder()
        let lines = ["GATEWAY_SIGILUM_HOME=/h", "SIGILUM_API_URL=", "GATEWAY_MASTER_KEY=\(planted)"]
        try folder.write("config.env", lines.joined(separator: "\n"))
        let config = try ConfigFile.load(Stage(["SIGILUM_CONFIG_HOME": folder.path]).surroundings)
        #expect(config.value(.home) == "/h")
        #expect(config.value(.apiURL) == nil)
        #expect(!"\(config)".contains(planted))
    }

    @Test("a file that cannot be read as settings is 78 with its line, and quotes nothing")
    func malformed() throws {
        let folder = try TemporaryFolder()
        try folder.write("config.env", "A=1\nJWT_SECRET='\(planted)\n")
        let stage = Stage(["SIGILUM_CONFIG_HOME": folder.path])
        #expect(
            failure { _ = try ConfigFile.load(stage.surroundings) }
                == Read(78, "Configuration file \(folder("config.env")), line 2: a quote is not closed"))
    }

    @Test("a file that others may write is 77, unless the user said to go on")
    func unsafe() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("config.env", "SIGILUM_NAMESPACE=johndee", mode: 0o666)
        let variables = ["SIGILUM_CONFIG_FILE": path]
        #expect(
            failureWithHints { _ = try ConfigFile.load(Stage(variables).surroundings) }
                == Read(
                    77, "Unsafe permissions: \(path): other users may write it",
                    hints: [
                        "mend it:  chmod 600 '\(path)'",
                        "or go on with a warning:  set SIGILUM_ALLOW_UNSAFE_PERMISSIONS=1",
                    ]))
        let overridden = Stage(variables.merging(["SIGILUM_ALLOW_UNSAFE_PERMISSIONS": "1"]) { $1 })
        #expect(try ConfigFile.load(overridden.surroundings).value(.namespace) == "johndee")
        #expect(overridden.said() == ["[warn] Unsafe permissions: \(path): other users may write it"])
    }

    @Test("a file that others may read, and one behind a link, are read without a word")
    func readable() throws {
        let folder = try TemporaryFolder()
        try folder.write("dotfiles/real.env", "SIGILUM_NAMESPACE=johndee", mode: 0o644)
        try folder.link("config.env", to: "dotfiles/real.env")
        let stage = Stage(["SIGILUM_CONFIG_HOME": folder.path])
        #expect(try ConfigFile.load(stage.surroundings).value(.namespace) == "johndee")
        #expect(stage.said() == [])
    }

    @Test("a file that is too large is 65, a folder in its place 77")
    func notSettings() throws {
        let folder = try TemporaryFolder()
        let large = try folder.write("large", String(repeating: "#", count: ConfigFile.sizeLimit + 1))
        #expect(
            failure { _ = try ConfigFile.load(Stage(["SIGILUM_CONFIG_FILE": large]).surroundings) }
                == Read(65, "File too large: \(large): more than 65536 bytes"))
        #expect(
            failure { _ = try ConfigFile.load(Stage(["SIGILUM_CONFIG_FILE": folder.path]).surroundings) }
                == Read(77, "Unsafe permissions: \(folder.path): it is not a regular file"))
    }
}
