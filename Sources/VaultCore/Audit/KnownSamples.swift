/// Values that documentation and instructions print for everybody to see.
enum KnownSamples {
    /// Values up to so many bytes are looked into for words that say that they are to be replaced.
    private static let longestLookedInto = 64
    /// So many equal bytes at the end are no secret's.
    private static let fillerWidth = 8

    static func has(_ value: Folded) -> Bool {
        if whole.contains(where: value.equals) || parts.contains(where: value.contains) || endsInFiller(value) {
            return true
        }
        return value.count <= longestLookedInto && hints.contains(where: value.contains)
    }

    /// `sk_live_xxxxxxxxxxxx`, `********`.
    private static func endsInFiller(_ value: Folded) -> Bool {
        guard value.count >= fillerWidth, let last = value.bytes.last.map(Folded.fold), "x*.0#?".utf8.contains(last)
        else { return false }
        return (1...fillerWidth).allSatisfy { value[value.count - $0] == last }
    }

    private static func folded(_ texts: [String]) -> [[UInt8]] { texts.map { $0.utf8.map(Folded.fold) } }

    /// The whole value.
    private static let whole = folded([
        "secret", "mysecret", "my-secret", "topsecret", "supersecret", "super-secret", "keyboard cat", "shhhhh",
        "s3cr3t", "token", "my-token", "apikey", "api-key", "api_key", "dev", "test", "dummy", "foobar", "none", "null",
        // jwt.io and the libraries' first pages.
        "your-256-bit-secret", "your-384-bit-secret", "your-512-bit-secret", "a-string-secret-at-least-256-bits-long",
        // The instructions of the API.
        "dev-secret-change-me-in-production-use-openssl-rand-base64-32",
    ])

    /// What vendors print in their documentation, without the prefix: whatever stands around it.
    private static let parts = folded([
        // Amazon.
        "IOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG", "je7MtGbClwBF/2Zp9Utk",
        // Stripe.
        "4eC39HqLyjWDarjtT1zdp7dc", "BQokikJOvBiI2HlWgH4olfQ2", "TYooMQauvdEDq54NiTphI7jx",
        // GitHub.
        "16C7e42F292c6912E7710c838347Ae178B4a",
        // The token of jwt.io.
        "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    ])

    /// Words of a value that waits for a real one.
    private static let hints = folded([
        "example", "changeme", "change-me", "change_me", "change this", "placeholder", "replaceme", "replace-me",
        "replace_me", "your-api-key", "your_api_key", "yourapikey", "your-secret", "your_secret", "your-token",
        "your_token", "your-key", "your_key", "insert-your", "insert_your", "<your", "api-key-here", "api_key_here",
        "token-here", "secret-here",
    ])
}
