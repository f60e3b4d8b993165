internal import Sealing
internal import VaultCore

/// What an anchor's file says: six lines, for people too.
///
/// ```
/// sigilum anchor 1
/// vault-path /home/johndee/.sigilum-workspace/vault.db
/// vault-id 00112233445566778899aabbccddeeff
/// generation 12
/// audit-sequence 34
/// audit-head (64 hexadecimal digits)
/// ```
struct AnchorText: Equatable {
    let path: String
    let anchor: Anchor

    private static let names = ["vault-path", "vault-id", "generation", "audit-sequence", "audit-head"]

    var encoded: [UInt8] {
        let values = [
            Self.escaped(path), Self.hex(anchor.vaultID), "\(anchor.generation)", "\(anchor.auditSequence)",
            Self.hex(anchor.auditHead.bytes),
        ]
        let lines = ["sigilum anchor 1"] + zip(Self.names, values).map { "\($0) \($1)" }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    init(path: String, anchor: Anchor) {
        self.path = path
        self.anchor = anchor
    }

    /// Nil for anything but what ``encoded`` makes of an anchor for this path.
    init?(decoding bytes: [UInt8], path: String) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count == Self.names.count + 2 else { return nil }
        let values = zip(Self.names, lines[1...]).map { name, line in
            String(decoding: line.dropFirst(name.utf8.count + 1), as: UTF8.self)
        }
        guard let vaultID = Self.bytes(values[1]), vaultID.count == 16, let generation = UInt64(values[2]),
            let sequence = UInt64(values[3]), let head = Self.bytes(values[4]).flatMap({ Digest($0) })
        else { return nil }
        self.path = path
        anchor = Anchor(vaultID: vaultID, generation: generation, auditSequence: sequence, auditHead: head)
        // One way to write it: whatever reads the same and is written otherwise was not written here.
        guard encoded == bytes else { return nil }
    }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static func bytes(_ hex: String) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }

    /// A path may have line ends in it.
    static func escaped(_ path: String) -> String {
        String(
            decoding: path.utf8.flatMap { byte -> [UInt8] in
                switch byte {
                case UInt8(ascii: "\\"): Array(#"\\"#.utf8)
                case UInt8(ascii: "\n"): Array(#"\n"#.utf8)
                default: [byte]
                }
            }, as: UTF8.self)
    }
}
