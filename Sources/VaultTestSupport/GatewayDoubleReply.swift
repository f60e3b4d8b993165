/// An answer of the gateway, before it is bytes.
struct GatewayDoubleReply: Sendable {
    var status: Int
    var contentType: String?
    var body: [UInt8]
    /// The header `Date`.
    var date: String?
    var closes = false
    /// The bytes of a failure need the request's id, which only the caller knows.
    private var problem: (text: String, code: String?)?

    init(status: Int, contentType: String?, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    static let unknownConnection = failure(404, "connection not found")

    /// A JSON object as success.
    static func success(_ status: Int, _ object: [String: Any]) -> GatewayDoubleReply {
        GatewayDoubleReply(status: status, contentType: "application/json", body: DoubleJSON.write(object))
    }

    /// Nothing but a status.
    static func empty(_ status: Int) -> GatewayDoubleReply {
        GatewayDoubleReply(status: status, contentType: nil, body: [])
    }

    /// Text, as the gateway answers GET on a path it does not know.
    static func plain(_ status: Int, _ text: String) -> GatewayDoubleReply {
        GatewayDoubleReply(status: status, contentType: "text/plain; charset=utf-8", body: Array("\(text)\n".utf8))
    }

    /// An error; its body is made by ``identified(by:)``.
    static func failure(_ status: Int, _ text: String, code: String? = nil) -> GatewayDoubleReply {
        var reply = GatewayDoubleReply(status: status, contentType: "application/json", body: [])
        reply.problem = (text, code)
        return reply
    }

    /// 200 as plain text to GET, which is what makes a health check by status alone worthless.
    static func unknownPath(_ method: String) -> GatewayDoubleReply {
        method == "GET" ? plain(200, "sigilum gateway") : plain(404, "404 page not found")
    }

    /// The answer with the error's body, which carries the request's id.
    func identified(by requestID: String) -> GatewayDoubleReply {
        guard let problem else { return self }
        var object: [String: Any] = [
            "error": problem.text, "request_id": requestID, "timestamp": DoubleClock.now(),
            "docs_url": "https://docs.sigilum.id/product/gateway-error-codes",
        ]
        object["code"] = problem.code
        var reply = self
        reply.body = DoubleJSON.write(object)
        return reply
    }

    /// What the gateway tells of a connection: never a secret's value.
    static func fields(of connection: GatewayDouble.Connection) -> [String: Any] {
        var fields: [String: Any] = [
            "id": connection.id, "name": connection.name, "protocol": "http", "base_url": connection.baseURL,
            "auth_mode": connection.authMode, "auth_header_name": connection.authHeaderName,
            "auth_prefix": connection.authPrefix, "status": connection.status, "created_at": connection.createdAt,
            "updated_at": connection.updatedAt, "last_tested_at": connection.lastTestedAt,
            "last_rotated_at": connection.lastRotatedAt, "secret_version": connection.secretVersion,
            "mcp_discovery": ["tools": [String]()],
        ]
        if !connection.pathPrefix.isEmpty { fields["path_prefix"] = connection.pathPrefix }
        if !connection.authSecretKey.isEmpty { fields["auth_secret_key"] = connection.authSecretKey }
        if !connection.secrets.isEmpty { fields["credential_keys"] = connection.secrets.keys.sorted() }
        if !connection.lastTestError.isEmpty { fields["last_test_error"] = connection.lastTestError }
        if connection.rotationIntervalDays > 0 {
            fields["rotation_interval_days"] = connection.rotationIntervalDays
            fields["next_rotation_due_at"] = DoubleClock.now(plusDays: connection.rotationIntervalDays)
        }
        return fields
    }

    /// The answer as HTTP/1.1.
    func bytes(requestID: String, keepAlive: Bool) -> [UInt8] {
        var headers = [("X-Request-Id", requestID)]
        if let date { headers.append(("Date", date)) }
        if let contentType { headers.append(("Content-Type", contentType)) }
        return DoubleHTTP.bytes(status, headers, body, closes: closes || !keepAlive)
    }
}
