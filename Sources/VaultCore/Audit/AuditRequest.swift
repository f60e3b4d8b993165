package import SecureMemory

/// What an audit gets of the world outside the vault.
package struct AuditRequest: Sendable {
    /// What ``Reconciler/compare(_:)`` says: drift is found there, and nowhere else.
    package let comparisons: [DeliveryComparison]
    /// From how many days on a value is too old; nil: none is.
    package let maxAgeDays: UInt32?
    /// When a token expires, in milliseconds since 1970 UTC; nil where it does not say, or is none.
    package let tokenEnd: @Sendable (Entry) -> Int64?
    /// The absolute path of the Sigilum home.
    package let home: String
    /// The absolute paths of all files that have the name of an export, in the home and in OpenClaw's folder.
    package let exportFiles: [String]
    /// Those of them that are folders.
    package let exportFolders: Set<String>
    /// An absolute path with the links of its folder resolved: what paths are compared by.
    package let resolve: @Sendable (String) -> String
    /// Searches files for values, all at once. The position of a value is what a hit names it by.
    package let search: @Sendable ([SharedSecret]) throws -> AuditSearch

    package init(
        comparisons: [DeliveryComparison], maxAgeDays: UInt32?, tokenEnd: @escaping @Sendable (Entry) -> Int64?,
        home: String, exportFiles: [String], exportFolders: Set<String> = [],
        resolve: @escaping @Sendable (String) -> String,
        search: @escaping @Sendable ([SharedSecret]) throws -> AuditSearch
    ) {
        self.comparisons = comparisons
        self.maxAgeDays = maxAgeDays
        self.tokenEnd = tokenEnd
        self.home = home
        self.exportFiles = exportFiles
        self.exportFolders = exportFolders
        self.resolve = resolve
        self.search = search
    }
}

/// What a search for values found in files.
package struct AuditSearch: Sendable {
    /// One place where one value is.
    package struct Hit: Sendable {
        /// The position of the value among those that were searched for.
        package let value: Int
        /// With line and encoding; the path as ``AuditRequest/resolve`` leaves it.
        package let place: AuditPlace

        package init(value: Int, place: AuditPlace) {
            self.value = value
            self.place = place
        }
    }

    package var hits: [Hit] = []
    /// The first places that were not searched, or not to their end, and why in a word or two.
    package var unread: [(path: String, reason: String)] = []
    /// How many there were.
    package var unreadCount = 0

    package init() {}
}
