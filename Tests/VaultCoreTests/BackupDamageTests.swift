import Sealing
import SecureMemory
import Testing
import VaultFormat
import VaultTestSupport

@testable import VaultCore

@Suite("Damaged backups")
struct BackupDamageTests {
    /// More than one chunk.
    private static func large() throws -> (scene: VaultScene, file: [UInt8]) {
        let scene = try VaultScene()
        try scene.vault.write { transaction in
            for number in 0..<12 {
                try transaction.store(
                    SecretBytes(copying: [UInt8](repeating: UInt8(number + 1), count: 16_000)),
                    as: EntryName("large/\(number)"), origin: .given)
            }
        }
        return (scene, try scene.backup())
    }

    /// Where the header ends, and each chunk.
    private static func boundaries(_ file: [UInt8]) throws -> [Int] {
        let rest = try BackupHeader.decodeStart(Array(file.prefix(BackupHeader.startWidth)))
        let start = BackupHeader.startWidth + rest + BackupHeader.tagWidth
        return Array(stride(from: start, to: file.count, by: StreamSealer.sealedWidth))
    }

    @Test("no byte of a small backup can be another")
    func everyByte() throws {
        let scene = try VaultScene()
        try scene.put("a", "canary")
        let file = try scene.backup(for: [Recipient(key: RecipientKeyPair.random().publicKey)])
        _ = try RestoreScene.prove(file)
        let keys = try BackupFile(source(file)).keys(with: RestoreScene.masterKey)
        for place in file.indices {
            var forged = file
            forged[place] ^= UInt8(1 << (place % 8))
            // With keys that were opened before, so that Argon2id or a wrong key is not what refuses.
            #expect(
                damage { try BackupFile(source(forged)).prove(with: keys) } == .backup, "byte \(place)")
            var isRefused = false
            do { _ = try RestoreScene.prove(forged) } catch { isRefused = true }
            #expect(isRefused, "byte \(place)")
        }
    }

    @Test("one that is cut anywhere near a chunk's end, or goes on, is refused, and nothing is restored")
    func cut() throws {
        let (_, file) = try Self.large()
        let boundaries = try Self.boundaries(file)
        #expect(boundaries.count >= 4)
        _ = try RestoreScene.prove(file)
        let lengths = boundaries.flatMap { [$0 - 1, $0, $0 + 1, $0 + 16, $0 + 17] } + [0, 1, 23, 24, file.count - 1]
        for length in lengths {
            let machine = RestoreScene()
            #expect(damage { try machine.restore(Array(file.prefix(length))) } == .backup, "\(length) bytes")
            #expect(machine.storage.rows == MemoryRows(), "\(length) bytes")
        }
        for more in [[0], Array(file.suffix(100)), Array(file[boundaries[0]..<boundaries[1]])] {
            #expect(damage { try RestoreScene.prove(file + more) } == .backup)
        }
    }

    @Test("chunks that are swapped, doubled, left out, or another backup's are refused")
    func reordered() throws {
        let (scene, file) = try Self.large()
        let places = try Self.boundaries(file) + [file.count]
        let header = Array(file[..<places[0]])
        let chunks = zip(places, places.dropFirst()).map { Array(file[$0..<$1]) }
        let other = try scene.backup()
        let others = zip(places, places.dropFirst()).map { Array(other[$0..<min($1, other.count)]) }
        var forged: [[[UInt8]]] = [
            [chunks[1], chunks[0]] + chunks[2...], [chunks[0], chunks[0]] + chunks[1...], Array(chunks.dropFirst()),
            [chunks[0]] + chunks[2...], [others[0]] + chunks[1...],
            Array(chunks.dropLast()) + [others[chunks.count - 1]],
        ]
        forged.append([chunks[chunks.count - 1]])
        for (number, chunks) in forged.enumerated() {
            #expect(damage { try RestoreScene.prove(header + chunks.joined()) } == .backup, "\(number)")
        }
        let otherHeader = Array(other[..<places[0]])
        #expect(damage { try RestoreScene.prove(otherHeader + chunks.joined()) } == .backup)
    }

    @Test(
        "with the backup's own keys: a row that is left out, changed, added or older is named, and nothing is restored")
    func resealed() throws {
        let full = try FullVault()
        let file = try full.scene.backup()
        let keys = try BackupFile(source(file)).keys(with: RestoreScene.masterKey)
        let start = try Self.boundaries(file)[0]
        var stream = StreamOpener(key: keys.stream, tag: keys.tag, source: source(Array(file[start...])))
        let head = try stream.take(BackupHead.width)
        var records: [BackupRecord] = []
        while let record = try BackupRecord(from: &stream) { records.append(record) }
        func sealed(_ records: [BackupRecord]) throws -> [UInt8] {
            var bytes = Array(file[..<start])
            var sealer = StreamSealer(key: keys.stream, tag: keys.tag) { bytes += $0 }
            try sealer.append(head)
            for record in records { try sealer.append(record.encoded) }
            try sealer.finish()
            return bytes
        }
        #expect(try sealed(records) == file)
        for at in records.indices {
            var (less, changed, doubled) = (records, records, records)
            less.remove(at: at)
            var value = records[at].value
            value[value.count / 2] ^= 1
            changed[at] = BackupRecord(records[at].table, records[at].key, value)
            doubled.insert(records[at], at: at)
            for (what, forged) in [("without", less), ("changed", changed), ("doubled", doubled)] {
                let machine = RestoreScene()
                #expect(Outcome { try machine.restore(sealed(forged)) }.isDamaged, "\(what) \(at)")
                #expect(machine.storage.rows == MemoryRows(), "\(what) \(at)")
            }
        }
        let more = BackupRecord(.body, [UInt8](repeating: 7, count: 20), [1])
        #expect(damage { try RestoreScene.prove(sealed(records + [more])) } == .backup)
        #expect(damage { try RestoreScene.prove(sealed([])) } != nil)
    }
}
