import Glibc
import VaultFormat

/// A reader as it should not be: it believes a length that stands in the bytes. Fuzzing must find that.
enum Planted {
    /// Whether it runs besides the target.
    static let isOn = getenv("SIGILUM_PLANTED").map { String(cString: $0) } == "fuzz"

    static func run(_ bytes: [UInt8]) {
        guard bytes.count > 40, bytes.starts(with: SlotRow.magic), bytes[12] == 0x7f else { return }
        let copy = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { copy.deallocate() }
        copy.copyMemory(from: bytes, byteCount: bytes.count)
        let last = copy.load(fromByteOffset: bytes.count + Int(bytes[13]), as: UInt8.self)
        if last == 1 { _ = getpid() }
    }
}
