internal import SecureMemory
package import VaultCore

/// Registers services and their keys in the local API's database, of which the key's hash is all that it is given.
///
/// Each call does one transaction. A checkout's database is opened for it and closed again; our own stays open between reads
/// (``KeptReader``). What SQLite reports comes out as a
/// ``DeliveryFailure`` that has nothing of the database in it: `busy` when another process keeps it locked for
/// longer than the timeout, `cannotWrite` where file, folder or disk refuse, `unsuitableDatabase` for what is no
/// database, is damaged or lacks tables and columns, `unsafePath` for links and what is not a file, `emailTaken`, and
/// `notOurs` where a row of somebody else's has our ids or needs ours.
package struct LocalAPITarget: DeliveryTarget, ServiceDirectory {
    package let kind = TargetKind.localAPI
    package let guardsForeignObjects = false

    private let database: LocalDatabase
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - location: Which database; see ``LocalAPILocation``.
    ///   - owner: Whose an embedded file shall be when root works on another user's home.
    ///   - busyTimeoutMilliseconds: How long to wait for another process's lock.
    ///   - clock: Milliseconds since 1970 UTC.
    package init(
        location: LocalAPILocation, owner: (uid: UInt32, gid: UInt32)?, busyTimeoutMilliseconds: Int = 5000,
        clock: @escaping @Sendable () -> Int64
    ) {
        let file = DatabaseFile(location: location, owner: owner)
        database = LocalDatabase(file: file, busyTimeoutMilliseconds: busyTimeoutMilliseconds)
        now = clock
    }

    /// Differences, in this order: `user` (the namespace has none, or the service is another's), `email`, `name`,
    /// `domain`, `description`, `key` (the key last delivered is not there or revoked).
    package func observe(_ job: DeliveryJob) async throws(DeliveryFailure) -> Observation {
        try compare(job)
    }

    /// The hash of a key that is about to be registered: if the program dies before it hears that it was, the key that
    /// comes next knows whom it replaces.
    package func intent(_ job: DeliveryJob) -> DeliveryReceipt {
        guard let record = job.service, let secret = job.secrets.first else { return [:] }
        let hash = KeyMaterial(secret.value.bytes, of: record).hash
        let known = job.intendedHashes
        guard job.receipt[ReceiptKey.hash] != hash, !known.contains(hash) else { return [:] }
        return [ReceiptKey.intended: (known + [hash]).joined(separator: " ")]
    }

    /// Needs the job's service, and its key as the first secret: a job without them is a defect of the program. The
    /// receipt has `service_id`, `key_id`, `key_hash` and `database`.
    package func apply(_ job: DeliveryJob) async throws(DeliveryFailure) -> DeliveryReceipt {
        try register(job)
    }

    /// Revokes the key, and deletes the service if it was made here; a service that was there before stays.
    package func withdraw(_ job: DeliveryJob) async throws(DeliveryFailure) {
        try unregister(job)
    }

    package func registeredService(
        slug: Slug, namespace: Namespace, email: String
    ) throws(DeliveryFailure) -> RegisteredService? {
        let found = try database.read { rows -> RegisteredService? in
            try rows.refuseEmailOfAnother(Text(email), than: namespace)
            guard let user = try rows.user(of: namespace), let service = try rows.service(slug, of: user.id) else {
                return nil
            }
            return RegisteredService(
                id: service.id.string, slug: slug.text, name: service.name?.string ?? slug.text,
                domain: service.domain?.string, summary: service.description?.string)
        }
        return found ?? nil
    }

    package func ensureOwner(namespace: Namespace, email: String) throws(DeliveryFailure) -> String {
        let now = Text(Timestamp.text(now()))
        return try database.write { rows in try rows.ensureUser(of: namespace, email: Text(email), now: now).string }
    }

    package func checkOwner(namespace: Namespace, email: String) throws(DeliveryFailure) {
        _ = try database.read { rows in try rows.refuseEmailOfAnother(Text(email), than: namespace) }
    }

    package func owner(namespace: Namespace) throws(DeliveryFailure) -> RegisteredOwner? {
        let found = try database.read { rows in
            try rows.user(of: namespace).map { RegisteredOwner(id: $0.id.string, email: $0.email?.string ?? "") }
        }
        return found ?? nil
    }

    package func registeredServices(namespace: Namespace) throws(DeliveryFailure) -> [RegisteredService] {
        let found = try database.read { rows in
            try rows.user(of: namespace).map { try rows.services(of: $0.id) }
        }
        return (found ?? nil) ?? []
    }
}

// What the asynchronous calls do: SQLite has nothing to await.
extension LocalAPITarget {
    func compare(_ job: DeliveryJob) throws(DeliveryFailure) -> Observation {
        guard let record = job.service else { return .absent }
        let seen = try database.read { rows -> Observation in
            let user = try rows.user(of: record.namespace)
            guard let service = try rows.service(of: job, record, user) else { return .absent }
            var differences: [String] = []
            if user == nil || service.owner != user?.id { differences.append("user") }
            if let user, user.email != Text(record.email) { differences.append("email") }
            differences += rows.differences(service, from: record).map(\.column)
            let hash = job.receipt[ReceiptKey.hash].map { Text($0) }
            if try hash.map({ try rows.isActive(hash: $0, of: service.id) }) != true { differences.append("key") }
            return .present(differences: differences)
        }
        return seen ?? .absent
    }

    func register(_ job: DeliveryJob) throws(DeliveryFailure) -> DeliveryReceipt {
        guard let record = job.service, let secret = job.secrets.first else {
            preconditionFailure("a delivery to the API's database has a service and its key")
        }
        let key = KeyMaterial(secret.value.bytes, of: record)
        let now = Text(Timestamp.text(now()))
        let path = database.file.location.path
        return try database.write { rows in
            let user = try rows.ensureUser(of: record.namespace, email: Text(record.email), now: now)
            let service = try rows.ensureService(record, of: user, now: now)
            let id = try rows.ensureKey(key, of: service, now: now)
            var retiring = job.retiring.filter { $0 != id.string }
            if let old = job.receipt[ReceiptKey.key], old != id.string, !retiring.contains(old) { retiring.append(old) }
            if job.retiresOld {
                for old in retiring { try rows.revoke(Text(old), now: now) }
                retiring = []
            }
            for hash in job.intendedHashes where hash != key.hash {
                try rows.revoke(hash: Text(hash), of: service, now: now)
            }
            var receipt = [
                ReceiptKey.service: service.string, ReceiptKey.key: id.string, ReceiptKey.hash: key.hash,
                ReceiptKey.database: path,
            ]
            if !retiring.isEmpty { receipt[ReceiptKey.retiring] = retiring.joined(separator: " ") }
            return receipt
        }
    }

    func unregister(_ job: DeliveryJob) throws(DeliveryFailure) {
        guard let record = job.service, try database.file.isThere() else { return }
        let now = Text(Timestamp.text(now()))
        // Two transactions: the key stays revoked when rows of somebody else's keep the service from being deleted.
        try database.write { rows in
            for id in job.retiring + [job.receipt[ReceiptKey.key]].compactMap({ $0 }) {
                try rows.revoke(Text(id), now: now)
            }
            guard let service = try rows.service(of: job, record, try rows.user(of: record.namespace)) else { return }
            for hash in job.intendedHashes { try rows.revoke(hash: Text(hash), of: service.id, now: now) }
        }
        try database.write { rows in
            let user = try rows.user(of: record.namespace)
            if let service = try rows.service(of: job, record, user), rows.isMade(service, for: record) {
                try rows.delete(service)
            }
        }
    }
}

/// What the receipt remembers.
private enum ReceiptKey {
    static let service = "service_id"
    static let key = "key_id"
    static let hash = "key_hash"
    static let database = "database"
    /// Ids of keys that were replaced and are still valid, with spaces between.
    static let retiring = "retiring_keys"
    /// Hashes of keys that were about to be registered since the last receipt.
    static let intended = "intended_hashes"
}

extension DeliveryJob {
    fileprivate var intendedHashes: [String] {
        receipt[ReceiptKey.intended]?.split(separator: " ").map(String.init) ?? []
    }

    fileprivate var retiring: [String] {
        receipt[ReceiptKey.retiring]?.split(separator: " ").map(String.init) ?? []
    }
}

extension Rows {
    /// The service of a job: its owner's, else the one that was delivered to, whoever owns it now.
    fileprivate func service(of job: DeliveryJob, _ record: ServiceRecord, _ user: User?) throws -> Service? {
        if let user, let service = try service(record.slug, of: user.id) { return service }
        guard let id = job.receipt[ReceiptKey.service] else { return nil }
        return try service(record.slug, id: Text(id))
    }
}
