package import SecureMemory

/// Why a secret is a poor one to sign tokens with, though it works.
package enum SecretWeakness: Sendable, Equatable {
    /// Fewer bytes than the hash has (RFC 7518, 3.2): whoever sees one token can try secrets until one fits.
    case short
    /// The sample that the API's own instructions print: everybody has it.
    case sample
}

extension OwnerToken {
    /// From how many bytes a secret is not short.
    package static let secretWidth = 32

    private static let sample = "dev-secret-change-me-in-production-use-openssl-rand-base64-32"

    /// What is wrong with a secret; nil where nothing is. An empty one is short, and signs nothing.
    package static func weakness(of secret: borrowing SecretBytes) -> SecretWeakness? {
        if secret.count < secretWidth { return .short }
        return secret.equals(SecretBytes(copying: sample.utf8)) ? .sample : nil
    }
}
