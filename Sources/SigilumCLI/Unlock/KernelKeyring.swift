internal import CPlatform
internal import Glibc
package import SecureMemory

/// Why nothing can be kept in the kernel.
package enum KeyringError: Error, Sendable, Equatable {
    /// The system has no keyring for this process: a kernel without, or a container that forbids it. `errno`.
    case unavailable(errno: Int32)
    /// The user keeps as much already as the kernel lets them.
    case full
}

/// Where an unlocked vault's stretched key is kept for a while: the kernel's keyring of the user, or a test's own.
package struct KeyringStore: Sendable {
    /// What is kept under a name; nil where nothing is.
    package var read: @Sendable (String) throws(KeyringError) -> SharedSecret?
    /// Keeps bytes under a name, in place of what was there, for that many seconds.
    package var store: @Sendable (_ name: String, SharedSecret, _ seconds: UInt32) throws(KeyringError) -> Void
    /// Forgets what is kept under a name; false where nothing was.
    package var remove: @Sendable (String) throws(KeyringError) -> Bool
    /// The names of all that is kept, others' too.
    package var names: @Sendable () throws(KeyringError) -> [String]

    package init(
        read: @escaping @Sendable (String) throws(KeyringError) -> SharedSecret?,
        store: @escaping @Sendable (String, SharedSecret, UInt32) throws(KeyringError) -> Void,
        remove: @escaping @Sendable (String) throws(KeyringError) -> Bool,
        names: @escaping @Sendable () throws(KeyringError) -> [String]
    ) {
        self.read = read
        self.store = store
        self.remove = remove
        self.names = names
    }

    /// A system without a keyring.
    package static let none = KeyringStore(
        read: { _ throws(KeyringError) in throw .unavailable(errno: ENOSYS) },
        store: { _, _, _ throws(KeyringError) in throw .unavailable(errno: ENOSYS) },
        remove: { _ throws(KeyringError) in throw .unavailable(errno: ENOSYS) },
        names: { () throws(KeyringError) in throw .unavailable(errno: ENOSYS) })

    /// The keyring that the kernel keeps for the user (`user-keyring(7)`), whatever session they are in.
    package static let kernel = KeyringStore(
        read: { name throws(KeyringError) in
            var count = 0
            let bytes = SecretBytes(capacity: limit) { buffer in
                count = sigilum_keyring_read(name, buffer.baseAddress, buffer.count)
                return max(0, min(count, buffer.count))
            }
            if count < 0 { return try nothing(errno) }
            return count > limit ? nil : SharedSecret(bytes)
        },
        store: { name, secret, seconds throws(KeyringError) in
            let result = secret.bytes.withBytes { sigilum_keyring_store(name, $0.baseAddress, $0.count, seconds) }
            guard result != 0 else { return }
            throw errno == EDQUOT ? .full : .unavailable(errno: errno)
        },
        remove: { name throws(KeyringError) in
            if sigilum_keyring_remove(name) == 0 { return true }
            let _: Bool? = try nothing(errno)
            return false
        },
        names: { () throws(KeyringError) in
            var keys = [Int32](repeating: 0, count: 4096)
            let count = sigilum_keyring_list(&keys, keys.count)
            guard count >= 0 else {
                let _: Bool? = try nothing(errno)
                return []
            }
            return keys.prefix(count).compactMap { key in
                var name = [CChar](repeating: 0, count: 512)
                let length = sigilum_keyring_name(key, &name, name.count)
                guard length >= 0 else { return nil }
                return String(decoding: name.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
            }
        })

    /// In bytes: more than is ever kept.
    private static let limit = 256

    /// Nil where an error number says that nothing is there.
    private static func nothing<Value>(_ number: Int32) throws(KeyringError) -> Value? {
        guard [ENOKEY, EKEYEXPIRED, EKEYREVOKED].contains(number) else { throw .unavailable(errno: number) }
        return nil
    }
}

extension KeyringError: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .unavailable(let number):
            Failure(
                .configuration, code: "no-keyring",
                "The kernel keeps no keys for this program: \(plain: String(cString: strerror(number)))",
                hints: [
                    "it has no keyring, or a container forbids it (keyctl, add_key)",
                    "GATEWAY_MASTER_KEY_FILE, GATEWAY_MASTER_KEY_COMMAND or a credential of systemd can give the passphrase instead",
                    "nothing was kept",
                ])
        case .full:
            Failure(
                .cannotWrite, code: "keyring-full", "The kernel keeps too many keys for you already",
                hints: ["forget those of vaults:  \(command: ["vault", "lock", "--all"])", "nothing was kept"])
        }
    }
}
