import Foundation
import SecureMemory
import Synchronization
import Testing
import VaultCore
import VaultTestSupport

@testable import SigilumCLI

@Suite struct DoctorCommandTests {
    private let key = String(repeating: "5e", count: 32)

    /// A stage whose vault's key is kept elsewhere: nothing is wrong there.
    private func stage() async throws -> VaultStage {
        let stage = try VaultStage()
        try await #require(stage.run(["vault", "init"], variables: ["GATEWAY_MASTER_KEY": key]).status == 0)
        try stage.folder.folder("state/sigilum/anchors")
        // The stage's clock stands before this machine's.
        let time = Date(timeIntervalSince1970: Double(VaultStage.start) / 1000)
        for name in try FileManager.default.contentsOfDirectory(atPath: stage.home) {
            try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: stage.home + "/" + name)
        }
        return stage
    }

    private func doctor(_ stage: VaultStage, _ words: String..., variables: [String: String] = [:]) async -> Run {
        await stage.run(["doctor"] + words, variables: ["GATEWAY_MASTER_KEY": key].merging(variables) { $1 })
    }

    @Test("a good home is 0, by both spellings, and nothing is changed; --json has the same facts")
    func good() async throws {
        let stage = try await stage()
        let before = stage.storage.rows
        let run = await doctor(stage)
        #expect(run.status == 0 && run.errors == "", "\(run.output)\(run.errors)")
        #expect(run.output.hasPrefix("[ok] Nothing found, checks: "))
        let other = await stage.run(["vault", "doctor"], variables: ["GATEWAY_MASTER_KEY": key])
        #expect(other.output == run.output)
        #expect(stage.storage.rows == before)
        let json = await doctor(stage, "--json")
        let document = try #require(
            JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(document["errors"] as? Int == 0 && document["warnings"] as? Int == 0)
        let checks = try #require(document["checks"] as? [[String: Any]])
        #expect(Set(checks[0].keys) == ["id", "verdict", "message", "mend"])
        #expect(
            Set(checks.compactMap { $0["id"] as? String }).isSuperset(of: [
                "vault", "anchor", "git", "clock", "gateway",
            ]))
        #expect(await doctor(stage, "--fix").output == run.output)
    }

    @Test("without a key the vault is there and locked; a wrong one, and one that nobody may be asked for, are told")
    func locked() async throws {
        let stage = try await stage()
        let none = await stage.run("doctor")
        #expect(none.status == 0)
        #expect(none.output.contains("unknown  vault "))
        #expect(none.output.contains("what it holds could not be looked at: No master key for this vault"))
        let wrong = await stage.run(["doctor"], variables: ["GATEWAY_MASTER_KEY": String(repeating: "00", count: 32)])
        #expect(wrong.status == 1)
        #expect(wrong.output.contains("error    vault "))
        #expect(wrong.output.contains("The master key does not open this vault"))
    }

    @Test("a passphrase is asked for once, and never under --no-input")
    func passphrase() async throws {
        let stage = try VaultStage()
        _ = await stage.run(["vault", "init", "--passphrase"], answers: [canary, canary])
        // One answer: a second question would fail.
        let asked = await stage.run(["doctor", "--fix"], answers: [canary])
        #expect(asked.output.contains("(passphrase key)"))
        let silent = await stage.run(["doctor", "--no-input"], answers: [canary])
        #expect(silent.output.contains("unknown  vault "))
    }

    @Test("a vault that was put back or is gone, and an anchor that is none or missing, are told")
    func anchors() async throws {
        let stage = try await stage()
        let old = stage.storage.rows
        await stage.run(["vault", "put", "a"], input: canary, variables: ["GATEWAY_MASTER_KEY": key])
        let new = stage.storage.rows
        stage.storage.rows = old
        let back = await doctor(stage)
        #expect(back.status == 1 && back.output.contains("error    vault "))
        #expect(back.output.contains("unknown  anchor"))
        stage.storage.rows = MemoryRows()
        #expect(await doctor(stage).output.contains("error    anchor"))
        stage.storage.rows = new
        stage.anchors.become(.damaged)
        #expect(await doctor(stage).output.contains("error    anchor"))
        stage.anchors.become(.usable)
        stage.anchors.anchor = nil
        let missing = await doctor(stage)
        #expect(missing.output.contains("warn     anchor") && stage.anchors.anchor == nil)
    }

    @Test("a pending wipe is told, and finished by --fix")
    func wipe() async throws {
        let stage = try await stage()
        let variables = ["GATEWAY_MASTER_KEY": key]
        await stage.run(["vault", "put", "a"], input: canary, variables: variables)
        stage.storage.allowWiping(false)
        await stage.run(["vault", "remove", "a", "--confirm", "a"], variables: variables)
        #expect(await doctor(stage).output.contains("warn     wipe"))
        #expect(await doctor(stage, "--fix").output.contains("warn     wipe"))
        stage.storage.allowWiping(true)
        let fixed = await doctor(stage, "--fix")
        #expect(fixed.status == 0)
        #expect(fixed.errors == "[i] Done: wiped from the vault's files what an earlier command removed\n")
        #expect(await doctor(stage, "--fix").errors == "")
    }

    @Test(
        "the gateway is asked about a connection, the API only where it is used, neither offline; clocks are compared")
    func endpoints() async throws {
        let stage = try await VaultStage.withService()
        let asked = {
            stage.checkups.withLock { state in
                defer { state.asked = [] }; return state.asked
            }
        }
        stage.checkups.withLock {
            $0.gateway = EndpointCheckup(failure: .differentMasterKey, time: VaultStage.start - 400_000)
        }
        let run = await stage.run("doctor")
        #expect(asked() == ["http://127.0.0.1:38100 linear"])
        #expect(run.status == 1 && run.output.contains("error    gateway"))
        #expect(run.output.contains("The clock differs from that of the gateway"))
        let offline = await stage.run(["doctor", "--offline"], variables: ["SIGILUM_MODE": "managed"])
        #expect(asked() == [])
        #expect(offline.output.contains("unknown  gateway") && offline.output.contains("unknown  api"))
        await stage.run(["doctor"], variables: ["SIGILUM_MODE": "managed", "SIGILUM_API_URL": "https://api.example"])
        #expect(asked().last == "https://api.example")
        let wrong = await stage.run(["doctor"], variables: ["GATEWAY_ADMIN_URL": "http://\(canary)@h"])
        #expect(wrong.output.contains("error    gateway"))
    }

    @Test("settings that no other command could start with are findings, not failures")
    func wrongSettings() async throws {
        let stage = try await stage()
        try stage.folder.write("config.env", "what is this \(canary)\n")
        let run = await doctor(stage, variables: ["SIGILUM_CONFIG_FILE": stage.folder("config.env")])
        #expect(run.status == 1 && run.output.contains("error    config-file"))
        let empty = await doctor(stage, "--sigilum-home", "")
        #expect(empty.status == 1 && empty.output.contains("error    home"))
        #expect(await doctor(stage, "--nonsense").status == 64)
    }
}
