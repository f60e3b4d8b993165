internal import HTTPTransport
internal import SecureMemory
internal import VaultCore

/// A key as the API shows it, once.
struct IssuedKey: Sendable {
    let id: APIIdentifier
    let value: SharedSecret

    /// The longest key that is believed, in bytes.
    private static let limit = 512

    /// Takes the key out of the answer, straight into guarded memory: the one place where a key is read, and no `String`
    /// or array is made of it.
    static func take(from answer: HTTPAnswer) throws(DeliveryFailure) -> IssuedKey {
        guard answer.isJSON else { throw .wrongAnswer(.notJSON) }
        var scan: Result<IssuedKey, DeliveryFailure> = .failure(.wrongAnswer(.missingMember))
        answer.body.withBytes { bytes in
            do throws(DeliveryFailure) {
                scan = .success(try read(bytes))
            } catch {
                scan = .failure(error)
            }
        }
        return try scan.get()
    }

    private static func read(_ bytes: UnsafeRawBufferPointer) throws(DeliveryFailure) -> IssuedKey {
        let members: JSONMembers
        do throws(JSONMembers.Malformed) {
            members = try JSONMembers(bytes)
        } catch {
            throw .wrongAnswer(.notJSON)
        }
        guard let id = members.text("id"), let key = members.text("key") else { throw .wrongAnswer(.missingMember) }
        let value = try secret(key)
        let isPlausible = value.withBytes { value in
            !value.isEmpty && value.allSatisfy { (0x21...0x7e).contains($0) }
        }
        guard isPlausible else { throw .wrongAnswer(.missingMember) }
        return IssuedKey(
            id: try .received(String(decoding: bytes[id], as: UTF8.self)), value: SharedSecret(value))

        func secret(_ range: Range<Int>) throws(DeliveryFailure) -> SecretBytes {
            try SecretBytes(capacity: Self.limit) { buffer throws(DeliveryFailure) in
                var count = 0
                var index = range.lowerBound
                while index < range.upperBound {
                    guard count < buffer.count,
                        let (byte, length) = JSONMembers.asciiCharacter(bytes[index..<range.upperBound])
                    else { throw .wrongAnswer(.missingMember) }
                    buffer[count] = byte
                    count += 1
                    index += length
                }
                return count
            }
        }
    }
}
