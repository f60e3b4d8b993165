internal import OwnerToken
internal import SecureMemory
internal import VaultCore

/// An owner token as `auth show` prints it.
struct TokenReport {
    let token: SharedSecret
    /// Milliseconds since 1970 UTC.
    let now: Int64
    /// Whose it should be; nil: anybody's.
    let namespace: Namespace?

    /// The token alone, or what it says. One that cannot be used any more is shown with a warning.
    func report(claims: Bool, json: Bool, say: (Remark) -> Void) throws -> Report {
        let parsed: ParsedOwnerToken
        do throws(OwnerTokenError) {
            parsed = try OwnerToken.parse(token.bytes)
        } catch {
            // What is stored is shown as it is; that it is no token is worth a word.
            guard !claims else { throw error.stored }
            say(.warn("\(error.stored.message)"))
            return bare
        }
        do throws(OwnerTokenError) {
            try parsed.check(now: now / 1000, namespace: namespace?.text)
        } catch {
            say(.warn("\(error.stored.message)"))
        }
        return claims ? report(parsed) : bare
    }

    private var bare: Report {
        Report(
            bare: token, json: .object([("token", Value.secret(token, prefix: "").json)]), showsSecrets: true)
    }

    private func report(_ parsed: ParsedOwnerToken) -> Report {
        var fields = parsed.members.map { Field($0.name, Self.value($0.value)) }
        var json: [(key: String, value: JSON)] = [
            ("claims", .object(parsed.members.map { (key: $0.name, value: Self.json($0.value)) }))
        ]
        let seconds = now / 1000
        if let issued = parsed.claims.issuedAt {
            fields.append(Field("age", .plain(Timestamp.duration(max(0, seconds - issued) * 1000))))
            json.append(("age_seconds", .integer(max(0, seconds - issued))))
        }
        if let end = parsed.claims.expiresAt {
            let left = end - seconds
            fields.append(Field("time_left", .plain(left > 0 ? Timestamp.duration(left * 1000) : "expired")))
            json.append(("seconds_left", .integer(max(0, left))))
        }
        return Report(.ok("Claims of the owner token"), fields: fields, json: .object(json))
    }

    private static func value(_ value: ClaimValue) -> Value {
        if case .string(let text) = value { .untrusted(text) } else { .untrusted(value.jsonText) }
    }

    private static func json(_ value: ClaimValue) -> JSON {
        switch value {
        case .string(let text): .string(text)
        case .number(let text): Int64(text).map { .integer($0) } ?? .string(text)
        case .boolean(let isTrue): .boolean(isTrue)
        case .null: .null
        case .array(let elements): .array(elements.map(json))
        case .object(let members): .object(members.map { (key: $0.name, value: json($0.value)) })
        }
    }
}
