import Glibc
import SecretScan
import SecureMemory

/// The labels of the values are their places in the list.
func scanner(_ values: [[UInt8]]) -> SecretScanner {
    SecretScanner(
        values.enumerated().map { ScanPattern(label: $0, value: SharedSecret(SecretBytes(copying: $1))) })
}

func scanner(_ values: String...) -> SecretScanner { scanner(values.map { Array($0.utf8) }) }

extension SecretScanner {
    func scan(_ text: String) -> [ScanMatch] { scan(Array(text.utf8)) }

    func scan(_ text: [UInt8]) -> [ScanMatch] { text.withUnsafeBytes { scan($0) } }
}

func match(_ label: Int, _ encoding: ScanEncoding, line: Int, offset: Int64) -> ScanMatch {
    ScanMatch(label: label, encoding: encoding, line: line, offset: offset)
}

/// Base64 made without the code that is tested.
func base64Text(_ bytes: [UInt8], isURL: Bool, isPadded: Bool) -> [UInt8] {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\(isURL ? "-_" : "+/")".utf8)
    var text: [UInt8] = []
    var (bits, count): (UInt32, Int) = (0, 0)
    for byte in bytes {
        (bits, count) = (bits << 8 | UInt32(byte), count + 8)
        while count >= 6 {
            count -= 6
            text.append(digits[Int(bits >> UInt32(count) & 63)])
        }
    }
    if count > 0 { text.append(digits[Int(bits << UInt32(6 - count) & 63)]) }
    while isPadded, text.count % 4 != 0 { text.append(0x3d) }
    return text
}

func percentText(_ bytes: [UInt8], isUpper: Bool, _ isEncoded: (UInt8) -> Bool) -> [UInt8] {
    let digits = Array((isUpper ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
    return bytes.flatMap { isEncoded($0) ? [0x25, digits[Int($0 >> 4)], digits[Int($0 & 15)]] : [$0] }
}

/// Numbers that are the same in every run (SplitMix64).
struct Numbers {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: next() % UInt64(bound)) }
}
