/// A connection as the gateway tells it. Members we do not use are passed over; texts are not to be trusted.
struct RemoteConnection: Decodable, Sendable {
    let id: String
    let name: String
    let baseURL: String
    let pathPrefix: String
    let authMode: String
    let header: String
    let prefix: String
    let secretKey: String
    let credentialKeys: Set<String>
    let status: String
    let createdAt: String
    let rotationIntervalDays: Int
    let secretVersion: Int

    private enum Member: String, CodingKey {
        case id, name, status
        case baseURL = "base_url"
        case pathPrefix = "path_prefix"
        case authMode = "auth_mode"
        case header = "auth_header_name"
        case prefix = "auth_prefix"
        case secretKey = "auth_secret_key"
        case credentialKeys = "credential_keys"
        case createdAt = "created_at"
        case rotationIntervalDays = "rotation_interval_days"
        case secretVersion = "secret_version"
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Member.self)
        func text(_ member: Member) throws -> String { try members.decodeIfPresent(String.self, forKey: member) ?? "" }
        id = try members.decode(String.self, forKey: .id)
        name = try text(.name)
        baseURL = Self.withoutTrailingSlash(try members.decode(String.self, forKey: .baseURL))
        pathPrefix = try text(.pathPrefix)
        authMode = try members.decode(String.self, forKey: .authMode)
        header = try text(.header)
        prefix = try text(.prefix)
        secretKey = try text(.secretKey)
        credentialKeys = Set(try members.decodeIfPresent([String].self, forKey: .credentialKeys) ?? [])
        status = try text(.status)
        createdAt = Self.canonicalTime(try text(.createdAt))
        rotationIntervalDays = try members.decodeIfPresent(Int.self, forKey: .rotationIntervalDays) ?? 0
        secretVersion = try members.decode(Int.self, forKey: .secretVersion)
    }

    private static func withoutTrailingSlash(_ url: String) -> String {
        url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    /// A time as one text however many fractional digits it was written with; empty where it is "never" or not a
    /// time, since whatever is kept of it goes into a receipt.
    private static func canonicalTime(_ text: String) -> String {
        let isTime = text.utf8.count <= 40 && text.utf8.allSatisfy { "0123456789-+:.TZ".utf8.contains($0) }
        guard isTime, !text.hasPrefix("0001-01-01") else { return "" }
        guard text.contains("."), text.hasSuffix("Z") else { return text }
        var digits = text.dropLast()
        while digits.hasSuffix("0") { digits.removeLast() }
        if digits.hasSuffix(".") { digits.removeLast() }
        return "\(digits)Z"
    }
}
