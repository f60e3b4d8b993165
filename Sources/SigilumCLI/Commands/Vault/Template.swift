internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// A text with `{{ sigilum://ENTRY }}` in it. Anything else in braces is not ours, and stays as it is.
struct Template {
    /// In bytes: of a template, and of what it becomes.
    static let limit = 256 * 1024, resultLimit = 1024 * 1024

    private enum Part {
        case text(Range<Int>)
        case value(EntryName)
    }

    private let content: SharedSecret
    private let parts: [Part]
    /// The entries that are filled in, each once, in their order.
    let entries: [EntryName]
    /// The file with the links of its folder resolved; nil for standard input.
    let realPath: String?

    /// - Throws: 66 where there is no such file, 65 where it is too large, 64 for a placeholder that is none.
    static func read(_ given: String, _ surroundings: Surroundings) throws -> Template {
        guard given != "-" else {
            return try Template(SharedSecret(try readSecretDescriptor(0, limit: limit)), realPath: nil)
        }
        let path = try surroundings.absolute(given)
        guard let content = try readSecretThroughLinks(path, limit: limit) else {
            throw Failure(.missing, code: "file-not-found", "File not found: \(MisplacedSecret.shown(given))")
        }
        return try Template(SharedSecret(content), realPath: SecretFile.resolved(path))
    }

    init(_ content: SharedSecret, realPath: String?) throws {
        self.content = content
        self.realPath = realPath
        parts = try content.bytes.withBytes { try Self.parts($0) }
        var seen: Set<EntryName> = []
        entries = parts.compactMap { part in
            if case .value(let name) = part, seen.insert(name).inserted { name } else { nil }
        }
    }

    /// The text with the values in their places.
    func filled(_ values: [EntryName: SharedSecret]) throws -> SharedSecret {
        let size = parts.reduce(0) { size, part in
            switch part {
            case .text(let range): size + range.count
            case .value(let name): size + (values[name]?.bytes.count ?? 0)
            }
        }
        guard size <= Self.resultLimit else {
            throw Failure.usage("The result would be longer than 1 MiB", hints: ["nothing was written"])
        }
        return SharedSecret(
            SecretBytes(capacity: size) { target in
                var position = 0
                func append(_ bytes: UnsafeRawBufferPointer) {
                    UnsafeMutableRawBufferPointer(rebasing: target[position...]).copyMemory(from: bytes)
                    position += bytes.count
                }
                content.bytes.withBytes { text in
                    for part in parts {
                        switch part {
                        case .text(let range): append(UnsafeRawBufferPointer(rebasing: text[range]))
                        case .value(let name): values[name]?.bytes.withBytes(append)
                        }
                    }
                }
                return position
            })
    }

    /// Without a line end (LF) at the end.
    static func withoutLineEnd(_ text: borrowing SecretBytes) -> SecretBytes {
        text.withBytes { bytes in
            let kept = bytes.last == 0x0A ? bytes.count - 1 : bytes.count
            return SecretBytes(capacity: kept) { target in
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<kept]))
                return kept
            }
        }
    }

    private static func parts(_ text: UnsafeRawBufferPointer) throws -> [Part] {
        var parts: [Part] = []
        var (position, start, line) = (0, 0, 1)
        while position < text.count {
            if text[position] == 0x0A { line += 1 }
            guard let mark = mark(text[position...]) else {
                position += 1
                continue
            }
            guard let (name, end) = placeholder(text[mark...]) else {
                throw Failure(
                    .usage, code: "malformed-template", "Not a placeholder: line \(line) of the template",
                    hints: ["it is {{ sigilum://ENTRY }} on one line", "nothing was written and nothing was released"])
            }
            parts += [.text(start..<position), .value(name)]
            (position, start) = (end, end)
        }
        return parts + [.text(start..<text.count)]
    }

    /// Where a placeholder of ours goes on behind `{{ sigilum:`; nil where none begins.
    private static func mark(_ text: Slice<UnsafeRawBufferPointer>) -> Int? {
        guard text.starts(with: "{{".utf8) else { return nil }
        let inner = text.dropFirst(2).drop { $0 == 0x20 || $0 == 0x09 }
        return inner.starts(with: "sigilum:".utf8) ? inner.startIndex + 8 : nil
    }

    /// The entry behind the mark, and where the text goes on.
    private static func placeholder(_ text: Slice<UnsafeRawBufferPointer>) -> (name: EntryName, end: Int)? {
        guard text.starts(with: "//".utf8) else { return nil }
        let line = text.dropFirst(2).prefix { $0 != 0x0A }
        guard let end = line.indices.first(where: { line[$0...].starts(with: "}}".utf8) }) else { return nil }
        var name = line[..<end].drop { $0 == 0x20 || $0 == 0x09 }
        while let last = name.last, last == 0x20 || last == 0x09 { name = name.dropLast() }
        guard let text = String(validating: name, as: UTF8.self), let entry = try? EntryName(text) else { return nil }
        return (entry, end + 2)
    }
}
