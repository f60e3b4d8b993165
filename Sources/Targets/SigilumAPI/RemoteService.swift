internal import VaultCore

/// A service as the API tells it. Members we do not use are passed over; texts are not to be trusted.
struct RemoteService: Decodable, Sendable {
    let id: String
    let name: String
    let slug: String
    /// nil: the answer does not carry it. A null is an empty text.
    let domain: String?
    let description: String?
    let createdAt: String?

    private enum Member: String, CodingKey {
        case id, name, slug, domain, description
        case createdAt = "created_at"
    }

    /// The answer to a request for all.
    struct List: Decodable {
        let services: [RemoteService]
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Member.self)
        func text(_ member: Member) throws -> String? {
            guard members.contains(member) else { return nil }
            return try members.decodeIfPresent(String.self, forKey: member) ?? ""
        }
        id = try members.decode(String.self, forKey: .id)
        name = try members.decode(String.self, forKey: .name)
        slug = try members.decode(String.self, forKey: .slug)
        domain = try text(.domain)
        description = try text(.description)
        createdAt = try members.decodeIfPresent(String.self, forKey: .createdAt)
    }
}

/// A service as it should be.
struct WantedService: Sendable {
    let slug: Slug
    let name: String
    let domain: String
    let description: String
    /// The members on which the user had no word: a service that was there before the vault keeps its own.
    private let silent: Set<String>

    /// - Parameters:
    ///   - record: What the vault has of the service.
    ///   - isCreated: Whether the vault made the service, or is to make it.
    init(_ record: ServiceRecord, isCreated: Bool) {
        slug = record.slug
        name = record.name.isEmpty ? record.slug.text : record.name
        domain = record.domain
        // The API wants at least a character.
        description = record.summary.isEmpty ? name : record.summary
        silent = isCreated ? [] : record.unsaid
    }

    /// The members of `remote` that are not as they should be, with what they should be, in a fixed order.
    func changes(_ remote: RemoteService) -> [(String, String)] {
        var changes: [(String, String)] = []
        if remote.name != name { changes.append(("name", name)) }
        if let old = remote.domain, old != domain { changes.append(("domain", domain)) }
        if let old = remote.description, old != description { changes.append(("description", description)) }
        return changes.filter { !silent.contains($0.0) }
    }
}
