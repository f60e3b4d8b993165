internal import FoundationEssentials
package import SecureMemory
package import VaultCore

/// An answer that came whole: a status, and a body that is not to be trusted. Nothing of the body but what is decoded
/// here gets out.
package struct HTTPAnswer: Sendable {
    package let status: Int
    /// Whether the body was said to be JSON.
    package let isJSON: Bool
    /// The header `Retry-After` as it came; nil where there is none, or a long one.
    package let retryAfter: String?
    /// What the other side's clock says, in milliseconds since 1970 UTC; nil where it does not say.
    package var date: Int64? { dateText.flatMap { HTTPDate.seconds($0) }.map { $0 * 1000 } }
    /// The header `Date` as it came; nil where there is none, or a long one.
    private let dateText: String?
    package let body: Body

    /// Where the bytes are.
    package enum Body: Sendable {
        case plain([UInt8])
        case secret(SharedSecret)

        /// All of them, readable while `body` runs.
        package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
            switch self {
            case .plain(let bytes): bytes.withUnsafeBytes(body)
            case .secret(let secret): secret.bytes.withBytes(body)
            }
        }
    }

    package init(status: Int, isJSON: Bool, retryAfter: String?, date: String? = nil, body: Body) {
        self.status = status
        self.isJSON = isJSON
        self.retryAfter = retryAfter
        dateText = date
        self.body = body
    }

    /// The body as what it should be. A decoding error quotes the body, so only its kind gets out.
    package func decode<Value: Decodable>(_ type: Value.Type) throws(DeliveryFailure) -> Value {
        guard isJSON else { throw .wrongAnswer(.notJSON) }
        do {
            return try JSONDecoder().decode(type, from: body.withBytes { Data($0) })
        } catch DecodingError.dataCorrupted {
            throw .wrongAnswer(.notJSON)
        } catch {
            throw .wrongAnswer(.missingMember)
        }
    }
}
