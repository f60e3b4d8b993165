import Foundation
import Sealing
import Testing
import VaultTestSupport

@testable import VaultCore

private let vectorFolder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("docs/vectors")

private let vectorFiles =
    (try? FileManager.default.contentsOfDirectory(atPath: vectorFolder.path))?
    .filter { $0.hasSuffix(".txt") }.sorted() ?? []

/// Vaults written down in `docs/vectors`: what a reader of the format must be able to open for good.
@Suite("Vaults of format 1")
struct VectorTests {
    private static func bytes(_ hex: Substring) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    @Test("there is one for each kind of key")
    func folder() {
        #expect(vectorFiles == ["passphrase.txt", "random-key.txt"])
    }

    @Test("is opened, verified and read as it was written", arguments: vectorFiles)
    func opens(_ file: String) throws {
        let text = try String(contentsOf: vectorFolder.appendingPathComponent(file), encoding: .utf8)
        var rows = MemoryRows()
        var masterKey = ""
        var secrets: [(name: EntryName, version: UInt32, value: String)] = []
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ", maxSplits: 2)
            switch parts[0] {
            case "key": masterKey = String(line.dropFirst(4))
            case "head": rows.head = Self.bytes(parts[2])
            case "secret":
                let rest = parts[2].split(separator: " ", maxSplits: 1)
                secrets.append((try EntryName(String(parts[1])), try #require(UInt32(rest[0])), String(rest[1])))
            default:
                let table = try #require(RowTable(rawValue: String(parts[0])))
                rows[table, Self.bytes(parts[1])] = Self.bytes(parts[2])
            }
        }
        let scene = try VaultScene(rows: rows, anchor: nil, masterKey: masterKey)
        let report = try scene.vault.verify()
        #expect(report.entries == 3 && report.versions == 9 && report.records == 3)
        #expect(report.auditRecords == UInt64(rows.count(.audit)))
        #expect(secrets.count == 9)
        for secret in secrets {
            let value = try scene.vault.reveal(secret.name, version: secret.version, purpose: "test")
            #expect(value.text == secret.value)
        }
        #expect(try scene.vault.read { try $0.service(Slug(FullVault.slug)) } == FullVault.service(name: "Linear 3"))
        #expect(try scene.vault.read { try $0.setting("namespace") } == "johndee3")
        // And can be written on.
        try scene.put("new", "value")
        #expect(try scene.vault.verify().entries == 4)
        // And have an auditor, who can prove what it is from then on.
        let pair = RecipientKeyPair.random()
        let added = try scene.vault.write { try $0.add(Auditor(key: pair.publicKey)).auditor }
        try scene.put("new", "another value")
        let proof = try LogProof.prove(LogFile(source(scene.exported())), with: pair)
        #expect(proof.first == added.first && proof.last == added.first)
        _ = try scene.vault.verify()
        // And get another data key, although its settings do not say their names.
        try scene.vault.changeDataKey(secret(masterKey))
        let renewed = try scene.reopened(masterKey: masterKey)
        #expect(try renewed.verify().versions == 11)
        #expect(try renewed.read { try $0.setting("namespace") } == "johndee3")
    }
}
