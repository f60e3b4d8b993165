import Foundation
import SafeFiles
import SecureMemory
import Testing

@testable import SigilumCLI

private let strong = "a-secret-of-more-than-32-bytes-0123456789"

/// A checkout with a `.dev.vars`, and what else there may be.
private struct Scene {
    let folder: TemporaryFolder
    var variables: [String: String] = [:]
    var workingDirectory: String?
    var stored: String?

    init(_ devVars: String? = nil, mode: mode_t = 0o600) throws {
        folder = try TemporaryFolder()
        workingDirectory = try folder.folder("checkout/deep/er")
        if let devVars { try folder.write("checkout/apps/api/.dev.vars", devVars, mode: mode) }
    }

    var path: String { folder("checkout/apps/api/.dev.vars") }
    var stage: Stage { Stage(variables, workingDirectory: workingDirectory) }

    func resolve(_ stage: Stage? = nil, homeOwner: FileOwner? = nil) throws -> JWTSecret {
        try JWTSecret.resolve((stage ?? self.stage).surroundings, homeOwner: homeOwner) { stored.map(shared) }
    }

    func secret(_ stage: Stage? = nil) throws -> String? { text(try resolve(stage).secret) }
    func source() throws -> String { try resolve().source.message.text(as: .sigilum) }
}

private let hints = [
    "set the one that the API uses:  export JWT_SECRET=\"$(openssl rand -base64 32)\"",
    "or write JWT_SECRET=… into apps/api/.dev.vars of the checkout that SIGILUM_SOURCE_HOME names",
    "or keep one in the vault:  sigilum vault generate local-jwt-secret",
]

@Suite struct SettingsJWTSecretTests {
    @Test("the first source that has one gives the secret, to the byte, and says what it is")
    func order() throws {
        var scene = try Scene("JWT_SECRET='by-checkout-\(strong)'\n")
        scene.variables = ["JWT_SECRET": " by-variable-\(strong)\n"]
        scene.stored = "by-vault-\(strong) "
        #expect(try scene.secret() == " by-variable-\(strong)\n")
        #expect(try scene.source() == "the environment variable JWT_SECRET")
        scene.variables = [:]
        #expect(try scene.secret() == "by-checkout-\(strong)")
        #expect(try scene.source() == "JWT_SECRET in \(scene.path)")
        try FileManager.default.removeItem(atPath: scene.path)
        #expect(try scene.secret() == "by-vault-\(strong) ")
        #expect(try scene.source() == "the vault entry local-jwt-secret")
    }

    @Test("the vault is not asked where the secret is known before")
    func vaultLast() throws {
        struct Asked: Error {}
        for variables in [["JWT_SECRET": strong], [:]] {
            var scene = try Scene("JWT_SECRET=\(strong)")
            scene.variables = variables
            let found = try JWTSecret.resolve(scene.stage.surroundings, homeOwner: nil) { throw Asked() }
            #expect(text(found.secret) == strong)
        }
        #expect(throws: Asked.self) {
            _ = try JWTSecret.resolve(Stage().surroundings, homeOwner: nil) { throw Asked() }
        }
    }

    @Test("the variable is taken: nothing later finds it in the environment, and it is answered again")
    func taken() throws {
        let stage = Stage(["JWT_SECRET": strong])
        #expect(stage.surroundings.environment.value("JWT_SECRET") == nil)
        let scene = try Scene()
        #expect(try scene.secret(stage) == strong)
        #expect(try scene.secret(stage) == strong)
        #expect(stage.surroundings.environment.value("JWT_SECRET") == nil)
        #expect(ProcessEnvironment.wellKnownSecrets.contains("JWT_SECRET"))
    }

    @Test("SIGILUM_SOURCE_HOME names the checkout, and no other is looked at")
    func sourceHome() throws {
        var scene = try Scene("JWT_SECRET=\(strong)-around")
        try scene.folder.write("other/apps/api/.dev.vars", "JWT_SECRET=\(strong)-named")
        scene.variables = ["SIGILUM_SOURCE_HOME": scene.folder("other/")]
        #expect(try scene.secret() == strong + "-named")
        #expect(try scene.source() == "JWT_SECRET in \(scene.folder("other/apps/api/.dev.vars"))")
        scene.variables = ["SIGILUM_SOURCE_HOME": "../../../other"]
        #expect(try scene.secret() == strong + "-named")
        scene.variables = ["SIGILUM_SOURCE_HOME": scene.folder("empty")]
        #expect(failure { _ = try scene.resolve() } == Read(78, "Unable to resolve JWT_SECRET"))
        scene.variables = ["SIGILUM_SOURCE_HOME": ""]
        #expect(try scene.secret() == strong + "-around")
    }

    @Test("the nearest file from the working directory upward counts, also where it has no secret")
    func nearest() throws {
        var scene = try Scene("JWT_SECRET=\(strong)-outer")
        #expect(try scene.secret() == strong + "-outer")
        try scene.folder.write("checkout/deep/apps/api/.dev.vars", "JWT_SECRET=\(strong)-inner")
        #expect(try scene.secret() == strong + "-inner")
        try scene.folder.write("checkout/deep/apps/api/.dev.vars", "OTHER=1\n")
        #expect(failure { _ = try scene.resolve() } == Read(78, "Unable to resolve JWT_SECRET"))
        scene.stored = strong + "-stored"
        #expect(try scene.secret() == strong + "-stored")
        scene.workingDirectory = scene.folder("checkout")
        #expect(try scene.secret() == strong + "-outer")
        scene.workingDirectory = nil
        #expect(try scene.secret() == strong + "-stored")
    }

    @Test(
        "the file is read as config.env is, and only the secret is taken",
        arguments: [
            "JWT_SECRET=\(strong)", "# JWT_SECRET=x\nA='1'\nexport JWT_SECRET=\"\(strong)\" # c\r\nB=2\n",
            "JWT_SECRET=older\nJWT_SECRET='\(strong)'",
            "\u{FEFF}JWT_SECRET = x\n".replacing(" = x", with: "=" + strong),
        ])
    func format(content: String) throws {
        #expect(try Scene(content).secret() == strong)
    }

    @Test("a file that cannot be read so is 78 with the line, and nothing of what stands there")
    func malformed() throws {
        let scene = try Scene("A=1\nJWT_SECRET='\(planted)\n")
        #expect(
            failureWithHints { _ = try scene.resolve() }
                == Read(
                    78, "Configuration file \(scene.path), line 2: a quote is not closed",
                    hints: ["or set the environment variable JWT_SECRET, then the file is not read"]))
        let large = try Scene(String(repeating: "# \(planted)\n", count: 10_000))
        #expect(failure { _ = try large.resolve() }?.status == 65)
    }

    @Test("a secret that is not UTF-8 is taken as it is")
    func bytes() throws {
        let scene = try Scene()
        try scene.folder.write(
            "checkout/apps/api/.dev.vars", Array("JWT_SECRET=".utf8) + [UInt8](repeating: 0xFF, count: 32))
        let found = try scene.resolve()
        #expect(found.secret.bytes.withBytes { Array($0) } == [UInt8](repeating: 0xFF, count: 32))
    }

    @Test("a file that others may read gets a warning; one that others may write is 77")
    func permissions() throws {
        let readable = try Scene("JWT_SECRET=\(strong)", mode: 0o644)
        let stage = readable.stage
        #expect(try readable.secret(stage) == strong)
        #expect(stage.said() == ["[warn] Unsafe permissions: \(readable.path): other users may read it"])
        let writable = try Scene("JWT_SECRET=\(planted)", mode: 0o666)
        #expect(
            failure { _ = try writable.resolve() }
                == Read(77, "Unsafe permissions: \(writable.path): other users may write it"))
        let harmless = try Scene("OTHER=1", mode: 0o644)
        let silent = harmless.stage
        #expect(failure { _ = try harmless.resolve(silent) } == Read(78, "Unable to resolve JWT_SECRET"))
        #expect(silent.said() == [])
    }

    @Test("a file that another user owns is passed over on the way up, and is refused where it is named")
    func foreign() throws {
        // As seen by a user whose files these are not.
        let stranger = geteuid() + 4242
        let scene = try Scene("JWT_SECRET=\(planted)")
        let stage = Stage(workingDirectory: scene.workingDirectory, user: stranger)
        #expect(failure { _ = try scene.resolve(stage) } == Read(78, "Unable to resolve JWT_SECRET"))
        let trusted = try JWTSecret.resolve(
            Stage(
                ["SIGILUM_ALLOW_UNSAFE_PERMISSIONS": "1"], workingDirectory: scene.workingDirectory, user: stranger
            ).surroundings, homeOwner: FileOwner(uid: geteuid(), gid: getegid())
        ) { nil }
        #expect(text(trusted.secret) == planted)
        try scene.folder.write("checkout/apps/api/.dev.vars", "JWT_SECRET=\(planted)", mode: 0o622)
        let named = Stage(["SIGILUM_SOURCE_HOME": scene.folder("checkout")], user: stranger)
        #expect(failure { _ = try scene.resolve(named) }?.status == 77)
    }

    @Test("without a secret it is 78 with the three ways to set one")
    func nothing() throws {
        #expect(
            failureWithHints { _ = try Scene().resolve() } == Read(78, "Unable to resolve JWT_SECRET", hints: hints))
        #expect(try Scene().folder.names() == ["checkout"])
    }

    @Test("an empty secret is 78, and nothing that comes later is asked")
    func empty() throws {
        var scene = try Scene("JWT_SECRET=\"\"")
        scene.stored = strong
        #expect(
            failureWithHints { _ = try scene.resolve() }
                == Read(78, "Unable to resolve JWT_SECRET: empty: JWT_SECRET in \(scene.path)", hints: hints))
        scene.variables = ["JWT_SECRET": ""]
        #expect(
            failure { _ = try scene.resolve() }
                == Read(78, "Unable to resolve JWT_SECRET: empty: the environment variable JWT_SECRET"))
        scene = try Scene()
        scene.stored = ""
        #expect(
            failure { _ = try scene.resolve() }
                == Read(78, "Unable to resolve JWT_SECRET: empty: the vault entry local-jwt-secret"))
    }

    @Test("a weak secret is used, with a warning that says where it came from and nothing of it")
    func weak() throws {
        var scene = try Scene()
        scene.variables = ["JWT_SECRET": planted]
        let short = scene.stage
        #expect(try scene.secret(short) == planted)
        #expect(
            short.said() == [
                "[warn] JWT_SECRET has fewer than 32 bytes (the environment variable JWT_SECRET): whoever sees a token "
                    + "can find it by trying; make a better one:  openssl rand -base64 32"
            ])
        scene.variables = [:]
        scene.stored = "dev-secret-change-me-in-production-use-openssl-rand-base64-32"
        let sample = scene.stage
        #expect(try scene.secret(sample) == scene.stored)
        #expect(
            sample.said() == [
                "[warn] JWT_SECRET is the published sample (the vault entry local-jwt-secret): everybody can make "
                    + "tokens with it; make your own:  openssl rand -base64 32"
            ])
        scene.stored = strong
        let silent = scene.stage
        #expect(try scene.secret(silent) == strong)
        #expect(silent.said() == [])
    }
}
