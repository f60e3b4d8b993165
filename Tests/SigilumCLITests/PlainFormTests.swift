import ArgumentParser
import Testing

@testable import SigilumCLI

@Suite("the plain form of get and put")
struct PlainFormTests {
    private static func get(_ command: VaultGet) -> [String] {
        [
            command.name, "\(command.version as Any)", "\(command.out as Any)", "\(command.allowUnrecorded)",
            "\(command.reveal.revealSecrets)",
        ] + shared(command.vault, command.output)
    }

    private static func put(_ command: VaultPut) -> [String] {
        let delivery = command.delivery
        return [
            command.name, "\(command.source.fromEnv as Any)", "\(command.source.fromFile as Any)",
            "\(command.source.allowVariableReference)", "\(delivery.gateway.gatewayAdminUrl as Any)",
            "\(delivery.gateway.gatewayDataDir as Any)", "\(delivery.api.apiUrl as Any)",
            "\(delivery.api.allowInsecureHttp)", "\(delivery.apiDb as Any)", "\(delivery.network.offline)",
            "\(command.gatewayKey.force)",
        ] + shared(command.vault, command.output)
    }

    private static func shared(_ vault: VaultOptions, _ output: OutputOptions) -> [String] {
        [
            "\(vault.sigilumHome as Any)", "\(vault.gatewayMasterKey == nil)", "\(output.json)", "\(output.noInput)",
        ]
    }

    private func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

    @Test(
        "a plain get is what the parser makes of it",
        arguments: [
            "a", "ci/deploy-key --json", "--json a", "--reveal-secrets a --json --no-input", "a --reveal",
            "--reveal --reveal-secrets a", "a --sigilum-home /srv/home", "--sigilum-home home a --reveal-secrets", "é",
        ])
    func get(line: String) throws {
        for (program, first) in [(ProgramName.sigilum, ["vault", "get"]), (.vault, ["get"])] {
            let plain = try #require(PlainForm.command(first + words(line), as: program))
            #expect(plain.name == "sigilum vault get")
            let command = try #require(plain.command as? VaultGet)
            #expect(Self.get(command) == Self.get(try VaultGet.parse(words(line))))
        }
    }

    @Test(
        "a plain put is what the parser makes of it",
        arguments: [
            "a", "a --json", "--from-env TOKEN a", "a --from-file key.pem --no-input", "a --offline",
            "a --sigilum-home /srv/home --offline --json --from-file f",
        ])
    func put(line: String) throws {
        for (program, first) in [(ProgramName.sigilum, ["vault", "put"]), (.vault, ["put"])] {
            let plain = try #require(PlainForm.command(first + words(line), as: program))
            #expect(plain.name == "sigilum vault put")
            let command = try #require(plain.command as? VaultPut)
            #expect(Self.put(command) == Self.put(try VaultPut.parse(words(line))))
        }
    }

    @Test(
        "every other line is left to the parser",
        arguments: [
            "vault get", "vault get a b", "vault get --version 2 a", "vault get a --out f", "vault get --help",
            "vault get a --json --json", "vault get a --sigilum-home", "vault get a --sigilum-home --json",
            "vault get --sigilum-home=x a", "vault get -- a", "vault get a --gateway-master-key <secret 0>", "get a",
            "vault put a --from-file -", "vault put a --api-db x", "vault put a --force", "vault put", "vault list",
            "vault", "",
            "vault put a --allow-variable-reference", "service get a",
        ])
    func others(line: String) {
        #expect(PlainForm.command(words(line), as: .sigilum) == nil)
    }

    @Test("called vault, the program does not take its own name again")
    func name() {
        #expect(PlainForm.command(["vault", "get", "a"], as: .vault) == nil)
        #expect(PlainForm.command(["get", ""], as: .vault) == nil)
    }
}
