internal import Glibc
internal import SafeFiles
internal import Sealing
internal import VaultCore

/// What of a vault's log was sent already: a file in the user's state folder, so that sending makes no new events.
/// Locked while somebody sends.
final class ForwardingNote {
    /// A place in the log that was proven, and the number of the last record that was sent.
    struct Mark: Equatable {
        var place: LogPlace
        var sent: UInt64
    }

    private static let magic = "sigilum forwarded 1"
    private let descriptor: Int32
    private let path: String
    private let lock: HeldLock

    /// - Throws: 73 where it cannot be kept, 75 while another process sends.
    init(stateFolder: String, vaultID: [UInt8]) throws {
        let name = Hexadecimal.text(vaultID)
        let folder = try StateFolder.opened(stateFolder + "/forwarded")
        let owner = try StateFolder.owner(in: folder)
        let held = try FileLock.exclusive(name + ".lock", in: folder, owner: owner, timeoutMilliseconds: 2000)
        guard let held else {
            throw Failure(
                .busy, code: "busy", "Another process forwards this log", hints: ["nothing was sent by this one"])
        }
        lock = HeldLock(held)
        path = folder.path + "/" + name
        // Only what is new is given away: another file could have been put there under this name.
        let made = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        descriptor = made >= 0 ? made : open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.system(operation: "write", path: path, errno: errno) }
        if made >= 0, let owner, fchown(made, owner.uid, owner.gid) != 0 {
            throw FileError.system(operation: "chown", path: path, errno: errno)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Nil where nothing was sent yet.
    func read() throws(Failure) -> Mark? {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        // What a machine that lost power left of it is as good as none.
        guard count > 0, bytes.contains(where: { $0 != 0 }) else { return nil }
        let lines = String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n").map(String.init)
        let values = lines.dropFirst().map { $0.split(separator: " ").last.map(String.init) ?? "" }
        guard lines.first == Self.magic, values.count == 3, let sequence = UInt64(values[0]),
            let chain = Hexadecimal.bytes(values[1]).flatMap({ Digest($0) }), let sent = UInt64(values[2])
        else {
            throw Failure(
                .damaged, code: "damaged-note", "Not a note of what was sent: \(path)",
                hints: ["remove it, and the whole log is sent again"])
        }
        return Mark(place: LogPlace(sequence: sequence, chain: chain), sent: sent)
    }

    /// Of one width always, written over itself: a process that is killed leaves the old one or the new one.
    func write(_ mark: Mark, durably: Bool) throws {
        let text =
            "\(Self.magic)\nproven \(padded(mark.place.sequence))\nchain \(Hexadecimal.text(mark.place.chain.bytes))\n"
            + "sent \(padded(mark.sent))\n"
        let bytes = Array(text.utf8)
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, !durably || fdatasync(descriptor) == 0 else {
            throw FileError.system(operation: "write", path: path, errno: errno)
        }
    }

    private func padded(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits
    }
}
