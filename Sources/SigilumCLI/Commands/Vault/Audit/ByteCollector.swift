internal import Synchronization

/// Keeps what is written, for a report that goes to a file.
final class ByteCollector: Sendable {
    private let collected = Mutex<[UInt8]>([])

    var bytes: [UInt8] { collected.withLock { $0 } }

    var channel: OutputChannel {
        OutputChannel(colour: false) { [self] written in
            collected.withLock { $0.append(contentsOf: written) }
            return .written
        }
    }
}
