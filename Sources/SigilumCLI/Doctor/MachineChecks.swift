/// What the system could do with the memory of this program.
struct MachineChecks {
    /// As much as a command holds at once, in bytes: some values of 16 KiB and the pages that guard them.
    static let lockedMemory = 256 << 10

    let machine: Machine

    var diagnoses: [Diagnosis] { [memoryLock, coreDumps, corePattern] + swap }

    private var memoryLock: Diagnosis {
        let check = "memory-lock"
        let limit: Message = machine.lockLimit().map { "\($0 / 1024) KiB" } ?? "no limit"
        guard machine.canLock(Self.lockedMemory) else {
            return Diagnosis(
                check, .warn,
                "Memory cannot be locked (limit: \(limit)): secrets may be written to swap",
                mends: [
                    "ulimit -l 8192",
                    "for good: a line `* - memlock 8192` in /etc/security/limits.conf, or LimitMEMLOCK=8M of a service",
                ])
        }
        return Diagnosis(check, .ok, "Memory can be locked (limit: \(limit))")
    }

    private var coreDumps: Diagnosis {
        let check = "core-dumps"
        let hasLimit = machine.coreLimit() == 0
        guard machine.isDumpable() || !hasLimit else {
            return Diagnosis(check, .ok, "This program leaves no core file")
        }
        guard machine.isDumpable() else {
            return Diagnosis(check, .ok, "This program's memory is not dumped, though its limit allows core files")
        }
        return Diagnosis(
            check, hasLimit ? .warn : .error,
            "The system did not let this program forbid core files: a crash may write secrets to disk",
            mends: ["ulimit -c 0"])
    }

    private var corePattern: Diagnosis {
        let check = "core-pattern"
        guard let pattern = machine.text("/proc/sys/kernel/core_pattern") else {
            return Diagnosis(check, .unknown, "The core pattern cannot be read")
        }
        guard pattern.hasPrefix("|") else { return Diagnosis(check, .ok, "Core files are not given to a program") }
        let program = pattern.dropFirst().prefix { $0 != " " }
        return Diagnosis(
            check, .warn,
            """
            The memory of a program that crashes is given to \(String(program)), whatever its limit: this program forbids that \
            for itself, those that you give secrets to may not
            """, mends: ["sudo sysctl -w kernel.core_pattern=core"])
    }

    // MARK: Swap

    private var swap: [Diagnosis] {
        let check = "swap"
        guard let text = machine.text("/proc/swaps") else {
            return [Diagnosis(check, .unknown, "The list of swaps cannot be read")]
        }
        let swaps = text.split(separator: "\n").dropFirst().compactMap {
            $0.split(separator: " ").first.map(String.init)
        }
        let open = swaps.filter { !isSafe($0) }
        guard !open.isEmpty else {
            return [Diagnosis(check, .ok, swaps.isEmpty ? "There is no swap" : "Swap is encrypted, or in memory")]
        }
        return open.map { path in
            Diagnosis(
                check, .warn, "Swap is not known to be encrypted: \(path); what is in memory may end there",
                mends: [
                    "sudo swapoff \(ShellWord.quoted(path))",
                    "for good: an encrypted swap (crypttab: plain, /dev/urandom), or zram",
                ])
        }
    }

    /// Whether a swap is in memory, or on a device that is encrypted or rests on one that is.
    private func isSafe(_ path: String) -> Bool {
        guard path.hasPrefix("/dev/") else { return false }
        let name = String(path.dropFirst(5))
        if name.hasPrefix("zram") { return true }
        if name.hasPrefix("mapper/") {
            let wanted = String(name.dropFirst(7))
            return machine.names("/sys/block").contains {
                machine.text("/sys/block/\($0)/dm/name") == wanted && isEncrypted($0, depth: 0)
            }
        }
        return !name.contains("/") && isEncrypted(name, depth: 0)
    }

    private func isEncrypted(_ device: String, depth: Int) -> Bool {
        if machine.text("/sys/block/\(device)/dm/uuid")?.hasPrefix("CRYPT-") ?? false { return true }
        let below = machine.names("/sys/block/\(device)/slaves")
        return depth < 8 && !below.isEmpty && below.allSatisfy { isEncrypted($0, depth: depth + 1) }
    }
}
