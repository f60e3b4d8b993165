internal import SafeFiles
internal import SecureMemory
package import VaultCore

/// The note of one vault's owner tokens, in a file of the user's state folder, named as the vault's anchor is.
///
/// It is replaced as a whole, without waiting for the disk or for others: it may be forgotten.
package struct FileTokenNoteStore: TokenNoteStore {
    /// More than this is no note: the longest path of Linux, escaped, and the other lines.
    private static let sizeLimit = 12 * 1024

    private let folder: String
    private let vault: String
    private let name: String

    /// - Parameters:
    ///   - folder: Where notes are kept: `$XDG_STATE_HOME/sigilum/tokens`. Made, 0700, when the first is written.
    ///   - vault: The path of the vault's file.
    package init(folder: String, vault: String) {
        self.folder = folder
        self.vault = realPath(ofFile: vault)
        name = StateFolder.fileName(ofVault: self.vault)
    }

    package func read() -> TokenNote? {
        guard let folder = try? Folder.open(folder), let bytes = try? folder.readPublic(name, limit: Self.sizeLimit)
        else { return nil }
        return TokenNoteText(decoding: bytes, path: vault)?.note
    }

    package func write(_ note: TokenNote) -> Bool {
        do {
            let folder = try StateFolder.opened(folder)
            // What killed runs left.
            _ = try? folder.removeStaleTemporaries()
            let text = SecretBytes(copying: TokenNoteText(path: vault, note: note).encoded)
            try folder.replace(name, with: text, owner: try StateFolder.owner(in: folder), durably: false)
            return true
        } catch {
            return false
        }
    }
}
