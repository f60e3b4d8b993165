import Foundation
import SecureMemory
import Synchronization
import Testing

@testable import SigilumCLI

/// A folder of a test's own, 0700, gone when the test is.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/sigilum-settings-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template), let real = realpath(made, nil) else {
            throw POSIXError(.init(rawValue: errno) ?? .EIO)
        }
        defer { free(real) }
        path = String(cString: real)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
        try write(name, Array(text.utf8), mode: mode)
    }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o600) throws -> String {
        let full = self(name)
        try folder((name as NSString).deletingLastPathComponent)
        try Data(bytes).write(to: URL(fileURLWithPath: full))
        try #require(chmod(full, mode) == 0)
        return full
    }

    @discardableResult
    func folder(_ name: String, mode: mode_t = 0o700) throws -> String {
        if name.isEmpty { return path }
        let full = self(name)
        if !FileManager.default.fileExists(atPath: full) {
            try FileManager.default.createDirectory(atPath: full, withIntermediateDirectories: true)
            try #require(chmod(full, mode) == 0)
        }
        return full
    }

    func link(_ name: String, to destination: String) throws {
        try #require(symlink(destination, self(name)) == 0)
    }

    func content(_ name: String) -> String? {
        FileManager.default.contents(atPath: self(name)).map { String(decoding: $0, as: UTF8.self) }
    }

    func mode(_ name: String) -> mode_t? {
        var status = stat()
        guard lstat(self(name), &status) == 0 else { return nil }
        return status.st_mode & 0o7777
    }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}

/// A value that no error, remark or file name may have in it.
let planted = "planted-5f0d9c41e7"

/// Surroundings of a test, and what was said in them.
struct Stage {
    let surroundings: Surroundings
    let remarks: RemarkCollector

    init(
        _ variables: [String: String] = [:], workingDirectory: String? = "/nonexistent", user: UInt32 = geteuid(),
        accountHome: String? = nil
    ) {
        let remarks = RemarkCollector()
        self.remarks = remarks
        surroundings = Surroundings(
            environment: .fixed(variables), workingDirectory: workingDirectory, user: user,
            accountHome: { accountHome }, say: { remarks.add($0) })
    }

    /// What was said since the last question, as the user reads it.
    func said() -> [String] {
        remarks.drain().map { remark in
            switch remark {
            case .info(let message): "[i] " + message.text(as: .sigilum)
            case .warn(let message): "[warn] " + message.text(as: .sigilum)
            }
        }
    }
}

/// What a user reads of a failure.
struct Read: Equatable, CustomStringConvertible {
    let status: Int32
    let message: String
    let hints: [String]

    init(_ status: Int32, _ message: String, hints: [String] = []) {
        self.status = status
        self.message = message
        self.hints = hints
    }

    init(_ failure: Failure) {
        status = failure.status.rawValue
        message = failure.message.text(as: .sigilum)
        hints = failure.hints.map { $0.text(as: .sigilum) }
    }

    var description: String { "\(status) \(message) \(hints)" }
}

/// The failure that `body` ends with, without its hints; `planted` is not in it.
func failure(_ body: () throws -> Void, at place: SourceLocation = #_sourceLocation) -> Read? {
    failureWithHints(body, at: place).map { Read($0.status, $0.message) }
}

/// The failure that `body` ends with; `planted` is not in it.
func failureWithHints(_ body: () throws -> Void, at place: SourceLocation = #_sourceLocation) -> Read? {
    do {
        try body()
        return nil
    } catch {
        let failure = Failure(describing: error)
        let read = Read(failure)
        #expect(!read.description.contains(planted), sourceLocation: place)
        #expect(!"\(failure)".contains(planted), sourceLocation: place)
        return read
    }
}

func shared(_ text: String) -> SharedSecret { SharedSecret(SecretBytes(copying: text.utf8)) }
func shared(_ bytes: [UInt8]) -> SharedSecret { SharedSecret(SecretBytes(copying: bytes)) }

/// The bytes of a secret as text; tests alone may do this.
func text(_ secret: SharedSecret?) -> String? {
    secret.map { $0.bytes.withBytes { String(decoding: $0, as: UTF8.self) } }
}

/// A terminal that answers what it was told to and fails where it was told nothing.
func terminal(
    input: String? = nil, isTerminal: Bool = false, answer: String? = nil,
    questions: @escaping @Sendable (String) -> Void = { _ in }
) -> Terminal {
    Terminal(
        canAsk: { answer != nil }, inputIsTerminal: { isTerminal },
        askSecret: { (question) throws(TerminalError) in
            questions(question.text(as: .sigilum))
            guard let answer else { throw .mayNotAsk }
            return SecretBytes(copying: answer.utf8)
        },
        askLine: { (_) throws(TerminalError) in throw .mayNotAsk },
        readInput: { () throws(TerminalError) in
            guard let input else { throw .ended }
            return SecretBytes(copying: input.utf8)
        })
}
