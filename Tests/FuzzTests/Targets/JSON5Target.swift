import JSON5
import SecureMemory

/// A JSON5 text, and changes of it: whatever the text, they do what they say and nothing else.
enum JSON5Target {
    private static let key = SharedSecret(SecretBytes(copying: Array("a \"quoted\" \\ secret\n".utf8)))
    private static let changes: [[JSON5Change]] = [
        [.set(["hooks", "enabled"], .boolean(true))],
        [.set(["a"], .string("it's \u{2028} \"new\""))],
        [.set(["a", "b", "c"], .secret(key))],
        [.remove(["a"])],
        [.remove(["a", "b"]), .set(["a", "c"], .object([.init(key: "d e", value: .boolean(false))]))],
    ]

    @Sendable static func run(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { text in
            guard let document = try? JSON5Document(text) else { return }
            for changes in changes {
                guard let edits = try? document.edits(changes) else { continue }
                let result = document.applying(edits).withBytes { Array($0) }
                try check(result, changes, from: document)
                if edits.isEmpty { try require(result == bytes, "no edit, and another text") }
            }
        }
    }

    private static func check(_ result: [UInt8], _ changes: [JSON5Change], from old: JSON5Document) throws {
        try result.withUnsafeBytes { text in
            guard let document = try? JSON5Document(text) else { throw Finding(text: "an edit that breaks the text") }
            try require(try document.edits(changes).isEmpty, "an edit that is not done the first time")
            for change in changes {
                switch change {
                case .remove(let path): try require(!document.exists(at: path), "what was removed is there")
                case .set(let path, .string(let text)):
                    try require(document.string(at: path) == text, "another string than was set")
                case .set(let path, .boolean(let flag)):
                    try require(document.boolean(at: path) == flag, "another value than was set")
                case .set(let path, .secret(let secret)):
                    let found = document.secret(at: path)?.withBytes { Array($0) }
                    try require(found == secret.bytes.withBytes { Array($0) }, "another secret than was set")
                case .set(let path, .object): try require(document.isObject(at: path), "no object where one was set")
                }
            }
            // Neighbours are as they were.
            for path in [["z"], ["hooks", "token"]] {
                try require(document.string(at: path) == old.string(at: path), "a neighbour that changed")
            }
        }
    }
}
