package import SecureMemory

/// A JSON5 text that was read, to look things up in it and to work out edits. Holds where the members stand, never what
/// they hold.
///
/// The whole grammar of JSON5 1.0.0, in UTF-8, is read and checked, in time and memory linear to the text's length. Of a
/// key that stands in one object twice, the last counts, as it does for JSON5 parsers; keys are compared code point by
/// code point; `__proto__` is a key like any other.
///
/// A text of white space and comments alone is no JSON5, but is read here as an object without members: it is what is
/// left of a file that somebody emptied, and nothing is lost by writing an object into it.
package struct JSON5Document {
    /// How many objects and arrays may lie in each other.
    package static let depthLimit = 256

    let bytes: UnsafeRawBufferPointer
    /// Empty where there is no value.
    let entries: [Entry]

    /// Reads a text. The memory must stay readable while the document is used.
    package init(_ bytes: UnsafeRawBufferPointer) throws(JSON5Error) {
        var parser = Parser(bytes)
        do throws(Fault) {
            entries = try parser.parse()
        } catch {
            throw JSON5Error(error, in: bytes)
        }
        self.bytes = bytes
    }

    /// Whether a member is there, whatever its value.
    package func exists(at path: [String]) -> Bool { entry(at: path) != nil }

    /// The string at a path, as Swift's text: for what is no secret. nil where none is. Half a surrogate pair becomes
    /// U+FFFD.
    package func string(at path: [String]) -> String? {
        guard let found = stringEntry(at: path) else { return nil }
        var text = ""
        for point in TextPoints(token: found.value, in: bytes) {
            text.unicodeScalars.append(Unicode.Scalar(point) ?? "\u{FFFD}")
        }
        return text
    }

    /// The bytes of the string at a path, in UTF-8; nil where none is. Half a surrogate pair becomes U+FFFD.
    package func secret(at path: [String]) -> SecretBytes? {
        guard let found = stringEntry(at: path) else { return nil }
        // No escape is shorter than what it stands for.
        return SecretBytes(capacity: found.value.count) { target in
            var count = 0
            for point in TextPoints(token: found.value, in: bytes) {
                for byte in UTF8.encode(Unicode.Scalar(point) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter {
                    target[count] = byte
                    count += 1
                }
            }
            return count
        }
    }

    /// `true` or `false` at a path; nil where neither is.
    package func boolean(at path: [String]) -> Bool? {
        switch entry(at: path)?.kind {
        case .yes: true
        case .no: false
        default: nil
        }
    }

    /// Whether the value at a path is an object; the whole text's for an empty path.
    package func isObject(at path: [String]) -> Bool { entry(at: path)?.kind == .object }

    private func entry(at path: [String]) -> Entry? {
        guard !entries.isEmpty else { return nil }
        var index = 0
        for key in path {
            guard let found = members(of: index).last(where: { hasKey($0, key) }) else { return nil }
            index = found
        }
        return entries[index]
    }

    private func stringEntry(at path: [String]) -> Entry? {
        guard let found = entry(at: path), found.kind == .string else { return nil }
        return found
    }

    /// The indices of an object's members in the order of the text; empty for any other value.
    func members(of index: Int) -> [Int] {
        guard entries[index].kind == .object else { return [] }
        var members: [Int] = []
        var member = index + 1
        while member < entries[index].next {
            members.append(member)
            member = entries[member].next
        }
        return members
    }

    func hasKey(_ index: Int, _ key: String) -> Bool {
        TextPoints(token: entries[index].key, in: bytes).equals(key.unicodeScalars.lazy.map(\.value))
    }
}
