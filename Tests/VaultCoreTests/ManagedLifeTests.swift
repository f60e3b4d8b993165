import SecureMemory
import Testing
import VaultTestSupport

@testable import VaultCore

@Suite("The life of a managed service")
struct ManagedLifeTests {
    private let managed: ManagedScene

    init() throws { managed = try ManagedScene() }

    // MARK: Grace

    @Test("with a grace, both keys are let in until its end; then it is pending, and done once")
    func grace() async throws {
        try await managed.register()
        try managed.rotate(grace: 60_000)
        try await managed.sync()
        let end = try managed.delivery()?.retiresOldAt
        #expect(end == managed.scene.clock.now + 60_000)
        #expect(managed.issuer.active == ["sk_live_1", "sk_live_2"])
        #expect(try managed.isPending() == false)
        #expect(try await managed.sync().values.allSatisfy { $0 == .unchanged })
        managed.scene.clock.now += 59_999
        #expect(try managed.isPending() == false)
        try await managed.sync()
        #expect(managed.issuer.active == ["sk_live_1", "sk_live_2"])
        managed.scene.clock.now += 1
        #expect(try managed.isPending() == true)
        #expect(try await managed.sync()[managed.id] == .delivered(repaired: []))
        #expect(managed.issuer.active == ["sk_live_2"])
        #expect(try managed.delivery()?.retiresOldAt == nil)
        #expect(try managed.isPending() == false)
        #expect(try await managed.sync().values.allSatisfy { $0 == .unchanged })
        #expect(try managed.value() == "sk_live_2")
    }

    @Test("the grace begins when the new key is there, however long the API was away")
    func graceAfterOutage() async throws {
        try await managed.register()
        try managed.rotate(grace: 60_000)
        managed.issuer.at("issue") { throw DeliveryFailure.unreachable(endpoint: "x") }
        try await managed.sync()
        managed.scene.clock.now += 600_000
        try await managed.sync()
        #expect(managed.issuer.active == ["sk_live_1", "sk_live_2"])
        #expect(try managed.delivery()?.retiresOldAt == managed.scene.clock.now + 60_000)
        managed.scene.clock.now += 60_000
        try await managed.sync()
        #expect(managed.issuer.active == ["sk_live_2"])
        #expect(try managed.isPending() == false)
    }

    @Test("while a place still has the old key, it is not revoked, whatever its time is")
    func placeThatFails() async throws {
        try await managed.register()
        for grace in [0, 1] as [Int64] {
            let before = try managed.value()
            try managed.rotate(grace: grace)
            for _ in 0..<2 {
                managed.files.before("apply") { throw DeliveryFailure.cannotWrite(path: "x", errno: 28) }
                let results = try await managed.sync()
                #expect(results[.apiKeyFile(managed.slug)] == .pending(.cannotWrite(path: "x", errno: 28)))
                managed.scene.clock.now += 1000
            }
            #expect(managed.filed == before)
            #expect(try managed.issuer.active == [before, managed.value()].compactMap { $0 })
            #expect(try managed.value() != before)
            try await managed.sync()
            try await managed.sync()
            #expect(try managed.issuer.active == [managed.value()].compactMap { $0 })
            #expect(managed.filed == managed.issuer.active.first)
            #expect(try await managed.sync().values.allSatisfy { $0 == .unchanged })
        }
    }

    @Test("what fails when the grace is over stays pending, and a rotation without one ends it at once")
    func graceFailing() async throws {
        try await managed.register()
        try managed.rotate(grace: 60_000)
        try await managed.sync()
        managed.scene.clock.now += 60_000
        managed.issuer.at("apply") { throw DeliveryFailure.busy }
        #expect(try await managed.sync()[managed.id] == .pending(.busy))
        #expect(try managed.isPending() == true)
        #expect(managed.issuer.active.count == 2)
        try managed.rotate()
        try await managed.sync()
        #expect(managed.issuer.active == ["sk_live_3"])
        #expect(try managed.delivery()?.retiresOldAt == nil && managed.isPending() == false)
    }

    @Test("a local key has its grace too")
    func localGrace() async throws {
        try managed.save { $0.isManaged = false }
        try await managed.sync()
        let first = try managed.value()
        try managed.rotate(grace: 60_000)
        try await managed.sync()
        #expect(try managed.value() != first)
        let id = DeliveryID.localAPI(managed.slug)
        let plan = { try managed.vault.read { try $0.plan(id) } }
        #expect(try plan()?.isPending == false && plan()?.job().retiresOld == false)
        managed.scene.clock.now += 60_000
        #expect(try plan()?.isPending == true && plan()?.job().retiresOld == true)
        try await managed.sync()
        #expect(try plan()?.isPending == false && plan()?.delivery.retiresOldAt == nil)
        #expect(managed.issuer.calls == [])
    }

    // MARK: Removal

    @Test("removed everywhere, it is kept until the last place is done with it, and then it is as if it never was")
    func everywhere() async throws {
        try managed.save {
            $0.mode = .gateway
            $0.baseURL = "https://api.linear.app"
        }
        try await managed.sync()
        let changed = try managed.vault.remove(managed.slug, everywhere: true)
        #expect(Set(changed) == Set(DeliveryID.all(of: managed.slug)).subtracting([.localAPI(managed.slug)]))
        #expect(try managed.value() == nil)
        for (target, failure) in [(0, "withdraw"), (1, "withdraw")] {
            if target == 0 {
                managed.issuer.at(failure) { throw DeliveryFailure.unreachable(endpoint: "x") }
            } else {
                managed.gateway.before(failure) { throw DeliveryFailure.busy }
                managed.issuer.at(failure) { throw DeliveryFailure.busy }
            }
            try await managed.sync()
            #expect(managed.filed == nil)
            #expect(try managed.service()?.isRemoved == true)
            #expect(managed.issuer.hasService)
        }
        try await managed.sync()
        #expect(!managed.issuer.hasService && managed.gateway.objects.isEmpty && managed.files.objects.isEmpty)
        #expect(try managed.service() == nil)
        let left = try managed.vault.read { try $0.inventory() }
        #expect(left.entries.isEmpty && left.deliveries.isEmpty && left.services.isEmpty)
        #expect(try await managed.sync().isEmpty)
    }

    @Test("removed here alone, what the API has stays, and nothing is left of it here")
    func here() async throws {
        try await managed.register()
        let changed = try managed.vault.remove(managed.slug, everywhere: false)
        #expect(changed == [.apiKeyFile(managed.slug)])
        managed.files.before("withdraw") { throw DeliveryFailure.busy }
        try await managed.sync()
        #expect(try managed.service()?.isRemoved == true)
        try await managed.sync()
        #expect(managed.issuer.active == ["sk_live_1"] && !managed.issuer.calls.contains("withdraw"))
        let left = try managed.vault.read { try $0.inventory() }
        #expect(left.entries.isEmpty && left.deliveries.isEmpty && left.services.isEmpty)
    }

    @Test("a removal that stops at any write has not happened; one whose end is not noted is done again")
    func crash() async throws {
        try await managed.register()
        let rows = managed.scene.storage.rows
        for number in 1... {
            managed.scene.storage.fail(.write(number, .full))
            let outcome = Outcome { try managed.vault.remove(managed.slug, everywhere: true) }
            managed.scene.storage.fail(nil)
            if outcome == .done { break }
            #expect(managed.scene.storage.rows == rows, "write \(number)")
            try #require(number < 100)
        }
        let storage = managed.scene.storage
        managed.issuer.at("withdraw") { storage.fail(.commit(.full)) }
        await #expect(throws: StorageError.full) { try await managed.sync() }
        storage.fail(nil)
        #expect(try managed.service()?.isRemoved == true)
        try await managed.sync()
        #expect(try managed.service() == nil)
        #expect(throws: ServiceError.noSuchService(managed.slug)) {
            try managed.vault.remove(managed.slug, everywhere: true)
        }
    }

    @Test("added again while it is still being removed, it is a new service with one key")
    func addedAgain() async throws {
        try managed.save {
            $0.mode = .gateway
            $0.baseURL = "https://api.linear.app"
            $0.summary = "Old."
        }
        try await managed.sync()
        let old = try managed.service()
        managed.scene.clock.now += 1000
        _ = try managed.vault.remove(managed.slug, everywhere: true)
        #expect(throws: ServiceError.noSuchService(managed.slug)) { try managed.rotate() }
        try managed.save()
        let new = try #require(try managed.service())
        #expect(!new.isRemoved && new.mode == .native && new.summary == "Native service")
        #expect(try new.createdAt != #require(old).createdAt && new.ordinal != #require(old).ordinal)
        try await managed.sync()
        #expect(try managed.issuer.active == [managed.value()].compactMap { $0 })
        #expect(managed.filed == managed.issuer.active.first)
        #expect(managed.gateway.objects.isEmpty)
        #expect(try await managed.sync().values.allSatisfy { $0 == .unchanged })
    }

    @Test("one that is still being removed at the API can be made anew in the local database, and is then that one's")
    func addedElsewhere() async throws {
        try await managed.register()
        _ = try managed.vault.remove(managed.slug, everywhere: true)
        managed.issuer.at("withdraw") { throw DeliveryFailure.busy }
        try await managed.sync()
        try managed.save { $0.isManaged = false }
        try managed.save { $0.isManaged = false }
        #expect(throws: ServiceError.registeredElsewhere(isManaged: false)) { try managed.save() }
        let value = try managed.value()
        try managed.rotate()
        #expect(try managed.value() != value)
        try await managed.sync()
        #expect(!managed.issuer.hasService && managed.issuer.keys.count == 1)
        #expect(try managed.local.objects["linear"]?[managed.name.text] == managed.value())
        #expect(try managed.delivery() == nil)
    }

    // MARK: Where it is

    @Test("a service belongs to where it was registered")
    func registeredElsewhere() async throws {
        try await managed.register()
        let rows = managed.scene.storage.rows
        #expect(throws: ServiceError.registeredElsewhere(isManaged: true)) { try managed.save { $0.isManaged = false } }
        #expect(managed.scene.storage.rows == rows)
        let other = try ManagedScene()
        try other.save { $0.isManaged = false }
        #expect(throws: ServiceError.registeredElsewhere(isManaged: false)) { try other.save() }
        #expect(other.issuer.calls == [])
    }

    @Test("the API is told of a change of mode alone: it marks keys that the gateway uses")
    func modeChange() async throws {
        try managed.save { $0.summary = "Issues." }
        try await managed.sync()
        #expect(try managed.isPending() == false)
        try managed.save {
            $0.mode = .gateway
            $0.baseURL = "https://api.linear.app"
        }
        #expect(try managed.service()?.summary == "Issues.")
        #expect(try managed.isPending() == true)
    }
}
