internal import OwnerToken
internal import VaultCore

extension OwnerTokenError: FailureConvertible {
    /// Of a token that was given: 64, and nothing was stored.
    package var failure: Failure { .usage("Not a token that can be used: \(problem)", hints: ["nothing was stored"]) }

    /// Of a token that is stored already: 65.
    var stored: Failure { Failure(.damaged, code: "token", "The stored token cannot be used: \(problem)") }

    private var problem: Message {
        switch self {
        case .tooLong: "it is longer than 16 KiB"
        case .notThreeParts: "it is not of three parts, header.payload.signature"
        case .badBase64(let part): "its \(plain: part.rawValue) is not base64url"
        case .notJSON(let part, let offset): "its \(plain: part.rawValue) is not one JSON object (byte \(offset))"
        case .duplicateMember(let part): "its \(plain: part.rawValue) says something twice"
        case .missingAlgorithm: "its header names no algorithm"
        case .unsecured: "nobody signed it (alg none)"
        case .unsupportedHeader(let member): "its header asks for \(plain: member.rawValue), which is not understood"
        case .badHeader: "its header has a member of the wrong type"
        case .badClaim(let claim): "the claim \(plain: claim.rawValue) is of the wrong type"
        case .badTime(let claim): "the claim \(plain: claim.rawValue) is no time"
        case .emptySecret: "the secret to sign with is empty"
        case .wrongAlgorithm: "it is not signed with HS256"
        case .badSignature: "its signature is wrong"
        case .expired(let end): "it expired at \(plain: Timestamp.text(end * 1000))"
        case .notYetValid(let start): "it is not valid before \(plain: Timestamp.text(start * 1000))"
        case .otherNamespace(let name): "it belongs to another namespace: \(name)"
        }
    }
}
