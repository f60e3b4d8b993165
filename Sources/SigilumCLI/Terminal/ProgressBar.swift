internal import Glibc

/// A bar on standard error while many things are done: on a terminal only, and gone at the end.
final class ProgressBar {
    private static let width = 30

    private let channel: OutputChannel?
    private let title: String
    private var shown = -1

    /// - Parameters:
    ///   - title: What is being done, in a word.
    ///   - context: Says whether a bar can be shown.
    ///   - isJSON: Whether a program reads the output: then there is none.
    init(_ title: String, _ context: Context, isJSON: Bool) {
        self.title = title
        channel = context.terminal.showsProgress() && !isJSON ? context.notes : nil
    }

    deinit { clear() }

    /// Says how many of how many are done.
    func update(_ done: Int, of total: Int) {
        guard let channel, total > 1 else { return }
        let percent = done * 100 / total
        guard percent != shown else { return }
        shown = percent
        let full = String(repeating: "#", count: percent * Self.width / 100)
        let rest = String(repeating: ".", count: Self.width - full.count)
        Self.write("\r\(title) [\(full)\(rest)] \(done)/\(total)", to: channel)
    }

    /// Takes the bar away.
    func clear() {
        guard let channel, shown >= 0 else { return }
        shown = -1
        Self.write("\r\u{1b}[K", to: channel)
    }

    private static func write(_ text: String, to channel: OutputChannel) {
        var text = text
        text.withUTF8 { _ = channel.write(UnsafeRawBufferPointer($0)) }
    }
}
