import Glibc
import SafeFiles
import SecureMemory
import Testing
import VaultCore

@testable import VaultStore

@Suite("a vault on disk, and its anchor")
struct VaultOnDiskTests {
    let home: Home
    let state: Home
    static let canary = "canary-value-3e9d"
    static let key = String(repeating: "0123456789abcdef", count: 4)

    init() throws {
        home = try Home()
        state = try Home()
    }

    @Test("a vault is made, changed, opened again, read and proven, and its files never hold a value")
    func wholeLife() throws {
        let vault = try make()
        let name = try EntryName("user/token")
        try vault.write { change in
            try change.store(secret(Self.canary), as: name, origin: .given)
            try change.store(secret(Self.canary + "2"), as: try EntryName("user/other"), origin: .given)
        }
        #expect(try vault.write { try $0.store(secret("two"), as: name, origin: .given) }.version == 2)
        let again = try open()
        #expect(again.id == vault.id)
        #expect(try again.reveal(name, purpose: "test").bytes.withBytes { Array($0) } == text("two"))
        #expect(try again.reveal(name, version: 1, purpose: "test").bytes.withBytes { Array($0) } == text(Self.canary))
        let report = try again.verify()
        #expect(report.entries == 2 && report.versions == 3)
        try again.write { try $0.remove(name) }
        #expect(try again.wipeRemoved())
        #expect(try open().verify().entries == 1)
        for place in [home, state] {
            for file in try place.folder.names() {
                #expect(place.bytes(of: file)?.firstRange(of: text(Self.canary)) == nil)
                #expect(!file.contains("canary"))
            }
        }
        #expect(vault.size > 0)
    }

    @Test("eight that store and read at once lose nothing, and none is told of damage")
    func atOnce() throws {
        _ = try make()
        let suite = self
        let errors = inEightThreads { thread -> String? in
            do {
                let vault = try suite.open(patience: .standard)
                for step in 0..<6 {
                    let name = try EntryName("user/t\(thread)-\(step)")
                    _ = try vault.write { try $0.store(secret("v\(thread)"), as: name, origin: .given) }
                    _ = try vault.reveal(name, purpose: "test")
                    _ = try vault.read { try $0.entry(name) }
                }
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(errors == [String?](repeating: nil, count: 8))
        #expect(try open().verify().entries == 48)
    }

    @Test("a vault that is gone is told as that, and no new one is made in its place")
    func gone() throws {
        try store("one", in: try make())
        try home.clear()
        #expect(try home.existing() == nil)
        #expect(damage { _ = try make() } == .vaultGone)
        #expect(damage { _ = try open() } == .vaultGone)
        try home.clear()
        try home.write([], to: "vault.db")
        #expect(damage { _ = try make() } == .vaultGone)
    }

    @Test("an older copy of all files put back is noticed, and can be accepted on purpose")
    func putBack() throws {
        try store("one", in: try make())
        let copy = try Home()
        try home.save(to: copy)
        try store("two", in: try open())
        try home.clear()
        try copy.save(to: home)
        #expect(damage { try read(open()) } == .rolledBack)
        #expect(damage { _ = try open().reveal(EntryName("user/token"), purpose: "test") } == .rolledBack)
        #expect(damage { try store("three", in: open()) } == .rolledBack)
        try open().acceptAnchor()
        try read(open())
        #expect(try open().verify().versions == 1)
    }

    @Test("a release is noticed when it is taken back, as a change is")
    func releaseTakenBack() throws {
        try store("one", in: try make())
        let copy = try Home()
        try home.save(to: copy)
        _ = try open().reveal(EntryName("user/token"), purpose: "test")
        try home.clear()
        try copy.save(to: home)
        #expect(damage { try read(open()) } == .rolledBack)
    }

    @Test("a log that was taken away is noticed")
    func logGone() throws {
        try store("one", in: try make())
        #expect(try home.store().wipeDeleted())
        try store("two", in: try open())
        unlink(home("vault.db-wal"))
        #expect(damage { try read(open()) } == .rolledBack)
    }

    @Test("an older file under the newer log, or the newer file under an older log, is never taken for the vault")
    func mixed() throws {
        try store("one", in: try make())
        let old = try Home()
        try home.save(to: old)
        #expect(try home.store().wipeDeleted())
        for number in 0..<20 { try store("v\(number)", in: try open()) }
        let new = try Home()
        try home.save(to: new)
        for (file, log) in [(old, new), (new, old)] {
            try home.clear()
            try home.write(try #require(file.bytes(of: "vault.db")), to: "vault.db")
            try home.write(try #require(log.bytes(of: "vault.db-wal")), to: "vault.db-wal")
            do {
                try read(open())
                // Only the newest state may pass: SQLite refuses a log that is not of this file.
                #expect(try open().verify().versions == 21)
            } catch let error as VaultError {
                #expect({ if case .integrity = error { true } else { false } }())
            } catch let error as StorageError {
                #expect(error == .damaged)
            } catch let error as VaultFileError {
                #expect(error == .storage(.damaged) || error == .storage(.foreignSchema))
            }
        }
    }

    @Test("a copy that went on elsewhere is a fork, with the same number of events and with more", arguments: [1, 3])
    func fork(_ changes: Int) throws {
        try store("one", in: try make())
        let copy = try Home()
        try home.save(to: copy)
        try store("here", in: try open())
        let elsewhere = try Home()
        try home.clear()
        try copy.save(to: home)
        for number in 0..<changes { try store("there \(number)", in: try open(state: elsewhere)) }
        #expect(damage { try read(open()) } == .forked)
        #expect(damage { try store("more", in: open()) } == .forked)
        try read(open(state: elsewhere))
    }

    @Test("another vault in the place of this one is noticed")
    func otherVault() throws {
        try store("one", in: try make())
        try home.clear()
        try store("other", in: try make(state: try Home()))
        #expect(damage { try read(open()) } == .otherVault)
    }

    @Test("a vault that was moved has no anchor at its new place, and gets one")
    func moved() throws {
        try store("one", in: try make())
        let place = try Home()
        try home.save(to: place)
        let storage = try #require(try place.existing())
        let anchors = FileAnchorStore(folder: state("anchors"), vault: place("vault.db"))
        #expect(try anchors.read() == nil)
        let vault = try Vault.open(storage, masterKey: secret(Self.key), anchors: anchors, environment: environment)
        try store("two", in: vault)
        #expect(try anchors.read()?.vaultID == vault.id)
    }

    @Test("an anchor that cannot be read is told as that")
    func unreadableAnchor() throws {
        let vault = try make()
        let folder = try Folder.open(state("anchors"))
        let name = try #require(try folder.names().first { !$0.hasSuffix(".lock") })
        try state.write(text("nonsense"), to: "anchors/" + name)
        #expect(damage { try read(vault) } == .anchor)
    }

    // MARK: Helpers

    private func anchors(_ state: Home?) -> FileAnchorStore {
        FileAnchorStore(folder: (state ?? self.state)("anchors"), vault: home("vault.db"))
    }

    private func make(state: Home? = nil) throws -> Vault {
        try Vault.create(
            in: try home.store(), masterKey: secret(Self.key), anchors: anchors(state), environment: environment
        ).vault
    }

    private func open(
        state: Home? = nil, patience: Patience = Patience(writers: 300, database: 300)
    ) throws -> Vault {
        let storage = try SQLiteVaultStorage.open(
            home: home.folder, owner: nil, createIfMissing: true, patience: patience)
        guard let storage else { throw TestFailure() }
        return try Vault.open(
            storage, masterKey: secret(Self.key), anchors: anchors(state), environment: environment)
    }

    private func store(_ value: String, in vault: Vault) throws {
        let name = try EntryName("user/token")
        _ = try vault.write { try $0.store(secret(value), as: name, origin: .given) }
    }

    private func read(_ vault: Vault) throws {
        let name = try EntryName("user/token")
        _ = try vault.read { try $0.entry(name) }
    }

    private var environment: VaultEnvironment {
        VaultEnvironment(
            now: { 1_700_000_000_000 }, actor: Actor(userID: 1000, processID: 1, program: "store tests"))
    }
}
