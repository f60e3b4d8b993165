package import SecureMemory

/// A place where credentials are delivered. The raw value is what users read: `pending: gateway`.
package enum TargetKind: String, Sendable, CaseIterable {
    case exportFile = "export-file"
    case localAPI = "local-api"
    case openClaw = "openclaw"
    case gateway = "gateway"
    case sigilumAPI = "sigilum-api"

    /// Whether it decides which credentials are let in: what it no longer has is of no use anywhere.
    var makesValid: Bool { self == .localAPI || self == .sigilumAPI }

    /// Whether it is a file, which somebody else may write at any time: it answers nothing, and so nothing wrong.
    package var isFile: Bool { self == .exportFile || self == .openClaw }
}

/// A keyed hash of a secret's bytes, 32 bytes wide: two secrets of one vault are equal when these are. Says nothing
/// about the secret to whoever does not have the vault's data key.
package struct Fingerprint: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        precondition(bytes.count == 32)
        self.bytes = bytes
    }
}

/// Facts a target remembers about what it delivered (a file's path, the gateway's `secret_version`): never a secret.
/// Keys and values are UTF-8 and short.
package typealias DeliveryReceipt = [String: String]

/// What a delivery should be besides its secrets, where no service's record says it (an address, a namespace, a user's
/// choice): never a secret. Keys and values are UTF-8 and short.
package typealias DeliverySettings = [String: String]

/// One secret of a delivery.
package struct NamedSecret: Sendable {
    /// The entry it comes from.
    package let entry: EntryName
    /// Its key among the connection's secrets: the last part of the entry's name.
    package let key: String
    package let value: SharedSecret

    package init(entry: EntryName, key: String, value: SharedSecret) {
        self.entry = entry
        self.key = key
        self.value = value
    }
}

/// What one target should hold, handed to the adapter of that target.
package struct DeliveryJob: Sendable {
    /// The name within the target: the file's name or absolute path, or the service's slug.
    package let key: String
    /// The service it belongs to; nil for an export file of a user's own entry.
    package let service: ServiceRecord?
    /// The entries it delivers, each with the fingerprint of its current value, in the order of their names.
    package let expected: [(entry: EntryName, fingerprint: Fingerprint)]
    /// The values; empty in ``DeliveryTarget/observe(_:)`` and ``DeliveryTarget/withdraw(_:)``.
    package let secrets: [NamedSecret]
    /// Whether what was last applied is what is expected now, secrets and service alike.
    package let isApplied: Bool
    /// What the target returned when it last applied; empty when it never did.
    package let receipt: DeliveryReceipt
    package let settings: DeliverySettings
    /// Whether credentials that the current one replaced are to be made invalid now: the time they were granted is over.
    package let retiresOld: Bool
    /// Whether something of that name that the vault did not make may be taken over: the user gave the secret explicitly.
    package let mayTakeOver: Bool
    /// The vault's fingerprint of any bytes, to compare what a target holds with ``expected``.
    package let fingerprint: @Sendable (borrowing SecretBytes) -> Fingerprint

    package init(
        key: String, service: ServiceRecord?, expected: [(entry: EntryName, fingerprint: Fingerprint)],
        secrets: [NamedSecret], isApplied: Bool, receipt: DeliveryReceipt, settings: DeliverySettings = [:],
        retiresOld: Bool = true, mayTakeOver: Bool = false,
        fingerprint: @escaping @Sendable (borrowing SecretBytes) -> Fingerprint
    ) {
        self.key = key
        self.service = service
        self.expected = expected
        self.secrets = secrets
        self.isApplied = isApplied
        self.receipt = receipt
        self.settings = settings
        self.retiresOld = retiresOld
        self.mayTakeOver = mayTakeOver
        self.fingerprint = fingerprint
    }
}

/// What a target holds, compared with what it should.
package enum Observation: Sendable, Equatable {
    /// Nothing is there.
    case absent
    /// Something is there; `differences` names the fields that are not as they should be (`base_url`, `mode`,
    /// `content`, `secret_version`, …), in a fixed order. Empty: it is what it should be.
    case present(differences: [String])

    /// The difference that says that what is there is somebody else's.
    package static let foreign = "foreign"

    /// Whether the target says that what is there is not what the vault made.
    package var isForeign: Bool {
        if case .present(let differences) = self { differences.contains(Self.foreign) } else { false }
    }
}

/// Why a delivery did not happen. Nothing here quotes what the other side said: it can hold a secret.
package enum DeliveryFailure: Error, Sendable, Equatable {
    /// Nobody answers there, or not in time.
    case unreachable(endpoint: String)
    /// The library that speaks HTTP is not on this machine; nothing was sent.
    case httpLibraryMissing
    /// The gateway wants an admin token, or another one.
    case adminTokenRequired
    /// The gateway runs with another master key than the one of its stored connections.
    case differentMasterKey
    /// Something of that name is there, and this vault did not make it.
    case notOurs
    /// The admin token would travel to another machine over plain http; nothing was sent.
    case tokenOverPlainHTTP(endpoint: String)
    /// A secret cannot be carried unchanged: it is not UTF-8, is empty, or has white space at an end, which the other
    /// side would trim. Nothing was sent.
    case unsuitableSecret
    /// The connection needs its own secret to be made, and the vault does not have that one. Nothing was changed.
    case ownSecretMissing
    /// The change needs the connection made anew, and the gateway holds this many secrets of it that the vault does
    /// not have and that would be lost. Nothing was changed.
    case wouldLoseSecrets(count: Int)
    /// The other side refused: an HTTP status, and the member `code` where it is one that we know.
    case refused(status: Int, code: String?)
    /// The answer was not what the protocol says: not JSON, too long, a redirect to another host, a missing member.
    case wrongAnswer(WrongAnswer)
    /// The other side was in the way of itself through all retries.
    case busy
    /// A file or folder cannot be written: its path, and errno.
    case cannotWrite(path: String, errno: Int32)
    /// A file or folder is not safe to write: its path and why.
    case unsafePath(path: String, reason: String)
    /// The database is not one that can be used: what is missing, by name.
    case unsuitableDatabase(path: String, missing: [String])
    /// The e-mail belongs to the user of another namespace.
    case emailTaken
    /// A helper program is missing or failed: its name and exit status.
    case helperFailed(program: String, status: Int32)
    /// The API is called with an owner token, and there is none.
    case ownerTokenRequired
    /// The API says that the owner token has expired, or the token itself says so; then nothing was sent.
    case ownerTokenExpired
    /// The API does not take the owner token.
    case ownerTokenRefused
    /// What was given as the owner token is none that can be used; nothing was sent.
    case ownerTokenMalformed
    /// The owner token says that it is another namespace's; nothing was sent.
    case ownerTokenOfOther(Namespace)
    /// The owner token is for another API than this one; nothing was sent.
    case ownerTokenElsewhere(endpoint: String)
    /// The owner token would travel to another machine over plain http; nothing was sent.
    case ownerTokenOverPlainHTTP(endpoint: String)
    /// The account has as many of these as it may have.
    case limitReached(AccountLimit)
    /// Another account, or another service, has that name.
    case conflict
    /// The other side asked to be left alone, through all retries: for how many seconds, where it said so.
    case tryLater(seconds: Int?)
    /// The credential of that service was made invalid at the API by somebody else.
    case credentialRevoked
    /// A configuration file cannot be read as what it should be: its path, line and column, both from 1.
    case unparseable(path: String, line: Int, column: Int)
    /// A configuration file has something else where an object should be: its path, and the member.
    case inTheWay(path: String, member: String)
    /// A configuration file is deeper nested than is read here: its path, how many levels are, and where that ends.
    case tooDeep(path: String, limit: Int, line: Int, column: Int)
}

extension DeliveryFailure {
    /// Whether nobody was reached: nothing is known of the other side.
    package var isUnreachable: Bool {
        switch self {
        case .unreachable, .httpLibraryMissing: true
        default: false
        }
    }
}

/// What an account of the API has a limited number of.
package enum AccountLimit: String, Sendable {
    case services
    case keys
}

/// How an answer was not what the protocol says.
package enum WrongAnswer: String, Sendable {
    case notJSON = "the answer is not JSON"
    case tooLong = "the answer is too long"
    case redirected = "it redirects to another host"
    case missingMember = "the answer lacks a member"
    case unexpectedStatus = "the status is not one that it should answer"
    case brokenProtocol = "it does not speak HTTP"
    case notDone = "it says that it is done, and it is not"
}

/// The adapter of one kind of target: what the reconciler calls. Every call is safe to repeat.
package protocol DeliveryTarget: Sendable {
    var kind: TargetKind { get }

    /// Whether something that is there already, while the vault never began to make it, may only be taken over when the
    /// user gave the secret explicitly. A target that can tell more says so in ``observe(_:)``; see
    /// ``Observation/isForeign``.
    var guardsForeignObjects: Bool { get }

    /// Compares what is there with what should be; changes nothing and needs no secret.
    func observe(_ job: DeliveryJob) async throws(DeliveryFailure) -> Observation

    /// What the vault must remember of a job before ``apply(_:)`` is called with it, added to the receipt that the job
    /// has: without it, what a killed program delivered would be unknown to the run that delivers the next value. Empty
    /// for targets that replace whatever they find.
    func intent(_ job: DeliveryJob) -> DeliveryReceipt

    /// What to remember after ``apply(_:)`` failed.
    ///
    /// - Parameters:
    ///   - job: The failed one; its receipt is the one before the intent.
    ///   - failure: How it failed.
    ///   - wasAbsent: Whether nothing was there a moment before.
    /// - Returns: The receipt to go on with, without an intent that surely came to nothing; nil keeps what the intent made of
    ///   it, since the other side may have done what it did not confirm.
    func receipt(
        of job: DeliveryJob, after failure: DeliveryFailure, wasAbsent: Bool
    ) -> DeliveryReceipt?

    /// Makes what is there what it should be, and returns what to remember of it.
    func apply(_ job: DeliveryJob) async throws(DeliveryFailure) -> DeliveryReceipt

    /// Takes away what was delivered. Not being there is success.
    func withdraw(_ job: DeliveryJob) async throws(DeliveryFailure)
}

extension DeliveryTarget {
    package func intent(_ job: DeliveryJob) -> DeliveryReceipt { [:] }

    package func receipt(
        of job: DeliveryJob, after failure: DeliveryFailure, wasAbsent: Bool
    ) -> DeliveryReceipt? { nil }
}

/// A credential that the other side made, and shows only this once.
package struct IssuedCredential: Sendable {
    package let value: SharedSecret
    /// Replaces the receipt of the delivery, in the transaction that stores the value.
    package let receipt: DeliveryReceipt

    package init(value: SharedSecret, receipt: DeliveryReceipt) {
        self.value = value
        self.receipt = receipt
    }
}

/// A target that makes the credential itself, so that the vault cannot have it first.
package protocol CredentialIssuer: DeliveryTarget {
    /// Makes sure that the service is there, and asks for a new credential of it under the name of `operation`.
    ///
    /// What an earlier call of the same operation made is made invalid first: its answer never reached the vault.
    func issue(_ job: DeliveryJob, operation: String) async throws(DeliveryFailure) -> IssuedCredential
}
