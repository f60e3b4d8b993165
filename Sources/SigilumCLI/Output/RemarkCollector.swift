internal import Synchronization

/// What is to be said on standard error, gathered while a command runs, so that it is said even where the command fails.
package final class RemarkCollector: Sendable {
    private let remarks = Mutex<[Remark]>([])

    package init() {}

    /// Says something once: the same words a second time are dropped.
    package func add(_ remark: Remark) {
        remarks.withLock { remarks in
            if !remarks.contains(remark) { remarks.append(remark) }
        }
    }

    /// Everything gathered so far, which is then forgotten.
    package func drain() -> [Remark] {
        remarks.withLock { remarks in
            defer { remarks = [] }
            return remarks
        }
    }
}
