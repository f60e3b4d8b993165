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
            guard isText(name) else { throw reader.error(.notUTF8) }
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
            guard let newValue else { return remove(name) }
            newValue.withUnsafeBytes { set(name, $0) }
        }
    }

    /// A field that is UTF-8 text; nil where it is missing or is none.
    package subscript(text name: String) -> String? {
        get { find(name).flatMap { text($0) } }
        set {
            guard var newValue else { return remove(name) }
            newValue.withUTF8 { set(name, UnsafeRawBufferPointer($0)) }
        }
    }

    /// A field of exactly 8 bytes, little-endian; nil where it is missing or is none.
    package subscript(number name: String) -> UInt64? {
        get {
            guard let range = find(name), range.count == 8 else { return nil }
            var reader = ByteReader(storage, in: range)
            return try? reader.integer(UInt64.self)
        }
        set {
            guard let newValue else { return remove(name) }
            withUnsafeBytes(of: newValue.littleEndian) { set(name, $0) }
        }
    }

    package static func == (left: FieldMap, right: FieldMap) -> Bool { left.encoded == right.encoded }

    /// What follows `prefix` in the names that begin with it, ascending.
    package func names(behind prefix: StaticString) -> [String] {
        var found: [String] = []
        for field in fields where field.name.count >= prefix.utf8CodeUnitCount {
            let name = storage[field.name]
            if prefix.withUTF8Buffer({ name.starts(with: $0) }) {
                found.append(String(decoding: name.dropFirst(prefix.utf8CodeUnitCount), as: UTF8.self))
            }
        }
        return found
    }

    private mutating func set(_ name: String, _ value: UnsafeRawBufferPointer) {
        if storage.isEmpty {
            // As much as most have, so that it grows once.
            storage.reserveCapacity(320)
            fields.reserveCapacity(8)
        }
        let place = place(of: name)
        storage.append(contentsOf: value)
        let range = storage.count - value.count..<storage.count
        guard !place.isThere else {
            fields[place.index].value = range
            return
        }
        var name = name
        name.withUTF8 { storage.append(contentsOf: $0) }
        fields.insert(Field(name: range.upperBound..<storage.count, value: range), at: place.index)
    }

    private mutating func remove(_ name: String) {
        let place = place(of: name)
        if place.isThere { fields.remove(at: place.index) }
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
                    let order = Self.order(UnsafeBufferPointer(rebasing: storage[field.name]), name)
                    if order >= 0 { return (index, order == 0) }
                }
                return (fields.count, false)
            }
        }
    }

    private func precedes(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        storage.withUnsafeBufferPointer { storage in
            Self.order(UnsafeBufferPointer(rebasing: storage[left]), UnsafeBufferPointer(rebasing: storage[right])) < 0
        }
    }

    /// Below 0 where the left one comes first, 0 where they are the same.
    private static func order(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
        var place = 0
        while place < left.count, place < right.count {
            if left[place] != right[place] { return Int(left[place]) - Int(right[place]) }
            place += 1
        }
        return left.count - right.count
    }

    private func isText(_ range: Range<Int>) -> Bool {
        storage.withUnsafeBufferPointer { $0[range].allSatisfy { $0 < 0x80 } } || text(range) != nil
    }

    private func text(_ range: Range<Int>) -> String? {
        storage.withUnsafeBufferPointer {
            String(validating: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self)
        }
    }
}
