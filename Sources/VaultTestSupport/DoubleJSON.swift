internal import Foundation

/// JSON as a server reads it into its types and writes it.
struct DoubleJSON {
    /// The body is not an object, or a member is not of the type it should be.
    struct Malformed: Error {}

    private let members: [String: Any]

    /// An empty body counts as an object without members.
    init(_ body: [UInt8]) throws(Malformed) {
        guard !body.isEmpty else {
            members = [:]
            return
        }
        guard let object = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] else {
            throw Malformed()
        }
        members = object
    }

    /// Whether there is a member of that name, null or not.
    func has(_ name: String) -> Bool { members[name] != nil }

    /// What stands for null in an object that is written.
    static var null: Any { NSNull() }

    /// A string; empty when it is not there or null.
    func text(_ name: String) throws(Malformed) -> String {
        guard let value = members[name], !(value is NSNull) else { return "" }
        guard let text = value as? String else { throw Malformed() }
        return text
    }

    /// A whole number; 0 when it is not there or null.
    func number(_ name: String) throws(Malformed) -> Int {
        guard let value = members[name], !(value is NSNull) else { return 0 }
        guard !(value is String), let number = value as? Int else { throw Malformed() }
        return number
    }

    /// An object of strings; empty when it is not there or null.
    func texts(_ name: String) throws(Malformed) -> [String: String] {
        guard let value = members[name], !(value is NSNull) else { return [:] }
        guard let texts = value as? [String: String] else { throw Malformed() }
        return texts
    }

    /// The text of an object, with a line end as the gateway writes it.
    static func write(_ object: [String: Any]) -> [UInt8] {
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        let data = (try? JSONSerialization.data(withJSONObject: object, options: options)) ?? Data()
        return [UInt8](data) + [UInt8(ascii: "\n")]
    }

    /// White space at both ends taken away.
    static func trimmed(_ text: String) -> String {
        text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Percent escapes resolved; the text itself where they are malformed.
    static func percentDecoded(_ text: String) -> String {
        text.removingPercentEncoding ?? text
    }

    /// Writes a file of the gateway's home; a failure is the test's to notice.
    static func writeFile(_ path: String, _ text: String) {
        try? text.write(toFile: path, atomically: true, encoding: .utf8)
    }
}
