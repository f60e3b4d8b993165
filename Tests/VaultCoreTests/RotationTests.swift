import SecureMemory
import Testing
import VaultTestSupport

@testable import VaultCore

@Suite("Rotation")
struct RotationTests {
    private let scene: VaultScene
    private let day: Int64 = 86_400_000

    init() throws { scene = try VaultScene() }

    private func name(_ text: String) throws -> EntryName { try EntryName(text) }
    private func shared(_ text: String) -> SharedSecret { SharedSecret(secret(text)) }

    private func due(isDue: Bool = true, maxAge: Int64? = nil) throws -> [String] {
        try scene.vault.read { try $0.rotationsDue(isDue: isDue, maxAge: maxAge).map(\.entry.name.text) }
    }

    @Test("due is what has an interval that is over, or is older than was said")
    func dueEntries() throws {
        try scene.put("a", "1")
        try scene.put("b", "2")
        _ = try scene.vault.rotate(name("a"), to: shared("3"), intervalDays: 10)
        #expect(try due() == [])
        scene.clock.now += 10 * day - 1
        #expect(try due() == [])
        scene.clock.now += 1
        #expect(try due() == ["a"])
        #expect(try due(isDue: false, maxAge: 10 * day) == ["a", "b"])
        _ = try scene.vault.rotate(name("a"), to: shared("4"))
        #expect(try due() == [])
        #expect(try due(maxAge: 10 * day) == ["b"])
        #expect(try scene.entry("a")?.rotationIntervalDays == 10)
    }

    @Test("a command is kept over new values, rollbacks and moves, until it is taken away")
    func command() throws {
        try scene.put("a", "1")
        _ = try scene.vault.rotate(name("a"), to: shared("2"), command: .set("make-one now"))
        #expect(
            try scene.vault.read { try $0.rotationMeans(of: #require(try $0.entry(name("a")))) }
                == .command("make-one now")
        )
        _ = try scene.vault.rotate(name("a"), to: shared("3"))
        _ = try scene.vault.rollback(name("a"), to: 1)
        _ = try scene.vault.move(name("a"), to: name("b"))
        try scene.put("b", "5")
        #expect(try scene.entry("b")?.rotateWith == "make-one now")
        #expect(try scene.vault.clearRotationCommand(of: name("b")).isNew)
        #expect(try scene.entry("b")?.rotateWith == nil)
        #expect(try scene.vault.clearRotationCommand(of: name("b")).isNew == false)
        #expect(try scene.reopened().verify().versions == 5)
        // The log says that there was one, and no word of it.
        let events = try scene.events().filter { $0.facts.contains { $0.value == "rotate-with" } }
        #expect(events.map { $0.facts.first { $0.name == "state" }?.value } == ["set", "none"])
        #expect(!events.contains { $0.facts.contains { $0.value.contains("make-one") } })
    }

    @Test("where the next value comes from follows from what the entry has, and from its kind")
    func means() throws {
        for text in [
            "user", "service-api-key/linear", "upstream-secret/linear/k", "local-jwt-secret", "owner-token/johndee",
        ] { try scene.put(text, "v") }
        _ = try scene.vault.put(shared("x"), as: name("made"), origin: .generated, generator: .standard)
        let found = try scene.vault.read { snapshot in
            try snapshot.inventory().entries.map { "\($0.name.text): \(try snapshot.rotationMeans(of: $0))" }
        }
        #expect(
            found == [
                "local-jwt-secret: generated", "made: generated", "owner-token/johndee: givenOnly",
                "service-api-key/linear: generated", "upstream-secret/linear/k: givenOnly", "user: givenOnly",
            ])
    }

    @Test("a trial is in the log before it begins, and is a delivery to be taken away from then on")
    func trial() async throws {
        try scene.put("upstream-secret/linear/access_token", "old")
        let entry = try name("upstream-secret/linear/access_token")
        let id = try scene.vault.beginTrial(of: entry) { _ in ["intended_endpoint": "here"] }
        #expect(id.text.hasPrefix("sigilum-try-") && id.text.utf8.count == 28)
        let event = try #require(try scene.events().last)
        #expect(event.operation == .secretTried && event.name == entry.text)
        let delivery = try #require(try scene.vault.read { try $0.delivery(.gateway(id)) })
        #expect(delivery.isWithdrawn && delivery.id.isTrial && delivery.receipt == ["intended_endpoint": "here"])
        #expect(try scene.vault.read { try $0.plan(.gateway(id))?.isPending } == true)
        let target = TargetInMemory()
        target.objects = [id.text: [:]]
        let reconciler = Reconciler(vault: scene.vault, targets: [target], locks: LockInMemory().locks)
        #expect(try await reconciler.reconcileAll().map(\.result) == [.withdrawn])
        #expect(target.objects == [:])
        #expect(try scene.vault.read { try $0.delivery(.gateway(id)) } == nil)
        #expect(try scene.entry(entry.text)?.currentVersion == 1)
    }
}
