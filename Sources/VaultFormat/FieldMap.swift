/// Named fields in one canonical form: a count in 16 bits, then for each its name (8-bit length, bytes) and its value
/// (32-bit length, bytes), the names strictly ascending by bytes. What overviews, records and audit payloads are made of.
///
/// Names are of the program, not of its users: more than 255 bytes of one are a defect.
package struct FieldMap: Equatable, Sendable {
    /// How many fields one map may have, and how long one value may be, in bytes.
    package static let limit = 4096, valueLimit = 1 << 20

    /// By the bytes of the names: strings that only look the same are equal, and would be one field.
    private var fields: [[UInt8]: [UInt8]] = [:]

    package init() {}

    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        let count = try reader.integer(UInt16.self)
        guard count <= Self.limit else { throw reader.error(.outOfRange) }
        var previous: [UInt8]?
        for _ in 0..<count {
            let name = try reader.take(Int(try reader.integer(UInt8.self)))
            if let previous, !previous.lexicographicallyPrecedes(name) { throw reader.error(.notCanonical) }
            previous = name
            guard String(validating: name, as: UTF8.self) != nil else { throw reader.error(.notUTF8) }
            let length = try reader.integer(UInt32.self)
            guard length <= Self.valueLimit else { throw reader.error(.outOfRange) }
            fields[name] = try reader.take(Int(length))
        }
        try reader.finish()
    }

    /// The canonical bytes.
    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.integer(UInt16(fields.count))
        for name in orderedNames {
            writer.integer(UInt8(name.count))
            writer.append(name)
            writer.framed(fields[name] ?? [])
        }
        return writer.bytes
    }

    /// Names in ascending order.
    package var names: [String] { orderedNames.map { String(decoding: $0, as: UTF8.self) } }

    private var orderedNames: [[UInt8]] { fields.keys.sorted { $0.lexicographicallyPrecedes($1) } }

    /// A field's bytes; nil where there is none. Setting nil takes it away.
    package subscript(_ name: String) -> [UInt8]? {
        get { fields[Array(name.utf8)] }
        set { fields[Array(name.utf8)] = newValue }
    }

    /// A field that is UTF-8 text; nil where it is missing or is none.
    package subscript(text name: String) -> String? {
        get { self[name].flatMap { String(validating: $0, as: UTF8.self) } }
        set { self[name] = newValue.map { Array($0.utf8) } }
    }

    /// A field of exactly 8 bytes, little-endian; nil where it is missing or is none.
    package subscript(number name: String) -> UInt64? {
        get {
            guard let bytes = self[name], bytes.count == 8 else { return nil }
            var reader = ByteReader(bytes)
            return try? reader.integer(UInt64.self)
        }
        set {
            self[name] = newValue.map { value in
                var writer = ByteWriter()
                writer.integer(value)
                return writer.bytes
            }
        }
    }
}
