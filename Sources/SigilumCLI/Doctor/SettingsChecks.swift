/// What is set around the program.
struct SettingsChecks {
    let surroundings: Surroundings

    var diagnoses: [Diagnosis] { [configuration, override] }

    private var configuration: Diagnosis {
        let check = "config-file"
        do throws(Failure) {
            let file = try ConfigFile.load(surroundings)
            guard let path = file.path else { return Diagnosis(check, .ok, "No configuration file is looked for") }
            guard surroundings.exists(path) else {
                return Diagnosis(check, .ok, "There is no configuration file: \(path)")
            }
            return Diagnosis(check, .ok, "The configuration file is in order: \(path)")
        } catch {
            return Diagnosis(check, error)
        }
    }

    private var override: Diagnosis {
        let check = "unsafe-permissions"
        guard let text = surroundings.setting(SafetyCheck.override) else {
            return Diagnosis(check, .ok, "Unsafe permissions are refused")
        }
        guard text == "1" else {
            return Diagnosis(check, .ok, "\(plain: SafetyCheck.override) is set, and has no effect: it is not 1")
        }
        return Diagnosis(
            check, .warn, "\(plain: SafetyCheck.override) is set: unsafe permissions are not refused",
            mends: ["unset \(plain: SafetyCheck.override)"])
    }
}
