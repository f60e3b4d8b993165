import SecureMemory
import Testing
import VaultCore
import VaultStore
import VaultTestSupport

@Suite("Backups of a vault on disk")
struct BackupTests {
    @Test("some thousand entries go through in small pieces, and come back in one transaction")
    func thousands() throws {
        let (home, other) = (try Home(), try Home())
        let key = SharedSecret(SecretBytes(copying: Array(String(repeating: "5a", count: 32).utf8)))
        let environment = FixedClock().environment
        let vault = try Vault.create(
            in: home.store(), masterKey: key.bytes, anchors: MemoryAnchors(), environment: environment
        ).vault
        try vault.write { transaction in
            for number in 0..<3000 {
                try transaction.store(
                    SecretBytes(copying: Array("canary \(number)".utf8)), as: EntryName("many/\(number)"),
                    origin: .given)
            }
        }
        var (file, largest): ([UInt8], Int) = ([], 0)
        let id = try vault.announceBackup(for: []).id
        let made = try vault.backUp(as: id, for: []) { piece in
            largest = max(largest, piece.count)
            file += piece
        }
        #expect(made.proven.entries == 3000)
        #expect(largest <= 65_536 + 16)
        func source() -> LogSource {
            var place = 0
            return { limit in
                #expect(limit <= 65_536 + 17)
                let end = min(place + limit, file.count)
                defer { place = end }
                return Array(file[place..<end])
            }
        }
        let keys = try BackupFile(source()).keys(with: .masterKey(key))
        let storage = try other.store()
        let anchors = MemoryAnchors()
        let restored = try BackupFile(source()).restore(
            with: keys, into: storage, key: .asBackedUp, anchors: anchors, acceptsRollback: false,
            environment: environment)
        #expect(restored == made)
        let opened = try Vault.open(storage, masterKey: key.bytes, anchors: anchors, environment: environment)
        #expect(try opened.verify().entries == 3000)
        let name = try EntryName("many/2999")
        let value = try opened.reveal(name, purpose: "test").bytes.withBytes { String(decoding: $0, as: UTF8.self) }
        #expect(value == "canary 2999")
    }

    @Test("one that breaks off in the middle leaves a store as it was, which is restored into afterwards")
    func breaksOff() throws {
        let (home, other) = (try Home(), try Home())
        let key = SharedSecret(SecretBytes(copying: Array(String(repeating: "5a", count: 32).utf8)))
        let environment = FixedClock().environment
        let vault = try Vault.create(
            in: home.store(), masterKey: key.bytes, anchors: MemoryAnchors(), environment: environment
        ).vault
        try vault.write { transaction in
            for number in 0..<200 {
                try transaction.store(
                    SecretBytes(copying: Array("canary \(number)".utf8)), as: EntryName("many/\(number)"),
                    origin: .given)
            }
        }
        var file: [UInt8] = []
        _ = try vault.backUp(as: vault.announceBackup(for: []).id, for: []) { file += $0 }
        func source(_ count: Int) -> LogSource {
            var place = 0
            return { limit in
                let end = min(place + limit, count)
                defer { place = end }
                return Array(file[place..<end])
            }
        }
        let keys = try BackupFile(source(file.count)).keys(with: .masterKey(key))
        let storage = try other.store()
        func restore(_ count: Int) throws {
            _ = try BackupFile(source(count)).restore(
                with: keys, into: storage, key: .asBackedUp, anchors: MemoryAnchors(), acceptsRollback: false,
                environment: environment)
        }
        #expect(throws: VaultError.self) { try restore(file.count - 1) }
        #expect(throws: VaultError.self) { try restore(100_000) }
        #expect(try Vault.exists(in: storage) == false)
        try restore(file.count)
        #expect(try Vault.exists(in: storage))
    }
}
