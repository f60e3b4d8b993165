import Glibc

/// Looks for bytes in all of this process's memory that can be written, as another program would read it.
///
/// What is looked for is kept masked, so that the search does not find itself.
struct MemorySearch {
    private static let mask: UInt8 = 0x5A
    private let masked: [UInt8]

    /// For bytes that lie in guarded memory: no plain copy of them is made.
    init(_ bytes: UnsafeRawBufferPointer) {
        masked = bytes.map { $0 ^ Self.mask }
    }

    /// For bytes that are worked out one by one.
    init(count: Int, _ byte: (Int) -> UInt8) {
        masked = (0..<count).map { byte($0) ^ Self.mask }
    }

    /// Writes the bytes into `target`.
    func write(into target: UnsafeMutableRawBufferPointer) -> Int {
        for index in masked.indices { target[index] = masked[index] ^ Self.mask }
        return masked.count
    }

    /// How often they are there.
    func count() -> Int {
        let chunk = 1 << 20
        // The plain bytes, and behind them a piece of memory that is looked through.
        let size = 4096 + chunk
        guard let room = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            room != MAP_FAILED
        else { return -1 }
        defer {
            explicit_bzero(room, size)
            munmap(room, size)
        }
        _ = write(into: UnsafeMutableRawBufferPointer(start: room, count: 4096))
        let own = UInt(bitPattern: room)..<UInt(bitPattern: room) + UInt(size)
        let memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        guard memory >= 0 else { return -1 }
        defer { close(memory) }
        var found = 0
        for range in Self.writable() {
            var place = range.lowerBound
            while place < range.upperBound {
                let wanted = min(chunk, Int(range.upperBound - place))
                let got = pread(memory, room + 4096, wanted, off_t(place))
                guard got > 0 else { break }
                found += occurrences(room, got, at: place, outside: own)
                guard got == wanted, got > masked.count else { break }
                // What lies across the border of two pieces counts too.
                place += UInt(range.upperBound - place > UInt(got) ? got - masked.count + 1 : got)
            }
        }
        return found
    }

    private func occurrences(
        _ room: UnsafeMutableRawPointer, _ count: Int, at place: UInt, outside own: Range<UInt>
    ) -> Int {
        let piece = room + 4096
        var found = 0
        var start = 0
        while start + masked.count <= count,
            let hit = memchr(piece + start, Int32(masked[0] ^ Self.mask), count - start - masked.count + 1)
        {
            start = hit - piece
            if memcmp(hit, room, masked.count) == 0, !own.contains(place + UInt(start)) { found += 1 }
            start += 1
        }
        return found
    }

    private static func writable() -> [Range<UInt>] {
        let file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let got = read(file, &buffer, buffer.count), got > 0 { text += buffer[..<got] }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            return fields[1].dropFirst().first == "w" && ends.count == 2 ? ends[0]..<ends[1] : nil
        }
    }
}
