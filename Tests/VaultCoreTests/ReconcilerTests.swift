import Testing
import VaultTestSupport

@testable import VaultCore

/// Invariant 12 of the design: converged means that the target holds the current values.
@Suite("Deliveries")
struct ReconcilerTests {
    private let scene: VaultScene
    private let target = TargetInMemory()
    private let lock = LockInMemory()
    private let id = DeliveryID(target: .gateway, key: "linear")
    private let name: EntryName

    init() throws {
        scene = try VaultScene()
        name = try EntryName("a")
        try scene.put("a", "one")
    }

    private func declare(mayTakeOver: Bool = false) throws {
        try scene.vault.write { try $0.declare(id, service: nil, entries: [name], mayTakeOver: mayTakeOver) }
    }

    private func reconciler(_ target: TargetInMemory? = nil, postponed: Set<TargetKind> = []) -> Reconciler {
        Reconciler(
            vault: scene.vault, targets: [target ?? self.target], locks: lock.locks, postponed: postponed)
    }

    private func reconcile(_ target: TargetInMemory? = nil) async throws -> DeliveryOutcome.Result? {
        let outcomes = try await reconciler(target).reconcileAll()
        #expect(outcomes.count == 1)
        return outcomes.first?.result
    }

    private func isPending() throws -> Bool? { try scene.vault.read { try $0.plan(id)?.isPending } }

    /// That the vault and the target agree, and that it is the current value that they agree on.
    private func expectConverged(_ value: String, _ target: TargetInMemory? = nil) async throws {
        #expect((target ?? self.target).objects == ["linear": ["a": value]])
        #expect(try isPending() == false)
        let differences = try await reconciler(target).compare().filter(\.differs)
        #expect(differences.isEmpty)
        #expect(try scene.value("a") == value)
    }

    @Test("what is declared is delivered, once; what is as it should be is left alone")
    func delivered() async throws {
        try declare()
        #expect(try isPending() == true)
        #expect(try await reconcile() == .delivered(repaired: []))
        try await expectConverged("one")
        #expect(target.calls.count { $0 == "apply" } == 1)
        #expect(try await reconcile() == .unchanged)
        #expect(target.calls.count { $0 == "apply" } == 1)
        #expect(try scene.vault.read { try $0.delivery(id) }?.receipt == ["applied": "1"])
    }

    @Test("another value is pending until it is delivered, an older value that is current again too")
    func commitments() async throws {
        try declare()
        _ = try await reconcile()
        try scene.put("a", "two")
        #expect(try isPending() == true)
        #expect(try await reconcile() == .delivered(repaired: []))
        try await expectConverged("two")
        _ = try scene.vault.write { try $0.rollback(name, to: 1) }
        #expect(try isPending() == true)
        // Not the number of the version counts but the value: with the old one back at the target all is well.
        #expect(try await reconcile() == .delivered(repaired: []))
        try await expectConverged("one")
        try scene.put("a", "two")
        try scene.put("a", "one")
        #expect(try isPending() == false)
        #expect(try await reconcile() == .unchanged)
    }

    @Test("a value stored while an older one is on its way is delivered after it, in the same run")
    func overtaken() async throws {
        try declare()
        let scene = scene
        target.before("apply") { try scene.put("a", "two") }
        #expect(try await reconcile() == .delivered(repaired: []))
        try await expectConverged("two")
    }

    @Test("while one delivers, another waits or leaves it: an older value never lands after a newer one")
    func oneAtATime() async throws {
        try declare()
        let (scene, id) = (scene, id)
        let other = reconciler()
        target.before("apply") {
            // The slow one holds the first value already; meanwhile another process rotates and wants to deliver.
            try scene.put("a", "two")
            let outcomes = try await other.reconcile([id])
            #expect(outcomes.map(\.result) == [.pending(.busy)])
        }
        #expect(try await reconcile() == .delivered(repaired: []))
        try await expectConverged("two")
    }

    @Test("one that can never catch up with others that store values leaves it pending in the end")
    func storm() async throws {
        try declare()
        let (scene, target) = (scene, target)
        @Sendable func overtake(_ number: Int) {
            target.before("apply") {
                try scene.put("a", "value \(number)")
                overtake(number + 1)
            }
        }
        overtake(2)
        #expect(try await reconcile() == .pending(.busy))
        #expect(try isPending() == true)
    }

    @Test("the release of every value is in the log before the target has it")
    func recorded() async throws {
        try declare()
        let (scene, name) = (scene, name)
        target.before("apply") {
            let last = try scene.events().last
            #expect(last?.operation == .released && last?.name == name.text)
            #expect(last?.facts.first { $0.name == "purpose" }?.value == "gateway:linear")
        }
        _ = try await reconcile()
        #expect(try scene.events().last?.operation == .delivered)
    }

    @Test("what fails stays pending, says why, and is done by the next run")
    func failure() async throws {
        try declare()
        for failure in [DeliveryFailure.unreachable(endpoint: "http://127.0.0.1:1"), .busy, .adminTokenRequired] {
            for call in ["observe", "apply"] {
                target.before(call) { throw failure }
                #expect(try await reconcile() == .pending(failure))
                #expect(target.objects.isEmpty)
                #expect(try isPending() == true)
            }
        }
        #expect(try await reconcile() == .delivered(repaired: []))
        try await expectConverged("one")
    }

    @Test("a crash after the target was told and before the vault has noted it is made good by the next run")
    func crash() async throws {
        try declare()
        let storage = scene.storage
        target.before("apply") { storage.fail(.commit(.full)) }
        await #expect(throws: StorageError.full) { try await reconcile() }
        storage.fail(nil)
        #expect(target.objects == ["linear": ["a": "one"]])
        #expect(try isPending() == true)
        try scene.put("a", "two")
        #expect(try await reconcile() == .delivered(repaired: []))
        try await expectConverged("two")
    }

    @Test("what somebody changed or took away at the target is found by looking, and put right")
    func drift() async throws {
        try declare()
        _ = try await reconcile()
        target.objects = ["linear": ["a": "edited"]]
        let seen = try await reconciler().compare()
        #expect(seen.map(\.observation) == [.present(differences: ["content"])])
        #expect(seen.map(\.differs) == [true] && seen.map(\.isPending) == [false])
        #expect(try await reconcile() == .delivered(repaired: ["content"]))
        try await expectConverged("one")
        target.objects = [:]
        #expect(try await reconcile() == .delivered(repaired: ["missing"]))
        try await expectConverged("one")
    }

    @Test("a target that says that it is done, and is not, has not converged")
    func lyingTarget() async throws {
        try declare()
        target.forget()
        #expect(try await reconcile() == .pending(.wrongAnswer(.notDone)))
        #expect(target.calls.count { $0 == "apply" } == 1)
    }

    @Test(
        "a file that is not what was just written is busy: somebody else writes it",
        arguments: [TargetKind.openClaw, .exportFile])
    func restlessFile(_ kind: TargetKind) async throws {
        let file = TargetInMemory(kind)
        file.forget()
        let id = DeliveryID(target: kind, key: "/openclaw.json")
        try scene.vault.write { try $0.declare(id, service: nil, entries: [name]) }
        #expect(try await reconcile(file) == .pending(.busy))
    }

    @Test("something foreign of that name is left alone, and no value is released for it, unless the user said so")
    func foreign() async throws {
        let guarded = TargetInMemory(guardsForeignObjects: true)
        guarded.objects = ["linear": ["a": "somebody else's"]]
        try declare()
        #expect(try await reconcile(guarded) == .pending(.notOurs))
        #expect(guarded.objects == ["linear": ["a": "somebody else's"]])
        #expect(try !scene.events().map(\.operation).contains(.released))
        try declare(mayTakeOver: true)
        #expect(try await reconcile(guarded) == .delivered(repaired: []))
        try await expectConverged("one", guarded)
        // The leave was for that once: what is its own it may repair, whoever changed it.
        #expect(try scene.vault.read { try $0.delivery(id) }?.mayTakeOver == false)
    }

    @Test("what the target says is somebody else's is left alone although the vault once delivered there")
    func foreignAgain() async throws {
        try declare()
        _ = try await reconcile()
        target.isForeign = true
        target.objects = ["linear": ["a": "somebody else's"]]
        #expect(try await reconcile() == .pending(.notOurs))
        #expect(target.objects == ["linear": ["a": "somebody else's"]])
        let outcomes = try await reconciler().reconcile([id], takingOver: true)
        #expect(outcomes.map(\.result) == [.delivered(repaired: ["content", "foreign"])])
        try await expectConverged("one")
    }

    @Test("what was noted before a call stays where it had no answer, and goes with a definite refusal")
    func intent() async throws {
        try declare()
        let intending = TargetInMemory(intends: true)
        func receipt() throws -> DeliveryReceipt? { try scene.vault.read { try $0.delivery(id) }?.receipt }
        intending.before("apply") { throw DeliveryFailure.refused(status: 400, code: nil) }
        #expect(try await reconcile(intending) == .pending(.refused(status: 400, code: nil)))
        #expect(try receipt() == [:])
        intending.before("apply") { throw DeliveryFailure.unreachable(endpoint: "http://127.0.0.1:1") }
        _ = try await reconcile(intending)
        #expect(try receipt() == ["intended": "here"])
        // What is there may be what the lost call made: another refusal says nothing of it.
        intending.objects = ["linear": ["a": "older"]]
        intending.before("apply") { throw DeliveryFailure.refused(status: 400, code: nil) }
        _ = try await reconcile(intending)
        #expect(try receipt() == ["intended": "here"])
        #expect(try await reconcile(intending) == .delivered(repaired: []))
        #expect(try receipt()?["intended"] == nil)
    }

    @Test("what is to be withdrawn is taken away and forgotten; where that fails it stays to be withdrawn")
    func withdrawn() async throws {
        try declare()
        _ = try await reconcile()
        try scene.vault.write { try $0.withdraw(id) }
        target.before("withdraw") { throw DeliveryFailure.busy }
        #expect(try await reconcile() == .pending(.busy))
        #expect(target.objects == ["linear": ["a": "one"]])
        #expect(try isPending() == true)
        #expect(try await reconcile() == .withdrawn)
        #expect(target.objects.isEmpty)
        #expect(try scene.vault.read { try $0.delivery(id) } == nil)
        #expect(try scene.entry("a")?.deliveries == [])
        #expect(try scene.events().last?.operation == .withdrawn)
    }

    @Test("what is declared again while it is being withdrawn is not forgotten, but delivered")
    func declaredAgain() async throws {
        try declare()
        _ = try await reconcile()
        try scene.vault.write { try $0.withdraw(self.id) }
        let (vault, id, name) = (scene.vault, self.id, self.name)
        target.before("withdraw") {
            try vault.write { try $0.declare(id, service: nil, entries: [name]) }
        }
        #expect(try await reconcile() == .delivered(repaired: ["missing"]))
        try await expectConverged("one")
    }

    @Test("a target that should not be tried is not called, and what is pending there stays so")
    func postponed() async throws {
        try declare()
        let outcomes = try await reconciler(postponed: [.gateway]).reconcileAll()
        #expect(outcomes.map(\.result) == [.postponed])
        #expect(target.calls.isEmpty)
        _ = try await reconcile()
        let calls = target.calls.count
        let again = try await reconciler(postponed: [.gateway]).reconcileAll()
        #expect(again.map(\.result) == [.unchanged])
        #expect(target.calls.count == calls)
    }

    @Test("an entry that is not there yet, or is gone, is not delivered")
    func noEntry() async throws {
        let missing = try EntryName("missing")
        try scene.vault.write { try $0.declare(id, service: nil, entries: [missing]) }
        #expect(try await reconcile() == .unchanged)
        #expect(target.calls.isEmpty)
        try scene.put("missing", "now there")
        #expect(try await reconcile() == .delivered(repaired: []))
        #expect(target.objects == ["linear": ["missing": "now there"]])
    }
}
