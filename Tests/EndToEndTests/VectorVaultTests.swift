import Foundation
import Sealing
import SecureMemory
import Testing
import VaultTestSupport

private let vectors = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Vectors")

private let names =
    (try? FileManager.default.contentsOfDirectory(atPath: vectors.path))?.filter { $0.hasPrefix("format-") }.sorted()
    ?? []

/// Vaults as programs of the past left them: see `tools/make_vector.py`.
@Suite("Vaults of the past", .few)
struct VectorVaultTests {
    /// What `contents.json` says of a vault.
    private struct Contents: Decodable {
        /// SHA-256 of every version of every entry, in hex.
        let entries: [String: [String: String]]
        let services: [String]
        let proven: [String: Int]
    }

    @Test("there are some, for each kind of key")
    func folders() {
        #expect(names.contains("format-1-random-key") && names.contains("format-1-passphrase"))
    }

    @Test("is proven, read and written on", arguments: names)
    func opens(_ name: String) async throws {
        let home = try TestHome()
        let folder = vectors.appendingPathComponent(name)
        let contents = try JSONDecoder().decode(
            Contents.self, from: Data(contentsOf: folder.appendingPathComponent("contents.json")))
        let key = try String(contentsOf: folder.appendingPathComponent("key"), encoding: .utf8)
        try home.write(
            Array(Data(contentsOf: folder.appendingPathComponent("vault.db"))), to: ".sigilum-workspace/vault.db")
        let variables = ["GATEWAY_MASTER_KEY": key]
        let verified = try await home.run("vault verify --json", variables: variables)
        verified.expect(0)
        var proven = try JSONDecoder().decode([String: Int].self, from: Data(verified.output))
        // That there is no anchor of it here is said in its log.
        proven["audit_records"]? -= 1
        #expect(proven == contents.proven)
        let listed = try await home.run("service list --json", variables: variables)
        for slug in contents.services { #expect(listed.outputText.contains("\"slug\": \"\(slug)\"")) }
        // A passphrase costs half a second a call.
        let isSlow = name.contains("passphrase")
        for (entry, versions) in contents.entries.sorted(by: { $0.key < $1.key }) where !isSlow || entry == "ci/many" {
            for (version, digest) in versions.sorted(by: { $0.key < $1.key }) {
                let got = try await home.run(
                    "vault get --reveal-secrets --version \(version)", more: [entry], variables: variables)
                got.expect(0)
                #expect(
                    SHA256.hexDigest(of: SecretBytes(copying: got.output.dropLast())) == digest, "\(entry) \(version)")
            }
        }
        try await home.run("vault put ci/many", variables: variables, input: Array("written on".utf8)).expect(0)
        try await home.run("vault put new/one", variables: variables, input: Array("a new one".utf8)).expect(0)
        try await home.run("vault verify", variables: variables).expect(0)
        let wrong = try await home.run("vault verify", variables: ["GATEWAY_MASTER_KEY": "another " + key])
        wrong.expect(77, error: "The master key does not open this vault")
    }
}
