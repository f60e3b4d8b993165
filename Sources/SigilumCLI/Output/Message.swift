/// One line of text for a person: what a headline, a remark, a failure and a hint consist of.
///
/// Written as a string literal. `\(value)` is escaped when it is shown, since it may come from anywhere;
/// `\(command: ["vault", "sync"])` names the program as it was called. There is no way to put a secret in.
package struct Message: Sendable, Equatable, ExpressibleByStringInterpolation {
    /// What a message consists of.
    package enum Part: Sendable, Equatable {
        /// Text of ours, shown as it is.
        case plain(String)
        /// Text of anybody's, shown with its control characters escaped.
        case untrusted(String)
        /// A command of this program: its words without the program's name.
        case command([String])
    }

    package let parts: [Part]

    package init(stringLiteral text: String) {
        parts = [.plain(text)]
    }

    package init(stringInterpolation interpolation: StringInterpolation) {
        parts = interpolation.parts
    }

    /// Collects the parts of an interpolated literal.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            parts.reserveCapacity(interpolationCount * 2 + 1)
        }

        package mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { parts.append(.plain(literal)) }
        }

        /// Text that may come from anywhere.
        package mutating func appendInterpolation(_ text: String) {
            parts.append(.untrusted(text))
        }

        /// Text of ours that is not a literal: an enum's word, a line of usage.
        package mutating func appendInterpolation(plain text: String) {
            parts.append(.plain(text))
        }

        /// A number.
        package mutating func appendInterpolation(_ number: some BinaryInteger) {
            parts.append(.plain(String(number)))
        }

        /// A message within a message.
        package mutating func appendInterpolation(_ message: Message) {
            parts += message.parts
        }

        /// A command of this program, for a hint: its words without the program's name. A word that a shell would not
        /// take as it is gets quotes.
        package mutating func appendInterpolation(command words: [String]) {
            parts.append(.command(words))
        }
    }

    /// The text with nothing escaped, for a form that has its own escapes (JSON).
    package func text(as program: ProgramName, with options: CommandOptions = .none) -> String {
        parts.map { part in
            switch part {
            case .plain(let text), .untrusted(let text): text
            case .command(let words): program.line(options.added(to: words))
            }
        }.joined()
    }

    /// The text as a terminal may get it.
    package func safeText(as program: ProgramName, with options: CommandOptions = .none) -> String {
        parts.map { part in
            switch part {
            case .plain(let text): text
            case .untrusted(let text): Escaping.forTerminal(text)
            case .command(let words): Escaping.forTerminal(program.line(options.added(to: words)))
            }
        }.joined()
    }
}
