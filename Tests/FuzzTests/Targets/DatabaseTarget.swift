import Glibc
import SafeFiles
import SecureMemory
import VaultCore
import VaultStore

/// A vault's file with any bytes in it. What opens and is proven holds what the real one held, and nothing else.
enum DatabaseTarget {
    /// What is in the vault that the corpus comes from.
    static let contents = ["ci/text": "a value of a fuzzer", "ci/other": "another value"]

    @Sendable static func run(_ bytes: [UInt8]) throws {
        var template = Array("/dev/shm/sigilum-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Finding(text: "no scratch folder") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            for name in ["vault.db", "vault.db-wal", "vault.db-shm", "vault.db-journal", "vault.lock"] {
                unlink(path + "/" + name)
            }
            rmdir(path)
        }
        let home = try Folder.open(path)
        try home.replace("vault.db", with: SecretBytes(copying: bytes), owner: nil)
        let storage: SQLiteVaultStorage
        do throws(VaultFileError) {
            let opened = try SQLiteVaultStorage.open(
                home: home, owner: nil, createIfMissing: false, patience: Patience(writers: 0, database: 0))
            guard let opened else { return }
            storage = opened
        } catch {
            return
        }
        // Stretching a passphrase takes half a second: one slot of that kind, and nothing more is tried.
        guard let isSlow = try? Vault.takesPassphrase(storage), !isSlow else { return }
        let key = SecretBytes(copying: Array(FuzzKeys.masterKey.utf8))
        let environment = VaultEnvironment(
            now: { 1_900_000_000_000 }, actor: Actor(userID: 0, processID: 0, program: "fuzz"))
        let vault = try? Vault.open(storage, masterKey: key, anchors: NoAnchors(), environment: environment)
        guard let vault, (try? vault.verify()) != nil else { return }
        let names = try vault.read { try $0.inventory().entries.map(\.name.text) }
        try require(Set(names) == Set(contents.keys), "a vault that is proven and holds something else")
        for name in names {
            let value = try? vault.reveal(EntryName(name), version: nil, purpose: "fuzz")
            let text = value?.bytes.withBytes { String(decoding: $0, as: UTF8.self) }
            try require(text == nil || text == contents[name], "another value than was stored")
        }
    }
}

/// No anchor, and nowhere to keep one.
struct NoAnchors: AnchorStore {
    func read() throws(AnchorError) -> Anchor? { nil }
    func raise(to anchor: Anchor, durably: Bool) -> AnchorKeeping { .unavailable }
    func replace(with anchor: Anchor) -> AnchorKeeping { .unavailable }
    func remove() -> AnchorKeeping { .unavailable }
}
