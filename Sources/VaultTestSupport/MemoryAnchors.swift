internal import Synchronization
package import VaultCore

/// An anchor in memory, that can be lost, damaged, put back, or in a folder that cannot be written.
package final class MemoryAnchors: AnchorStore {
    /// What the place of an anchor can be like.
    package enum Condition: Sendable {
        case usable
        /// Nothing is found there, and nothing can be kept.
        case unavailable
        /// What is there is no anchor.
        case damaged
    }

    private struct State {
        var anchor: Anchor?
        var condition = Condition.usable
        var history: [Anchor] = []
        var durable = 0
    }

    private let state: Mutex<State>

    package init(_ anchor: Anchor? = nil) {
        state = Mutex(State(anchor: anchor))
    }

    /// The anchor as it is now; assigning puts another in its place.
    package var anchor: Anchor? {
        get { state.withLock { $0.anchor } }
        set { state.withLock { $0.anchor = newValue } }
    }

    /// Every anchor that was kept, in order.
    package var history: [Anchor] { state.withLock { $0.history } }

    /// How many of them were to be synced.
    package var durableCount: Int { state.withLock { $0.durable } }

    package func become(_ condition: Condition) { state.withLock { $0.condition = condition } }

    package func read() throws(AnchorError) -> Anchor? {
        let (condition, anchor) = state.withLock { ($0.condition, $0.anchor) }
        return switch condition {
        case .usable: anchor
        case .unavailable: nil
        case .damaged: throw .unreadable
        }
    }

    package func raise(to anchor: Anchor, durably: Bool) -> AnchorKeeping {
        state.withLock { state in
            guard state.condition == .usable else { return .unavailable }
            if let known = state.anchor {
                let isBelow = known.auditSequence < anchor.auditSequence && known.generation <= anchor.generation
                guard known.vaultID == anchor.vaultID, isBelow else { return .kept }
            }
            state.anchor = anchor
            state.history.append(anchor)
            if durably { state.durable += 1 }
            return .kept
        }
    }

    package func replace(with anchor: Anchor) -> AnchorKeeping {
        state.withLock { state in
            guard state.condition != .unavailable else { return .unavailable }
            state.condition = .usable
            state.anchor = anchor
            state.history.append(anchor)
            state.durable += 1
            return .kept
        }
    }

    package func remove() -> AnchorKeeping {
        state.withLock { state in
            guard state.condition != .unavailable else { return .unavailable }
            state.condition = .usable
            state.anchor = nil
            return .kept
        }
    }
}
