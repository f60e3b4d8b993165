internal import SecureMemory

/// Why a secret cannot go into an HTTP header or query.
enum HTTPValueError: Error, Equatable {
    case empty
    case notUTF8
    case controlCharacter
    case spaceAtAnEnd
    case variableReference
}

/// What a value must be that the gateway puts into a header or a query.
enum HTTPValueRule {
    /// Checks a value where it lies.
    ///
    /// - Parameters:
    ///   - value: The secret.
    ///   - allowsVariableReference: `--allow-variable-reference`: the gateway takes a value of the form `{{NAME}}` for
    ///     a reference to one of its credential variables and replaces it at each call.
    /// - Throws: The first reason why it cannot be one.
    static func check(
        _ value: borrowing SecretBytes, allowsVariableReference: Bool
    ) throws(HTTPValueError) {
        try value.withBytes { (bytes) throws(HTTPValueError) in
            guard let last = bytes.last else { throw .empty }
            var iterator = bytes.makeIterator()
            var decoder = UTF8()
            var first: Unicode.Scalar?
            var latest: Unicode.Scalar?
            scan: while true {
                switch decoder.decode(&iterator) {
                case .emptyInput: break scan
                case .error: throw .notUTF8
                case .scalarValue(let scalar):
                    guard scalar.properties.generalCategory != .control else { throw .controlCharacter }
                    first = first ?? scalar
                    latest = scalar
                }
            }
            // The gateway trims what Unicode calls white space, not only the space bar's.
            let ends = [first, latest].compactMap { $0 }
            guard !ends.contains(where: \.properties.isWhitespace) else { throw .spaceAtAnEnd }
            let isReference =
                bytes.starts(with: "{{".utf8) && last == UInt8(ascii: "}") && bytes.dropLast().last == last
            guard allowsVariableReference || !isReference else { throw .variableReference }
        }
    }
}

extension HTTPValueError: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .empty: Failure(.usage, code: "secret-empty", "The secret is empty; nothing was stored")
        case .notUTF8: refusal("it is not UTF-8")
        case .controlCharacter: refusal("it has a control character, a line end perhaps")
        case .spaceAtAnEnd: refusal("it begins or ends with a space, which the gateway would take off")
        case .variableReference:
            refusal(
                "it has the form {{NAME}}, which the gateway replaces by a credential variable",
                hints: ["if that is what you want, give --allow-variable-reference"])
        }
    }

    private func refusal(_ reason: Message, hints: [Message] = []) -> Failure {
        Failure(
            .usage, code: "secret-not-for-http",
            "The secret cannot go into an HTTP header or query: \(reason); nothing was stored", hints: hints)
    }
}
