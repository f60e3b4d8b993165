internal import VaultCore

/// What the options that describe a service must be. The lengths are those that the Sigilum API takes, in characters of
/// Unicode (scalars).
enum ServiceRules {
    /// `--service-slug`.
    static func slug(_ text: String) throws(Failure) -> Slug {
        do throws(NameError) {
            return try Slug(text)
        } catch {
            throw .usage(
                "--service-slug is not a slug",
                hints: ["a slug is 3 to 64 of a-z, 0-9 and -, with no - at either end"])
        }
    }

    /// `--service-name`: 1 to 100 characters.
    static func name(_ text: String) throws(Failure) -> String {
        try line(text, option: "--service-name", limit: 100)
    }

    /// `--domain`: 1 to 255 characters, no space.
    static func domain(_ text: String) throws(Failure) -> String {
        let domain = try line(text, option: "--domain", limit: 255)
        guard !domain.unicodeScalars.contains(where: \.properties.isWhitespace) else {
            throw .usage("--domain has a space")
        }
        return domain
    }

    /// `--description`: 1 to 500 characters.
    static func summary(_ text: String) throws(Failure) -> String {
        try line(text, option: "--description", limit: 500)
    }

    /// `--email`: at most 254 bytes, one `@` with something on either side, no space.
    static func email(_ text: String, from source: Message = "--email", _ status: ExitStatus = .usage) throws(Failure)
        -> String
    {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let isRight =
            text.utf8.count <= 254 && parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
            && !ConnectionRules.hasControlCharacter(text)
            && !text.unicodeScalars.contains(where: \.properties.isWhitespace)
        guard isRight else { throw Failure(status, code: "email", "Not an e-mail address: \(source)") }
        return text
    }

    /// The e-mail of a namespace's owner where none is given.
    static func defaultEmail(_ namespace: Namespace) -> String { namespace.text + "@local.sigilum" }

    /// The description of a service where none is given: a sentence by mode.
    static func defaultSummary(_ mode: ServiceMode, slug: Slug) -> String {
        switch mode {
        case .native: "Native service \(slug.text), registered with the local command line."
        case .gateway: "Gateway service \(slug.text), registered with the local command line."
        }
    }

    private static func line(_ text: String, option: Message, limit: Int) throws(Failure) -> String {
        guard (1...limit).contains(text.unicodeScalars.count) else {
            throw .usage("\(option) is not 1 to \(limit) characters long")
        }
        guard !ConnectionRules.hasControlCharacter(text) else { throw .usage("\(option) has a control character") }
        return text
    }
}
