internal import ArgumentParser
internal import SecureMemory

/// The value of an option that is a secret: a number, by which ``Context/secret(_:)`` finds the bytes. The parser, its
/// errors and the command itself never see the value.
struct ArgumentSecret: ExpressibleByArgument, Sendable, Equatable {
    let number: Int

    private static let mark = "secret-argument-"

    static func placeholder(_ number: Int) -> String { mark + String(number) }

    init?(argument: String) {
        guard argument.hasPrefix(Self.mark), let number = Int(argument.dropFirst(Self.mark.count)) else { return nil }
        self.number = number
    }
}

/// The secrets that stood on the command line.
package struct ArgumentSecrets: Sendable {
    struct Taken {
        let option: String
        let secret: SharedSecret
    }

    private let taken: [Taken]

    init(taken: [Taken]) {
        self.taken = taken
    }

    /// No secrets.
    package static let none = ArgumentSecrets(taken: [])

    func secret(_ argument: ArgumentSecret) -> SharedSecret? {
        taken.indices.contains(argument.number) ? taken[argument.number].secret : nil
    }

    /// What is said about every option that was used so: who can read it, and what is safer.
    var warnings: [Remark] {
        var options: [String] = []
        for option in taken.map(\.option) where !options.contains(option) { options.append(option) }
        return options.map { option in
            let safer =
                switch option {
                case "--upstream-secret": "--upstream-secret-env or --upstream-secret-file"
                case "--owner-token": "--owner-token-stdin"
                default: "the variable GATEWAY_MASTER_KEY_FILE"
                }
            return .warn("\(option): other users of this machine can read the process list; safer: \(safer)")
        }
    }
}
