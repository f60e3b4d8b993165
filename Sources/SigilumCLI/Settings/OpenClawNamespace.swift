internal import JSON5
internal import SafeFiles
internal import SecureMemory

/// The namespace that Sigilum's plugin of OpenClaw is set up with.
enum OpenClawNamespace {
    /// Where it stands in `openclaw.json`.
    static let keys = ["hooks", "internal", "entries", "sigilum-plugin", "env", "SIGILUM_NAMESPACE"]

    /// The same, as users read it.
    static let place = #"hooks.internal.entries["sigilum-plugin"].env.SIGILUM_NAMESPACE"#

    /// In bytes: 1 MiB. This is read before every command.
    static let sizeLimit = 1 << 20

    static func path(in openClawHome: String) -> String { openClawHome + "/openclaw.json" }

    /// What stands there; nil where there is no such file or member. A file that cannot be read, or that others may
    /// write, is passed over with a warning: it is another program's.
    static func read(in openClawHome: String, _ surroundings: Surroundings) -> String? {
        let path = path(in: openClawHome)
        do throws(Failure) {
            let text = try find(path, surroundings)
            return text.flatMap { $0.isEmpty ? nil : $0 }
        } catch {
            surroundings.say(.warn("Passed over \(path): \(error.message)"))
            return nil
        }
    }

    private static func find(_ path: String, _ surroundings: Surroundings) throws(Failure) -> String? {
        let content: SecretBytes?
        do throws(FileError) {
            content = try readSecretThroughLinks(path, limit: sizeLimit)
        } catch {
            throw error.failure
        }
        guard let content else { return nil }
        try SafetyCheck(surroundings).settingsFile(path)
        return try content.withBytes { (bytes) throws(Failure) in
            do throws(JSON5Error) {
                return try JSON5Document(bytes).string(at: keys)
            } catch {
                throw Failure(
                    .damaged, code: "openclaw-config", "not JSON5 at line \(error.line), column \(error.column)")
            }
        }
    }
}
