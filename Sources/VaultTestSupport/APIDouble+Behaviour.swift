extension APIDouble {
    /// How the double behaves. The default is the API's own.
    package struct Behaviour: Sendable {
        /// What it answers.
        package enum Answering: Sendable, Equatable {
            /// As the API does. Those below do not touch the state unless they say so.
            case honestly
            /// 200 `text/plain` to everything, as some other server on that port.
            case lying
            /// What was asked for is done; `application/json` under the honest status, and a body that is not JSON.
            case garbage
            /// What was asked for is done; the honest answer under `text/html`.
            case wrongContentType
            /// What was asked for is done; the honest status, and this body as JSON.
            case saying(String)
            /// What was asked for is done; an error of this status all the same.
            case failingAfter(status: Int)
            /// What was asked for is done; the beginning of the honest answer, then the connection is closed.
            case truncating
            /// The honest answer to what was not done.
            case pretending
            /// 307 to the same path below another URL.
            case redirecting(to: String)
            /// 200 `application/json` and a body that never ends.
            case endlessBody
            /// 200 `application/json` and a body that comes a byte at a time and never ends.
            case trickling
            /// A JSON answer of more than this many bytes, under this status.
            case huge(status: Int, bytes: Int)
            /// An error of this status that quotes the request's body and token in every member.
            case quoting(status: Int)
            /// An error of this status with that code.
            case error(status: Int, code: String)
            /// An error of this status without a body.
            case status(Int)
            /// 429 or 503, with `Retry-After` where it is not nil.
            case later(status: Int, retryAfter: String?)
            /// Bytes that are not HTTP.
            case notHTTP
            /// Nothing at all, with the connection kept open.
            case silently
        }

        /// The default: the API as it is.
        package static let normal = Behaviour()

        package var answering = Answering.honestly
        /// Milliseconds between having processed a request and answering it.
        package var delayMilliseconds = 0
        /// How many services an account may have.
        package var serviceLimit = 5
        /// How many active keys a service may have.
        package var keyLimit = 10
        /// The most keys of one page, whatever is asked for.
        package var keysAPage = 100
        /// The next keys, in order; a random one of the API's form where there is none.
        package var nextKeys: [String] = []
    }

    /// A service as the API keeps it.
    package struct Service: Sendable, Equatable {
        package var id: String
        /// Whose it is: the account of a token.
        package var account: String
        package var name: String
        package var slug: String
        package var domain: String?
        package var description: String?
        package var createdAt: String
        package var keys: [Key] = []

        /// A service made now.
        package init(
            id: String = APIDoubleStore.newID("svc_"), account: String = "johndee", name: String, slug: String,
            domain: String? = "localhost", description: String? = "A service.", createdAt: String? = nil
        ) {
            self.id = id
            self.account = account
            self.name = name
            self.slug = slug
            self.domain = domain
            self.description = description
            self.createdAt = createdAt ?? DoubleClock.milliseconds()
        }

        /// The keys that were not revoked.
        package var activeKeys: [Key] { keys.filter { $0.revokedAt == nil } }
    }

    /// A key as the API keeps it: not the key itself.
    package struct Key: Sendable, Equatable {
        package var id: String
        package var name: String
        /// `...` and the last four characters.
        package var prefix: String
        /// The SHA-256 in lower-case hex digits.
        package var hash: String
        package var createdAt: String
        package var revokedAt: String?
        package var gatewayRegisteredAt: String?

        /// An active key made now.
        package init(id: String = APIDoubleStore.newID("key_"), name: String, value: String) {
            self.id = id
            self.name = name
            prefix = "..." + value.suffix(4)
            hash = APIDoubleStore.hash(value)
            createdAt = DoubleClock.milliseconds()
        }
    }
}
