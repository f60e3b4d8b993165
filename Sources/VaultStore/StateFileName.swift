internal import SafeFiles
internal import Sealing
internal import VaultCore

extension StateFolder {
    /// The name of a vault's file in such a folder: the checksum of the vault's real path, in hexadecimal.
    static func fileName(ofVault path: String) -> String {
        AnchorText.hex(Checksum.digest(Array(path.utf8)).bytes)
    }
}
