internal import VaultCore

/// The vault itself, and what was last seen of it.
struct VaultChecks {
    let look: VaultLook
    /// What it says of itself, or why it does not; nil where it is not open.
    let facts: Result<VaultFacts, Failure>?
    let location: HomeLocation

    var diagnoses: [Diagnosis] { [vault, anchor, wipe] }

    private var path: String { location.path + "/vault.db" }

    private var vault: Diagnosis {
        let check = "vault"
        switch look.state {
        case .absent:
            if (try? look.anchors?.read()) ?? nil != nil {
                return Diagnosis(check, VaultError.integrity(.vaultGone).failure)
            }
            return Diagnosis(
                check, .warn, "There is no vault yet: \(path)", mends: ["\(command: ["vault", "init"])"])
        case .closed(let failure): return Diagnosis(check, failure)
        case .locked(let failure):
            return Diagnosis(
                check, .unknown, "There is a vault, and what it holds could not be looked at: \(failure.message)",
                mends: failure.hints)
        case .refused(let failure): return Diagnosis(check, failure)
        case .open(let vault):
            if case .failure(let failure) = facts { return Diagnosis(check, failure) }
            return Diagnosis(check, .ok, "The vault opens: \(path) (\(plain: vault.keyKind.word) key)")
        }
    }

    private var anchor: Diagnosis {
        let check = "anchor"
        guard let anchors = look.anchors else { return Diagnosis(check, .unknown, "The anchor could not be looked at") }
        let stored: Anchor?
        do throws(AnchorError) {
            stored = try anchors.read()
        } catch {
            let problem: VaultError = error == .exhausted ? .storage(.failed(code: 14)) : .integrity(.anchor)
            return Diagnosis(check, problem.failure)
        }
        guard let stored else {
            guard look.holdsVault else {
                return Diagnosis(check, .ok, "There is no vault that an anchor is needed for")
            }
            return Diagnosis(
                check, .warn, "This machine has no anchor of the vault: the next command keeps one",
                mends: ["\(command: ["vault", "status"])"])
        }
        guard look.holdsVault else {
            return Diagnosis(check, .error, "An anchor remembers a vault that is not there: \(path)")
        }
        guard case .success = facts else {
            return Diagnosis(check, .unknown, "The vault could not be compared with its anchor")
        }
        return Diagnosis(
            check, .ok,
            "The vault agrees with its anchor (generation \(stored.generation), audit record \(stored.auditSequence))")
    }

    private var wipe: Diagnosis {
        let check = "wipe"
        guard case .success(let facts) = facts else {
            guard look.holdsVault else {
                return Diagnosis(check, .ok, "There is no vault that anything was removed from")
            }
            return Diagnosis(check, .unknown, "Whether something is to be wiped could not be looked at")
        }
        guard facts.isWipePending else {
            return Diagnosis(check, .ok, "Nothing that was removed is left in the vault's files")
        }
        return Diagnosis(
            check, .warn, "What was removed is still in the vault's files, since another process read them",
            mends: ["\(command: ["vault", "sync"])"])
    }
}
