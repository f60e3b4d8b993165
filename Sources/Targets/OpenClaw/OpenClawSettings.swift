internal import JSON5
package import VaultCore

/// What OpenClaw's configuration is to say besides the token.
package struct OpenClawSettings: Sendable, Equatable {
    /// What happens to `enabled` of the hook's entry.
    package enum Notify: String, Sendable, CaseIterable {
        case enable = "true"
        case disable = "false"
        /// It stays as it is, there or not.
        case preserve
    }

    package let namespace: String
    package let apiURL: String
    package let notify: Notify

    package init(namespace: String, apiURL: String, notify: Notify) {
        self.namespace = namespace
        self.apiURL = apiURL
        self.notify = notify
    }

    /// nil where one is missing or `authz_notify` is none of the three.
    init?(_ settings: DeliverySettings) {
        guard let namespace = settings[Key.namespace], let apiURL = settings[Key.apiURL],
            let notify = settings[Key.notify].flatMap(Notify.init(rawValue:))
        else { return nil }
        self.init(namespace: namespace, apiURL: apiURL, notify: notify)
    }

    /// As a delivery carries them.
    package var delivery: DeliverySettings {
        [Key.namespace: namespace, Key.apiURL: apiURL, Key.notify: notify.rawValue]
    }

    private enum Key {
        static let namespace = "namespace"
        static let apiURL = "api_url"
        static let notify = "authz_notify"
    }
}

/// Where things stand in OpenClaw's configuration.
enum Member {
    static let hooksEnabled = ["hooks", "internal", "enabled"]
    static let entry = ["hooks", "internal", "entries", "sigilum-authz-notify"]
    static let enabled = entry + ["enabled"]
    static let namespace = entry + ["env", "SIGILUM_NAMESPACE"]
    static let apiURL = entry + ["env", "SIGILUM_API_URL"]
    static let token = entry + ["env", "SIGILUM_OWNER_TOKEN"]
}

extension OpenClawSettings {
    /// Whether the hook runs once these settings are in the file. A hook whose `enabled` is missing, or is anything but
    /// `true`, does not: a token is not put where it might lie unused.
    func isEnabled(in document: JSON5Document) -> Bool {
        switch notify {
        case .enable: true
        case .disable: false
        case .preserve: document.boolean(at: Member.enabled) == true
        }
    }

    /// All that is to be so, except for the token, in the order in which missing members are added.
    var changes: [JSON5Change] {
        var changes: [JSON5Change] = [.set(Member.hooksEnabled, .boolean(true))]
        switch notify {
        case .enable: changes.append(.set(Member.enabled, .boolean(true)))
        case .disable: changes.append(.set(Member.enabled, .boolean(false)))
        case .preserve: break
        }
        return changes + [
            .set(Member.namespace, .string(namespace)), .set(Member.apiURL, .string(apiURL)),
        ]
    }
}
