import SecureMemory
import Testing
import VaultTestSupport

@testable import VaultCore

@Suite("Services and what is delivered of them")
struct ServiceTests {
    private let scene: VaultScene
    private let gateway = TargetInMemory(.gateway)
    private let files = TargetInMemory(.exportFile)
    private let api = TargetInMemory(.localAPI)
    private let lock = LockInMemory()
    private let slug: Slug
    private let own: EntryName, other: EntryName

    init() throws {
        scene = try VaultScene()
        slug = try Slug("linear")
        own = try .upstreamSecret(slug, key: "access_token")
        other = try .upstreamSecret(slug, key: "other")
    }

    private func request(_ slug: Slug? = nil) throws -> ServiceRequest {
        var request = ServiceRequest(slug: slug ?? self.slug, namespace: try Namespace("johndee"))
        request.mode = .gateway
        request.baseURL = "https://api.linear.app"
        return request
    }

    @discardableResult
    private func save(_ edit: (inout ServiceRequest) -> Void = { _ in }) throws -> ServiceOutcome {
        var request = try request()
        edit(&request)
        return try scene.vault.save(request, findings: ServiceFindings())
    }

    private var vaultsReconciler: Reconciler {
        Reconciler(vault: scene.vault, targets: [gateway, files, api], locks: lock.locks)
    }

    private func delivery(_ id: DeliveryID) throws -> Delivery? { try scene.vault.read { try $0.delivery(id) } }

    private func given(_ text: String) -> SharedSecret { SharedSecret(secret(text)) }

    /// A service that is delivered everywhere, with two secrets.
    private func delivered() async throws {
        try save { $0.secret = given("one") }
        _ = try scene.vault.setUpstreamSecret(
            slug, key: "other", value: given("two"), findings: ServiceFindings())
        _ = try await vaultsReconciler.reconcileAll()
        try scene.vault.write { transaction in
            guard var known = try transaction.delivery(.gateway(slug)) else { return }
            known.receipt[Delivery.keysKey] = "access_token/other"
            try transaction.declare(known)
        }
    }

    @Test(
        "the first service of a large vault is made without reading all of it; the e-mail of later ones reaches the others"
    )
    func first() throws {
        let names = try (0..<500).map { try EntryName("entry-\($0)") }
        _ = try scene.vault.store(names, origin: .given, isReplacing: false) { given("value \($0)") }
        try save { $0.email = "johndee@example.com" }
        #expect(scene.storage.touched.read < 200)
        var second = try request(try Slug("slack"))
        second.email = "new@example.com"
        let outcome = try scene.vault.save(second, findings: ServiceFindings())
        #expect(scene.storage.touched.read > 500)
        #expect(outcome.deliveries.contains(.localAPI(slug)))
        #expect(try scene.vault.read { try $0.service(slug) }?.email == "new@example.com")
    }

    @Test("the secret that a connection uses is not removed while it has others")
    func ownSecretStays() async throws {
        try await delivered()
        for everywhere in [false, true] {
            #expect(throws: ServiceError.secretInUse(own, others: [other])) {
                try scene.vault.remove(own, everywhere: everywhere)
            }
        }
        #expect(try scene.entry(own.text) != nil)
    }

    @Test("a further secret that is removed stays at the gateway, untouched, and is managed no more")
    func furtherSecretReleased() async throws {
        try await delivered()
        let calls = gateway.calls.count
        let outcome = try scene.vault.remove(other, everywhere: false)
        #expect(outcome.deliveries == [])
        let known = try #require(try delivery(.gateway(slug)))
        #expect(known.entries == [own])
        #expect(known.receipt[Delivery.keysKey] == "access_token")
        #expect(try scene.vault.read { try $0.plan(.gateway(slug)) }?.isPending == false)
        #expect(gateway.calls.count == calls)
        let gone = try scene.vault.remove(own, everywhere: true)
        #expect(gone.deliveries.contains(.gateway(slug)))
    }

    @Test("what was delivered of a removed secret is remembered, and the vault's own when it is delivered again")
    func released() async throws {
        try save { $0.secret = given("one") }
        _ = try await vaultsReconciler.reconcileAll()
        let before = try #require(try delivery(.gateway(slug)))
        _ = try scene.vault.remove(own, everywhere: false)
        let left = try #require(try delivery(.gateway(slug)))
        #expect(left.isReleased && left.isOwned && left.receipt["applied"] == before.receipt["applied"])
        #expect(try scene.vault.read { try $0.plans() }.allSatisfy { $0.delivery.id != .gateway(slug) })
        let idle = try await vaultsReconciler.reconcile([.gateway(slug)])
        #expect(idle.isEmpty)
        try save { $0.secret = given("new") }
        _ = try await vaultsReconciler.reconcileAll()
        #expect(gateway.objects["linear"] == [own.text: "new"])
    }

    @Test("a removed API key is remembered where it was registered, so that the next one can take its place")
    func releasedKey() async throws {
        try save()
        _ = try await vaultsReconciler.reconcileAll()
        let receipt = try #require(try delivery(.localAPI(slug))).receipt
        _ = try scene.vault.remove(.serviceAPIKey(slug), everywhere: false)
        #expect(try delivery(.localAPI(slug))?.receipt == receipt)
        try save()
        #expect(try delivery(.localAPI(slug))?.receipt == receipt)
        #expect(try scene.vault.read { try $0.plan(.localAPI(slug)) }?.isPending == true)
        let gone = try scene.vault.remove(slug, everywhere: false)
        #expect(!gone.contains(.localAPI(slug)))
        #expect(try delivery(.localAPI(slug)) == nil)
    }

    @Test("the services of a namespace have one e-mail, whoever gives it")
    func oneEmail() throws {
        try save()
        let second = try Slug("second")
        var request = ServiceRequest(slug: second, namespace: try Namespace("johndee"))
        request.email = "new@example.com"
        let outcome = try scene.vault.save(request, findings: ServiceFindings())
        #expect(outcome.deliveries.contains(.localAPI(slug)))
        #expect(try scene.vault.read { try $0.service(slug) }?.email == "new@example.com")
        let third = try Slug("third")
        let later = try scene.vault.save(
            ServiceRequest(slug: third, namespace: try Namespace("johndee")), findings: ServiceFindings())
        #expect(later.service.email == "new@example.com")
        #expect(!later.deliveries.contains(.localAPI(slug)))
        let stranger = try scene.vault.save(
            ServiceRequest(slug: try Slug("other"), namespace: try Namespace("marysue")), findings: ServiceFindings())
        #expect(stranger.service.email == "marysue@local.sigilum")
    }

    @Test("another auth mode keeps the secret that is in use; one that is made up for another key is said")
    func authMode() throws {
        #expect(try save().generated == nil)
        let changed = try save { $0.authMode = .headerKey }
        #expect(changed.service.connection?.secretKey == "access_token")
        #expect(changed.service.connection?.header == "X-linear-Key")
        #expect(changed.upstream?.currentVersion == 1 && changed.generated == nil)
        let named = try save { $0.secretKey = "other" }
        #expect(named.generated == other)
    }

    @Test("the choice about the connection's file outlives native mode")
    func connectionFile() async throws {
        try save()
        _ = try await vaultsReconciler.reconcileAll()
        try save { $0.mode = .native }
        _ = try await vaultsReconciler.reconcileAll()
        #expect(try delivery(.connectionFile(slug)) == nil)
        try save()
        #expect(try delivery(.connectionFile(slug))?.isWithdrawn == false)
        try save { $0.exportsSecret = false }
        _ = try await vaultsReconciler.reconcileAll()
        try save { $0.mode = .native }
        try save()
        #expect(try delivery(.connectionFile(slug)) == nil)
        try save { $0.exportsSecret = true }
        _ = try scene.vault.withdrawExports(of: own)
        _ = try await vaultsReconciler.reconcileAll()
        try save()
        #expect(try delivery(.connectionFile(slug)) == nil)
    }

    @Test("a connection taken over with a further secret keeps its own, which the vault never had")
    func furtherKey() throws {
        let outcome = try save {
            $0.secretKey = "access_token"
            $0.furtherKey = "k9"
            $0.secret = given("nine")
        }
        let further = try EntryName.upstreamSecret(slug, key: "k9")
        #expect(outcome.service.connection?.secretKey == "access_token")
        #expect(outcome.upstream?.name == further)
        #expect(try delivery(.gateway(slug))?.entries == [further])
        #expect(try delivery(.connectionFile(slug)) == nil)
        // Nor is one made up for it by saying the same again.
        try save()
        #expect(try scene.entry(own.text) == nil)
        #expect(try delivery(.gateway(slug))?.entries == [further])
        try save { $0.secret = given("own") }
        #expect(try delivery(.gateway(slug))?.entries == [own, further])
        #expect(try delivery(.connectionFile(slug))?.entries == [own])
    }

    @Test("the leave to take something over is kept only for what is still to be delivered")
    func leave() async throws {
        try save { $0.secret = given("one") }
        #expect(try delivery(.gateway(slug))?.mayTakeOver == true)
        _ = try await vaultsReconciler.reconcileAll()
        let generation = try scene.vault.read(\.generation)
        try save { $0.secret = given("one") }
        #expect(try delivery(.gateway(slug))?.mayTakeOver == false)
        #expect(try scene.vault.read(\.generation) == generation)
        try save { $0.secret = given("two") }
        #expect(try delivery(.gateway(slug))?.mayTakeOver == true)
    }
}
