package import SecureMemory

/// What a member is set to.
package enum JSON5Value: Sendable {
    /// One member of an object that is set as a whole.
    package struct Member: Sendable {
        package let key: String
        package let value: JSON5Value

        package init(key: String, value: JSON5Value) {
            self.key = key
            self.value = value
        }
    }

    case string(String)
    case boolean(Bool)
    /// A string that does not leave secret memory. Must be UTF-8.
    case secret(SharedSecret)
    /// An object with exactly these members.
    case object([Member])
}

/// A change of one member. Paths lead through objects, from the whole text's; they are not empty.
package enum JSON5Change: Sendable {
    /// Gives the member that value. Objects on the way that are missing are made.
    case set([String], JSON5Value)
    /// Takes the member away, each of those that have its key and also where a later object of the same key hides it.
    case remove([String])
}

/// Why a change cannot be made. Names the path as the change does, nothing of the text.
package enum JSON5EditError: Error, Sendable, Equatable {
    /// At this path, which a change leads through, stands something that is no object; empty: it is the whole text.
    case notAnObject(path: [String])
    /// A path without keys.
    case emptyPath
    /// A secret's bytes are not UTF-8.
    case notUTF8(path: [String])
}

extension JSON5EditError {
    /// A path as people write it: `hooks.internal.entries["sigilum-authz-notify"]`.
    package static func text(of path: [String]) -> String {
        path.reduce(into: "") { text, key in
            if isPlainKey(key) {
                text += text.isEmpty ? key : "." + key
            } else {
                text += "[\"" + key + "\"]"
            }
        }
    }
}

/// Whether a key may stand without quotes, for people too: ASCII letters, digits, `_` and `$`, no digit first.
func isPlainKey(_ key: String) -> Bool {
    guard let first = key.utf8.first, !Byte.isDigit(first) else { return false }
    return key.utf8.allSatisfy(Byte.isWord)
}

/// What happens to one member.
struct PlannedMember {
    let key: String
    var plan: Plan
}

/// Several changes as one tree; of two changes of one member, the later counts.
struct Plan {
    enum Action {
        case set(JSON5Value)
        case remove
    }

    /// What happens to the member itself. With an action there are no children.
    private(set) var action: Action?
    private(set) var children: [PlannedMember] = []

    /// Whether something is to be there afterwards.
    var sets: Bool {
        if case .set = action { return true }
        return children.contains { $0.plan.sets }
    }

    /// What is taken away, alone: what can be done to a member that is hidden by a later one. Nothing is nil.
    var removals: Plan? {
        switch action {
        case .set: return nil
        case .remove: return self
        case nil:
            var plan = Plan()
            plan.children = children.compactMap { child in
                child.plan.removals.map { PlannedMember(key: child.key, plan: $0) }
            }
            return plan.children.isEmpty ? nil : plan
        }
    }

    /// The value that a member gets that is not there yet; nil where it is not to be there afterwards either.
    var newValue: JSON5Value? {
        if case .set(let value) = action { return value }
        let members = children.compactMap { child in
            child.plan.newValue.map { JSON5Value.Member(key: child.key, value: $0) }
        }
        return members.isEmpty ? nil : .object(members)
    }

    init() {}

    init(_ changes: [JSON5Change]) throws(JSON5EditError) {
        for change in changes {
            switch change {
            case .set(let path, let value):
                try value.check(path)
                try add(.set(value), at: path[...], of: path)
            case .remove(let path): try add(.remove, at: path[...], of: path)
            }
        }
    }

    private mutating func add(
        _ new: Action, at rest: ArraySlice<String>, of path: [String]
    ) throws(JSON5EditError) {
        guard !path.isEmpty else { throw .emptyPath }
        guard let key = rest.first else {
            action = new
            children = []
            return
        }
        switch action {
        case nil:
            break
        case .remove:
            // Whatever was there is gone; only what is set from here on is there.
            guard case .set(let value) = new else { return }
            action = .set(rest.reversed().reduce(value) { .object([.init(key: $1, value: $0)]) })
            return
        case .set(.object(let members)):
            var plan = Plan()
            for member in members {
                plan.children.append(PlannedMember(key: member.key, plan: Plan(value: member.value)))
            }
            try plan.add(new, at: rest, of: path)
            action = .set(plan.newValue ?? .object([]))
            return
        case .set:
            if case .set = new { throw .notAnObject(path: Array(path.dropLast(rest.count))) }
            return
        }
        if let index = children.firstIndex(where: { $0.key.utf8.elementsEqual(key.utf8) }) {
            try children[index].plan.add(new, at: rest.dropFirst(), of: path)
        } else {
            var plan = Plan()
            try plan.add(new, at: rest.dropFirst(), of: path)
            children.append(PlannedMember(key: key, plan: plan))
        }
    }

    private init(value: JSON5Value) {
        action = .set(value)
    }
}

extension JSON5Value {
    fileprivate func check(_ path: [String]) throws(JSON5EditError) {
        switch self {
        case .string, .boolean: break
        case .secret(let secret):
            let isText = secret.bytes.withBytes { bytes in
                var offset = 0
                while offset < bytes.count {
                    guard let point = codePoint(in: bytes, at: offset) else { return false }
                    offset += point.width
                }
                return true
            }
            guard isText else { throw .notUTF8(path: path) }
        case .object(let members):
            for member in members { try member.value.check(path + [member.key]) }
        }
    }
}
