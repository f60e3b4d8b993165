import OwnerToken
import SecureMemory

func secret(_ text: String) -> SecretBytes { SecretBytes(copying: text.utf8) }

/// The bytes of a secret as text; tests alone may do this.
func text(_ secret: borrowing SecretBytes) -> String { secret.withBytes { String(decoding: $0, as: UTF8.self) } }

/// base64url without padding, written apart from the one that is tested.
func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    var text = ""
    var (bits, count) = (0, 0)
    for byte in bytes {
        bits = bits << 8 | Int(byte)
        count += 8
        while count >= 6 {
            count -= 6
            text.append(alphabet[bits >> count & 63])
        }
        bits &= (1 << count) - 1
    }
    if count > 0 { text.append(alphabet[bits << (6 - count) & 63]) }
    return text
}

/// A token of this header and payload, with a signature that proves nothing.
func token(header: String = #"{"alg":"HS256","typ":"JWT"}"#, _ payload: String) -> String {
    "\(base64URL(header.utf8)).\(base64URL(payload.utf8)).c2lnbmF0dXJl"
}

/// The error that a text is refused with; nil where it is a token.
func refusal(_ text: String) -> OwnerTokenError? {
    do throws(OwnerTokenError) {
        _ = try OwnerToken.parse(secret(text))
        return nil
    } catch {
        return error
    }
}

/// The error that `body` ends with.
func error(_ body: () throws(OwnerTokenError) -> Void) -> OwnerTokenError? {
    do throws(OwnerTokenError) {
        try body()
        return nil
    } catch {
        return error
    }
}

/// The claims that the API asks for.
let sample = OwnerClaims(
    subject: "user_local_johndee", email: "johndee@local.sigilum", namespace: "johndee", issuer: OwnerToken.issuer,
    audience: [OwnerToken.audience], issuedAt: 1_700_000_000, expiresAt: 1_900_000_000)

/// What ``sample`` is signed with here and in ``knownToken``.
let sampleSecret = "correct horse battery staple, twice over"

/// ``sample`` as joserfc 1.6.5 signs it.
let knownToken =
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyX2xvY2FsX2pvaG5kZWUiLCJlbWFpbCI6ImpvaG5kZWVAbG9jYWwuc2lna"
    + "Wx1bSIsIm5hbWVzcGFjZSI6ImpvaG5kZWUiLCJpc3MiOiJzaWdpbHVtLWFwaSIsImF1ZCI6InNpZ2lsdW0tZGFzaGJvYXJkIiwiaWF0Ijox"
    + "NzAwMDAwMDAwLCJleHAiOjE5MDAwMDAwMDB9.qWdZ5yIUdi0B0s3HSH90H_gu-qLHXoSEyYi4S_u1XPg"
