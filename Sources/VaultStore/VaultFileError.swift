package import SafeFiles
package import VaultCore

/// Why a vault's file could not be opened.
package enum VaultFileError: Error, Sendable, Equatable {
    /// Something is wrong with a file or folder, before its content was looked at.
    case file(FileError)
    /// The content cannot be used.
    case storage(StorageError)
}
