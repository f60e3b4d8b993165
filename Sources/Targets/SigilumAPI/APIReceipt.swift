internal import VaultCore

/// What is remembered of a service at the API.
struct APIReceipt {
    var service: APIIdentifier?
    /// The key that the vault holds.
    var key: APIIdentifier?
    /// Keys of the vault's that the current one replaced, the oldest first: to be revoked when their time is over.
    var retiring: [APIIdentifier]
    /// The key that the API was told the gateway uses.
    var marked: APIIdentifier?
    /// Whether the vault made the service. One that was there before keeps what the vault has no word on, and is never
    /// deleted.
    var isCreated: Bool

    init(_ receipt: DeliveryReceipt) {
        service = receipt["service_id"].flatMap(APIIdentifier.init)
        key = receipt["key_id"].flatMap(APIIdentifier.init)
        retiring = (receipt["retiring"] ?? "").split(separator: ",").compactMap { APIIdentifier(String($0)) }
        marked = receipt["gateway_marked"].flatMap(APIIdentifier.init)
        isCreated = receipt[Self.createdKey] != nil
    }

    /// Of receipts: whether the vault made the service.
    private static let createdKey = "created"

    init(service: APIIdentifier, key: APIIdentifier, retiring: [APIIdentifier], isCreated: Bool) {
        self.isCreated = isCreated
        self.service = service
        self.key = key
        var seen: Set<APIIdentifier> = [key]
        self.retiring = retiring.filter { seen.insert($0).inserted }
    }

    /// The keys that are, or were, the vault's.
    var known: Set<APIIdentifier> { Set(retiring).union(key.map { [$0] } ?? []) }

    var fields: DeliveryReceipt {
        var fields: DeliveryReceipt = [:]
        fields["service_id"] = service?.text
        fields["key_id"] = key?.text
        if !retiring.isEmpty { fields["retiring"] = retiring.map(\.text).joined(separator: ",") }
        fields["gateway_marked"] = marked?.text
        fields[Self.createdKey] = isCreated ? "yes" : nil
        return fields
    }
}
