internal import Glibc

/// Masks secrets in a stream that comes in pieces of any size.
///
/// Whatever cannot be part of a secret goes on at once; held back are only the last bytes, as far as a secret could begin
/// with them. Of secrets that overlap every byte is covered. The bytes of the stream lie in memory that is wiped.
package final class OutputMask {
    private let patterns: MaskPatterns
    private var held: UnsafeMutableRawBufferPointer
    private var count = 0
    /// Where, from the start of what is held, the bytes end that a mask was already written for.
    private var covered = 0

    package init(_ patterns: MaskPatterns) {
        self.patterns = patterns
        held = .allocate(byteCount: patterns.longest + 65536, alignment: 16)
    }

    deinit {
        if let base = held.baseAddress { explicit_bzero(base, held.count) }
        held.deallocate()
    }

    /// Where the next piece of the stream is to be written to: 64 KiB at least.
    package var room: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: held[count...]) }

    /// Takes the first `added` bytes of ``room``; returns what may be shown now.
    package func take(_ added: Int) -> [UInt8] {
        count += added
        return go(isEnd: false)
    }

    /// What is left when the stream ended.
    package func finish() -> [UInt8] { go(isEnd: true) }

    private func go(isEnd: Bool) -> [UInt8] {
        var shown: [UInt8] = []
        shown.reserveCapacity(count)
        var position = 0
        patterns.withValues { values in
            while position < count {
                let rest = UnsafeRawBufferPointer(rebasing: held[position..<count])
                let (whole, isOpen) = patterns.match(rest, values)
                if isOpen, !isEnd { break }
                if let whole {
                    if position >= covered { shown += patterns.mask(whole) }
                    covered = max(covered, position + whole.count)
                }
                if position >= covered { shown.append(held[position]) }
                position += 1
            }
        }
        keep(from: position)
        return shown
    }

    /// Forgets what was dealt with, and wipes where it stood.
    private func keep(from position: Int) {
        guard position > 0, let base = held.baseAddress else { return }
        memmove(base, base + position, count - position)
        explicit_bzero(base + (count - position), position)
        count -= position
        covered = max(0, covered - position)
    }
}
