import SecureMemory
import Synchronization
import Testing
import VaultTestSupport

@testable import VaultCore

/// A store in which another process makes a vault right after the first look at it, anchor and all.
private final class OvertakenStorage: VaultStorage {
    let real = MemoryStorage()
    private let overtake: Mutex<(@Sendable (MemoryStorage) throws -> Void)?>

    init(overtake: @escaping @Sendable (MemoryStorage) throws -> Void) {
        self.overtake = Mutex(overtake)
    }

    func snapshot<Result>(_ body: (any RowReader) throws -> Result) throws -> Result {
        let result = try real.snapshot(body)
        let overtake = overtake.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        try overtake?(real)
        return result
    }

    func transaction<Result>(_ body: (any RowWriter) throws -> Result) throws -> Result { try real.transaction(body) }
    func wipeDeleted() throws(StorageError) -> Bool { try real.wipeDeleted() }
    func settle() {}
    func size() -> Int64 { real.size() }
}

@Suite("A vault that another process makes meanwhile")
struct CreationRaceTests {
    private let anchors = MemoryAnchors()
    private let clock = FixedClock()

    private func overtaken() -> OvertakenStorage {
        let (anchors, environment) = (anchors, clock.environment)
        return OvertakenStorage { storage in
            _ = try Vault.create(
                in: storage, masterKey: SecretBytes(copying: VaultScene.masterKey.utf8), anchors: anchors,
                environment: environment)
        }
    }

    @Test("is opened by who wanted to make one, and not taken for one that is gone")
    func creating() throws {
        let (vault, isNew) = try Vault.create(
            in: overtaken(), masterKey: SecretBytes(copying: VaultScene.masterKey.utf8), anchors: anchors,
            environment: clock.environment)
        #expect(!isNew)
        #expect(vault.id == anchors.anchor?.vaultID)
    }

    @Test("is not there yet for who only wanted to open one, and not gone either")
    func opening() throws {
        let storage = overtaken()
        let damage = #expect(throws: VaultError.self) {
            try Vault.open(
                storage, masterKey: SecretBytes(copying: VaultScene.masterKey.utf8), anchors: anchors,
                environment: clock.environment)
        }
        guard case .noVault = damage else {
            Issue.record("\(String(describing: damage))")
            return
        }
    }
}
