import Testing
import VaultFormat

@Suite("Rows of an exported log")
struct LogFileRowTests {
    private let epoch = AuditEpochRow(
        vaultID: [UInt8](repeating: 1, count: 16), dataKeyEpoch: 2, auditEpoch: 3, last: 4, time: 5,
        rows: [UInt8](repeating: 6, count: 32), chain: [UInt8](repeating: 7, count: 32),
        mac: [UInt8](repeating: 8, count: 32))

    private func header(_ epochs: Int) -> LogFileHeader {
        LogFileHeader(
            vaultID: [UInt8](repeating: 1, count: 16), dataKeyEpoch: 2, generation: 3, last: 4, time: 5,
            chain: [UInt8](repeating: 6, count: 32), mac: [UInt8](repeating: 7, count: 32),
            epochs: (0..<epochs).map { number in
                SealedEpochRow(
                    auditor: [UInt8](repeating: UInt8(number), count: 32), auditEpoch: UInt32(number + 2),
                    box: [UInt8](repeating: 9, count: SealedEpochRow.boxWidth))
            })
    }

    @Test("an epoch has the widths of the format, and reads as it was written")
    func epochs() throws {
        #expect(epoch.encoded.count == AuditEpochRow.publicWidth && AuditEpochRow.publicWidth == 148)
        #expect(AuditEpochRow.width == 212 && SealedEpochRow.boxWidth == 260 && SealedEpochRow.width == 296)
        #expect(try AuditEpochRow(decoding: epoch.encoded) == epoch)
        for place in 0..<12 {
            var other = epoch.encoded
            other[place] ^= 1
            #expect(throws: FormatError.self) { _ = try AuditEpochRow(decoding: other) }
        }
        #expect(throws: FormatError.self) { _ = try AuditEpochRow(decoding: epoch.encoded + [0]) }
        #expect(throws: FormatError.self) { _ = try AuditEpochRow(decoding: Array(epoch.encoded.dropLast())) }
    }

    @Test("a header reads as it was written, with the epochs that it counts")
    func headers() throws {
        let written = header(3).encoded
        #expect(written.count == LogFileHeader.width + 3 * SealedEpochRow.width)
        var (read, count) = try LogFileHeader.decode(Array(written.prefix(LogFileHeader.width)))
        #expect(count == 3)
        for number in 0..<count {
            let start = LogFileHeader.width + number * SealedEpochRow.width
            try read.addEpoch(decoding: Array(written[start..<start + SealedEpochRow.width]))
        }
        #expect(read == header(3))
    }

    @Test("another magic, version or width, and a count beyond the limit, are refused")
    func refusals() {
        let written = header(0).encoded
        for place in 0..<20 {
            var other = written
            other[place] ^= 1
            #expect(throws: FormatError.self) { _ = try LogFileHeader.decode(other) }
        }
        var many = written
        many[many.count - 2] = 0x7f
        for other in [many, written + [0], Array(written.dropLast())] {
            #expect(throws: FormatError.self) { _ = try LogFileHeader.decode(other) }
        }
        var read = header(0)
        #expect(throws: FormatError.self) { try read.addEpoch(decoding: [1]) }
    }
}
