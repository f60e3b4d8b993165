internal import VaultCore

/// What a note's file says, for people too.
///
/// ```
/// sigilum token note 1
/// vault-path /home/johndee/.sigilum-workspace/vault.db
/// vault-id 00112233445566778899aabbccddeeff
/// said-on 20513
/// ends 1772359200000 johndee
/// ```
///
/// `said-on` is missing where nothing was said yet; there is one line `ends` for each token that ends.
struct TokenNoteText {
    let path: String
    let note: TokenNote

    init(path: String, note: TokenNote) {
        self.path = path
        self.note = note
    }

    var encoded: [UInt8] {
        var lines = [
            "sigilum token note 1", "vault-path " + AnchorText.escaped(path),
            "vault-id " + AnchorText.hex(note.vaultID),
        ]
        if let day = note.saidOn { lines.append("said-on \(day)") }
        lines += note.inOrder.map { "ends \($0.end) \($0.namespace.text)" }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    /// Nil for anything but what ``encoded`` makes of a note for this path.
    init?(decoding bytes: [UInt8], path: String) {
        let lines = bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        var vaultID: [UInt8] = []
        var ends: [Namespace: Int64] = [:]
        var saidOn: Int64?
        guard lines.count <= TokenNote.limit + 4 else { return nil }
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            switch (words.first, words.count) {
            case ("vault-id", 2): vaultID = AnchorText.bytes(words[1]) ?? []
            case ("said-on", 2): saidOn = Int64(words[1])
            case ("ends", 3):
                guard let end = Int64(words[1]), let namespace = try? Namespace(words[2]) else { return nil }
                ends[namespace] = end
            default: break
            }
        }
        guard vaultID.count == 16 else { return nil }
        self.path = path
        note = TokenNote(vaultID: vaultID, ends: ends, saidOn: saidOn)
        // One way to write it: whatever reads the same and is written otherwise was not written here.
        guard encoded == bytes else { return nil }
    }
}
