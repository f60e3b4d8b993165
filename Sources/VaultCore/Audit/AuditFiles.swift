/// The files that an audit looks at besides those that the vault delivers.
package enum AuditFiles {
    /// How the export files of services are called: these, and the service's slug.
    package static let keyPrefix = "service-api-key-"
    package static let connectionPrefix = "gateway-connection-secret-"
    /// How those of owners are called: this, the namespace, and the ending.
    package static let tokenPrefix = "owner-token-"
    package static let tokenEnding = ".jwt"

    /// The detail that says of a finding that its place is a folder.
    package static let folder = "folder"

    /// Whether a file of the Sigilum home has the name of an export.
    package static func isExport(_ name: String) -> Bool {
        name.hasPrefix(keyPrefix) || name.hasPrefix(connectionPrefix)
    }

    /// Whether a file of OpenClaw's `.sigilum` has the name of an export.
    package static func isToken(_ name: String) -> Bool {
        name.hasPrefix(tokenPrefix) && name.hasSuffix(tokenEnding)
    }
}
