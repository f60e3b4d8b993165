import ArgumentParser
import Testing

@testable import SigilumCLI

@Suite("the plain form of get and put")
struct PlainFormTests {
    private func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

    @Test(
        "a plain get is what the parser makes of it",
        arguments: [
            "a", "ci/deploy-key --json", "--json a", "--reveal-secrets a --json --no-input", "a --reveal",
            "--reveal --reveal-secrets a", "a --sigilum-home /srv/home", "--sigilum-home home a --reveal-secrets", "é",
        ])
    func get(line: String) throws {
        for (program, first) in [(ProgramName.sigilum, ["vault", "get"]), (.vault, ["get"])] {
            let command = try VaultGet.parse(words(line))
            let job = try #require(PlainForm.job(first + words(line), as: program))
            #expect(job.isAs(Job(command, name: "sigilum vault get")))
            #expect(EntryReading(plain: words(line)[...]) == command.reading)
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
            let command = try VaultPut.parse(words(line))
            let job = try #require(PlainForm.job(first + words(line), as: program))
            #expect(job.isAs(Job(command, name: "sigilum vault put")))
            #expect(EntryStoring(plain: words(line)[...]) == command.storing)
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
        #expect(PlainForm.job(words(line), as: .sigilum) == nil)
    }

    @Test("called vault, the program does not take its own name again")
    func name() {
        #expect(PlainForm.job(["vault", "get", "a"], as: .vault) == nil)
        #expect(PlainForm.job(["get", ""], as: .vault) == nil)
    }
}

extension Job {
    /// Whether all but what it does is the same.
    fileprivate func isAs(_ other: Job) -> Bool {
        name == other.name && printsJSON == other.printsJSON && revealsSecrets == other.revealsSecrets
            && noInput == other.noInput
    }
}
