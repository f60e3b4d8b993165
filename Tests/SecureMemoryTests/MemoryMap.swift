import Glibc

/// What the system says about this process's memory.
enum MemoryMap {
    /// The permissions of the page at an address, `"r--p"` say; nil where nothing is mapped.
    static func permissions(at address: UInt) -> String? {
        for line in text("/proc/self/maps").split(separator: "\n") {
            let fields = line.split(separator: " ")
            let range = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            if range.count == 2, (range[0]..<range[1]).contains(address) { return String(fields[1]) }
        }
        return nil
    }

    /// The bytes at an address, whatever the permissions of its page allow, as another program would read them; nil
    /// where nothing is mapped.
    static func bytes(at address: UInt, count: Int) -> [UInt8]? {
        let file = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: count)
        let got = pread(file, &buffer, count, off_t(address))
        return got == count ? buffer : nil
    }

    private static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let got = read(file, &buffer, buffer.count), got > 0 { all += buffer[..<got] }
        return String(decoding: all, as: UTF8.self)
    }
}
