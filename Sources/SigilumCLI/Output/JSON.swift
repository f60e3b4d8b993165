package import SecureMemory

/// A JSON document whose members keep the order they were given in.
///
/// Written with literals: `["id": .string(service.id), "services": .array(rows), "count": 3]`.
package enum JSON: Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case string(String)
    case array([JSON])
    case object([(key: String, value: JSON)])
    /// A secret that is at hand: the masked text, or with `--reveal-secrets` its value as a string; where that is not
    /// UTF-8, `{"base64": …}`.
    case secret(SharedSecret, prefix: String)
    /// A secret that was not opened: the masked text, always.
    case hidden(prefix: String)
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral text: String) { self = .string(text) }
    package init(integerLiteral number: Int64) { self = .integer(number) }
    package init(booleanLiteral truth: Bool) { self = .boolean(truth) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral members: (String, JSON)...) {
        self = .object(members.map { (key: $0.0, value: $0.1) })
    }
    package init(nilLiteral: ()) { self = .null }
}
