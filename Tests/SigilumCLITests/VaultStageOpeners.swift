import VaultCore

@testable import SigilumCLI

/// Nothing stands behind these commands.
private struct NothingBehind: Error {}

extension Openers {
    /// Openers for commands that reach for nothing: each fails, or answers that nothing is there.
    init() {
        self.init(
            storage: { _, _, _, _ in throw NothingBehind() }, anchors: { _, _ in NoAnchors() },
            exportFiles: { _, _ in StageTarget(.exportFile) }, adoptableFile: { _, _ in throw NothingBehind() },
            localAPI: { _ in throw NothingBehind() }, gateway: { _ in throw NothingBehind() },
            openClaw: { StageTarget(.openClaw) }, sigilumAPI: { _ in throw NothingBehind() })
    }
}

private struct NoAnchors: AnchorStore {
    func read() throws(AnchorError) -> Anchor? { throw .unreadable }
    func raise(to anchor: Anchor, durably: Bool) -> AnchorKeeping { .unavailable }
    func replace(with anchor: Anchor) -> AnchorKeeping { .unavailable }
    func remove() -> AnchorKeeping { .unavailable }
}
