import OwnerToken
import Sealing
import SecureMemory

@testable import SigilumCLI
@testable import VaultCore
@testable import VaultStore

/// Short texts: anchors, token notes, keys, names and addresses.
enum TextTarget {
    @Sendable static func run(_ bytes: [UInt8]) throws {
        let path = "/home/johndee/.sigilum-workspace/vault.db"
        let line = AnchorText.line(ofPath: path)
        if let anchor = AnchorText(decoding: bytes, path: line)?.anchor {
            let again = AnchorText(decoding: AnchorText.file(anchor, path: line), path: line)
            try require(again?.anchor == anchor, "an anchor that changes when it is written")
        }
        if let note = TokenNoteText(decoding: bytes, path: path) {
            try require(note.encoded == bytes, "a note that is written in two ways")
        }
        let secret = SecretBytes(copying: bytes)
        try require((MasterKeyText.randomKey(secret)?.bytes.count ?? 32) == 32, "a master key of another width")
        if let pair = AuditorKeyText.decode(secret) {
            let again = AuditorKeyText.encode(pair).withBytes { Array($0) }
            try require(again.dropLast() == bytes.prefix(again.count - 1) || isUpper(bytes), "another auditor's key")
        }
        _ = RecipientKeyText.decode(secret)
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        if let key = DepositKey(text: text) {
            try require(DepositKey(text: key.text) == key, "a deposit key that changes when it is read")
        }
        if let auditor = Auditor(text: text) {
            try require(Auditor(text: auditor.text) == auditor, "an auditor that changes when it is read")
        }
        if let name = try? EntryName(text) {
            try require((try? EntryName(name.text)) == name, "a name that changes when it is read")
            _ = name.kind
        }
        if let address = try? HTTPAddress(text) {
            try require((try? HTTPAddress(address.text)) == address, "an address that changes when it is read")
        }
        _ = try? ListenAddress(text)
        _ = DeliveryID(text: text)
        let escaped = Escaping.forTerminal(text)
        try require(escaped.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "a control character that is not escaped")
        try require(Escaping.forTerminal(escaped) == escaped, "an escaping that changes what is escaped")
    }

    private static func isUpper(_ bytes: [UInt8]) -> Bool { bytes.contains { (0x41...0x46).contains($0) } }
}

/// `config.env`.
enum ConfigTarget {
    @Sendable static func run(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { bytes in
            guard let settings = try? ConfigFileParser.all(bytes) else { return }
            let names = Set(settings.map(\.name))
            try require(names.count == settings.count, "a name that is there twice")
            let wanted = try ConfigFileParser.parse(bytes, wanted: names)
            for (name, value) in settings {
                try require(wanted[name] == value, "a value that depends on how it is asked for")
                let secret = try ConfigFileParser.secret(name, in: bytes)?.withBytes { Array($0) }
                try require(secret == Array(value.utf8), "a secret that is not the value")
                guard let quote = ["'", "\""].first(where: { !value.contains($0) }) else { continue }
                let line = Array("\(name)=\(quote)\(value)\(quote)\n".utf8)
                let again = try line.withUnsafeBytes { try ConfigFileParser.all($0) }
                try require(again.count == 1 && again[0] == (name, value), "a value that changes when it is quoted")
            }
        }
    }
}

/// An owner token as it is; and the bytes as header and payload (a NUL between them) of a token that is signed.
enum TokenTarget {
    private static let secret = SharedSecret(SecretBytes(copying: Array("a secret of a fuzzer, no other".utf8)))

    @Sendable static func run(_ bytes: [UInt8]) throws {
        try read(bytes)
        let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        let header = parts.count == 2 ? Array(parts[0]) : Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8)
        let signed = base64(header) + [UInt8(ascii: ".")] + base64(Array(parts.last ?? []))
        let code = signed.withUnsafeBytes { HMACSHA256.code(of: $0, key: secret.bytes).withBytes { Array($0) } }
        try read(signed + [UInt8(ascii: ".")] + base64(code))
    }

    private static func read(_ bytes: [UInt8]) throws {
        let token = SecretBytes(copying: bytes)
        _ = try? OwnerToken.verify(token, secret: secret.bytes)
        guard let parsed = try? OwnerToken.parse(token) else { return }
        try require(bytes.count <= OwnerToken.lengthLimit, "a token that is too long")
        for now in [Int64.min, 0, .max] { try? parsed.check(now: now, namespace: "johndee") }
        var claims = parsed.claims
        guard let again = try? OwnerToken.sign(claims, secret: secret.bytes) else { return }
        // No audience at all, and an empty list of them, are written alike.
        if claims.audience.isEmpty { claims.audience = [] }
        let verified = try OwnerToken.verify(again, secret: secret.bytes)
        try require(verified.claims == claims, "claims that change when they are signed")
    }

    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        var text = [UInt8](repeating: 0, count: Base64URL.encodedCount(bytes.count) + 1)
        let count = bytes.withUnsafeBytes { from in text.withUnsafeMutableBytes { Base64URL.encode(from, into: $0) } }
        return Array(text.prefix(count))
    }
}

/// What values are imported from; the first byte chooses the format.
enum ImportTarget {
    private static let formats: [ImportFormat] = [.env, .json, .sops, .vault]

    @Sendable static func run(_ bytes: [UInt8]) throws {
        let format = formats[Int((bytes.first ?? 0) & 3)]
        let content = SecretBytes(copying: bytes.dropFirst())
        guard let values = try? format.values(content) else { return }
        let total = values.items.reduce(0) { $0 + $1.count }
        try require(total <= content.count, "values that are longer than the file")
        for item in values.items {
            try require(values.value(item).bytes.count == item.count, "a value of another length")
        }
        let candidates = try? ImportCandidates(
            values, prefix: "", allowsVariableReference: false, now: 0, say: { _ in })
        guard let candidates else { return }
        try require(candidates.names.count + candidates.empty.count == values.items.count, "a value that was lost")
    }
}
