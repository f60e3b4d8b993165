import SecureMemory
import Testing
import VaultTestSupport

@testable import VaultCore

@Suite("Keys that the other side makes")
struct IssueTests {
    private let managed: ManagedScene

    init() throws { managed = try ManagedScene() }

    /// That the API lets in one key alone, which is the vault's and the file's, and that nothing is left to do.
    private func expectSettled(_ value: String) async throws {
        #expect(managed.issuer.active == [value])
        #expect(try managed.value() == value)
        #expect(managed.filed == value)
        #expect(try managed.isPending() == false)
        #expect(try await managed.sync().values.allSatisfy { $0 == .unchanged })
    }

    @Test("a new service has no key until the API made one; the vault has it before any other place")
    func vaultFirst() async throws {
        let outcome = try managed.save()
        #expect(outcome.apiKey == nil && outcome.service.id == "")
        #expect(try managed.isPending() == true)
        let managed = managed
        managed.files.before("apply") {
            let (value, id) = (try managed.value(), try managed.service()?.id)
            #expect(value == "sk_live_1" && id == "svc_theirs")
        }
        managed.issuer.at("apply") { #expect(managed.filed == "sk_live_1") }
        let results = try await managed.sync()
        #expect(results[managed.id] == .delivered(repaired: []))
        #expect(results[.apiKeyFile(managed.slug)] == .delivered(repaired: []))
        try await expectSettled("sk_live_1")
        let stored = try managed.scene.events().first { $0.name == managed.name.text }
        #expect(stored?.operation == .versionStored)
        #expect(try managed.versions() == 1)
    }

    @Test("what fails before there is a key leaves it wanted, under the same operation, and no file is made")
    func failing() async throws {
        try managed.save()
        let operation = try managed.delivery()?.wantedOperation
        #expect(operation != nil)
        for failure in [DeliveryFailure.unreachable(endpoint: "x"), .ownerTokenExpired, .limitReached(.keys)] {
            managed.issuer.at("issue") { throw failure }
            let results = try await managed.sync()
            #expect(results[managed.id] == .pending(failure))
            #expect(try managed.value() == nil && managed.filed == nil)
            #expect(try managed.isPending() == true)
            #expect(try managed.delivery()?.wantedOperation == operation)
        }
        // Saving it again asks for nothing more.
        try managed.save()
        try await managed.sync()
        #expect(managed.issuer.keys.map(\.operation) == [operation])
        try await expectSettled("sk_live_1")
    }

    @Test("an answer that is lost is asked for again under the same operation, and one key is left")
    func lostAnswer() async throws {
        try managed.save()
        managed.issuer.at("issued") { throw DeliveryFailure.unreachable(endpoint: "x") }
        try await managed.sync()
        #expect(managed.issuer.active == ["sk_live_1"])
        #expect(try managed.value() == nil)
        try await managed.sync()
        #expect(Set(managed.issuer.keys.map(\.operation)).count == 1)
        try await expectSettled("sk_live_2")
    }

    @Test("a vault that cannot be written at any point after the answer asks again under the same operation")
    func lostStore() async throws {
        for number in 1... {
            let managed = try ManagedScene()
            try managed.save()
            let rows = managed.scene.storage.rows
            let storage = managed.scene.storage
            managed.issuer.at("issued") { storage.fail(.write(number, .full)) }
            var hasFailed = false
            do {
                try await managed.sync()
            } catch StorageError.full {
                hasFailed = true
            }
            storage.fail(nil)
            if !hasFailed {
                #expect(number > 5)
                break
            }
            // A short transaction may come before the one that stores the key: it changes nothing that is meant here.
            if try managed.value() == nil { #expect(storage.rows == rows) }
            try await managed.sync()
            #expect(Set(managed.issuer.keys.map(\.operation)).count == 1, "write \(number)")
            #expect(try managed.issuer.active == [managed.value()].compactMap { $0 }, "write \(number)")
            #expect(managed.filed == managed.issuer.active.first, "write \(number)")
            #expect(try managed.isPending() == false)
            try #require(number < 200)
        }
    }

    @Test("what is postponed is not asked for")
    func offline() async throws {
        try managed.save()
        let results = try await managed.sync(postponed: [.sigilumAPI])
        #expect(results[managed.id] == .postponed)
        #expect(managed.issuer.calls.isEmpty && managed.filed == nil)
    }

    @Test("a key that comes after its service was removed is not stored")
    func removedMeanwhile() async throws {
        for everywhere in [true, false] {
            let managed = try ManagedScene()
            try managed.save()
            managed.issuer.at("issued") { _ = try managed.vault.remove(managed.slug, everywhere: everywhere) }
            try await managed.sync()
            #expect(try managed.value() == nil && managed.filed == nil)
            try await managed.sync()
            #expect(try managed.service() == nil && managed.delivery() == nil)
            if everywhere { #expect(managed.issuer.active == []) }
        }
    }

    @Test("a rotation asks for another key, and the one before is revoked once every place has the new one")
    func rotation() async throws {
        try await managed.register()
        let first = try managed.delivery()?.wantedOperation
        #expect(try managed.rotate().deliveries == [.apiKeyFile(managed.slug), managed.id])
        #expect(try managed.isPending() == true)
        #expect(try managed.value() == "sk_live_1")
        #expect(try managed.delivery()?.wantedOperation != first)
        let managed = managed
        managed.files.before("apply") { #expect(managed.issuer.active == ["sk_live_1", "sk_live_2"]) }
        try await managed.sync()
        try await expectSettled("sk_live_2")
        #expect(try managed.versions() == 2)
    }

    @Test("while a key that was asked for has not come, a rotation waits for that one")
    func rotationWhileWanted() async throws {
        try managed.save()
        let operation = try managed.delivery()?.wantedOperation
        try managed.rotate()
        _ = try managed.rotate(grace: 5000)
        #expect(try managed.delivery()?.wantedOperation == operation)
        try await managed.sync()
        #expect(managed.issuer.keys.count == 1)
        try managed.rotate()
        managed.issuer.at("issue") { throw DeliveryFailure.busy }
        try await managed.sync()
        let second = try managed.delivery()?.wantedOperation
        try managed.rotate()
        _ = try managed.vault.rotate(managed.name, to: nil)
        #expect(try managed.delivery()?.wantedOperation == second)
        try await managed.sync()
        try await expectSettled("sk_live_2")
    }

    @Test("a key that was taken over from its file, and then replaced before the API ever saw it, is revoked")
    func adoptedThenRotated() async throws {
        managed.issuer.preload("sk_live_adopted")
        var findings = ServiceFindings()
        findings.apiKeyFile = SharedSecret(secret("sk_live_adopted"))
        #expect(try managed.save(findings).adopted == [managed.name])
        try managed.rotate()
        try await managed.sync()
        try await expectSettled("sk_live_2")
    }

    @Test("a key that was taken over and is active is kept; of one that is not, it says so and asks for none")
    func adopted() async throws {
        managed.issuer.preload("sk_live_adopted")
        var findings = ServiceFindings()
        findings.apiKeyFile = SharedSecret(secret("sk_live_adopted"))
        try managed.save(findings)
        try await managed.sync()
        try await expectSettled("sk_live_adopted")
        #expect(try managed.service()?.id == "svc_theirs")
        managed.issuer.revokeAll()
        let results = try await managed.sync()
        #expect(results[managed.id] == .pending(.credentialRevoked))
        #expect(!managed.issuer.calls.contains("issue"))
        try managed.rotate()
        try await managed.sync()
        try await expectSettled("sk_live_2")
    }

    @Test("none can be given: put, rollback and rotate to a value are refused, and change nothing")
    func refused() async throws {
        try await managed.register()
        try managed.rotate()
        try await managed.sync()
        let rows = managed.scene.storage.rows
        let value = SharedSecret(secret("sk_live_mine"))
        #expect(throws: ServiceError.keyIsIssued(managed.slug)) { try managed.vault.put(value, as: managed.name) }
        #expect(throws: ServiceError.keyIsIssued(managed.slug)) { try managed.vault.rotate(managed.name, to: value) }
        #expect(throws: ServiceError.keyIsIssued(managed.slug)) { try managed.vault.rollback(managed.name, to: 1) }
        #expect(throws: VaultError.self) { try managed.vault.move(managed.name, to: EntryName("mine")) }
        #expect(managed.scene.storage.rows == rows)
        // Others are as they ever were: of another slug, and of a user.
        let other = EntryName.serviceAPIKey(try Slug("other"))
        _ = try managed.vault.put(value, as: other)
        _ = try managed.vault.put(SharedSecret(secret("b")), as: other)
        _ = try managed.vault.rollback(other, to: 1)
        _ = try managed.vault.rotate(other, to: SharedSecret(secret("c")))
        _ = try managed.vault.put(value, as: EntryName("mine"))
        _ = try managed.vault.move(EntryName("mine"), to: EntryName("yours"))
        try await expectSettled("sk_live_2")
    }

    @Test("a key's entry that was removed comes back by saving or rotating, as a new key")
    func entryRemoved() async throws {
        try await managed.register()
        _ = try managed.vault.remove(managed.name, everywhere: false)
        try await managed.sync()
        #expect(managed.filed == nil && managed.issuer.active == ["sk_live_1"])
        try managed.save()
        try await managed.sync()
        try await expectSettled("sk_live_2")
        _ = try managed.vault.remove(managed.name, everywhere: false)
        try await managed.sync()
        try managed.rotate()
        try await managed.sync()
        try await expectSettled("sk_live_3")
        #expect(managed.local.calls == [])
    }
}
