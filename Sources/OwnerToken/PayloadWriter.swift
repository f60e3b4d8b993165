internal import SecureMemory

/// Writes the JSON of a token straight into guarded memory.
struct PayloadWriter {
    private let target: UnsafeMutableRawBufferPointer
    private var end = 0
    private var isFirst = true

    private init(_ target: UnsafeMutableRawBufferPointer) {
        self.target = target
    }

    /// `{"alg":"HS256","typ":"JWT"}`
    static func header() -> SecretBytes {
        SecretBytes(copying: #"{"alg":"HS256","typ":"JWT"}"#.utf8)
    }

    /// The object of the claims that are there. One audience is a text, several are an array.
    static func payload(_ claims: OwnerClaims) throws(OwnerTokenError) -> SecretBytes {
        typealias Name = OwnerTokenError.ClaimName
        let before: [(Name, String?)] = [
            (.subject, claims.subject), (.email, claims.email), (.namespace, claims.namespace),
            (.issuer, claims.issuer),
        ]
        let times: [(Name, Int64?)] = [
            (.issuedAt, claims.issuedAt), (.notBefore, claims.notBefore), (.expiresAt, claims.expiresAt),
        ]
        for case (let name, let time?) in times where !(0...OwnerClaims.lastTime).contains(time) {
            throw .badTime(name)
        }
        let texts = before.compactMap(\.1) + claims.audience
        // Checked before, so that no sum overflows and no memory is asked for in vain.
        var bytes = 0
        for text in texts {
            bytes += text.utf8.count
            guard bytes <= OwnerToken.lengthLimit, texts.count <= OwnerToken.lengthLimit else { throw .tooLong }
        }
        // Names, quotes, commas and times: far below 32 bytes a claim.
        let capacity = bytes * JSONText.widest + (texts.count + times.count + 2) * 32
        return SecretBytes(capacity: capacity) { target in
            var writer = PayloadWriter(target)
            writer.byte(UInt8(ascii: "{"))
            for case (let name, let text?) in before { writer.text(name, text) }
            writer.audience(claims.audience)
            for case (let name, let time?) in times { writer.number(name, time) }
            writer.byte(UInt8(ascii: "}"))
            return writer.end
        }
    }

    private mutating func byte(_ byte: UInt8) {
        target[end] = byte
        end += 1
    }

    private mutating func string(_ text: String) {
        JSONText.write(text) { byte($0) }
    }

    private mutating func name(_ name: OwnerTokenError.ClaimName) {
        if !isFirst { byte(UInt8(ascii: ",")) }
        isFirst = false
        string(name.rawValue)
        byte(UInt8(ascii: ":"))
    }

    private mutating func text(_ name: OwnerTokenError.ClaimName, _ text: String) {
        self.name(name)
        string(text)
    }

    private mutating func number(_ name: OwnerTokenError.ClaimName, _ number: Int64) {
        self.name(name)
        for digit in String(number).utf8 { byte(digit) }
    }

    private mutating func audience(_ audience: [String]) {
        guard let first = audience.first else { return }
        guard audience.count > 1 else { return text(.audience, first) }
        name(.audience)
        for (index, text) in audience.enumerated() {
            byte(index == 0 ? UInt8(ascii: "[") : UInt8(ascii: ","))
            string(text)
        }
        byte(UInt8(ascii: "]"))
    }
}
