internal import Glibc
package import SecureMemory

/// Reads a descriptor to its end straight into secret memory: standard input, a pipe, a file. The descriptor stays open.
/// More than `limit` bytes is ``FileError/tooLarge(path:limit:)``, whose path says which descriptor it was.
package func readSecretDescriptor(_ fd: Int32, limit: Int) throws(FileError) -> SecretBytes {
    let path = fd == 0 ? "standard input" : "descriptor \(fd)"
    let secret = try SecretBytes(capacity: limit + 1) { buffer throws(FileError) in
        var count = 0
        while count < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            let read = uninterrupted { Glibc.read(fd, rest.baseAddress, rest.count) }
            if read < 0 { throw systemError("read", path) }
            if read == 0 { break }
            count += read
        }
        return count
    }
    guard secret.count <= limit else { throw .tooLarge(path: path, limit: limit) }
    return secret
}

/// Reads a regular file into secret memory, also through a symbolic link: a secret that a container or systemd mounted.
/// ``Folder/readSecret(_:limit:)`` is the one that follows nothing. nil where nothing is at the path; more than `limit`
/// bytes is ``FileError/tooLarge(path:limit:)``.
package func readSecretThroughLinks(_ path: String, limit: Int) throws(FileError) -> SecretBytes? {
    do {
        let file = try Descriptor(folder: AT_FDCWD, name: path, flags: O_RDONLY | O_NONBLOCK, path: path)
        return try readRegularFile(file, limit: limit, path: path)
    } catch .system(_, _, ENOENT) {
        return nil
    } catch .system(_, _, ENXIO) {
        throw .unsafe(path: path, problem: .notRegularFile, mend: nil)
    }
}

/// Without one line end (LF or CR LF) at the end; nothing else is touched.
package func withoutTrailingLineEnd(_ secret: consuming SecretBytes) -> SecretBytes {
    let kept = secret.withBytes { bytes in
        guard bytes.last == 0x0a else { return bytes.count }
        return bytes.dropLast().last == 0x0d ? bytes.count - 2 : bytes.count - 1
    }
    guard kept < secret.count else { return secret }
    return secret.withBytes { bytes in
        SecretBytes(capacity: kept) { target in
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<kept]))
            return kept
        }
    }
}

/// Reads an open file, which must be a regular one: checked on the descriptor, so that nothing can be put in its place.
func readRegularFile(_ file: borrowing Descriptor, limit: Int, path: String) throws(FileError) -> SecretBytes {
    let status = try FileStatus(descriptor: file.number, path: path)
    guard status.kind == .regular else { throw .unsafe(path: path, problem: .notRegularFile, mend: nil) }
    guard status.size <= Int64(limit) else { throw .tooLarge(path: path, limit: limit) }
    // One more byte than there should be, so that a file that grew meanwhile (or that never says its size) shows.
    let size = Int(status.size)
    let secret = try readFromStart(file, capacity: size + 1, path: path)
    guard secret.count > size, size < limit else {
        guard secret.count <= limit else { throw .tooLarge(path: path, limit: limit) }
        return secret
    }
    let whole = try readFromStart(file, capacity: limit + 1, path: path)
    guard whole.count <= limit else { throw .tooLarge(path: path, limit: limit) }
    return whole
}

private func readFromStart(
    _ file: borrowing Descriptor, capacity: Int, path: String
) throws(FileError) -> SecretBytes {
    let number = file.number
    return try SecretBytes(capacity: capacity) { buffer throws(FileError) in
        try fill(buffer, fromStartOf: number, path: path)
    }
}

/// As ``readRegularFile(_:limit:path:)``, of what is no secret, into ordinary memory.
func readPublicFile(_ file: borrowing Descriptor, limit: Int, path: String) throws(FileError) -> [UInt8] {
    let status = try FileStatus(descriptor: file.number, path: path)
    guard status.kind == .regular else { throw .unsafe(path: path, problem: .notRegularFile, mend: nil) }
    let number = file.number
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: limit + 1) { buffer, count in
        do throws(FileError) {
            count = try fill(UnsafeMutableRawBufferPointer(buffer), fromStartOf: number, path: path)
        } catch {
            failure = error
        }
    }
    if let failure { throw failure }
    guard bytes.count <= limit else { throw .tooLarge(path: path, limit: limit) }
    return bytes
}

/// Reads until the buffer is full or the file ends; answers how many bytes there were.
private func fill(
    _ buffer: UnsafeMutableRawBufferPointer, fromStartOf number: Int32, path: String
) throws(FileError) -> Int {
    var count = 0
    while count < buffer.count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
        let read = uninterrupted { pread(number, rest.baseAddress, rest.count, off_t(count)) }
        if read < 0 { throw systemError("read", path) }
        if read == 0 { break }
        count += read
    }
    return count
}
