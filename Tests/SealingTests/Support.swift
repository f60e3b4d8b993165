import SecureMemory

func secret(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8)) }

func secret(_ bytes: [UInt8]) -> SecretBytes { SecretBytes(copying: bytes) }

func bytes(of secret: borrowing SecretBytes) -> [UInt8] { secret.withBytes { Array($0) } }

func text(of secret: borrowing SecretBytes) -> String { secret.withBytes { String(decoding: $0, as: UTF8.self) } }

/// Bytes from hex digits; blanks are passed over.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
