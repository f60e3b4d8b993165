import Sealing
import SecureMemory
import Testing
import VaultTestSupport

@testable import VaultCore

extension VaultScene {
    /// The vault as it is, backed up.
    func backup(for recipients: [Recipient] = []) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let id = try vault.announceBackup(for: recipients).id
        _ = try vault.backUp(as: id, for: recipients) { bytes += $0 }
        return bytes
    }
}

/// The machine that a backup is restored on.
struct RestoreScene: Sendable {
    let storage = MemoryStorage()
    let anchors: MemoryAnchors
    let clock = FixedClock()

    init(anchor: Anchor? = nil) {
        anchors = MemoryAnchors(anchor)
    }

    static let masterKey = BackupKey.masterKey(SharedSecret(secret(VaultScene.masterKey)))

    static func prove(
        _ file: [UInt8], with key: BackupKey = masterKey, anchor: Anchor? = nil
    ) throws -> BackupReport {
        let keys = try BackupFile(source(file)).keys(with: key)
        return try BackupFile(source(file)).prove(with: keys, against: anchor)
    }

    @discardableResult
    func restore(
        _ file: [UInt8], with key: BackupKey = masterKey, new: RestoredKey = .asBackedUp, accepts: Bool = false
    ) throws -> BackupReport {
        let keys = try BackupFile(source(file)).keys(with: key)
        return try BackupFile(source(file)).restore(
            with: keys, into: storage, key: new, anchors: anchors, acceptsRollback: accepts,
            environment: clock.environment)
    }

    func opened(masterKey: String = VaultScene.masterKey) throws -> VaultScene {
        try VaultScene(rows: storage.rows, anchor: anchors.anchor, masterKey: masterKey)
    }
}

extension RecipientSecret {
    init(_ pair: RecipientKeyPair) throws {
        guard let secret = RecipientSecret(text: RecipientKeyText.encode(pair)) else { throw VaultError.wrongKey }
        self = secret
    }
}
