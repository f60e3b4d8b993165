import SafeFiles
import Synchronization
import Testing
import VaultCore

@testable import SigilumCLI

extension Machine {
    /// A machine on which nothing is wrong.
    static let good = Machine(
        text: { path in
            switch path {
            case "/proc/swaps": "Filename\t\tType\t\tSize\t\tUsed\t\tPriority"
            case "/proc/sys/kernel/core_pattern": "core"
            default: nil
            }
        }, names: { _ in [] }, fileSystem: { _ in 0xEF53 }, lockLimit: { 8 << 20 }, canLock: { _ in true },
        coreLimit: { 0 }, isDumpable: { false }, program: { nil }, sodium: "1.0.18", sqlite: "3.51.3")

    /// The same with something else about it.
    func with(_ change: (inout Machine) -> Void) -> Machine {
        var machine = self
        change(&machine)
        return machine
    }

    /// The same with these files of the system, and these folders.
    func with(_ texts: [String: String], folders: [String: [String]] = [:]) -> Machine {
        let old = text
        return with {
            $0.text = { texts[$0] ?? old($0) }
            $0.names = { folders[$0] ?? [] }
        }
    }
}

/// Notes in memory, which can be lost, wrong, or in a place that cannot be written.
final class MemoryNotes: TokenNoteStore {
    private let state = Mutex<(note: TokenNote?, isWritable: Bool, writes: Int)>((nil, true, 0))

    var note: TokenNote? {
        get { state.withLock { $0.note } }
        set { state.withLock { $0.note = newValue } }
    }
    var writes: Int { state.withLock { $0.writes } }

    func allowWriting(_ isWritable: Bool) { state.withLock { $0.isWritable = isWritable } }
    func read() -> TokenNote? { note }

    func write(_ note: TokenNote) -> Bool {
        state.withLock { state in
            guard state.isWritable else { return false }
            state.note = note
            state.writes += 1
            return true
        }
    }
}

extension [Diagnosis] {
    /// The verdicts of a check, in order.
    func verdicts(_ check: String) -> [Diagnosis.Verdict] { filter { $0.check == check }.map(\.verdict) }

    /// What a check says, as a user reads it, with what mends it.
    func said(_ check: String) -> String {
        filter { $0.check == check }.flatMap { [$0.text] + $0.mends }.map { $0.text(as: .sigilum) }
            .joined(separator: "\n")
    }

    var repairs: [Repair] { flatMap(\.repairs) }
}
