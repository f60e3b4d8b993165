internal import Sealing
internal import VaultCore

/// What an anchor's file says, for people too: two slots, each of 512 bytes and with a whole anchor, and the path of the vault.
///
/// ```
/// sigilum anchor 2
/// vault-id 00112233445566778899aabbccddeeff
/// generation 00000000000000000012
/// audit-sequence 00000000000000000034
/// audit-head (64 hexadecimal digits)
/// checksum (64 hexadecimal digits: of the five lines above, and of the one with the path)
/// (spaces, and a line end as the last of 512 bytes)
/// (the other slot)
/// vault-path /home/johndee/.sigilum-workspace/vault.db
/// ```
///
/// The later anchor of the two counts. The next is written over the earlier one, or over one that is torn, where it is: a disk
/// writes a sector as a whole or not, and whoever is stopped in the middle of a slot leaves the other.
///
/// Version 1 had no slots: six lines, of which the second was the path. It is read, and replaced by the next write.
struct AnchorText {
    /// In bytes: a sector.
    static let slotWidth = 512

    let anchor: Anchor
    /// Where in the file the next anchor is written, in bytes; nil where the whole file is replaced.
    let next: Int?

    /// A new file: both slots are the same. `path` is the line with the vault's path, as ``line(ofPath:)`` has it; here and below.
    static func file(_ anchor: Anchor, path: [UInt8]) -> [UInt8] {
        let slot = slot(anchor, path: path)
        return slot + slot + path
    }

    /// Nil for anything that no program wrote for this path, and where neither slot is whole.
    init?(decoding bytes: [UInt8], path: [UInt8]) {
        let width = Self.slotWidth
        guard bytes.count == 2 * width + path.count, bytes[(2 * width)...].elementsEqual(path) else {
            guard let old = Self.versionOne(bytes, path: path) else { return nil }
            (anchor, next) = (old, nil)
            return
        }
        let first = Self.anchor(in: bytes, at: 0, path: path)
        let second = Self.anchor(in: bytes, at: width, path: path)
        switch (first, second) {
        case (nil, nil): return nil
        case (let first?, nil): (anchor, next) = (first, width)
        case (nil, let second?): (anchor, next) = (second, 0)
        case (let first?, let second?):
            if first == second || second.isBelow(first) {
                (anchor, next) = (first, width)
            } else if first.isBelow(second) {
                (anchor, next) = (second, 0)
            } else {
                return nil
            }
        }
    }

    /// One slot, ``slotWidth`` bytes.
    static func slot(_ anchor: Anchor, path: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(slotWidth + path.count)
        bytes += "sigilum anchor 2\nvault-id ".utf8
        append(hexOf: anchor.vaultID, to: &bytes)
        bytes += "\ngeneration ".utf8
        append(digitsOf: anchor.generation, to: &bytes)
        bytes += "\naudit-sequence ".utf8
        append(digitsOf: anchor.auditSequence, to: &bytes)
        bytes += "\naudit-head ".utf8
        append(hexOf: anchor.auditHead.bytes, to: &bytes)
        bytes.append(lineEnd)
        let end = bytes.count
        bytes += path
        let checksum = Checksum.digest(bytes)
        bytes.removeLast(bytes.count - end)
        bytes += "checksum ".utf8
        append(hexOf: checksum.bytes, to: &bytes)
        bytes.append(lineEnd)
        while bytes.count < slotWidth - 1 { bytes.append(UInt8(ascii: " ")) }
        bytes.append(lineEnd)
        return bytes
    }

    /// The slot at `start`; nil for anything but what ``slot(_:path:)`` makes.
    private static func anchor(in file: [UInt8], at start: Int, path: [UInt8]) -> Anchor? {
        // Where each field is, since all have one width.
        let slot = file[start..<(start + slotWidth)]
        guard let vaultID = bytes(slot[(start + 26)..<(start + 58)]),
            let generation = number(slot[(start + 70)..<(start + 90)]),
            let sequence = number(slot[(start + 106)..<(start + 126)]),
            let head = bytes(slot[(start + 138)..<(start + 202)]).flatMap({ Digest($0) })
        else { return nil }
        let anchor = Anchor(vaultID: vaultID, generation: generation, auditSequence: sequence, auditHead: head)
        return slot.elementsEqual(self.slot(anchor, path: path)) ? anchor : nil
    }

    private static func versionOne(_ bytes: [UInt8], path: [UInt8]) -> Anchor? {
        let names = ["vault-path", "vault-id", "generation", "audit-sequence", "audit-head"]
        let lines = bytes.split(separator: lineEnd, omittingEmptySubsequences: false)
        guard lines.count == names.count + 2 else { return nil }
        let values = zip(names, lines[1...]).map { name, line in
            String(decoding: line.dropFirst(name.utf8.count + 1), as: UTF8.self)
        }
        guard let vaultID = Self.bytes(values[1]), vaultID.count == 16, let generation = UInt64(values[2]),
            let sequence = UInt64(values[3]), let head = Self.bytes(values[4]).flatMap({ Digest($0) })
        else { return nil }
        // One way to write it: whatever reads the same and is written otherwise was not written by any program.
        let text =
            "vault-id \(hex(vaultID))\ngeneration \(generation)\naudit-sequence \(sequence)\naudit-head \(hex(head.bytes))\n"
        guard Array("sigilum anchor 1\n".utf8) + path + Array(text.utf8) == bytes else { return nil }
        return Anchor(vaultID: vaultID, generation: generation, auditSequence: sequence, auditHead: head)
    }
}

// What it is made of.
extension AnchorText {
    private static let lineEnd = UInt8(ascii: "\n")

    /// The last line of the file.
    static func line(ofPath path: String) -> [UInt8] { Array("vault-path \(escaped(path))\n".utf8) }

    /// 20 digits, as many as the largest number has.
    private static func append(digitsOf number: UInt64, to bytes: inout [UInt8]) {
        var unit: UInt64 = 10_000_000_000_000_000_000
        while unit > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / unit % 10))
            unit /= 10
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for digit in digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
            let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isOver) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            if isTooLarge || isOver { return nil }
            number = sum
        }
        return number
    }

    static func hex(_ bytes: [UInt8]) -> String {
        var digits: [UInt8] = []
        append(hexOf: bytes, to: &digits)
        return String(decoding: digits, as: UTF8.self)
    }

    private static func append(hexOf bytes: [UInt8], to digits: inout [UInt8]) {
        for byte in bytes {
            digits.append(digit(byte >> 4))
            digits.append(digit(byte & 15))
        }
    }

    private static func digit(_ half: UInt8) -> UInt8 {
        half < 10 ? half + UInt8(ascii: "0") : half - 10 + UInt8(ascii: "a")
    }

    static func bytes(_ hex: String) -> [UInt8]? {
        let digits = Array(hex.utf8)
        return bytes(digits[...])
    }

    /// Nil for an odd number of digits, and for what is none.
    private static func bytes(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for place in stride(from: digits.startIndex, to: digits.endIndex, by: 2) {
            guard let high = half(digits[place]), let low = half(digits[place + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func half(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// A path may have line ends in it.
    static func escaped(_ path: String) -> String {
        guard path.utf8.contains(where: { $0 == lineEnd || $0 == UInt8(ascii: "\\") }) else { return path }
        return String(
            decoding: path.utf8.flatMap { byte -> [UInt8] in
                switch byte {
                case UInt8(ascii: "\\"): Array(#"\\"#.utf8)
                case UInt8(ascii: "\n"): Array(#"\n"#.utf8)
                default: [byte]
                }
            }, as: UTF8.self)
    }
}

extension Anchor {
    /// Whether `other` is a later state of the same vault. An anchor is never lowered in any of its numbers: what is
    /// higher in one and lower in the other did not come of it.
    func isBelow(_ other: Anchor) -> Bool {
        vaultID == other.vaultID && auditSequence < other.auditSequence && generation <= other.generation
    }
}
