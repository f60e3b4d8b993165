import Dispatch
import Foundation
import SecureMemory
import Synchronization

@testable import SigilumCLI

/// What was written to a channel.
final class Capture: Sendable {
    private let storage = Mutex<[UInt8]>([])

    var bytes: [UInt8] { storage.withLock { $0 } }
    var text: String { String(decoding: bytes, as: UTF8.self) }

    func channel(colour: Bool = false, outcome: WriteOutcome = .written) -> OutputChannel {
        OutputChannel(colour: colour) { bytes in
            guard outcome == .written else { return outcome }
            self.storage.withLock { $0.append(contentsOf: bytes) }
            return .written
        }
    }
}

/// Work on a thread of its own: what waits for a descriptor must not take one of the few that tasks share.
final class Background<Result: Sendable>: Sendable {
    private let result = Mutex<Result?>(nil)
    private let done = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () -> Result) {
        Thread.detachNewThread { [self] in
            let value = body()
            result.withLock { $0 = value }
            done.signal()
        }
    }

    /// Waits for the end. Asked once.
    func value() -> Result? {
        done.wait()
        return result.withLock { $0 }
    }
}

/// A secret that must not be seen.
let canary = "lin_api_CANARY_7f3a9c1e5b"

func secret(_ text: String) -> SharedSecret {
    SharedSecret(SecretBytes(copying: Array(text.utf8)))
}

func secret(bytes: [UInt8]) -> SharedSecret {
    SharedSecret(SecretBytes(copying: bytes))
}

func text(of secret: borrowing SecretBytes) -> String {
    secret.withBytes { String(decoding: $0, as: UTF8.self) }
}

/// What a report becomes on standard output.
func rendered(
    _ report: Report, json: Bool = false, reveal: Bool = false, colour: Bool = false, program: ProgramName = .sigilum
) -> String {
    let (results, notes) = (Capture(), Capture())
    let renderer = Renderer(
        results: results.channel(colour: colour), notes: notes.channel(), program: program, json: json, reveal: reveal)
    _ = renderer.showFacts(report)
    return results.text
}

/// What a failure becomes on standard error.
func rendered(
    _ failure: Failure, after remarks: [Remark] = [], json: Bool = false, colour: Bool = false,
    program: ProgramName = .sigilum
) -> String {
    let (results, notes) = (Capture(), Capture())
    let renderer = Renderer(
        results: results.channel(), notes: notes.channel(colour: colour), program: program, json: json, reveal: true)
    renderer.show(failure, after: remarks)
    return notes.text
}
