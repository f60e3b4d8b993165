import SecureMemory
import Testing
import VaultFormat
import VaultTestSupport

@testable import VaultCore

@Suite("Services, deliveries and settings")
struct RecordTests {
    private let scene: VaultScene

    init() throws {
        scene = try VaultScene()
    }

    private func service(_ slug: String, ordinal: UInt64 = 1, connection: ConnectionRecord? = nil) throws
        -> ServiceRecord
    {
        ServiceRecord(
            slug: try Slug(slug), namespace: try Namespace("johndee"), id: "svc_aaaaaaaaaaaa", name: "Größe\n",
            summary: "",
            domain: "localhost", email: "johndee@local.sigilum", createdAt: -1, ordinal: ordinal, connection: connection
        )
    }

    private let connection = ConnectionRecord(
        baseURL: "https://api.linear.app", authMode: .headerKey, header: "X-Key", prefix: "", secretKey: "upstream_key",
        rotationIntervalDays: .max)

    @Test("a service is read as it was saved, in native mode, in gateway mode and with every auth mode")
    func services() throws {
        var all = [try service("native")]
        for (index, mode) in AuthMode.allCases.enumerated() {
            var connection = connection
            connection.authMode = mode
            connection.rotationIntervalDays = index == 0 ? nil : 30
            all.append(try service("gateway-\(index)", ordinal: UInt64(index) + 2, connection: connection))
        }
        for service in all {
            #expect(ServiceRecord(try FieldMap(decoding: service.fields.encoded)) == service)
            try scene.vault.write { try $0.save(service) }
            #expect(try scene.vault.read { try $0.service(service.slug) } == service)
        }
        #expect(all.map(\.mode) == [.native, .gateway, .gateway, .gateway])
        #expect(try scene.vault.read { try $0.inventory().services } == all)
        #expect(try scene.vault.verify().records == 4)
    }

    @Test(
        "a record that lacks a field, or has one of another kind, is none",
        arguments: [
            "slug", "namespace", "id", "name", "summary", "domain", "email", "created", "ordinal", "auth-mode",
            "header",
            "prefix", "secret-key",
        ])
    func incompleteService(_ field: String) throws {
        let whole = try service("linear", connection: connection).fields
        #expect(ServiceRecord(whole) != nil)
        var lacking = whole
        lacking[field] = nil
        #expect(ServiceRecord(lacking) == nil)
        lacking[field] = [0xff]
        #expect(ServiceRecord(lacking) == nil)
    }

    @Test("saving a service as it is does nothing; changing it is one event")
    func sameService() throws {
        var record = try service("linear")
        try scene.vault.write { try $0.save(record) }
        let before = scene.storage.rows
        try scene.vault.write { try $0.save(record) }
        #expect(scene.storage.rows == before)
        record.name = "Linear"
        try scene.vault.write { try $0.save(record) }
        #expect(try scene.vault.read { try $0.service(record.slug) } == record)
        #expect(try scene.vault.read { $0.recordCount } == 1)
        #expect(try scene.events().count { $0.operation == .serviceSaved } == 2)
        try scene.vault.write { try $0.remove(record.slug) }
        #expect(try scene.vault.read { try $0.service(record.slug) } == nil)
        #expect(try scene.vault.verify().records == 0)
    }

    @Test("a delivery is read as it was declared, with every state it can be in")
    func deliveries() throws {
        for bits in 0..<8 {
            let id = DeliveryID(target: .gateway, key: "linear-\(bits)")
            var delivery = Delivery(
                id: id, service: try Slug("linear"), entries: [try EntryName("b"), try EntryName("a/größe")])
            (delivery.isOwned, delivery.mayTakeOver, delivery.isWithdrawn) = (bits & 1 > 0, bits & 2 > 0, bits & 4 > 0)
            delivery.applied = bits == 7 ? Fingerprint(bytes: [UInt8](repeating: 9, count: 32)) : nil
            delivery.receipt = bits == 0 ? [:] : ["secret_version": "7", "größe": "a\nb\0", "": ""]
            try scene.vault.write { try $0.declare(delivery) }
            let read = try #require(try scene.vault.read { try $0.delivery(id) })
            #expect(read.id == id && read.service == delivery.service && read.applied == delivery.applied)
            #expect(read.entries.map(\.text) == ["a/größe", "b"])
            #expect(read.isOwned == delivery.isOwned && read.mayTakeOver == delivery.mayTakeOver)
            #expect(read.isWithdrawn == delivery.isWithdrawn && read.receipt == delivery.receipt)
        }
    }

    @Test("an entry knows its deliveries, whatever bytes their paths have, until they are removed")
    func noted() throws {
        try scene.put("a", "one")
        let ids = ["/tmp/plain", "/tmp/with\nnew line", "/tmp/:colon", "/tmp/gr\u{f6}\u{df}e", "/tmp/\ttab "].map {
            DeliveryID(target: .exportFile, key: $0)
        }
        for id in ids {
            try scene.vault.write { try $0.declare(Delivery(id: id, service: nil, entries: [try EntryName("a")])) }
        }
        #expect(try scene.entry("a")?.deliveries == ids.sorted())
        #expect(try scene.vault.read { try $0.inventory().deliveries.map(\.id) } == ids.sorted())
        try scene.put("a", "two")
        #expect(try scene.entry("a")?.deliveries == ids.sorted())
        for id in ids { try scene.vault.write { try $0.remove(id) } }
        #expect(try scene.entry("a")?.deliveries == [])
        _ = try scene.vault.verify()
    }

    @Test("a delivery follows its entry to another name")
    func movedEntry() throws {
        try scene.put("a", "one")
        let id = DeliveryID(target: .exportFile, key: "/tmp/a")
        try scene.vault.write { try $0.declare(Delivery(id: id, service: nil, entries: [try EntryName("a")])) }
        try scene.vault.write { try $0.move(EntryName("a"), to: EntryName("b")) }
        #expect(try scene.vault.read { try $0.delivery(id) }?.entries.map(\.text) == ["b"])
        #expect(try scene.entry("b")?.deliveries == [id])
    }

    @Test("deliveries are made file first, then database, then gateway")
    func deliveryOrder() {
        let ids = ["gateway:a", "local-api:a", "export-file:b", "export-file:a"].compactMap(DeliveryID.init(text:))
        #expect(ids.sorted().map(\.text) == ["export-file:a", "export-file:b", "local-api:a", "gateway:a"])
        #expect(DeliveryID(text: "export-file:/a:b")?.key == "/a:b")
        #expect(DeliveryID(text: "nowhere:a") == nil)
        #expect(DeliveryID(text: "gateway") == nil)
    }

    @Test("a setting is kept, changed and taken away; the same again is no event")
    func settings() throws {
        for value in ["one", "two", "two", nil, nil, "three"] {
            try scene.vault.write { try $0.set("x", to: value) }
            #expect(try scene.vault.read { try $0.setting("x") } == value)
        }
        #expect(try scene.events().count { $0.operation == .settingChanged } == 4)
        #expect(try scene.vault.read { try $0.setting("y") } == nil)
        _ = try scene.vault.verify()
    }

    @Test("an entry, a service, a delivery and a setting of one name are four records")
    func nameSpaces() throws {
        try scene.put("gateway:linear", "secret")
        let id = DeliveryID(target: .gateway, key: "linear")
        try scene.vault.write { transaction in
            try transaction.save(service("linear"))
            try transaction.declare(Delivery(id: id, service: nil, entries: []))
            try transaction.set("gateway:linear", to: "setting")
            try transaction.set("linear", to: "setting")
        }
        #expect(try scene.vault.read { $0.recordCount } == 5)
        #expect(try scene.value("gateway:linear") == "secret")
        #expect(try scene.vault.read { try $0.setting("gateway:linear") } == "setting")
        _ = try scene.vault.verify()
    }

    @Test("a wipe that did not happen is noted until it has")
    func wiping() throws {
        scene.storage.allowWiping(false)
        #expect(try !scene.vault.wipeRemoved())
        #expect(try !scene.vault.wipeRemoved())
        #expect(try scene.vault.read { try $0.setting("wipe-pending") } == "yes")
        scene.storage.allowWiping(true)
        #expect(try scene.vault.wipeRemoved())
        #expect(try scene.vault.read { try $0.setting("wipe-pending") } == nil)
    }
}
