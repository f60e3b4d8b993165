internal import VaultCore

/// What users read of a rule, whatever finding it has.
extension AuditRule {
    /// A few words, as a heading.
    var title: String {
        switch self {
        case .plainCopy: "A copy of the value lies in a file"
        case .knownSample: "The value is a sample that everybody knows"
        case .commonWord: "The value is a common password or word"
        case .exportFileMissing: "The export file is missing"
        case .exportFileDiffers: "The export file holds something else"
        case .exportFileUnsafe: "The export file is not safe"
        case .localServiceMissing: "The service is missing in the local API database"
        case .localKeyInactive: "The API key is not active in the local API database"
        case .localServiceDiffers: "The local API database says something else of the service"
        case .openClawTokenMissing: "openclaw.json is missing"
        case .openClawTokenDiffers: "openclaw.json has another token"
        case .openClawFileUnsafe: "openclaw.json is open to others"
        case .openClawSettingsDiffer: "openclaw.json has other settings"
        case .connectionMissing: "The gateway has no such connection"
        case .connectionForeign: "The gateway's connection is somebody else's"
        case .connectionRedirected: "The gateway sends the secret to another address"
        case .connectionSecretDiffers: "The gateway has other secrets"
        case .connectionDiffers: "The gateway's connection is set up differently"
        case .apiServiceMissing: "The API has no such service"
        case .apiKeyInactive: "The API key is not active"
        case .apiOldKeyActive: "A key that was replaced is still active"
        case .apiServiceDiffers: "The API says something else of the service"
        case .deliveryPending: "Not delivered yet"
        case .withdrawalPending: "Not taken away yet"
        case .checkFailed: "A place refused to be looked at"
        case .notChecked: "A place was not looked at"
        case .tokenExpired: "The token has expired"
        case .tokenExpiresSoon: "The token expires soon"
        case .rotationOverdue: "The rotation is overdue"
        case .tooOld: "The value is too old"
        case .shortValue: "The value is short"
        case .lowEntropy: "The value is easy to guess"
        case .sharedValue: "Two entries have the same value"
        case .reusedValue: "An old value is in use again"
        case .rolledBack: "An older value was put back on purpose"
        case .orphanFile: "A file with the name of an export belongs to no entry"
        case .scanIncomplete: "Not everything could be searched"
        }
    }

    /// Why it matters, in a sentence or two.
    var explanation: String {
        switch self {
        case .plainCopy:
            "Whoever can read that file has the credential. Take the value out of the file, then give the entry a new one."
        case .knownSample:
            "It stands in documentation or in instructions: it protects nothing."
        case .commonWord: "It is among the first that anybody tries."
        case .exportFileMissing: "A program that reads the credential from that file finds nothing."
        case .exportFileDiffers:
            "A program that reads the file uses another value than the vault's: an old one, or one that somebody wrote there."
        case .exportFileUnsafe:
            "Its mode, its owner, a second name or what it is lets others read or replace the credential. Where others may have read it, give the entry a new value."
        case .localServiceMissing: "The local API lets nobody in for this service."
        case .localKeyInactive:
            "The local API does not let the vault's key in: it was revoked or taken out of the database."
        case .localServiceDiffers: "Somebody changed the service's row behind the vault's back."
        case .openClawTokenMissing: "OpenClaw's hook has no token to call the API with."
        case .openClawTokenDiffers:
            "OpenClaw's hook calls the API with a token that is not the vault's, or has one though it does not run."
        case .openClawFileUnsafe: "Other users of the machine may read the token."
        case .openClawSettingsDiffer: "The hook is set up for another namespace or address, or is switched differently."
        case .connectionMissing: "Agents that go through the gateway cannot reach the service."
        case .connectionForeign:
            "A connection of that name is there that this vault did not make, or somebody made it anew."
        case .connectionRedirected:
            "The gateway adds the credential to requests to an address that the vault does not know."
        case .connectionSecretDiffers:
            "Somebody rotated, added or removed a secret at the gateway, or made the connection anew."
        case .connectionDiffers: "Somebody changed the connection behind the vault's back."
        case .apiServiceMissing: "The service was deleted at the API, and its keys with it. Only a new key helps."
        case .apiKeyInactive: "The API does not let the vault's key in: it was revoked there, or never made there."
        case .apiOldKeyActive: "Its time is over, and it still opens the service."
        case .apiServiceDiffers: "Somebody changed the service behind the vault's back."
        case .deliveryPending: "The vault holds something that is not where it should be."
        case .withdrawalPending: "A credential is still where it should not be any more."
        case .checkFailed: "Whether it holds what it should is not known until this is mended."
        case .notChecked:
            "Nobody answers there, or no network should be used: whether it holds what it should is not known."
        case .tokenExpired: "No API takes it any more."
        case .tokenExpiresSoon: "No API will take it then."
        case .rotationOverdue: "The entry asks for a new value at an interval, and it is over."
        case .tooOld: "It is older than --max-age-days allows."
        case .shortValue: "A value of fewer than 16 bytes can be tried out; a secret that signs tokens should have 32."
        case .lowEntropy:
            "It has fewer than 64 bits as far as can be estimated: repeats, sequences and words count little."
        case .sharedValue: "Whoever gets the one has the other, and a new value for the one leaves the other as it is."
        case .reusedValue: "A rotation brought back a value that had been replaced, perhaps for a reason."
        case .rolledBack: "The current value is that of an earlier version, put back by vault rollback."
        case .orphanFile: "It may hold a credential that nobody rotates and nobody takes away."
        case .scanIncomplete: "There may be copies where nobody looked."
        }
    }
}
