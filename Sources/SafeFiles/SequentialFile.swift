internal import Glibc

/// A regular file that is read once, from its start to its end; through symbolic links. For what is no secret.
package final class SequentialFile {
    private let descriptor: Descriptor
    private let path: String
    private var buffer: ArraySlice<UInt8> = []

    /// - Throws: ``FileError``; `ENOENT` where nothing is there, `unsafe` for what is no regular file.
    package init(_ path: String) throws(FileError) {
        let file = try Descriptor(folder: AT_FDCWD, name: path, flags: O_RDONLY | O_NONBLOCK, path: path)
        guard try FileStatus(descriptor: file.number, path: path).kind == .regular else {
            throw .unsafe(path: path, problem: .notRegularFile, mend: nil)
        }
        self.path = path
        descriptor = file
    }

    /// The next bytes: at most `limit`, none only at the end.
    package func read(upTo limit: Int) throws(FileError) -> [UInt8] {
        if buffer.isEmpty { try fill() }
        let next = Array(buffer.prefix(limit))
        buffer = buffer.dropFirst(next.count)
        return next
    }

    private func fill() throws(FileError) {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let number = descriptor.number
        let count = uninterrupted { Glibc.read(number, &bytes, bytes.count) }
        guard count >= 0 else { throw systemError("read", path) }
        buffer = bytes[..<count]
    }
}
