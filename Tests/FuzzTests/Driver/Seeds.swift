import Foundation
import SafeFiles
import Sealing
import SecureMemory
import VaultFormat

@testable import VaultCore
@testable import VaultStore

/// What fuzzing begins with: pieces of real vaults, and texts as they are written.
enum Seeds {
    static func write(to folder: String) throws {
        for (target, seeds) in try all() {
            let place = URL(fileURLWithPath: folder).appendingPathComponent(target)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            for (number, seed) in seeds.enumerated() {
                try Data(seed).write(to: place.appendingPathComponent("seed-\(number)"))
            }
        }
    }

    private static func all() throws -> [String: [[UInt8]]] {
        var seeds = try vectors().merging(texts()) { $0 + $1 }
        let json5 = URL(fileURLWithPath: "Tests/JSON5Tests/Corpus/valid")
        for file in try FileManager.default.contentsOfDirectory(at: json5, includingPropertiesForKeys: nil) {
            let bytes = Array(try Data(contentsOf: file))
            if bytes.count <= 1024 { seeds["json5", default: []].append(bytes) }
        }
        return try seeds.merging(real()) { $0 + $1 }
    }

    /// The rows of the published vectors.
    private static func vectors() throws -> [String: [[UInt8]]] {
        let targets = [
            "slot": "slot", "head": "state", "node": "state", "bucket": "state", "entry": "record", "body": "record",
            "audit": "audit",
        ]
        var seeds: [String: [[UInt8]]] = [:]
        for name in ["random-key.txt", "passphrase.txt"] {
            let text = try String(contentsOf: URL(fileURLWithPath: "docs/vectors/" + name), encoding: .utf8)
            for words in text.split(separator: "\n").map({ $0.split(separator: " ") }) {
                guard words.count == 3, let target = targets[String(words[0])], let bytes = hexadecimal(words[2]),
                    seeds[target, default: []].count < 24
                else { continue }
                // Without the checksum of a slot and the MAC of a head.
                let end = ["slot", "head"].contains(words[0]) ? 32 : 0
                seeds[target, default: []].append(Array(bytes.dropLast(end)))
            }
        }
        return seeds
    }

    /// Pieces of a vault that is made here.
    private static func real() throws -> [String: [[UInt8]]] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("seeds-\(getpid())")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        let opened = try SQLiteVaultStorage.open(
            home: Folder.open(folder.path), owner: nil, createIfMissing: true)
        guard let storage = opened else { throw Finding(text: "no store") }
        let pair = RecipientKeyPair.random()
        let vault = try Vault.create(
            in: storage, masterKey: SecretBytes(copying: Array(FuzzKeys.masterKey.utf8)), anchors: NoAnchors(),
            environment: VaultEnvironment(
                now: { 1_893_456_000_000 }, actor: Actor(userID: 1000, processID: 4711, program: "vault put"))
        ).vault
        try vault.write { transaction in
            for (name, value) in DatabaseTarget.contents {
                let value = SecretBytes(copying: Array(value.utf8))
                _ = try transaction.store(value, as: EntryName(name), origin: .given)
            }
        }
        _ = try storage.wipeDeleted()
        var seeds = ["database": [Array(try Data(contentsOf: folder.appendingPathComponent("vault.db")))]]
        _ = try vault.write { try $0.add(Auditor(key: pair.publicKey)) }
        try vault.write { try $0.record(.settingChanged, facts: ["setting": "namespace", "value": "johndee"]) }
        seeds["log"] = [try log(vault, pair)]
        seeds["backup"] = [try backup(vault)]
        try vault.read { snapshot in
            try snapshot.walk { tag, row in
                let (space, fields) = try snapshot.overview(tag, row)
                seeds["record", default: []] += [fields.encoded, [space.rawValue] + fields.encoded]
            }
            let rows = try snapshot.rows.rows(.audit, after: nil, limit: 100)
            for (number, row) in rows.enumerated() {
                let opened = try snapshot.chain.payloads.open(UInt64(number + 1), row.value)
                seeds["audit", default: []].append(row.value.prefix(10) + opened.fields.encoded)
            }
        }
        seeds["deposit"] = [deposit(), DepositHeader(vaultID: vault.id, key: pair.publicKey.bytes).encoded]
        return seeds
    }

    private static func log(_ vault: Vault, _ pair: RecipientKeyPair) throws -> [UInt8] {
        var bytes: [UInt8] = []
        _ = try vault.exportLog { bytes += $0 }
        var file = bytes
        for (number, epoch) in try LogFile(bytes.source()).header.epochs.enumerated() {
            let start = LogFileHeader.width + number * SealedEpochRow.width + 36
            let plain = try SealedBox.open(epoch.box, with: pair).withBytes { Array($0) }
            file.replaceSubrange(start..<start + plain.count, with: plain)
        }
        return pair.secret.bytes.withBytes { Array($0) } + file
    }

    private static func backup(_ vault: Vault) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let recipient = Recipient(key: RecipientKeyPair.random().publicKey)
        let id = try vault.announceBackup(for: [recipient]).id
        _ = try vault.backUp(as: id, for: [recipient]) { bytes += $0 }
        let file = try BackupFile(bytes.source())
        let key = SharedSecret(SecretBytes(copying: Array(FuzzKeys.masterKey.utf8)))
        let keys = try file.keys(with: .masterKey(key))
        let header = file.header.encoded
        let sealed = Array(bytes.dropFirst(header.count + BackupHeader.tagWidth))
        var stream = StreamOpener(key: keys.stream, tag: keys.tag, source: sealed.source())
        var plain: [UInt8] = []
        while try !stream.isFinished() { plain += try stream.take(1) }
        return vault.dataKey.bytes.withBytes { Array($0) } + header + keys.tag + plain
    }

    private static func deposit() -> [UInt8] {
        var writer = ByteWriter()
        writer.append(
            DepositRow(
                vaultID: FuzzKeys.vaultID, id: FuzzKeys.nonce.dropLast(8), time: 1_893_456_000_000,
                end: 1_893_556_000_000, base: 1, name: Array("ci/text".utf8)
            ).encoded)
        writer.framed(Array("a value that somebody handed in".utf8))
        return writer.bytes
    }
}
