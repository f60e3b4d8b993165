internal import OwnerToken
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// The file that an owner token goes to: looked at before anything is stored. What lies there and is no token of that
/// owner (a key, a database) is not replaced by one, and a token that the vault does not know is kept in it.
struct TokenFile {
    /// Absolute; where the vault knows the file by another path, that one.
    let path: String
    /// A token that lies there and that the vault did not put there; nil where there is none.
    let found: SharedSecret?

    /// - Throws: 64 for what names no file, one among the vault's own, or another entry's; 73 where something lies there
    ///   that is no token of that owner.
    init(
        _ path: String, isNamed: Bool, of namespace: Namespace, in session: Session?, places: DeliveryPlaces
    ) async throws {
        let source: Message = isNamed ? "--token-file" : "The token's file"
        guard let slash = path.lastIndex(of: "/"), !path.hasSuffix("/.."), path.utf8.count > 1,
            !SecretFile.resolved(path).contains("/../")
        else { throw Failure.usage("\(source) is not the name of a file") }
        try places.refuseOwnFile(path, source)
        let known = places.known(.exportFile, at: path)
        self.path = known?.id.key ?? path
        if let known, !known.isWithdrawn {
            guard known.entries == [.ownerToken(namespace)] else {
                throw Failure.usage(
                    "\(source) is the file of another entry: \(known.entries.map(\.text).joined(separator: ", "))",
                    hints: ["nothing was changed; give another path"])
            }
            found = nil
            return
        }
        // What was to be taken away and is still there is the vault's own, unless somebody edited it.
        if let known, let session, try await Self.isAsDelivered(known.id, session) {
            found = nil
            return
        }
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        switch Self.look(at: String(path[path.index(after: slash)...]), in: folder, namespace) {
        case .free: found = nil
        case .token(let token): found = token
        case .somethingElse:
            throw Failure(
                .cannotWrite, code: "file-exists", "There is something else already: \(path)",
                hints: ["nothing was changed; move it away, or give another path: --token-file FILE"])
        }
    }

    private enum Content {
        case free
        case token(SharedSecret)
        case somethingElse
    }

    /// Nothing and an empty file are free. What cannot be looked at shows when it is written.
    private static func look(at name: String, in path: String, _ namespace: Namespace) -> Content {
        guard let folder = try? Folder.open(path), let status = try? folder.status(name) else { return .free }
        guard status.kind == .regular else { return .somethingElse }
        do {
            guard let content = try folder.readSecret(name, limit: OwnerToken.lengthLimit + 2) else { return .free }
            let token = SharedSecret(withoutTrailingLineEnd(content))
            guard token.bytes.count > 0 else { return .free }
            try OwnerToken.parse(token.bytes).check(owner: namespace.text)
            return .token(token)
        } catch {
            return .somethingElse
        }
    }

    private static func isAsDelivered(_ id: DeliveryID, _ session: Session) async throws -> Bool {
        let seen = try await session.reconciler(targets: [session.exportFiles()]).compare([id]).first?.observation
        guard case .present(let differences) = seen else { return false }
        return !differences.contains("edited") && !differences.contains("kind")
    }
}

/// Where the vault's files are and where it delivers to, each by where it really is: two ways to one file are one file.
struct DeliveryPlaces {
    private let home: String
    private let deliveries: [Delivery]

    /// `home` is where the Sigilum home is, or would be.
    init(_ session: Session?, home: String) throws {
        self.home = Self.folder(of: SecretFile.resolved(home + "/vault.db"))
        deliveries = try session?.vault.read { try $0.inventory() }.deliveries ?? []
    }

    /// What the vault delivers, or once did, to the file at an absolute path.
    func known(_ target: TargetKind, at path: String) -> Delivery? {
        let same = deliveries.filter { $0.id.target == target && Self.isSame(absolute($0.id.key), path, target) }
        return same.first { $0.id.key == path } ?? same.first { !$0.isWithdrawn } ?? same.first
    }

    static func isSame(_ one: String, _ other: String, _ target: TargetKind) -> Bool {
        one == other || real(one, target) == real(other, target)
    }

    /// A configuration is written through a link, a file of the vault's own is not.
    private static func real(_ path: String, _ target: TargetKind) -> String {
        target == .openClaw ? SecretFile.resolved(path + "/.") : SecretFile.resolved(path)
    }

    /// Refuses a file beside the vault, where its key, its locks and its own export files are.
    func refuseOwnFile(_ path: String, _ source: Message) throws(Failure) {
        let isInside = TargetKind.allCases.filter(\.isFile).contains { Self.folder(of: Self.real(path, $0)) == home }
        guard isInside else { return }
        throw .usage(
            "\(source) is a file in the Sigilum home: \(path)",
            hints: ["nothing was changed; the vault's own files are there: give a path elsewhere"])
    }

    private func absolute(_ key: String) -> String { key.hasPrefix("/") ? key : home + "/" + key }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path
    }
}
