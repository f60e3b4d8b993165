/// An answer of the API, before it is bytes.
struct APIDoubleReply: Sendable {
    var status: Int
    var headers: [(String, String)] = []
    var body: [UInt8]

    init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }

    static let unknown = failure(404, "Not found", code: "NOT_FOUND")
    static let done = success(200, ["success": true])

    /// A JSON object as success.
    static func success(_ status: Int, _ object: [String: Any]) -> APIDoubleReply {
        APIDoubleReply(status: status, body: DoubleJSON.write(object))
    }

    static func failure(_ status: Int, _ text: String, code: String? = nil) -> APIDoubleReply {
        var object: [String: Any] = ["error": text]
        object["code"] = code
        return APIDoubleReply(status: status, body: DoubleJSON.write(object))
    }

    /// 400, which names the member.
    static func invalid(_ member: String) -> APIDoubleReply {
        let object: [String: Any] = ["error": "Invalid input", "code": "VALIDATION_ERROR", "details": [member]]
        return APIDoubleReply(status: 400, body: DoubleJSON.write(object))
    }
}
