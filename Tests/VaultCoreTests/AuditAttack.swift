import Sealing
import SecureMemory
import VaultFormat
import VaultTestSupport

@testable import VaultCore

/// Who knows today's data key and today's ratchet key, and writes another past: all is put right that can be. The keys
/// of the rows before are gone, so the running MAC and the proofs stay what they were.
struct AuditAttack {
    let keys: KeyRing
    let head: Head
    let before: MemoryRows
    /// As they are stored, the first being record 1.
    let log: [[UInt8]]

    init(_ scene: VaultScene) throws {
        before = scene.storage.rows
        keys = scene.vault.keys
        head = try scene.head(of: before)
        log = before.keys(.audit).compactMap { [before] in before[.audit, $0] }
    }

    /// A record as it was, or as of another user, sealed for another number.
    func sealed(_ original: Int, as number: Int, userID: UInt32? = nil) throws -> [UInt8] {
        let payloads = AuditChain(keys: keys).payloads
        let opened = try payloads.open(UInt64(original), log[original - 1])
        let nonce = Nonce.random()
        var row = opened.row
        row.userID = userID ?? row.userID
        row.nonce = nonce.bytes
        row.ciphertext = try payloads.seal(opened.fields, row, UInt64(number), nonce)
        return row.encoded
    }

    /// The vault with another log, sound by itself, on a machine that has no anchor of it.
    func written(_ rows: [[UInt8]]) throws -> VaultScene {
        var (copy, head) = (before, head)
        let chain = AuditChain(keys: keys)
        for key in copy.keys(.audit) { copy[.audit, key] = nil }
        head.audit.head = chain.start().head
        for (index, row) in rows.enumerated() {
            let number = UInt64(index + 1)
            copy[.audit, AuditRow.key(number)] = row
            head.audit.head = chain.step(head.audit.head, number, row)
            head.audit.time = try AuditRow(decoding: row).time
        }
        head.audit.sequence = UInt64(rows.count)
        copy.head = HeadCrypto.encode(head, keys)
        return try VaultScene(rows: copy, anchor: nil)
    }
}

/// A vault with an auditor.
struct AuditedVault {
    let scene: VaultScene
    let pair = RecipientKeyPair.random()
    let added: RegisteredAuditor

    init() throws {
        scene = try VaultScene()
        for name in ["a", "b"] { try scene.put(name, "canary \(name)") }
        let auditor = Auditor(key: pair.publicKey)
        added = try scene.vault.write { try $0.add(auditor).auditor }
        for number in 0..<5 { try scene.put("a", "canary \(number)") }
        _ = try scene.value("b")
    }

    var first: Int { Int(added.first) }
    var last: Int { scene.storage.rows.count(.audit) }

    /// What an auditor says of an export.
    func prove(_ file: [UInt8], older: [UInt8]? = nil, fingerprint: String? = nil) throws -> LogProof {
        try LogProof.prove(
            LogFile(source(file)), with: pair, fingerprint: fingerprint, older: older.map { try LogFile(source($0)) })
    }
}

extension VaultScene {
    func exported() throws -> [UInt8] {
        var bytes: [UInt8] = []
        _ = try vault.exportLog { bytes += $0 }
        return bytes
    }
}

/// Gives bytes in small pieces.
func source(_ bytes: [UInt8]) -> LogSource {
    var rest = bytes[...]
    return { limit in
        let next = Array(rest.prefix(min(limit, 301)))
        rest = rest.dropFirst(next.count)
        return next
    }
}
