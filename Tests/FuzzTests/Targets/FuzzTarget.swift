/// A reader of bytes that somebody else may have written, as a fuzzer calls it.
///
/// Whatever the bytes are, it must return: no trap, no read out of bounds, no memory or time without a limit. What it throws
/// is something that it requires of what was read and that did not hold.
struct FuzzTarget: Sendable {
    let name: String
    /// The longest input that is tried, in bytes.
    let limit: Int
    let run: @Sendable ([UInt8]) throws -> Void

    static let all: [FuzzTarget] =
        [
            FuzzTarget(name: "slot", limit: 512, run: SlotTarget.run),
            FuzzTarget(name: "record", limit: 4096, run: RecordTarget.run),
            FuzzTarget(name: "state", limit: 4096, run: StateTarget.run),
            FuzzTarget(name: "audit", limit: 4096, run: AuditTarget.run),
            FuzzTarget(name: "log", limit: 32_768, run: LogTarget.run),
            FuzzTarget(name: "backup", limit: 65_536, run: BackupTarget.run),
            FuzzTarget(name: "deposit", limit: 4096, run: DepositTarget.run),
            FuzzTarget(name: "text", limit: 2048, run: TextTarget.run),
            FuzzTarget(name: "config", limit: 4096, run: ConfigTarget.run),
            FuzzTarget(name: "json5", limit: 4096, run: JSON5Target.run),
            FuzzTarget(name: "jwt", limit: 4096, run: TokenTarget.run),
            FuzzTarget(name: "import", limit: 4096, run: ImportTarget.run),
            FuzzTarget(name: "database", limit: 131_072, run: DatabaseTarget.run),
            FuzzTarget(name: "gateway", limit: 4096, run: GatewayAnswerTarget.run),
            FuzzTarget(name: "api", limit: 4096, run: APIAnswerTarget.run),
        ]
}

/// Something that a target requires did not hold.
struct Finding: Error {
    let text: String
}

func require(_ holds: Bool, _ text: @autoclosure () -> String) throws {
    if !holds { throw Finding(text: text()) }
}

extension [UInt8] {
    /// A source that gives these bytes in pieces, as a file or a pipe may.
    func source(pieces: Int = 4096) -> (Int) throws -> [UInt8] {
        var rest = self[...]
        return { limit in
            let part = Array(rest.prefix(Swift.min(limit, pieces)))
            rest = rest.dropFirst(part.count)
            return part
        }
    }
}
