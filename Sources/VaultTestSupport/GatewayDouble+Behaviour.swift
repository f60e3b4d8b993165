extension GatewayDouble {
    /// How the double behaves. The default is the gateway's own.
    package struct Behaviour: Sendable {
        /// Who may call `/api/admin`.
        package enum Access: Sendable, Equatable {
            /// Loopback is let in whatever token it sends.
            case hybrid
            case loopback
            /// 403 `ADMIN_TOKEN_REQUIRED` without this token, as a bearer token or in `X-Sigilum-Admin-Token`.
            case token(String)
        }

        /// What it answers.
        package enum Answering: Sendable, Equatable {
            /// As the gateway does. All others do not touch the state.
            case honestly
            /// 200 `text/plain` to everything, as some other server on that port.
            case lying
            /// The honest status and `application/json`, and a body that is not JSON.
            case garbage
            /// The honest answer under `text/html`.
            case wrongContentType
            /// 307 to the same path below another URL.
            case redirecting(to: String)
            /// 200 `application/json` and a body that never ends.
            case endlessBody
            /// 200 `application/json` and a body that comes a byte at a time and never ends.
            case trickling
            /// A status line and headers that never end.
            case endlessHeaders
            /// A JSON answer of more than this many bytes.
            case huge(bytes: Int)
            /// An error of this status that quotes the request's body and credentials in every member.
            case quoting(status: Int)
            /// A connection as success, quoting the request's body and credentials in every member.
            case quotingAsSuccess
            /// An error of this status without a body.
            case status(Int)
            /// Bytes that are not HTTP.
            case notHTTP
            /// Nothing at all, with the connection kept open.
            case silently
            /// The beginning of the honest answer, then the connection is closed.
            case truncating
            /// Nothing: the connection is closed when all was done.
            case hangingUp
            /// The honest answer to a write that was not done.
            case pretending
        }

        /// The default: the gateway as it is.
        package static let normal = Behaviour()

        package var access = Access.hybrid
        package var answering = Answering.honestly
        /// Milliseconds between having processed a request and answering it.
        package var delayMilliseconds = 0
        /// How many of the next writes are answered `Transaction Conflict. Please retry`.
        package var conflicts = 0
        /// What stands in the header `Date` of its answers; nil for none.
        package var date: String?
        /// Started with another master key than that of its connections: rotations fail.
        package var hasOtherMasterKey = false
        /// The master key that it runs with: rotations of connections that were made under another one fail.
        package var masterKey = ""
        /// Answers a body over the limit, and closes, while the client still sends.
        package var closesOnLargeBody = false
        /// What upstream answers `/test`; nil when it does not answer.
        package var upstreamStatus: Int? = 200
        /// The status of `/test` itself where the gateway demands a signed caller; nil where it does not.
        package var signedCallerStatus: Int?
        /// The folder in which `PUT service-api-keys` writes its file; nil to write none.
        package var home: String?
    }

    /// A connection as the gateway keeps it.
    package struct Connection: Sendable, Equatable {
        package var id: String
        package var name: String
        package var baseURL: String
        package var pathPrefix = ""
        package var authMode = "bearer"
        package var authHeaderName = "Authorization"
        package var authPrefix = "Bearer "
        package var authSecretKey = ""
        package var secrets: [String: String] = [:]
        package var status = "active"
        package var createdAt: String
        package var updatedAt: String
        package var lastTestedAt = DoubleClock.zero
        package var lastTestError = ""
        package var lastRotatedAt = DoubleClock.zero
        package var rotationIntervalDays = 0
        package var secretVersion = 1
        /// The master key that its secrets are sealed under.
        package var masterKey = ""

        /// A connection in bearer mode, made now.
        package init(id: String, name: String, baseURL: String, secretKey: String = "", secrets: [String: String] = [:])
        {
            self.id = id
            self.name = name
            self.baseURL = baseURL
            authSecretKey = secretKey
            self.secrets = secrets
            createdAt = DoubleClock.now()
            updatedAt = createdAt
        }
    }
}
