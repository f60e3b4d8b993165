internal import Glibc
internal import JSON5
internal import SafeFiles
internal import SecureMemory
package import VaultCore

/// Delivers an owner token to the hook `sigilum-authz-notify` of OpenClaw, by editing `openclaw.json` in place.
///
/// The job's key is the file's absolute path; its settings are ``OpenClawSettings/delivery``; its one secret is the token.
/// Whatever else is in the file stays byte for byte.
package struct OpenClawTarget: DeliveryTarget, ConfigurationEditor {
    package let kind = TargetKind.openClaw
    /// The file is always somebody's; what is the vault's in it has names of its own.
    package let guardsForeignObjects = false

    package init() {}

    /// The differences, in this order: `hooks.enabled`, `enabled`, `namespace`, `api_url`, `owner_token` (another one,
    /// missing, or there though the hook does not run), `mode`.
    package func observe(_ job: DeliveryJob) async throws(DeliveryFailure) -> Observation {
        let settings = try settings(job.settings, path: job.key)
        let differences = try ConfigurationFile(path: job.key).read { document, status -> [String] in
            var differences: [String] = []
            func note(_ name: String, unless isRight: Bool) {
                if !isRight { differences.append(name) }
            }
            note("hooks.enabled", unless: document.boolean(at: Member.hooksEnabled) == true)
            switch settings.notify {
            case .enable: note("enabled", unless: document.boolean(at: Member.enabled) == true)
            case .disable: note("enabled", unless: document.boolean(at: Member.enabled) == false)
            case .preserve: break
            }
            note("namespace", unless: document.string(at: Member.namespace) == settings.namespace)
            note("api_url", unless: document.string(at: Member.apiURL) == settings.apiURL)
            if settings.isEnabled(in: document) {
                var found: Fingerprint?
                if let token = document.secret(at: Member.token) { found = job.fingerprint(token) }
                note("owner_token", unless: found != nil && found == job.expected.first?.fingerprint)
            } else {
                note("owner_token", unless: !document.exists(at: Member.token))
            }
            note("mode", unless: status.mode == 0o600)
            return differences
        }
        guard let differences else { return .absent }
        return .present(differences: differences)
    }

    /// Edits the file, which is made where it is missing. The token is put in only where the hook is enabled; otherwise
    /// one that is there is taken out.
    package func apply(_ job: DeliveryJob) async throws(DeliveryFailure) -> DeliveryReceipt {
        let settings = try settings(job.settings, path: job.key)
        guard job.secrets.count == 1, let token = job.secrets.first?.value else {
            throw .cannotWrite(path: job.key, errno: EINVAL)
        }
        guard token.bytes.count > 0 else { throw .unsuitableSecret }
        try ConfigurationFile(path: job.key).edit(makesFile: true) { document in
            let isEnabled = settings.isEnabled(in: document)
            return settings.changes + [isEnabled ? .set(Member.token, .secret(token)) : .remove(Member.token)]
        }
        return ["path": job.key]
    }

    /// Takes the token out, and nothing else.
    package func withdraw(_ job: DeliveryJob) async throws(DeliveryFailure) {
        try ConfigurationFile(path: job.key).edit(makesFile: false) { _ in [.remove(Member.token)] }
    }

    package func check(path: String, settings: DeliverySettings) throws(DeliveryFailure) {
        let wanted = try self.settings(settings, path: path)
        try ConfigurationFile(path: path).rehearse { _ in wanted.changes + [.remove(Member.token)] }
    }

    package func holdsToken(path: String, namespace: String) throws(DeliveryFailure) -> Bool {
        try ConfigurationFile(path: path).read { document, _ in
            document.exists(at: Member.token) && (document.string(at: Member.namespace) ?? namespace) == namespace
        } ?? false
    }

    private func settings(_ settings: DeliverySettings, path: String) throws(DeliveryFailure) -> OpenClawSettings {
        guard let settings = OpenClawSettings(settings) else { throw .cannotWrite(path: path, errno: EINVAL) }
        return settings
    }
}
