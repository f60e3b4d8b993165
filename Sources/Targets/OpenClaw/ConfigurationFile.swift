internal import Glibc
internal import JSON5
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// One openclaw.json, read whole and replaced whole.
struct ConfigurationFile {
    /// In bytes: 64 MiB. Real ones have a few thousand.
    static let sizeLimit = 64 << 20
    /// What a file that is missing is taken for.
    private static let empty = Array("{}\n".utf8)
    /// How often an edit begins anew because somebody else saved the file meanwhile.
    private static let attempts = 5

    let path: String

    /// Gives `look` what the file says; nil where there is none. Changes nothing.
    func read<Result>(_ look: (JSON5Document, FileStatus) -> Result) throws(DeliveryFailure) -> Result? {
        guard let place = try ConfigurationPlace.find(path, to: .look),
            let loaded = try load(place)
        else { return nil }
        return try loaded.content.bytes.withBytes { (bytes) throws(DeliveryFailure) in
            look(try document(bytes), loaded.status)
        }
    }

    /// Works out the edits as ``edit(makesFile:_:)`` would and writes nothing.
    func rehearse(_ changes: (JSON5Document) -> [JSON5Change]) throws(DeliveryFailure) {
        let place = try ConfigurationPlace.find(path, to: .rehearse)
        let content = try place.flatMap { (place) throws(DeliveryFailure) in try load(place)?.content }
        try (content ?? SharedSecret(SecretBytes(copying: Self.empty))).bytes.withBytes {
            (bytes) throws(DeliveryFailure) in
            let document = try document(bytes)
            _ = try edits(changes(document), of: document)
        }
        guard let place else { return }
        guard faccessat(AT_FDCWD, place.folder.path, W_OK | X_OK, AT_EACCESS) == 0 else {
            throw .cannotWrite(path: place.path, errno: errno)
        }
    }

    /// Makes the changes in the file in one step, and its mode 0600. A file that says all that already and has that
    /// mode is not touched. What somebody else saves meanwhile is not lost: the edit then begins anew.
    ///
    /// - Parameters:
    ///   - makesFile: Whether a file that is missing is made, and its folder.
    ///   - changes: Told what the file says.
    /// - Throws: ``DeliveryFailure/busy`` where the file changes again and again.
    func edit(makesFile: Bool, _ changes: (JSON5Document) -> [JSON5Change]) throws(DeliveryFailure) {
        for _ in 0..<Self.attempts {
            guard let place = try ConfigurationPlace.find(path, to: makesFile ? .make : .look) else { return }
            if try edit(place, makesFile: makesFile, changes) { return }
        }
        throw .busy
    }

    /// False where somebody else changed the file meanwhile.
    private func edit(
        _ place: ConfigurationPlace, makesFile: Bool, _ changes: (JSON5Document) -> [JSON5Change]
    ) throws(DeliveryFailure) -> Bool {
        let loaded = try load(place)
        guard loaded != nil || makesFile else { return true }
        let content = loaded?.content ?? SharedSecret(SecretBytes(copying: Self.empty))
        return try content.bytes.withBytes { (bytes) throws(DeliveryFailure) in
            let document = try document(bytes)
            let edits = try edits(changes(document), of: document)
            guard let loaded else { return try make(place, document.applying(edits)) }
            // Taking a token away is no reason to touch a file that has none.
            if edits.isEmpty, loaded.status.mode == 0o600 || !makesFile { return true }
            return try replace(place, loaded, by: document.applying(edits))
        }
    }

    private func make(
        _ place: ConfigurationPlace, _ content: consuming SecretBytes
    ) throws(DeliveryFailure) -> Bool {
        let content = SharedSecret(content)
        return try translated { () throws(FileError) in
            do throws(FileError) {
                try place.folder.createNew(place.name, with: content.bytes, owner: place.owner)
                return true
            } catch .system(_, _, EEXIST) {
                return false
            }
        }
    }

    private func replace(
        _ place: ConfigurationPlace, _ old: Loaded, by content: consuming SecretBytes
    ) throws(DeliveryFailure) -> Bool {
        let content = SharedSecret(content)
        return try translated { () throws(FileError) in
            // What a killed run left is a copy of a secret; that it cannot be removed is no reason not to go on.
            _ = try? place.folder.removeStaleTemporaries()
            let owner = geteuid() == 0 ? FileOwner(uid: old.status.uid, gid: old.status.gid) : nil
            return try place.folder.replace(
                place.name, with: content.bytes, owner: owner, onlyIf: old.status, holding: old.content.bytes)
        }
    }

    /// A file as it was when it was read.
    private struct Loaded {
        let content: SharedSecret
        let status: FileStatus
    }

    /// nil where the file is missing.
    private func load(_ place: ConfigurationPlace) throws(DeliveryFailure) -> Loaded? {
        // The status comes first: if the content is newer, the status is no more that of the file when it is replaced.
        guard let status = try translated({ () throws(FileError) in try place.folder.status(place.name) }) else {
            return nil
        }
        var content: SharedSecret?
        try translated { () throws(FileError) in
            if let read = try place.folder.readSecret(place.name, limit: Self.sizeLimit) {
                content = SharedSecret(read)
            }
        }
        return content.map { Loaded(content: $0, status: status) }
    }

    private func document(_ bytes: UnsafeRawBufferPointer) throws(DeliveryFailure) -> JSON5Document {
        do throws(JSON5Error) {
            return try JSON5Document(bytes)
        } catch {
            if error.reason == .tooDeep {
                throw .tooDeep(path: path, limit: JSON5Document.depthLimit, line: error.line, column: error.column)
            }
            throw .unparseable(path: path, line: error.line, column: error.column)
        }
    }

    private func edits(_ changes: [JSON5Change], of document: JSON5Document) throws(DeliveryFailure) -> [ByteEdit] {
        do throws(JSON5EditError) {
            return try document.edits(changes)
        } catch {
            switch error {
            case .notAnObject(let member):
                let text = member.isEmpty ? "(the whole file)" : JSON5EditError.text(of: member)
                throw .inTheWay(path: path, member: text)
            case .notUTF8: throw .unsuitableSecret
            case .emptyPath: throw .cannotWrite(path: path, errno: EINVAL)
            }
        }
    }
}
