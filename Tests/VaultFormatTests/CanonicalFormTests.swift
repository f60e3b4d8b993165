import Testing
import VaultFormat

@Suite("Canonical forms")
struct CanonicalFormTests {
    /// A field map written by hand, with fields in the order given.
    private func map(_ fields: [(name: [UInt8], value: [UInt8])], count: Int? = nil) -> [UInt8] {
        var writer = ByteWriter()
        writer.integer(UInt16(count ?? fields.count))
        for field in fields {
            writer.integer(UInt8(field.name.count))
            writer.append(field.name)
            writer.framed(field.value)
        }
        return writer.bytes
    }

    private func refusal(_ bytes: [UInt8]) -> FormatError? {
        do throws(FormatError) {
            _ = try FieldMap(decoding: bytes)
            return nil
        } catch {
            return error
        }
    }

    private func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("a field map is a count, then names and values with their lengths, the names ascending")
    func fieldMapBytes() {
        var fields = FieldMap()
        fields[text: "b"] = "two"
        fields[text: "a"] = ""
        fields[number: "ab"] = 1
        #expect(
            fields.encoded
                == [3, 0, 1, 0x61, 0, 0, 0, 0, 2, 0x61, 0x62, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0] + [
                    1, 0x62, 3, 0, 0, 0,
                ]
                + utf8("two"))
        #expect(fields.names == ["a", "ab", "b"])
        #expect(FieldMap().encoded == [0, 0])
    }

    @Test("names out of order or twice are refused where the second begins to be wrong")
    func fieldOrder() {
        #expect(refusal(map([(utf8("a"), [1]), (utf8("b"), [2])])) == nil)
        #expect(
            refusal(map([(utf8("b"), [1]), (utf8("a"), [2])])) == FormatError(offset: 11, reason: .notCanonical))
        #expect(
            refusal(map([(utf8("a"), [1]), (utf8("a"), [2])])) == FormatError(offset: 11, reason: .notCanonical))
        #expect(refusal(map([(utf8("ab"), [1]), (utf8("a"), [2])]))?.reason == .notCanonical)
    }

    @Test("names that look the same and are other bytes are two fields")
    func equivalentNames() throws {
        let (composed, decomposed) = (utf8("\u{e9}"), utf8("e\u{301}"))
        let bytes = map([(decomposed, [1]), (composed, [2])])
        let fields = try FieldMap(decoding: bytes)
        #expect(fields.encoded == bytes)
        #expect(fields["e\u{301}"] == [1])
        #expect(fields["\u{e9}"] == [2])
    }

    @Test("a name that is not UTF-8, a count and a length beyond the limits are refused")
    func fieldLimits() {
        #expect(refusal(map([([0xff], [1])]))?.reason == .notUTF8)
        #expect(refusal(map([([0xc0, 0x80], [1])]))?.reason == .notUTF8)
        #expect(refusal(map([], count: FieldMap.limit + 1)) == FormatError(offset: 2, reason: .outOfRange))
        #expect(refusal(map([], count: FieldMap.limit))?.reason == .tooShort)
        var long = map([(utf8("a"), [])])
        long.replaceSubrange(4..<8, with: [1, 0, 0x10, 0])
        #expect(refusal(long) == FormatError(offset: 8, reason: .outOfRange))
        long.replaceSubrange(4..<8, with: [0xff, 0xff, 0xff, 0xff])
        #expect(refusal(long)?.reason == .outOfRange)
    }

    @Test("fields are read as what they are, and as nothing else")
    func fieldTypes() {
        var fields = FieldMap()
        fields["text"] = utf8("x")
        fields["broken"] = [0xff]
        fields["short"] = [1, 2, 3, 4, 5, 6, 7]
        fields[number: "number"] = .max
        #expect(fields[text: "text"] == "x")
        #expect(fields[text: "broken"] == nil)
        #expect(fields[number: "short"] == nil)
        #expect(fields[number: "text"] == nil)
        #expect(fields[number: "number"] == .max)
        #expect(fields["missing"] == nil && fields[text: "missing"] == nil && fields[number: "missing"] == nil)
        fields[text: "text"] = nil
        fields[number: "number"] = nil
        #expect(fields.names == ["broken", "short"])
    }

    @Test("a node without children, and children that its bitmap does not name, are refused")
    func nodes() {
        #expect(
            refusal { () throws(FormatError) in _ = try NodeRow(decoding: fill(8, 0).map { _ in 0 }) }
                == FormatError(offset: 8, reason: .notCanonical))
        let node = Sample.node.encoded
        #expect(
            refusal { () throws(FormatError) in _ = try NodeRow(decoding: node + fill(32, 1)) }
                == FormatError(offset: node.count, reason: .trailingBytes))
        var fewer = node
        fewer[0] |= 2
        #expect(
            refusal { () throws(FormatError) in _ = try NodeRow(decoding: fewer) }
                == FormatError(offset: node.count, reason: .tooShort))
    }

    @Test("a bucket without entries, out of order or with a tag twice is refused")
    func buckets() {
        let parts = [3, 9, 250].map { fill(16, $0) + fill(32, $0) }
        func reason(_ parts: [[UInt8]]) -> FormatError? {
            refusal { () throws(FormatError) in _ = try BucketRow(decoding: parts.flatMap(\.self)) }
        }
        #expect(reason(parts) == nil)
        #expect(reason([]) == FormatError(offset: 0, reason: .tooShort))
        #expect(reason([parts[1], parts[0]]) == FormatError(offset: 64, reason: .notCanonical))
        #expect(reason([parts[0], parts[0]]) == FormatError(offset: 64, reason: .notCanonical))
        #expect(reason([parts[0], Array(parts[1].dropLast())])?.reason == .tooShort)
    }

    private func refusal(_ body: () throws(FormatError) -> Void) -> FormatError? {
        do throws(FormatError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test("the path of a tag is its first 18 bits in three digits")
    func paths() {
        #expect(TreePath.digits(of: [0xff, 0xff, 0xff, 0]) == [63, 63, 63])
        #expect(TreePath.digits(of: [0b1000_0001, 0b0000_1111, 0b0100_0000, 0xff]) == [0b100000, 0b010000, 0b111101])
        #expect(TreePath.digits(of: [0, 0, 0b0011_1111]) == [0, 0, 0])
    }
}
