internal import Glibc

/// Which database file of the local API is used, and what may be done to it.
package enum LocalAPILocation: Sendable, Equatable {
    /// Our own file, made 0600 by our own migrations when it is not there yet.
    case embedded(path: String)
    /// The D1 file of a Sigilum checkout: its rows are written, its schema never, and it is never made.
    case checkout(path: String)

    /// The absolute path of the file.
    package var path: String {
        switch self {
        case .embedded(let path), .checkout(let path): path
        }
    }

    /// Where services are registered, from the first of these that is set: the option `--api-db`, `SIGILUM_API_DB`, the
    /// D1 file of the checkout that `SIGILUM_SOURCE_HOME` names or that lies around the working directory, and
    /// `api.sqlite3` in the Sigilum home.
    ///
    /// A named file that is not there yet will be an embedded one, and so is one that is ours or empty; any other is
    /// used as a checkout's. `SIGILUM_SOURCE_HOME` without a database in it leads to the home, not to another
    /// checkout. Around the working directory, files of users other than this one and the home's owner are passed over.
    /// Looks at files, changes none; what cannot be read is left for the delivery to report.
    ///
    /// - Parameters:
    ///   - explicit: The value of `--api-db`.
    ///   - environment: The value of a variable; an empty one counts as not set.
    ///   - workingDirectory: An absolute path; relative paths start there.
    ///   - home: The Sigilum home; it need not be there yet.
    /// - Returns: The file to use; it need not be there yet, or be usable.
    package static func resolve(
        explicit: String?, environment: (String) -> String?, workingDirectory: String, home: String
    ) -> LocalAPILocation {
        func setting(_ name: String) -> String? {
            environment(name).flatMap { $0.isEmpty ? nil : $0 }
        }
        func absolute(_ path: String) -> String {
            path.hasPrefix("/") ? path : Checkout.join(workingDirectory, path)
        }
        if let named = explicit ?? setting("SIGILUM_API_DB") { return classify(absolute(named)) }
        let home = absolute(home)
        let found =
            if let source = setting("SIGILUM_SOURCE_HOME") {
                Checkout.database(in: absolute(source), owners: nil)
            } else {
                Checkout.database(around: workingDirectory, owners: trustedOwners(home: home))
            }
        if let found { return .checkout(path: found) }
        return .embedded(path: Checkout.join(home, "api.sqlite3"))
    }

    private static func classify(_ path: String) -> LocalAPILocation {
        // Wrangler makes and migrates the files in there; an empty one waits for it, not for us.
        if Checkout.isDatabaseFolder(of: path) { return .checkout(path: path) }
        guard let status = FileFacts.of(path) else { return .embedded(path: path) }
        guard status.isRegular else { return .checkout(path: path) }
        switch DatabaseProbe.contents(of: path) {
        case .ours, .empty: return .embedded(path: path)
        case .users, .other, .unknown: return .checkout(path: path)
        }
    }

    /// A checkout that somebody else planted in a folder above (`/tmp`, say) must not be opened, as git does not use a
    /// repository of another user.
    private static func trustedOwners(home: String) -> Set<UInt32> {
        var owners: Set<UInt32> = [geteuid()]
        if let status = FileFacts.of(home) { owners.insert(status.owner) }
        return owners
    }
}
