internal import ExportFiles
internal import OpenClaw
internal import SafeFiles
internal import SecureMemory
package import SigilumCLI
internal import VaultCore
internal import VaultStore

extension Openers {
    /// What stands behind the commands without a network and without the API's database: the vault's store, and files.
    package static var local: Openers {
        Openers(
            storage: { home, owner, createIfMissing, allowUnsafe in
                do throws(VaultFileError) {
                    return try SQLiteVaultStorage.open(
                        home: home, owner: owner, createIfMissing: createIfMissing, allowUnsafe: allowUnsafe)
                } catch {
                    switch error {
                    case .file(let file): throw file
                    case .storage(let storage): throw VaultError.storage(storage)
                    }
                }
            },
            anchors: { home, stateFolder in FileAnchorStore(folder: stateFolder + "/anchors", vault: home + "/vault.db")
            },
            exportFiles: { home, owner in ExportFileTarget(home: home, owner: owner) },
            adoptableFile: { home, name in
                guard let found = try ExportFileTarget(home: home, owner: nil).adoptableFile(name) else { return nil }
                return SharedSecret(found)
            },
            localAPI: { _ in throw OutOfReach() },
            gateway: { _ in throw OutOfReach() },
            openClaw: { OpenClawTarget() },
            sigilumAPI: { _ in throw OutOfReach() },
            tokenNotes: { home, stateFolder in
                FileTokenNoteStore(folder: stateFolder + "/tokens", vault: home + "/vault.db")
            },
            machine: .live(sqlite: SQLiteLibrary.version), keyring: .kernel)
    }
}

/// A target was asked for that only the full program has: the entry was delivered nowhere when the command looked, and is
/// when its value was stored.
private struct OutOfReach: Error, FailureConvertible {
    var failure: Failure {
        Failure(
            .busy, code: "changed-meanwhile",
            "The value is stored, and not delivered yet: another process made the entry one that is delivered, meanwhile",
            hints: ["deliver it:  \(command: ["vault", "sync"])"])
    }
}
