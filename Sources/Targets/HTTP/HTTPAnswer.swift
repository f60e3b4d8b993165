internal import FoundationEssentials
package import NIOCore
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
    package let date: Int64?
    package let body: ByteBuffer

    package init(status: Int, isJSON: Bool, retryAfter: String?, date: Int64? = nil, body: ByteBuffer) {
        self.status = status
        self.isJSON = isJSON
        self.retryAfter = retryAfter
        self.date = date
        self.body = body
    }

    /// The body as what it should be. A decoding error quotes the body, so only its kind gets out.
    package func decode<Value: Decodable>(_ type: Value.Type) throws(DeliveryFailure) -> Value {
        guard isJSON else { throw .wrongAnswer(.notJSON) }
        do {
            return try JSONDecoder().decode(type, from: Data(body.readableBytesView))
        } catch DecodingError.dataCorrupted {
            throw .wrongAnswer(.notJSON)
        } catch {
            throw .wrongAnswer(.missingMember)
        }
    }
}
