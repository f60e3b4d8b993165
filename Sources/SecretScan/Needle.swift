/// A value in one of the forms that are searched for byte by byte.
struct Needle: Sendable {
    /// How the value's bytes lie in a text.
    enum Form: Sendable {
        case plain
        /// Base64 of something in which the number of bytes before the value leaves this remainder by 3. The characters
        /// at both ends can hold bits of its neighbours.
        case base64(alignment: Int)
    }

    let label: Int
    /// Where the value begins among all values, and how many bytes it has.
    let start: Int
    let count: Int
    let form: Form
    /// How many bytes of text the form takes, characters that it shares with neighbours included.
    let span: Int
    /// The smallest period of the form, where it repeats at least once; else 0.
    let period: Int
    /// How far into the form the window begins that the tables know it by.
    var lead = 0

    init(label: Int, start: Int, count: Int, form: Form, valuePeriod: Int) {
        self.label = label
        self.start = start
        self.count = count
        self.form = form
        switch form {
        case .plain:
            span = count
            period = valuePeriod
        case .base64(let alignment):
            span = (8 * (alignment + count) + 5) / 6 - 8 * alignment / 6
            period = valuePeriod % 3 == 0 ? valuePeriod / 3 * 4 : valuePeriod * 4
        }
    }

    /// The part of the form that does not depend on the value's neighbours.
    var inner: Range<Int> {
        switch form {
        case .plain: 0..<count
        case .base64(let alignment):
            (8 * alignment + 5) / 6 - 8 * alignment / 6..<8 * (alignment + count) / 6 - 8 * alignment / 6
        }
    }

    /// Writes the bytes of the form that begin at `offset`, which is within ``inner``.
    func write(from offset: Int, to target: UnsafeMutableBufferPointer<UInt8>, values: UnsafeRawBufferPointer) {
        for index in target.indices {
            switch form {
            case .plain: target[index] = values[start + offset + index]
            case .base64(let alignment):
                target[index] = Base64Text.digit(sextet(offset + index, alignment, values).bits)
            }
        }
    }

    /// The first byte of the form that is another one in the text; nil where all are the same.
    ///
    /// Ends at the first difference. A text gets here only with a window of the value in it, so that the time tells
    /// nothing to whoever does not have eight bytes of it already.
    func firstDifference(_ text: UnsafeRawPointer, values: UnsafeRawBufferPointer) -> Int? {
        switch form {
        case .plain:
            var index = 0
            while index &+ 8 <= count {
                let mine = values.loadUnaligned(fromByteOffset: start &+ index, as: UInt64.self)
                let other = text.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if mine != other { return index &+ (mine ^ other).trailingZeroBitCount / 8 }
                index &+= 8
            }
            while index < count {
                if values[start &+ index] != text.load(fromByteOffset: index, as: UInt8.self) { return index }
                index &+= 1
            }
            return nil
        case .base64(let alignment):
            return Base64Text.values.withUnsafeBufferPointer { sextets in
                for index in 0..<span {
                    let (bits, known) = sextet(index, alignment, values)
                    let found = sextets[Int(text.load(fromByteOffset: index, as: UInt8.self))]
                    if found > 63 || found & known != bits { return index }
                }
                return nil
            }
        }
    }

    /// The six bits of a character, and which of them are the value's own.
    @inline(__always)
    private func sextet(
        _ index: Int, _ alignment: Int, _ values: UnsafeRawBufferPointer
    ) -> (bits: UInt8, known: UInt8) {
        let firstBit = (index + 8 * alignment / 6) * 6 - 8 * alignment
        let byte = firstBit >> 3
        let high = byte >= 0 ? UInt16(values[start + byte]) << 8 : 0
        let low = byte + 1 < count ? UInt16(values[start + byte + 1]) : 0
        let bits = UInt8(truncatingIfNeeded: (high | low) >> UInt16(10 - (firstBit & 7))) & 0x3f
        var known: UInt8 = 0x3f
        if firstBit < 0 { known >>= UInt8(-firstBit) }
        if firstBit + 6 > 8 * count { known &= 0x3f << UInt8(firstBit + 6 - 8 * count) & 0x3f }
        return (bits & known, known)
    }
}

/// The characters of base64 (RFC 4648): both alphabets are read, the standard one is written.
enum Base64Text {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func digit(_ sextet: UInt8) -> UInt8 { digits[Int(sextet)] }

    /// The value of each byte; 255 for those that are no character of base64.
    static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        values[Int(UInt8(ascii: "-"))] = 62
        values[Int(UInt8(ascii: "_"))] = 63
        return values
    }()

    /// Puts the URL alphabet in the place of the standard one; false where that changes nothing.
    static func useURLAlphabet(_ text: UnsafeMutableBufferPointer<UInt8>) -> Bool {
        var isOther = false
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "+"): text[index] = UInt8(ascii: "-")
            case UInt8(ascii: "/"): text[index] = UInt8(ascii: "_")
            default: continue
            }
            isOther = true
        }
        return isOther
    }
}
