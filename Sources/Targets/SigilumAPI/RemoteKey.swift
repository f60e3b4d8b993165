internal import SecureMemory

/// An active key of a service as the API tells it.
struct RemoteKey: Decodable, Sendable {
    let id: String
    let name: String
    /// `...` and the last four characters of the key.
    let prefix: String

    private enum Member: String, CodingKey {
        case id, name
        case prefix = "key_prefix"
    }

    /// One page of the answer to a request for all.
    struct Page: Decodable {
        let keys: [RemoteKey]
        let pagination: Pagination
    }

    struct Pagination: Decodable {
        let hasMore: Bool

        private enum Member: String, CodingKey {
            case hasMore = "has_more"
        }

        init(from decoder: any Decoder) throws {
            hasMore = try decoder.container(keyedBy: Member.self).decode(Bool.self, forKey: .hasMore)
        }
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Member.self)
        id = try members.decode(String.self, forKey: .id)
        name = try members.decode(String.self, forKey: .name)
        prefix = try members.decode(String.self, forKey: .prefix)
    }
}

/// An active key whose id can be used.
struct ActiveKey: Sendable {
    let id: APIIdentifier
    let name: String
    let prefix: String

    /// Whether its prefix is the end of this value: true for the right one, and by chance for one in a million others.
    func mayBe(_ value: SharedSecret) -> Bool {
        value.bytes.withBytes { bytes in
            bytes.count >= 4 && prefix.utf8.elementsEqual("...".utf8 + bytes.suffix(4))
        }
    }
}
