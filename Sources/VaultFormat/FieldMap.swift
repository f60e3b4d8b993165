/// Named fields in one canonical form: a count in 16 bits, then for each its name (8-bit length, bytes) and its value
/// (32-bit length, bytes), the names strictly ascending by bytes. What overviews, records and audit payloads are made of.
///
/// Names are of the program, not of its users: more than 255 bytes of one are a defect.
package struct FieldMap: Equatable, Sendable {
    /// How many fields one map may have, and how long one value may be, in bytes.
    package static let limit = 4096, valueLimit = 1 << 20

    /// Where a field's name and its value are.
    private struct Field: Sendable {
        let name: Range<Int>
        var value: Range<Int>
    }

    /// By the bytes of the names: strings that only look the same are equal, and would be one field.
    private var fields: [Field] = []
    /// What they are parts of: one piece of memory for all, since most maps are read or written once.
    private var storage: [UInt8] = []

    package init() {}

    package init(decoding bytes: [UInt8]) throws(FormatError) {
        try self.init(decoding: bytes, in: 0..<bytes.count)
    }

    /// Decodes a part of something larger.
    package init(decoding bytes: [UInt8], in range: Range<Int>) throws(FormatError) {
        var reader = ByteReader(bytes, in: range)
        let count = try reader.integer(UInt16.self)
        guard count <= Self.limit else { throw reader.error(.outOfRange) }
        storage = bytes
        // A count that is not true makes nothing large: each field has 5 bytes at least.
        fields.reserveCapacity(min(Int(count), range.count / 5))
        for _ in 0..<count {
            let name = try reader.skip(Int(try reader.integer(UInt8.self)))
            if let previous = fields.last, !precedes(previous.name, name) { throw reader.error(.notCanonical) }
            guard text(name) != nil else { throw reader.error(.notUTF8) }
            let length = try reader.integer(UInt32.self)
            guard length <= Self.valueLimit else { throw reader.error(.outOfRange) }
            fields.append(Field(name: name, value: try reader.skip(Int(length))))
        }
        try reader.finish()
    }

    /// The canonical bytes.
    package var encoded: [UInt8] {
        let size = fields.reduce(2) { $0 + 5 + $1.name.count + $1.value.count }
        var writer = ByteWriter(capacity: size)
        writer.integer(UInt16(fields.count))
        for field in fields {
            writer.integer(UInt8(field.name.count))
            writer.append(storage[field.name])
            writer.integer(UInt32(field.value.count))
            writer.append(storage[field.value])
        }
        return writer.bytes
    }

    /// Names in ascending order.
    package var names: [String] { fields.map { String(decoding: storage[$0.name], as: UTF8.self) } }

    /// A field's bytes; nil where there is none. Setting nil takes it away.
    package subscript(_ name: String) -> [UInt8]? {
        get { find(name).map { Array(storage[$0]) } }
        set {
            let place = place(of: name)
            guard let newValue else {
                if place.isThere { fields.remove(at: place.index) }
                return
            }
            let value = add(newValue)
            if place.isThere {
                fields[place.index].value = value
            } else {
                fields.insert(Field(name: add(Array(name.utf8)), value: value), at: place.index)
            }
        }
    }

    /// A field that is UTF-8 text; nil where it is missing or is none.
    package subscript(text name: String) -> String? {
        get { find(name).flatMap { text($0) } }
        set { self[name] = newValue.map { Array($0.utf8) } }
    }

    /// A field of exactly 8 bytes, little-endian; nil where it is missing or is none.
    package subscript(number name: String) -> UInt64? {
        get {
            guard let range = find(name), range.count == 8 else { return nil }
            var reader = ByteReader(storage, in: range)
            return try? reader.integer(UInt64.self)
        }
        set {
            self[name] = newValue.map { value in
                var writer = ByteWriter(capacity: 8)
                writer.integer(value)
                return writer.bytes
            }
        }
    }

    package static func == (left: FieldMap, right: FieldMap) -> Bool { left.encoded == right.encoded }

    private mutating func add(_ bytes: [UInt8]) -> Range<Int> {
        storage.append(contentsOf: bytes)
        return storage.count - bytes.count..<storage.count
    }

    private func find(_ name: String) -> Range<Int>? {
        let place = place(of: name)
        return place.isThere ? fields[place.index].value : nil
    }

    /// Where a field is, or belongs. There are few: one after the other is the quickest.
    private func place(of name: String) -> (index: Int, isThere: Bool) {
        var name = name
        return name.withUTF8 { name in
            storage.withUnsafeBufferPointer { storage in
                for (index, field) in fields.enumerated() {
                    let known = UnsafeBufferPointer(rebasing: storage[field.name])
                    if known.count == name.count, known.elementsEqual(name) { return (index, true) }
                    if !known.lexicographicallyPrecedes(name) { return (index, false) }
                }
                return (fields.count, false)
            }
        }
    }

    private func precedes(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        storage.withUnsafeBufferPointer { $0[left].lexicographicallyPrecedes($0[right]) }
    }

    private func text(_ range: Range<Int>) -> String? {
        storage.withUnsafeBufferPointer {
            String(validating: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self)
        }
    }
}
