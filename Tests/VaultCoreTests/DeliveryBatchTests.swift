import Testing
import VaultTestSupport

@testable import VaultCore

/// Many deliveries of one kind: what is written once for all of them, and what stays each one's own.
@Suite("Deliveries together")
struct DeliveryBatchTests {
    private static let count = 100
    private let scene: VaultScene
    private let target = TargetInMemory(intends: true)
    private let lock = LockInMemory()
    private let ids: [DeliveryID]

    init() throws {
        scene = try VaultScene()
        ids = (0..<Self.count).map { DeliveryID(target: .gateway, key: "service-\(1000 + $0)") }
        let ids = ids
        try scene.vault.write { transaction in
            for id in ids {
                let name = try EntryName(id.key)
                try transaction.store(secret("value of \(id.key)"), as: name, origin: .given)
                try transaction.declare(id, service: nil, entries: [name])
            }
        }
    }

    private func reconcile(_ kinds: [any DeliveryTarget]? = nil) async throws -> [DeliveryOutcome] {
        try await Reconciler(vault: scene.vault, targets: kinds ?? [target], locks: lock.locks).reconcileAll()
    }

    private func number(of operation: AuditOperation) throws -> Int {
        try scene.events().count { $0.operation == operation }
    }

    private func pending() throws -> [String] {
        try scene.vault.read { try $0.plans() }.filter(\.isPending).map(\.delivery.id.key)
    }

    /// Each has its own value, and nobody another's.
    private func expectConverged() throws {
        #expect(target.objects.count == Self.count)
        for id in ids { #expect(target.objects[id.key] == [id.key: "value of \(id.key)"]) }
        #expect(try pending() == [])
    }

    /// Before the call of that number, counted from 1.
    private func before(_ call: String, _ number: Int, _ body: @escaping @Sendable () async throws -> Void) {
        let target = target
        target.before(call) {
            if number == 1 { return try await body() }
            before(call, number - 1, body)
        }
    }

    @Test("each is delivered once, in order, with its own records; all with a few transactions")
    func together() async throws {
        let before = scene.storage.commits
        let outcomes = try await reconcile()
        #expect(outcomes.map(\.id) == ids)
        #expect(outcomes.allSatisfy { $0.result == .delivered(repaired: []) })
        try expectConverged()
        #expect(target.calls.count { $0 == "apply" } == Self.count)
        #expect(try number(of: .released) == Self.count)
        #expect(try number(of: .delivered) == Self.count)
        // 1, 4, 16, 64 and the 15 that are left, at two each; fewer at once where this machine is slow.
        #expect(scene.storage.commits - before < Self.count)
        let again = try await reconcile()
        #expect(again.map(\.id) == ids && again.allSatisfy { $0.result == .unchanged })
        #expect(target.calls.count { $0 == "apply" } == Self.count)
    }

    @Test("no value leaves before its release is in the log")
    func recorded() async throws {
        let (scene, target) = (scene, target)
        @Sendable func look() throws {
            let released = Set(try scene.events().filter { $0.operation == .released }.compactMap(\.name))
            let given = target.calls.count { $0 == "apply" }
            #expect(released.count >= given)
            #expect(Set(target.objects.keys).isSubset(of: released))
            target.before("apply", look)
        }
        target.before("apply") { try look() }
        _ = try await reconcile()
        try expectConverged()
    }

    @Test(
        "one that fails stays pending, and the others of its batch are delivered and noted",
        arguments: ["observe", "apply"])
    func oneFails(_ call: String) async throws {
        before(call, 12) { throw DeliveryFailure.refused(status: 400, code: nil) }
        let outcomes = try await reconcile()
        #expect(outcomes.map(\.id) == ids)
        let failed = outcomes.filter(\.isPending)
        #expect(failed.map(\.result) == [.pending(.refused(status: 400, code: nil))])
        #expect(try pending() == failed.map(\.id.key))
        #expect(target.objects.count == Self.count - 1)
        // What was noted before a call that surely did nothing is taken back.
        let receipts = try scene.vault.read { snapshot in try failed.map { try snapshot.delivery($0.id)?.receipt } }
        #expect(receipts == [[:]])
        let again = try await reconcile()
        #expect(again.filter { $0.result != .unchanged }.map(\.id) == failed.map(\.id))
        try expectConverged()
    }

    @Test("a crash anywhere in a batch is made good by the next run", arguments: [1, 2, 5, 6, 21, 22, 60, 100])
    func crash(_ number: Int) async throws {
        let storage = scene.storage
        before("apply", number) { storage.fail(.commit(.full)) }
        await #expect(throws: StorageError.full) { try await reconcile() }
        storage.fail(nil)
        #expect(try !pending().isEmpty)
        let applied = target.calls.count { $0 == "apply" }
        let outcomes = try await reconcile()
        #expect(outcomes.map(\.id) == ids && !outcomes.contains { $0.isPending })
        try expectConverged()
        #expect(target.calls.count { $0 == "apply" } - applied <= Self.count)
        _ = try scene.reopened().verify()
    }

    @Test("what was looked at before the vault was changed counts for nothing")
    func overlooked() async throws {
        let seen = try scene.vault.read { try $0.allDeliveries() }
        try scene.put("service-1007", "newer")
        let (gone, ids) = (ids[10], ids)
        try scene.vault.write { try $0.withdraw(gone) }
        let outcomes = try await Reconciler(vault: scene.vault, targets: [target], locks: lock.locks).reconcile(seen)
        #expect(outcomes.map(\.id) == ids)
        #expect(outcomes.filter { $0.result == .withdrawn }.map(\.id) == [gone])
        #expect(target.objects["service-1007"] == ["service-1007": "newer"])
        #expect(target.objects[gone.key] == nil)
        #expect(try pending() == [])
    }

    @Test("what is as it should be is read and proven once, and not again for each delivery")
    func readOnce() async throws {
        _ = try await reconcile()
        let outcomes = try await reconcile()
        #expect(outcomes.count == Self.count && outcomes.allSatisfy { $0.result == .unchanged })
        // Of the last batch: the head alone.
        #expect(scene.storage.touched.read == 1 && scene.storage.touched.written == 0)
    }

    @Test(
        "a value that is stored while its batch is on its way is delivered in the same run",
        arguments: ["observe", "apply"])
    func overtaken(_ call: String) async throws {
        let scene = scene
        before(call, 9) { try scene.put("service-1007", "newer") }
        let outcomes = try await reconcile()
        #expect(outcomes.allSatisfy { $0.result == .delivered(repaired: []) })
        #expect(target.objects["service-1007"] == ["service-1007": "newer"])
        #expect(try pending() == [])
    }

    @Test("one that is released, withdrawn or forgotten while its batch is on its way is left to whoever did it")
    func changedMeanwhile() async throws {
        let (scene, ids) = (scene, ids)
        before("apply", 7) {
            try scene.vault.write { transaction in
                try transaction.withdraw(ids[10])
                try transaction.remove(ids[11])
            }
        }
        let outcomes = try await reconcile()
        #expect(outcomes.first { $0.id == ids[10] }?.result == .withdrawn)
        #expect(target.objects[ids[10].key] == nil)
        #expect(try scene.vault.read { try $0.delivery(ids[11]) } == nil)
        #expect(try pending() == [])
    }

    @Test("one that fails and was released meanwhile is not said to be delivered")
    func failedAndReleased() async throws {
        let (vault, first) = (scene.vault, ids[0])
        before("apply", 1) {
            try vault.write { transaction in
                guard let known = try transaction.delivery(first) else { return }
                try transaction.release(EntryName(first.key), from: known)
            }
            throw DeliveryFailure.refused(status: 500, code: nil)
        }
        let outcomes = try await reconcile()
        #expect(outcomes.map(\.id) == Array(ids.dropFirst()))
        #expect(target.objects[first.key] == nil)
    }

    @Test("who waits for the lock gets it between two batches")
    func others() async throws {
        let (vault, lock) = (scene.vault, lock)
        let last = ids[Self.count - 1]
        let other = Reconciler(vault: vault, targets: [target], locks: lock.locks)
        before("observe", 1) {
            let outcomes = try await other.reconcile([last])
            #expect(outcomes.map(\.result) == [.pending(.busy)])
        }
        _ = try await reconcile()
        try expectConverged()
        let outcomes = try await other.reconcile([last])
        #expect(outcomes.map(\.result) == [.unchanged])
    }
}
