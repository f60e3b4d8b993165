internal import Sealing
internal import VaultFormat

/// Upper nodes of the state tree that were proven already, for whoever looks up more than one record of a state: the top, and
/// what is right below it, which most paths have in common.
///
/// A node is kept with the hash that it was proven against, and answers for that hash alone: what it says is then as it was
/// committed to, whatever became of the tree since.
final class ProvenNodes {
    private struct Proven {
        let hash: Digest
        let node: NodeRow
    }

    /// After so many paths there will be more: one or two records are looked up sooner than room is made.
    private static let few = 4

    private var top: Proven?
    private var below: [Proven?] = []
    private var count = 0

    /// The node at a place, where it was proven against that hash.
    func node(_ digits: [UInt8], _ hash: Digest) -> NodeRow? {
        let known: Proven?
        switch digits.count {
        case 0: known = top
        case 1 where !below.isEmpty: known = below[Int(digits[0])]
        default: known = nil
        }
        guard let known, known.hash.matches(hash) else { return nil }
        return known.node
    }

    /// Keeps what was proven.
    func keep(_ digits: [UInt8], _ hash: Digest, _ node: NodeRow) {
        switch digits.count {
        case 0: top = Proven(hash: hash, node: node)
        case 1:
            count += 1
            guard count > Self.few else { return }
            if below.isEmpty { below = [Proven?](repeating: nil, count: 64) }
            below[Int(digits[0])] = Proven(hash: hash, node: node)
        default: break
        }
    }
}
