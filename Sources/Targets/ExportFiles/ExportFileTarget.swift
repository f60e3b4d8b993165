internal import Glibc
package import SafeFiles
internal import SecureMemory
package import VaultCore

/// Delivers a secret to a file of its own, 0600, holding exactly the secret's bytes; an owner token's file has one newline
/// after them, and its folder is made where it is missing.
///
/// The job's key is a file's name in the home, or an absolute path. A symbolic link, a folder, a pipe at that place is
/// refused, never followed and never replaced.
package struct ExportFileTarget: DeliveryTarget {
    package let kind = TargetKind.exportFile
    /// A file at the place is compared and adopted by whoever declares the delivery.
    package let guardsForeignObjects = false

    let home: String
    let owner: FileOwner?

    /// - Parameters:
    ///   - home: The home folder's path. It need not exist before the first ``apply(_:)``.
    ///   - owner: Who gets the files, when root works on another user's home.
    package init(home: String, owner: FileOwner?) {
        self.home = home
        self.owner = owner
    }

    /// The differences, in this order: `kind` (not a regular file: nothing else is looked at), `content`, `edited`
    /// (neither what should be there nor what was delivered last), `mode`, `owner`, `links`.
    package func observe(_ job: DeliveryJob) async throws(DeliveryFailure) -> Observation {
        let place = Place(job.key, home: home)
        return try translated { () throws(FileError) in
            guard let folder = try place.openFolder(), let status = try folder.status(place.name) else {
                return .absent
            }
            guard status.kind == .regular else { return .present(differences: ["kind"]) }
            var differences: [String] = []
            let found = try fingerprint(of: place, in: folder, by: job)
            if found == nil || found != job.expected.first?.fingerprint {
                differences.append("content")
                if found == nil || found?.hexadecimal != job.receipt[ReceiptKey.fingerprint] {
                    differences.append("edited")
                }
            }
            return .present(differences: differences + formDifferences(status, owner: try wantedOwner(in: folder)))
        }
    }

    /// Writes the file where its bytes, mode, owner or number of names are not what they should be.
    package func apply(_ job: DeliveryJob) async throws(DeliveryFailure) -> DeliveryReceipt {
        let place = Place(job.key, home: home)
        guard job.secrets.count == 1, let secret = job.secrets.first?.value else {
            throw .cannotWrite(path: place.path, errno: EINVAL)
        }
        try translated { () throws(FileError) in
            guard let folder = try job.isToken ? place.makeFolder(owner: owner) : place.openFolder() else {
                throw .system(operation: "open", path: place.folder, errno: ENOENT)
            }
            let owner = try wantedOwner(in: folder)
            let content = job.isToken ? Self.line(secret.bytes) : secret
            if try !holds(content, place, in: folder, owner: owner) {
                // What a killed run left is a copy of a secret; that it cannot be removed is no reason not to go on.
                _ = try? folder.removeStaleTemporaries()
                try folder.replace(place.name, with: content.bytes, owner: owner)
            }
        }
        var receipt = [ReceiptKey.path: place.path, ReceiptKey.fingerprint: job.fingerprint(secret.bytes).hexadecimal]
        if job.isToken { receipt[ReceiptKey.line] = "yes" }
        return receipt
    }

    /// Removes the file. One that somebody edited holds what the vault does not know: it stays, and the call fails with
    /// ``DeliveryFailure/notOurs``.
    package func withdraw(_ job: DeliveryJob) async throws(DeliveryFailure) {
        let place = Place(job.key, home: home)
        let isOurs = try translated { () throws(FileError) in
            guard let folder = try place.openFolder(), try folder.status(place.name) != nil else { return true }
            guard let found = try fingerprint(of: place, in: folder, by: job) else { return false }
            let delivered = job.receipt[ReceiptKey.fingerprint]
            guard job.expected.contains(where: { $0.fingerprint == found }) || found.hexadecimal == delivered else {
                return false
            }
            _ = try folder.remove(place.name)
            return true
        }
        if !isOurs { throw .notOurs }
    }

    /// Whether the file is already as ``apply(_:)`` would leave it.
    private func holds(
        _ secret: SharedSecret, _ place: Place, in folder: Folder, owner: FileOwner?
    ) throws(FileError) -> Bool {
        guard let status = try folder.status(place.name), status.kind == .regular else { return false }
        guard formDifferences(status, owner: owner).isEmpty, status.size == Int64(secret.bytes.count) else {
            return false
        }
        guard let present = try folder.readSecret(place.name, limit: secret.bytes.count) else { return false }
        return present.equals(secret.bytes)
    }

    /// A secret and a newline.
    private static func line(_ secret: borrowing SecretBytes) -> SharedSecret {
        secret.withBytes { bytes in
            SharedSecret(
                SecretBytes(capacity: bytes.count + 1) { target in
                    target.copyMemory(from: bytes)
                    target[bytes.count] = UInt8(ascii: "\n")
                    return bytes.count + 1
                })
        }
    }

    /// Of what the file holds; nil where it is larger than any value, or has gone.
    private func fingerprint(
        of place: Place, in folder: Folder, by job: DeliveryJob
    ) throws(FileError) -> Fingerprint? {
        do {
            guard let content = try folder.readSecret(place.name, limit: valueLimit + 1) else { return nil }
            guard job.isToken else { return job.fingerprint(content) }
            // The newline is part of what should be there.
            let endsRight = content.withBytes { $0.last == UInt8(ascii: "\n") }
            return endsRight ? job.fingerprint(withoutTrailingLineEnd(content)) : nil
        } catch .tooLarge {
            return nil
        }
    }

    private func formDifferences(_ status: FileStatus, owner: FileOwner?) -> [String] {
        var differences: [String] = []
        if status.mode != 0o600 { differences.append("mode") }
        if status.uid != owner?.uid ?? geteuid() { differences.append("owner") }
        if status.links > 1 { differences.append("links") }
        return differences
    }

    /// A folder that is not the home's owner's gets files of root's: a secret is not given to whoever owns a folder.
    private func wantedOwner(in folder: Folder) throws(FileError) -> FileOwner? {
        guard let owner, try folder.status.uid == owner.uid else { return nil }
        return owner
    }
}

/// What ``ExportFileTarget`` remembers of a delivery.
enum ReceiptKey {
    static let path = "path"
    /// In lower-case hexadecimal.
    static let fingerprint = "fingerprint"
    /// Set where the file ends with a newline: the entry may be gone when the file is taken away.
    static let line = "line"
}

extension DeliveryJob {
    /// Whether it is of an owner token, whose file is a line.
    fileprivate var isToken: Bool { expected.first?.entry.kind == .ownerToken || receipt[ReceiptKey.line] != nil }
}

extension Fingerprint {
    /// 64 lower-case hexadecimal digits.
    var hexadecimal: String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
