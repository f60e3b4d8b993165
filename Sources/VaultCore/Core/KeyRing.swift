internal import Sealing
internal import SecureMemory
internal import VaultFormat

/// The subkeys of one data key: BLAKE2b keyed with it, one purpose each, bound to the vault and the epoch.
final class KeyRing: Sendable {
    let vaultID: [UInt8]
    let epoch: UInt32
    /// Kept for what few commands need: backups, deposits, another slot.
    let dataKey: SharedSecret
    let names, state, overviews, bodies, commitments, fingerprints, auditPayloads, auditKeys: SharedSecret

    init(dataKey: SharedSecret, vaultID: [UInt8], epoch: UInt32) {
        var writer = ByteWriter()
        writer.append(vaultID)
        writer.integer(epoch)
        self.vaultID = vaultID
        self.epoch = epoch
        self.dataKey = dataKey
        let subkeys = KeyedHash.derive(
            [
                Purpose("sigilum1.names"), Purpose("sigilum1.state"), Purpose("sigilum1.entries"),
                Purpose("sigilum1.bodies"), Purpose("sigilum1.commit"), Purpose("sigilum1.prints"),
                Purpose("sigilum1.audit"), Purpose("sigilum1.ratchet"),
            ], key: dataKey.bytes, message: writer.bytes)
        (names, state, overviews, bodies) = (subkeys[0], subkeys[1], subkeys[2], subkeys[3])
        (commitments, fingerprints, auditPayloads, auditKeys) = (subkeys[4], subkeys[5], subkeys[6], subkeys[7])
    }

    /// A further subkey, for what is not needed on every way.
    func subkey(_ purpose: Purpose) -> SharedSecret {
        var writer = ByteWriter()
        writer.append(vaultID)
        writer.integer(epoch)
        return SharedSecret(KeyedHash.derive(purpose, key: dataKey.bytes, message: writer.bytes))
    }

    /// Keeps the subkeys readable all the time that `body` runs: for what uses them for each of many rows, where to open and
    /// close them takes longer than the cryptography. The short secrets that are made meanwhile, one after the other, share
    /// one allocation. SECURITY.md says so.
    func whileReadable<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        // They lie in one allocation.
        try names.bytes.withBytes { (_) throws(Failure) -> Result in try SecretBytes.together(body) }
    }

    /// Names the data key without telling anything of it, for people to compare: 32 hexadecimal digits.
    var fingerprint: String { hexadecimal(hash(Purpose("vault print"), []).bytes.prefix(16)) }

    /// Where an entry stands: 16 bytes of a keyed hash of its class and name, so that names do not show.
    func tag(_ space: EntryClass, _ name: String) -> [UInt8] {
        var message = [UInt8]()
        message.reserveCapacity(1 + name.utf8.count)
        message.append(space.rawValue)
        message.append(contentsOf: name.utf8)
        return Array(KeyedHash.digest(Purpose("tag"), key: names.bytes, message).bytes[..<16])
    }

    func fingerprint(_ secret: borrowing SecretBytes) -> Fingerprint {
        Fingerprint(bytes: KeyedHash.digest(Purpose("fingerprint"), key: fingerprints.bytes, of: secret).bytes)
    }

    func hash(_ purpose: Purpose, _ message: [UInt8]) -> Digest {
        KeyedHash.digest(purpose, key: state.bytes, message)
    }

    /// Of a row's key, and the row.
    func hash(_ purpose: Purpose, _ key: [UInt8], _ row: [UInt8]) -> Digest {
        var message = ByteWriter(capacity: key.count + row.count)
        message.append(key)
        message.append(row)
        return hash(purpose, message.bytes)
    }

    /// What sealed bytes are bound to: format, suite, vault, epoch, and the parts given, each framed by its length.
    func bound(_ parts: [[UInt8]]) -> [UInt8] { Self.bound(vaultID, epoch, parts) }

    static func bound(_ vaultID: [UInt8], _ epoch: UInt32, _ parts: [[UInt8]]) -> [UInt8] {
        var writer = boundWriter(vaultID, epoch)
        for part in parts { writer.framed(part) }
        return writer.bytes
    }

    /// What begins it, for those that are made for each of many rows: the parts follow, framed.
    static func boundWriter(_ vaultID: [UInt8], _ epoch: UInt32) -> ByteWriter {
        // As much as the longest of them has.
        var writer = ByteWriter(capacity: 128)
        writer.integer(FormatVersion.format)
        writer.integer(FormatVersion.suite)
        writer.append(vaultID)
        writer.integer(epoch)
        return writer
    }

    /// The commitment that an AEAD without one needs: one ciphertext opens under one key only.
    func commitment(boundTo data: [UInt8], nonce: [UInt8], ciphertext: [UInt8]) -> Digest {
        var writer = ByteWriter(capacity: 4 + data.count + nonce.count + ciphertext.count)
        writer.framed(data)
        writer.append(nonce)
        writer.append(ciphertext)
        return KeyedHash.digest(Purpose("commitment"), key: commitments.bytes, writer.bytes)
    }
}

/// The name spaces of the tree. Only secrets are the user's; the others are the vault's own records.
enum EntryClass: UInt8, CaseIterable {
    case secret = 1
    case service = 2
    case delivery = 3
    case setting = 4
}

/// The fields of a setting's overview besides its value.
enum SettingField {
    /// The setting's name; settings that older programs wrote have none.
    static let name = "name"
}
