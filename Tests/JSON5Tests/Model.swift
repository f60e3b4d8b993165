import JSON5
import SecureMemory

/// What a JSON5 text means, for a program: what must change exactly as told and no further.
indirect enum Model: Equatable {
    /// A text as code points, so that nothing is taken for equal that is only equivalent.
    typealias Text = [UInt32]

    case object([Text: Model])
    case array([Model])
    case string(Text)
    case number(String)
    case boolean(Bool)
    case null

    static func text(_ text: String) -> Text { text.unicodeScalars.map(\.value) }
}

/// A member that stands in the way of a path.
struct InTheWay: Error, Equatable {
    let path: [String]
}

extension Model {
    init(_ value: JSON5Value) {
        switch value {
        case .string(let text): self = .string(Self.text(text))
        case .boolean(let flag): self = .boolean(flag)
        case .secret(let secret):
            self = .string(Self.text(secret.bytes.withBytes { String(decoding: $0, as: UTF8.self) }))
        case .object(let members):
            self = .object(
                Dictionary(members.map { (Self.text($0.key), Model($0.value)) }, uniquingKeysWith: { $1 }))
        }
    }

    /// nil stands for a text without a value.
    static func changed(_ model: Model?, by changes: [JSON5Change]) throws -> Model? {
        var model = model
        for change in changes {
            switch change {
            case .set(let path, let value): model = try (model ?? .object([:])).setting(path[...], to: value, of: path)
            case .remove(let path): model = model?.removing(path[...])
            }
        }
        return model
    }

    private func setting(_ rest: ArraySlice<String>, to value: JSON5Value, of path: [String]) throws -> Model {
        guard let key = rest.first else { return Model(value) }
        guard case .object(var members) = self else { throw InTheWay(path: Array(path.dropLast(rest.count))) }
        let old = members[Self.text(key)] ?? .object([:])
        members[Self.text(key)] = try old.setting(rest.dropFirst(), to: value, of: path)
        return .object(members)
    }

    private func removing(_ rest: ArraySlice<String>) -> Model {
        guard let key = rest.first, case .object(var members) = self, let old = members[Self.text(key)] else {
            return self
        }
        members[Self.text(key)] = rest.count == 1 ? nil : old.removing(rest.dropFirst())
        return .object(members)
    }
}
