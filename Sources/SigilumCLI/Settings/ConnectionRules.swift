internal import VaultCore

/// What the options of a gateway's connection must be, and what they are when left out.
enum ConnectionRules {
    /// The values of a new connection's options that were left out, by its auth mode.
    struct Defaults: Sendable, Equatable {
        let header: String
        let prefix: String
        let secretKey: String
    }

    static func defaults(_ mode: AuthMode, slug: Slug) -> Defaults {
        switch mode {
        case .bearer: Defaults(header: "Authorization", prefix: "Bearer ", secretKey: "access_token")
        case .headerKey: Defaults(header: "X-\(slug.text)-Key", prefix: "", secretKey: "upstream_key")
        case .queryParameter: Defaults(header: "api_key", prefix: "", secretKey: "api_key")
        }
    }

    /// `--upstream-base-url`: absolute http or https, at most 2048 bytes, without slashes at its end. Plain http to
    /// another machine gets a warning.
    static func baseURL(_ text: String, say: (Remark) -> Void) throws(Failure) -> String {
        do throws(HTTPAddressError) {
            let address = try HTTPAddress(text)
            if !address.isEncrypted, !address.isLoopback {
                say(.warn("--upstream-base-url: plain http to another machine; the secret travels readable"))
            }
            return address.text
        } catch {
            throw .usage("--upstream-base-url: \(error.rawValue)")
        }
    }

    /// `--upstream-header`: the name of a header (a token of RFC 9110) or of a query parameter.
    static func header(_ text: String, for mode: AuthMode) throws(Failure) -> String {
        let isRight = (1...128).contains(text.utf8.count)
        switch mode {
        case .bearer, .headerKey:
            guard isRight, text.utf8.allSatisfy({ isAlphanumeric($0) || "!#$%&'*+-.^_`|~".utf8.contains($0) }) else {
                throw .usage(
                    "--upstream-header is not a header name",
                    hints: ["a header name is 1 to 128 letters, digits and any of !#$%&'*+-.^_`|~"])
            }
        case .queryParameter:
            guard isRight, text.utf8.allSatisfy({ isAlphanumeric($0) || "-._~[]:$".utf8.contains($0) }) else {
                throw .usage(
                    "--upstream-header is not the name of a query parameter",
                    hints: ["such a name is 1 to 128 letters, digits and any of -._~[]:$"])
            }
        }
        return text
    }

    /// `--auth-prefix`: what precedes the secret; it may be empty and end with a space.
    static func authPrefix(_ text: String) throws(Failure) -> String {
        guard text.utf8.count <= 128, !hasControlCharacter(text) else {
            throw .usage("--auth-prefix has a control character, or more than 128 bytes")
        }
        return text
    }

    /// `--upstream-secret-key`: also the last part of an entry's name.
    static func secretKey(_ text: String) throws(Failure) -> String {
        let isRight =
            (1...64).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
        guard isRight else {
            throw .usage(
                "--upstream-secret-key is not a key name",
                hints: ["a key name is 1 to 64 letters, digits and any of _.-"])
        }
        return text
    }

    /// `--rotation-interval-days`.
    static func rotationIntervalDays(_ days: Int) throws(Failure) -> UInt32 {
        guard (1...36500).contains(days), let days = UInt32(exactly: days) else {
            throw .usage("--rotation-interval-days is not 1 to 36500")
        }
        return days
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    static func hasControlCharacter(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}
