import Testing
import VaultFormat

@Suite("Rows")
struct RowTests {
    @Test("what is written is read, and written again the same", arguments: Sample.all)
    func roundTrip(_ sample: Sample) throws {
        #expect(try sample.rewrite(sample.bytes) == sample.bytes)
    }

    @Test("every field of every row survives writing and reading")
    func values() throws {
        #expect(try SlotRow(decoding: Sample.slot.encoded) == Sample.slot)
        #expect(try HeadRow(decoding: Sample.head.encoded) == Sample.head)
        #expect(try BodyRow(decoding: Sample.body.encoded) == Sample.body)
        #expect(try EntryRow(decoding: Sample.entry.encoded) == Sample.entry)
        #expect(try AuditRow(decoding: Sample.audit.encoded) == Sample.audit)
        #expect(try NodeRow(decoding: Sample.node.encoded) == Sample.node)
        #expect(try BucketRow(decoding: Sample.bucket.encoded) == Sample.bucket)
        #expect(try FieldMap(decoding: Sample.fields.encoded) == Sample.fields)
    }

    @Test("every truncation is refused, at an offset within the row", arguments: Sample.all)
    func truncations(_ sample: Sample) {
        // A bucket has no count of its entries; that it lost one shows in its hash.
        let whole = sample.name == "bucket" ? Set([48, 96]) : []
        for count in 0..<sample.bytes.count where !whole.contains(count) {
            let refusal = sample.refusal(of: Array(sample.bytes.prefix(count)))
            #expect(refusal != nil, "\(count) bytes")
            #expect((0...count).contains(refusal?.offset ?? -1))
        }
    }

    @Test("one byte more is refused, whatever it is", arguments: Sample.all)
    func extensions(_ sample: Sample) {
        for byte in UInt8.min...UInt8.max { #expect(sample.refusal(of: sample.bytes + [byte]) != nil) }
    }

    @Test("a flipped bit is refused, or read as another row that is written the same", arguments: Sample.all)
    func flips(_ sample: Sample) throws {
        for bit in 0..<sample.bytes.count * 8 {
            var changed = sample.bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            if sample.refusal(of: changed) == nil { #expect(try sample.rewrite(changed) == changed) }
        }
    }

    @Test("random bytes are refused or written again the same, and nothing crashes", arguments: Sample.all)
    func noise(_ sample: Sample) throws {
        var generator = Generator(seed: 7)
        for _ in 0..<1500 {
            var bytes = generator.bytes(Int.random(in: 0...700, using: &generator))
            // Half of them begin as a real row does, so that they get further than its first fields.
            if Bool.random(using: &generator) {
                let kept = Int.random(in: 0...sample.bytes.count, using: &generator)
                bytes = Array(sample.bytes.prefix(kept)) + bytes.dropFirst(kept)
            }
            if sample.refusal(of: bytes) == nil { #expect(try sample.rewrite(bytes) == bytes) }
        }
    }

    @Test("the widths are those of the format")
    func widths() {
        #expect(Sample.slot.encoded.count == 8 + 2 + 2 + 16 + 1 + 4 + 1 + 4 + 4 + 16 + 24 + 48 + 32)
        #expect(Sample.slot.header.count == 58)
        #expect(Sample.head.encoded.count == HeadRow.width)
        #expect(HeadRow.width == 256)
        #expect(Sample.body.encoded.count == 8 + 1 + 24 + 276 + 32)
        #expect(Sample.entry.encoded.count == 16 + 8 + 4 + 4 + 32 + 32 + 24 + 276 + 32)
        #expect(Sample.audit.encoded.count == 8 + 2 + 4 + 4 + 16 + 8 + 24 + 276)
        #expect(Sample.node.encoded.count == 8 + 5 * 32)
        #expect(Sample.bucket.encoded.count == 3 * 48)
    }

    @Test("numbers in rows are little-endian, in keys big-endian")
    func byteOrder() {
        #expect(Sample.audit.encoded.prefix(10) == [6, 5, 4, 3, 2, 1, 0, 0, 8, 7])
        #expect(AuditRow.key(0x0102_0304_0506_0708) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(BodyRow.key(entry: fill(16, 0), version: 0x0102_0304) == fill(16, 0) + [1, 2, 3, 4])
        #expect(NodeRow.key([UInt8]()) == [0])
        #expect(NodeRow.key([UInt8(5), 6]) == [2, 5, 6])
    }

    @Test("another version of the format or suite is refused, in slots and in the head")
    func versions() {
        for offset in 8..<12 {
            var slot = Sample.slot.encoded
            slot[offset] &+= 1
            #expect(Sample.all[0].refusal(of: slot)?.reason == .unknownVersion)
        }
        for offset in 0..<4 {
            var head = Sample.head.encoded
            head[offset] &+= 1
            #expect(Sample.all[1].refusal(of: head)?.reason == .unknownVersion)
        }
    }

    @Test("a slot of another magic, number or derivation is refused")
    func slots() {
        func refusal(_ edit: (inout SlotRow) -> Void) -> FormatError.Reason? {
            var row = Sample.slot
            edit(&row)
            return Sample.all[0].refusal(of: row.encoded)?.reason
        }
        var other = Sample.slot.encoded
        other[7] = 1
        #expect(Sample.all[0].refusal(of: other) == FormatError(offset: 8, reason: .wrongMagic))
        #expect(refusal { $0.number = 4 } == .outOfRange)
        #expect(refusal { $0.kdf = 2 } == .outOfRange)
        #expect(refusal { $0.kdf = 0 } == .outOfRange, "a random key has no cost")
        #expect(refusal { ($0.kdf, $0.passes, $0.memoryKiB) = (0, 0, 0) } == nil)
        #expect(refusal { ($0.kdf, $0.passes, $0.memoryKiB) = (0, 0, 1) } == .outOfRange)
    }

    @Test("an entry's versions are none, or a range from 1 on")
    func entryVersions() {
        func refusal(_ first: UInt32, _ current: UInt32) -> FormatError.Reason? {
            var row = Sample.entry
            (row.firstVersion, row.currentVersion) = (first, current)
            return Sample.all[3].refusal(of: row.encoded)?.reason
        }
        #expect(refusal(0, 0) == nil)
        #expect(refusal(1, 1) == nil)
        #expect(refusal(1, .max) == nil)
        #expect(refusal(0, 1) == .outOfRange)
        #expect(refusal(2, 1) == .outOfRange)
        #expect(refusal(1, 0) == .outOfRange)
    }

    @Test("sealed bytes that are of no class of padding are refused")
    func sealedWidths() throws {
        for count in [0, 1, 15, 16, 20, 256, 275, 277, 1024, 16_384 + 19] {
            var (body, entry, audit) = (Sample.body, Sample.entry, Sample.audit)
            (body.ciphertext, entry.ciphertext, audit.ciphertext) = (fill(count, 1), fill(count, 1), fill(count, 1))
            #expect(Sample.all[2].refusal(of: body.encoded)?.reason == .outOfRange)
            #expect(Sample.all[3].refusal(of: entry.encoded)?.reason == .outOfRange)
            #expect(Sample.all[4].refusal(of: audit.encoded)?.reason == .outOfRange)
        }
        for count in Padding.classes {
            var body = Sample.body
            body.ciphertext = fill(count + 20, 1)
            #expect(try BodyRow(decoding: body.encoded) == body)
        }
    }
}
