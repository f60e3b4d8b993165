internal import SecureMemory

/// How hard a value is to guess, as far as can be said without knowing how it was made. Works on the bytes where they lie.
///
/// The estimate, in bits: every byte counts as much as one of its alphabet (digits, hex digits, letters, all printable
/// characters, all bytes), the alphabet being the smallest that has the whole value; a byte that is the one before it or
/// its neighbour, and one within a repeat of three bytes that came before, counts 0.2; a common word of four letters and
/// more counts 10 whole, and 1 when it comes again. The public prefix counts nothing.
enum ValueStrength {
    /// Values of fewer bytes are short; where a secret signs tokens (HS256), fewer than 32.
    static let shortest = 16
    static let shortestSigning = 32
    /// Fewer bits are few.
    static let fewestBits = 64.0

    /// The worst that can be said of a value; nil where nothing is wrong with it. Nothing is said of an owner token: it
    /// is signed, and as good as the secret that signed it.
    static func weakness(of value: borrowing SecretBytes, kind: EntryKind, prefix: String) -> AuditRule? {
        guard kind != .ownerToken else { return nil }
        return value.withBytes { bytes in
            let text = Folded(bytes: bytes)
            if KnownSamples.has(text) { return .knownSample }
            let core = Folded(bytes: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(prefix.utf8.count)))
            if CommonWords.isWord(text) || CommonWords.isWord(core) { return .commonWord }
            let least = kind == .localJWTSecret ? shortestSigning : shortest
            if bytes.count < least { return .shortValue }
            return bits(core) < fewestBits ? .lowEntropy : nil
        }
    }

    /// The estimate, not counted on when it has reached ``fewestBits``.
    static func bits(_ value: Folded) -> Double {
        let bytes = value.bytes
        let each = alphabetBits(bytes)
        var bits = 0.0
        var index = 0
        while index < bytes.count, bits < fewestBits {
            let word = CommonWords.length(at: index, in: value)
            if word > 0 {
                bits += repeats(index + 2, bytes) ? 1 : 10
                index += word
                continue
            }
            bits += isExpected(index, bytes) ? 0.2 : each
            index += 1
        }
        return bits
    }

    /// Whether a byte follows from those before it.
    private static func isExpected(_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard index > 0 else { return false }
        return abs(Int(bytes[index]) - Int(bytes[index - 1])) <= 1 || repeats(index, bytes)
    }

    /// Whether the three bytes that end here came before. At most some hundred bytes are looked at: then the estimate has
    /// reached its end.
    private static func repeats(_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard index >= 3 else { return false }
        for start in 0..<(index - 2)
        where bytes[start] == bytes[index - 2] && bytes[start + 1] == bytes[index - 1]
            && bytes[start + 2] == bytes[index]
        {
            return true
        }
        return false
    }

    /// Bits a byte of the smallest alphabet that has all of them.
    private static func alphabetBits(_ bytes: UnsafeRawBufferPointer) -> Double {
        var digits = false, lowerHex = false, upperHex = false, lower = false, upper = false, marks = false,
            others = false
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digits = true
            case UInt8(ascii: "a")...UInt8(ascii: "f"): lowerHex = true
            case UInt8(ascii: "A")...UInt8(ascii: "F"): upperHex = true
            case UInt8(ascii: "g")...UInt8(ascii: "z"): lower = true
            case UInt8(ascii: "G")...UInt8(ascii: "Z"): upper = true
            case 0x20...0x7e: marks = true
            default: others = true
            }
        }
        if others { return 8 }
        if marks { return 6 }
        switch (digits, lowerHex || lower, upperHex || upper) {
        case (true, false, false): return 3.3
        case (_, true, true): return digits ? 5.95 : 5.7
        case (_, true, false): return lower ? (digits ? 5.1 : 4.7) : (digits ? 4 : 2.6)
        case (_, false, true): return upper ? (digits ? 5.1 : 4.7) : (digits ? 4 : 2.6)
        case (false, false, false): return 0
        }
    }
}

/// Bytes that are compared without regard to the case of ASCII letters, where they lie.
struct Folded {
    let bytes: UnsafeRawBufferPointer

    var count: Int { bytes.count }

    /// The byte with an ASCII letter made small.
    subscript(_ index: Int) -> UInt8 { Self.fold(bytes[index]) }

    static func fold(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// Whether these bytes, small letters, begin at `index`.
    func has(_ word: [UInt8], at index: Int) -> Bool {
        guard index + word.count <= count else { return false }
        for (offset, byte) in word.enumerated() where self[index + offset] != byte { return false }
        return true
    }

    func equals(_ word: [UInt8]) -> Bool { count == word.count && has(word, at: 0) }

    func contains(_ word: [UInt8]) -> Bool {
        guard count >= word.count else { return false }
        return (0...(count - word.count)).contains { has(word, at: $0) }
    }
}
