internal import Sealing
package import SecureMemory
internal import VaultFormat

/// A value that somebody without the vault's key handed in, for one entry. Who it was is not known.
package struct Deposit: Sendable {
    /// The most that a file of a deposit has, in bytes.
    package static let sizeLimit = DepositHeader.width + SealedBox.overhead + Padding.headerWidth + 65_536

    /// 16 bytes that its sender chose: it is accepted once.
    package let id: [UInt8]
    /// Milliseconds since 1970 UTC: when it was made, as its sender says, and when it ends.
    package let madeAt: Int64, endsAt: Int64
    /// Which version is to be current when it is accepted; nil: there is no such entry.
    package let base: UInt32?
    package let name: EntryName
    let value: SharedSecret

    /// What is shown of the value: its public prefix.
    package var maskedPrefix: String { Redaction.prefix(of: value.bytes) }

    /// Looks at the value before it is accepted.
    package func check<Failure>(_ body: (borrowing SecretBytes) throws(Failure) -> Void) throws(Failure) {
        try body(value.bytes)
    }

    /// Names the very bytes of a deposit's file, so that what was reviewed is what is accepted: 32 hexadecimal digits.
    package static func handle(_ file: [UInt8]) -> String { hexadecimal(Checksum.digest(file).bytes.prefix(16)) }
}

/// Why a deposit cannot be used.
package enum DepositError: Error, Sendable, Equatable {
    /// It is no deposit, or not as it was written.
    case damaged
    /// It is for another vault.
    case otherVault
    /// It was sealed for a key that this vault had before.
    case olderKey
    /// Its time is over.
    case expired
    /// It was accepted before: its value is not stored a second time.
    case acceptedBefore
    /// It was rejected before.
    case rejectedBefore
    /// It is for another version than the current one; nil: for a new entry.
    case stale(base: UInt32?, current: UInt32)
    /// There is no entry that it could be a new version of.
    case noEntry
    /// Nothing can be sealed for this key.
    case unusableKey
}

extension Deposit {
    /// Seals a value for a vault; whoever has the public key can.
    ///
    /// - Parameters:
    ///   - value: At most 16 KiB.
    ///   - name: The entry.
    ///   - base: The version that is current now; nil: a new entry.
    ///   - key: The vault's.
    ///   - now: Milliseconds since 1970 UTC.
    ///   - lifetime: In milliseconds.
    /// - Returns: The bytes of a file.
    /// - Throws: ``VaultError/valueTooLarge``, ``DepositError/unusableKey``.
    package static func seal(
        _ value: borrowing SecretBytes, as name: EntryName, base: UInt32?, for key: DepositKey, now: Int64,
        lifetime: Int64
    ) throws -> [UInt8] {
        guard value.count <= Vault.valueLimit else { throw VaultError.valueTooLarge }
        let row = DepositRow(
            vaultID: key.vaultID, id: RandomBytes.make(16), time: now, end: now + lifetime, base: base ?? 0,
            name: Array(name.text.utf8)
        ).encoded
        let count = row.count + 4 + value.count
        guard let width = Padding.width(for: count) else { throw VaultError.valueTooLarge }
        let padded = value.withBytes { value in
            SecretBytes(capacity: width) { out in
                var writer = ByteWriter()
                writer.integer(UInt32(count))
                writer.append(row)
                writer.integer(UInt32(value.count))
                out.copyBytes(from: writer.bytes)
                UnsafeMutableRawBufferPointer(rebasing: out[writer.bytes.count...]).copyMemory(from: value)
                return width
            }
        }
        guard let box = SealedBox.seal(padded, to: key.key) else { throw DepositError.unusableKey }
        return DepositHeader(vaultID: key.vaultID, key: key.key.bytes).encoded + box
    }

    init(opening file: [UInt8], _ keys: KeyRing) throws(DepositError) {
        guard let header = try? DepositHeader(decoding: Array(file.prefix(DepositHeader.width))) else {
            throw .damaged
        }
        guard header.vaultID == keys.vaultID else { throw .otherVault }
        guard let pair = try? keys.depositPair() else { throw .damaged }
        guard header.key == pair.publicKey.bytes else { throw .olderKey }
        guard let padded = try? SealedBox.open(Array(file.dropFirst(DepositHeader.width)), with: pair),
            let (row, value) = Self.content(of: padded), row.vaultID == keys.vaultID,
            let name = String(validating: row.name, as: UTF8.self).flatMap({ try? EntryName($0) }),
            Array(name.text.utf8) == row.name
        else { throw .damaged }
        id = row.id
        (madeAt, endsAt) = (row.time, row.end)
        base = row.base == 0 ? nil : row.base
        self.name = name
        self.value = value
    }

    /// What is in padded bytes; nil where they are not as they are written.
    private static func content(of padded: borrowing SecretBytes) -> (row: DepositRow, value: SharedSecret)? {
        padded.withBytes { padded in
            func number(_ offset: Int) -> UInt32 {
                UInt32(littleEndian: padded.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            }
            let start = Padding.headerWidth + DepositRow.fixedWidth
            guard padded.count >= start + 8,
                let range = try? Padding.contentRange(header: number(0), width: padded.count),
                padded[range.upperBound...].allSatisfy({ $0 == 0 }), range.upperBound >= start + 8
            else { return nil }
            let nameWidth = number(start)
            guard nameWidth <= DepositRow.nameLimit, start + 8 + Int(nameWidth) <= range.upperBound else { return nil }
            let valueAt = start + 4 + Int(nameWidth)
            guard let row = try? DepositRow(decoding: Array(padded[Padding.headerWidth..<valueAt])),
                Int(number(valueAt)) == range.upperBound - valueAt - 4, number(valueAt) <= Vault.valueLimit,
                number(valueAt) > 0
            else { return nil }
            let value = UnsafeRawBufferPointer(rebasing: padded[(valueAt + 4)..<range.upperBound])
            return (row, SharedSecret(SecretBytes(copying: value)))
        }
    }
}
