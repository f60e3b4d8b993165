internal import Sealing
internal import SecureMemory
internal import VaultCore

/// What the API's database holds of a service's key.
struct KeyMaterial {
    /// 64 lower-case hex digits.
    let hash: String
    /// `...` and the last four characters, as the API shows its users which key is which.
    let prefix: String
    /// `key_local_<slug>_<first 12 of the hash>`.
    let id: String
    let name: String

    init(_ secret: borrowing SecretBytes, of service: ServiceRecord) {
        hash = SHA256.hexDigest(of: secret)
        prefix = "..." + Self.ending(of: secret)
        id = "key_local_\(service.slug.text)_\(hash.prefix(12))"
        name =
            switch service.mode {
            case .native: "Native service key (local cli)"
            case .gateway: "Gateway proxy service key (local cli)"
            }
    }

    /// The last four characters; none of a secret that is not UTF-8, or so short that four are much of it. Decodes in
    /// place: a `String` of the whole would stay in memory.
    private static func ending(of secret: borrowing SecretBytes) -> String {
        guard secret.count >= 12 else { return "" }
        return secret.withBytes { bytes in
            var last: [Unicode.Scalar] = []
            var decoder = UTF8()
            var source = bytes.makeIterator()
            while true {
                switch decoder.decode(&source) {
                case .scalarValue(let scalar):
                    if last.count == 4 { last.removeFirst() }
                    last.append(scalar)
                case .emptyInput: return String(String.UnicodeScalarView(last))
                case .error: return ""
                }
            }
        }
    }
}
