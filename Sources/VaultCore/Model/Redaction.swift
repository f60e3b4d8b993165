package import SecureMemory

/// What may be shown of a secret: the prefix that its issuer publishes as the mark of the kind, and nothing else.
///
/// The prefix is chosen when a value is stored and kept beside it, so that a masked listing opens no secret.
package enum Redaction {
    /// The public prefix of a value, from the closed list; `""` where none fits. No `String` is made of the secret.
    ///
    /// A value that consists of a prefix alone has none: showing it would show all.
    package static func prefix(of secret: borrowing SecretBytes) -> String {
        secret.withBytes { bytes in
            var longest = -1
            for (index, mark) in marks.enumerated() where mark.first == bytes.first && mark.count < bytes.count {
                guard longest < 0 || mark.count > marks[longest].count else { continue }
                if bytes.starts(with: mark) { longest = index }
            }
            return longest < 0 ? "" : publishedPrefixes[longest]
        }
    }

    /// The hidden form: `sk_****** (hidden)`, or `****** (hidden)` for a prefix that is not of the closed list, so that
    /// a stored prefix that somebody changed shows nothing.
    package static func masked(prefix: String) -> String {
        let hidden = "****** (hidden)"
        return !prefix.isEmpty && publishedPrefixes.contains(prefix) ? prefix + hidden : hidden
    }

    private static let marks = publishedPrefixes.map { Array($0.utf8) }

    /// What issuers publish. An entry ends where the kind of credential is told, before anything that says whose or for
    /// what it is: `sk_` and not `sk_live_`.
    package static let publishedPrefixes: [String] = [
        // Sigilum: service keys, gateway connections.
        "sk_", "gw_",
        // Stripe and others that follow it: publishable, restricted, webhook.
        "pk_", "rk_", "whsec_",
        // GitHub, GitLab.
        "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glrt-",
        // Slack.
        "xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-", "xapp-",
        // Cloud providers.
        "AKIA", "ASIA", "AIza", "ya29.", "dop_v1_", "doo_v1_", "dor_v1_", "hvs.", "hvb.",
        // Package registries.
        "npm_", "pypi-", "rubygems_", "dckr_pat_",
        // Services with an API: OpenAI and Anthropic, Linear, Typefully, Hugging Face, SendGrid, Shopify, Notion,
        // Figma, PostHog, Groq, Perplexity, Replicate, Resend, Postman, Doppler, Sentry.
        "sk-", "lin_", "tfy_", "hf_", "SG.", "shpat_", "shpss_", "ntn_", "figd_", "phc_", "phx_", "gsk_", "pplx-",
        "r8_",
        "re_", "PMAK-", "dp.st.", "sntrys_",
    ]
}
