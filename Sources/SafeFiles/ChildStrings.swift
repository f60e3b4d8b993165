internal import CPlatform
internal import Glibc
internal import SecureMemory

/// Arguments and environment of a program to be started, in the form the system wants them. Those that hold secrets lie
/// in secret memory from the first byte to the call that hands them over.
struct ChildStrings {
    private enum Item {
        case plain(String)
        /// With its NUL at the end.
        case secret(SharedSecret)
    }

    private let arguments: [Item]
    private let variables: [Item]

    /// `withoutVariables` are the names of inherited variables that the program does not get.
    init(
        argv: [String], secretArguments: [(position: Int, value: SharedSecret)],
        environment: [(name: String, value: SharedSecret)], withoutVariables: Set<String>
    ) throws(ChildProcessError) {
        var arguments: [Item] = []
        for argument in argv {
            guard !argument.utf8.contains(0) else { throw .malformedCall }
            arguments.append(.plain(argument))
        }
        for (position, value) in secretArguments {
            guard arguments.indices.contains(position) else { throw .malformedCall }
            arguments[position] = .secret(try Self.terminated(value, after: ""))
        }
        self.arguments = arguments
        var variables = Self.inherited(without: withoutVariables.union(environment.map(\.name)))
        for (name, value) in environment {
            guard !name.isEmpty, !name.utf8.contains(where: { $0 == 0 || $0 == 0x3d }) else { throw .malformedCall }
            variables.append(.secret(try Self.terminated(value, after: name + "=")))
        }
        self.variables = variables
    }

    /// Both lists as null-terminated arrays of C strings, readable while `body` runs.
    func withPointers<Result>(
        _ body: (
            UnsafePointer<UnsafeMutablePointer<CChar>?>, UnsafePointer<UnsafeMutablePointer<CChar>?>
        ) throws(ChildProcessError) -> Result
    ) throws(ChildProcessError) -> Result {
        try Self.open(arguments[...], []) { argv throws(ChildProcessError) in
            try Self.open(variables[...], []) { environ throws(ChildProcessError) in
                try argv.withUnsafeBufferPointer { first throws(ChildProcessError) in
                    try environ.withUnsafeBufferPointer { second throws(ChildProcessError) in
                        guard let first = first.baseAddress, let second = second.baseAddress else {
                            throw .malformedCall
                        }
                        return try body(first, second)
                    }
                }
            }
        }
    }

    /// Opens the secrets one within the other, since each is readable only while its closure runs.
    private static func open<Result>(
        _ items: ArraySlice<Item>, _ done: [UnsafeMutablePointer<CChar>?],
        _ body: ([UnsafeMutablePointer<CChar>?]) throws(ChildProcessError) -> Result
    ) throws(ChildProcessError) -> Result {
        var pointers = done
        var allocated: [UnsafeMutablePointer<CChar>?] = []
        defer { for pointer in allocated { free(pointer) } }
        for index in items.indices {
            switch items[index] {
            case .plain(let text):
                guard let copy = strdup(text) else { throw .malformedCall }
                allocated.append(copy)
                pointers.append(copy)
            case .secret(let secret):
                let rest = items[(index + 1)...]
                return try secret.bytes.withBytes { bytes throws(ChildProcessError) in
                    // The system reads through this pointer and does not write, whatever its type says.
                    let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                    return try open(rest, pointers + [UnsafeMutablePointer(mutating: start)], body)
                }
            }
        }
        return try body(pointers + [nil])
    }

    private static func terminated(
        _ value: SharedSecret, after prefix: String
    ) throws(ChildProcessError) -> SharedSecret {
        let hasNul = value.bytes.withBytes { $0.contains(0) }
        guard !hasNul else { throw .malformedCall }
        let text = Array(prefix.utf8)
        return SharedSecret(
            value.bytes.withBytes { bytes in
                // The memory comes zeroed: the byte after the value is its end.
                SecretBytes(capacity: text.count + bytes.count + 1) { buffer in
                    buffer.copyBytes(from: text)
                    UnsafeMutableRawBufferPointer(rebasing: buffer[text.count...]).copyMemory(from: bytes)
                    return buffer.count
                }
            })
    }

    private static func inherited(without names: Set<String>) -> [Item] {
        var items: [Item] = []
        guard var next = sigilum_environ() else { return items }
        while let variable = next.pointee {
            let text = String(cString: variable)
            let name = text.prefix { $0 != "=" }
            if !names.contains(String(name)) { items.append(.plain(text)) }
            next = next.advanced(by: 1)
        }
        return items
    }
}
