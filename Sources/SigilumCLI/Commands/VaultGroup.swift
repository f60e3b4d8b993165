internal import ArgumentParser

/// `sigilum vault …`
struct VaultGroup: ParsableCommand {
    /// One line a command, in the order in which help lists them.
    static let commands: [any ParsableCommand.Type] = [
        VaultInit.self,
        VaultStatus.self,
        VaultUnlock.self,
        VaultLock.self,
        VaultList.self,
        VaultFind.self,
        VaultGet.self,
        VaultPut.self,
        VaultImport.self,
        VaultGenerate.self,
        VaultRotate.self,
        VaultHistory.self,
        VaultRollback.self,
        VaultPrune.self,
        VaultMove.self,
        VaultRemove.self,
        VaultExport.self,
        VaultRun.self,
        VaultInject.self,
        VaultSync.self,
        VaultDiff.self,
        VaultAudit.self,
        VaultAnchorGroup.self,
        VaultLog.self,
        VaultAuditorGroup.self,
        VaultVerify.self,
        VaultBackup.self,
        VaultRestore.self,
        VaultRecipientGroup.self,
        VaultDeposit.self,
        VaultDepositsGroup.self,
        VaultKeyGroup.self,
        VaultRekey.self,
        DoctorCommand.self,
    ]

    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "The vault: entries, versions, deliveries, proofs.", subcommands: commands)
}
