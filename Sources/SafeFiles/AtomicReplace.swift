internal import CPlatform
internal import Glibc
package import SecureMemory

extension Folder {
    /// Makes a file hold exactly these bytes, 0600: readers see the old file or the new one, also after a crash.
    ///
    /// Refuses to replace anything but a regular file. The bytes are written to a temporary file in the same folder,
    /// which is synced and renamed; then the folder is synced. The file belongs to `owner`, or to this process where
    /// that is nil.
    ///
    /// `durably: false` waits for no disk: for what may be forgotten when the machine loses power. Then the file may be
    /// the old one, the new one, or empty.
    package func replace(
        _ name: String, with secret: borrowing SecretBytes, owner: FileOwner?, durably: Bool = true
    ) throws(FileError) {
        let full = try path(of: name, for: "rename")
        if let there = try status(name), there.kind != .regular {
            let problem: UnsafePath = there.kind == .symbolicLink ? .symbolicLink : .notRegularFile
            throw .unsafe(path: full, problem: problem, mend: nil)
        }
        try place(secret, owner: owner, durably: durably, path: full) { folder, temporary in
            renameat(folder, temporary, folder, name)
        }
    }

    /// As ``replace(_:with:owner:durably:)``, for what is written piece by piece and is no secret: `body` is given what
    /// takes the next bytes. Where it throws, the old file stays.
    package func replace(
        _ name: String, owner: FileOwner?, writing body: (_ write: ([UInt8]) throws -> Void) throws -> Void
    ) throws {
        let full = try path(of: name, for: "rename")
        if let there = try status(name), there.kind != .regular {
            let problem: UnsafePath = there.kind == .symbolicLink ? .symbolicLink : .notRegularFile
            throw FileError.unsafe(path: full, problem: problem, mend: nil)
        }
        try place(owner: owner, path: full, writing: body) { folder, temporary in
            renameat(folder, temporary, folder, name)
        }
    }

    /// As ``createNew(_:with:owner:)``, for what is written piece by piece and is no secret. Where `body` throws, nothing is
    /// made.
    package func createNew(
        _ name: String, owner: FileOwner?, writing body: (_ write: ([UInt8]) throws -> Void) throws -> Void
    ) throws {
        let full = try path(of: name, for: "link")
        guard try status(name) == nil else { throw FileError.system(operation: "link", path: full, errno: EEXIST) }
        try place(owner: owner, path: full, writing: body) { folder, temporary in
            publishNew(folder, temporary, name)
        }
    }

    /// Writes a temporary file piece by piece, synced, and lets `publish` give it its name.
    private func place(
        owner: FileOwner?, path full: String, writing body: (_ write: ([UInt8]) throws -> Void) throws -> Void,
        publish: (_ folder: Int32, _ temporary: String) -> Int32
    ) throws {
        let temporary = try makeTemporary(path: full)
        do {
            let file = temporary.file.number
            var waiting: [UInt8] = []
            func flush() throws {
                try waiting.withUnsafeBytes { try write($0, to: file, path: full) }
                waiting.removeAll(keepingCapacity: true)
            }
            try body { bytes in
                waiting += bytes
                if waiting.count >= 1 << 16 { try flush() }
            }
            try flush()
            try temporary.file.secure(mode: 0o600, owner: owner, path: full)
            try temporary.file.synchronize(path: full)
            guard publish(descriptor.number, temporary.name) == 0 else { throw systemError("rename", full) }
        } catch {
            unlinkat(descriptor.number, temporary.name, 0)
            throw error
        }
        try sync()
    }

    /// As ``replace(_:with:owner:durably:)``, but only where the name still has the very file that `expected` is the status
    /// of, with the content `old`, looked at right before the new one takes its place; otherwise answers false, and
    /// nothing has changed.
    ///
    /// The content counts besides, since a file's times pass in steps of some milliseconds: what is saved twice within one
    /// and has the same length has the same status.
    package func replace(
        _ name: String, with secret: borrowing SecretBytes, owner: FileOwner?, onlyIf expected: FileStatus,
        holding old: borrowing SecretBytes
    ) throws(FileError) -> Bool {
        let full = try path(of: name, for: "rename")
        guard expected.kind == .regular else { throw .unsafe(path: full, problem: .notRegularFile, mend: nil) }
        do {
            try place(secret, owner: owner, durably: true, path: full) { folder, temporary in
                guard isStill(name, expected, holding: old) else {
                    errno = ESTALE
                    return -1
                }
                return renameat(folder, temporary, folder, name)
            }
            return true
        } catch .system("rename", full, ESTALE) {
            return false
        }
    }

    private func isStill(_ name: String, _ expected: FileStatus, holding old: borrowing SecretBytes) -> Bool {
        guard let content = try? readSecret(name, limit: old.count), content.equals(old) else { return false }
        // Last, so that what is written while the content is read shows.
        return (try? status(name)) == expected
    }

    /// Makes a new file, 0600, that appears with all its bytes or not at all.
    ///
    /// Fails with `EEXIST` where something has that name.
    package func createNew(
        _ name: String, with secret: borrowing SecretBytes, owner: FileOwner?
    ) throws(FileError) {
        let full = try path(of: name, for: "link")
        // Not worth writing the secret anywhere for.
        guard try status(name) == nil else { throw .system(operation: "link", path: full, errno: EEXIST) }
        try place(secret, owner: owner, durably: true, path: full) { folder, temporary in
            publishNew(folder, temporary, name)
        }
    }

    private func publishNew(_ folder: Int32, _ temporary: String, _ name: String) -> Int32 {
        // A link leaves a second name when the process dies before the first is gone, so it comes second: for
        // file systems that cannot rename without replacing.
        let renamed = sigilum_rename_new(folder, temporary, name)
        guard renamed != 0, errno == EINVAL || errno == ENOSYS else { return renamed }
        let linked = linkat(folder, temporary, folder, name, 0)
        if linked == 0 { unlinkat(folder, temporary, 0) }
        return linked
    }

    /// Takes away temporary files that killed writers left, and answers how many. A living writer's file stays.
    @discardableResult
    package func removeStaleTemporaries() throws(FileError) -> Int {
        var removed = 0
        for name in try names() where isTemporaryName(name) {
            // What cannot be opened or has gone meanwhile is not ours to judge.
            if (try? removeIfStale(name)) == true { removed += 1 }
        }
        if removed > 0 { try sync() }
        return removed
    }

    /// Temporary files of one owner that killed writers left. A living writer's file is not among them.
    package func staleTemporaries(of user: UInt32) throws(FileError) -> [String] {
        let temporaries = try names().filter(isTemporaryName)
        return temporaries.filter { (try? isStale($0, of: user)) == true }
    }

    private func isStale(_ name: String, of user: UInt32) throws(FileError) -> Bool {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
        let file = try Descriptor(folder: descriptor.number, name: name, flags: flags, path: name)
        let held = try FileStatus(descriptor: file.number, path: name)
        guard held.kind == .regular, held.uid == user else { return false }
        return try file.tryLock(path: name)
    }

    private func removeIfStale(_ name: String) throws(FileError) -> Bool {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
        let file = try Descriptor(folder: descriptor.number, name: name, flags: flags, path: name)
        guard try file.tryLock(path: name) else { return false }
        let held = try FileStatus(descriptor: file.number, path: name)
        guard held.kind == .regular, let named = try status(name), named.isSameFile(as: held) else { return false }
        return unlinkat(descriptor.number, name, 0) == 0
    }

    /// Writes a temporary file, synced where it is for ever, and lets `publish` give it its name; answers 0, or -1 with `errno`.
    private func place(
        _ secret: borrowing SecretBytes, owner: FileOwner?, durably: Bool, path full: String,
        publish: (_ folder: Int32, _ temporary: String) -> Int32
    ) throws(FileError) {
        let temporary = try makeTemporary(path: full)
        do throws(FileError) {
            let file = temporary.file.number
            try secret.withBytes { bytes throws(FileError) in try write(bytes, to: file, path: full) }
            try temporary.file.secure(mode: 0o600, owner: owner, path: full)
            if durably { try temporary.file.synchronize(path: full) }
            guard publish(descriptor.number, temporary.name) == 0 else { throw systemError("rename", full) }
        } catch {
            unlinkat(descriptor.number, temporary.name, 0)
            throw error
        }
        if durably { try sync() }
    }

    /// A new, empty, locked file: the lock tells ``removeStaleTemporaries()`` that its writer lives.
    private func makeTemporary(path full: String) throws(FileError) -> Temporary {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        for _ in 0..<64 {
            let name = temporaryName()
            let opened = uninterrupted {
                sigilum_openat(descriptor.number, name, flags | O_CLOEXEC, 0o600)
            }
            guard opened >= 0 else {
                if errno == EEXIST { continue }
                throw systemError("open", full)
            }
            let file = Descriptor(owning: opened)
            // Between the two calls a cleaner may have taken it for left over: then it is gone, and another is made.
            if try file.tryLock(path: full), try FileStatus(descriptor: file.number, path: full).links == 1 {
                return Temporary(name: name, file: file)
            }
        }
        throw .system(operation: "open", path: full, errno: EEXIST)
    }
}

/// A file that has no name of its own yet.
private struct Temporary: ~Copyable {
    let name: String
    let file: Descriptor
}

private let temporaryPrefix = ".sigilum-"
private let temporarySuffix = ".tmp"

/// `.sigilum-`, eight random hexadecimal digits, `.tmp`.
private func temporaryName() -> String {
    let digits = String(UInt32.random(in: 0...UInt32.max), radix: 16)
    return temporaryPrefix + String(repeating: "0", count: 8 - digits.count) + digits + temporarySuffix
}

private func isTemporaryName(_ name: String) -> Bool {
    guard name.hasPrefix(temporaryPrefix), name.hasSuffix(temporarySuffix), name.utf8.count == 21 else { return false }
    return name.dropFirst(temporaryPrefix.count).prefix(8).allSatisfy { $0.isASCII && $0.isHexDigit }
}
