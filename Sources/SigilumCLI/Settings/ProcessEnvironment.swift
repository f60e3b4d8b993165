internal import CPlatform
internal import Glibc
package import SecureMemory
internal import Synchronization

/// The environment variables of the process, as a value: the live ones, or fixed ones for a test.
///
/// Plain settings are read as text. A secret is *taken*: moved into guarded memory, wiped from the environment block
/// (which `/proc/PID/environ` shows to every process of the same user) and removed from it, so that no child inherits
/// it.
package struct ProcessEnvironment: Sendable {
    /// The text of a variable; nil where it is not set, or was taken as a secret. An empty variable is `""`. Bytes that
    /// are not UTF-8 are replaced by U+FFFD.
    package let value: @Sendable (String) -> String?

    /// Takes a secret out of the environment; nil where the variable is not set. Asked again, answers the same value.
    package let takeSecret: @Sendable (String) -> SharedSecret?

    package init(
        value: @escaping @Sendable (String) -> String?, takeSecret: @escaping @Sendable (String) -> SharedSecret?
    ) {
        self.value = value
        self.takeSecret = takeSecret
    }

    /// Variables that hold a secret whatever the command is. They are taken before anything else looks.
    package static let wellKnownSecrets = [
        "GATEWAY_MASTER_KEY", "GATEWAY_ADMIN_TOKEN", "JWT_SECRET", "SIGILUM_OWNER_TOKEN",
    ]

    /// The environment of this process. The first use takes ``wellKnownSecrets``: make it early in `main`, before a
    /// library copies the block and before a second thread starts.
    package static let live: ProcessEnvironment = {
        let taken = TakenSecrets { EnvironmentBlock.take($0, from: sigilum_environ()) }
        for name in wellKnownSecrets { _ = taken.take(name) }
        return ProcessEnvironment(
            value: { name in getenv(name).map { String(cString: $0) } },
            takeSecret: { taken.take($0) })
    }()

    /// An environment of these variables and no others. Secrets behave as in ``live``: a taken one is no longer a
    /// value.
    package static func fixed(_ values: [String: String]) -> ProcessEnvironment {
        let taken = TakenSecrets { name in values[name].map { SecretBytes(copying: Array($0.utf8)) } }
        for name in wellKnownSecrets { _ = taken.take(name) }
        return ProcessEnvironment(
            value: { name in taken.holds(name) ? nil : values[name] },
            takeSecret: { taken.take($0) })
    }
}

/// What was taken already: the second question gets the first answer, though the block no longer has it.
private final class TakenSecrets: Sendable {
    private let secrets = Mutex<[String: SharedSecret]>([:])
    private let source: @Sendable (String) -> SecretBytes?

    init(source: @escaping @Sendable (String) -> SecretBytes?) {
        self.source = source
    }

    func take(_ name: String) -> SharedSecret? {
        secrets.withLock { secrets in
            if let known = secrets[name] { return known }
            guard let fresh = source(name) else { return nil }
            let shared = SharedSecret(fresh)
            secrets[name] = shared
            return shared
        }
    }

    func holds(_ name: String) -> Bool {
        secrets.withLock { $0[name] != nil }
    }
}

/// The block of `NAME=value` strings that the system gave the process.
enum EnvironmentBlock {
    /// Moves the value of `name` out of a block that ends with a null pointer: copies it into guarded memory, wipes the
    /// bytes where they lie, and closes the gap. Where a name stands twice, the first counts (as with `getenv`) and
    /// all are wiped. Nil where there is none.
    static func take(
        _ name: String, from block: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    ) -> SecretBytes? {
        guard let block, !name.isEmpty, !name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "=") }) else {
            return nil
        }
        let prefix = name + "="
        let prefixLength = prefix.utf8.count
        var found: SecretBytes?
        var kept = 0
        var next = 0
        while let entry = block[next] {
            next += 1
            guard strncmp(entry, prefix, prefixLength) == 0 else {
                block[kept] = entry
                kept += 1
                continue
            }
            let value = UnsafeMutableRawPointer(entry + prefixLength)
            let length = strlen(entry + prefixLength)
            if found == nil {
                found = SecretBytes(capacity: length) { target in
                    target.copyMemory(from: UnsafeRawBufferPointer(start: value, count: length))
                    return length
                }
            }
            explicit_bzero(value, length)
        }
        block[kept] = nil
        return found
    }
}
