internal import VaultCore

/// An id that the API made: 1 to 200 of `A-Z a-z 0-9 _ - .`, and no `.` or `..`. It can be a part of a path, of a list and
/// of a receipt, and leads nowhere else.
struct APIIdentifier: Hashable, Sendable {
    let text: String

    init?(_ text: String) {
        let bytes = text.utf8
        let isPlain = bytes.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || "_-.".utf8.contains(byte)
        }
        guard (1...200).contains(bytes.count), isPlain, text != ".", text != ".." else { return nil }
        self.text = text
    }

    /// What the other side said.
    static func received(_ text: String) throws(DeliveryFailure) -> APIIdentifier {
        guard let id = APIIdentifier(text) else { throw .wrongAnswer(.missingMember) }
        return id
    }
}
