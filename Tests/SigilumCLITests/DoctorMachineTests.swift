import Foundation
import Testing

@testable import SigilumCLI

@Suite struct DoctorMachineTests {
    private func machine(_ change: (inout Machine) -> Void) -> [Diagnosis] {
        MachineChecks(machine: .good.with(change)).diagnoses
    }

    private func installation(
        _ change: (inout Machine) -> Void = { _ in }, user: UInt32 = geteuid(), path: String = ""
    ) -> [Diagnosis] {
        InstallationChecks(
            machine: .good.with(change), user: user, searchPath: path, version: "sigilum 9"
        ).diagnoses
    }

    @Test("a good machine is well")
    func good() {
        let found = MachineChecks(machine: .good).diagnoses + installation()
        #expect(!found.contains { $0.verdict.isFinding })
    }

    @Test("memory that cannot be locked is told with its limit and what raises it")
    func memoryLock() {
        let found = machine {
            $0.canLock = { _ in false }
            $0.lockLimit = { 65536 }
        }
        #expect(found.verdicts("memory-lock") == [.warn])
        #expect(found.said("memory-lock").contains("(limit: 64 KiB)"))
        #expect(found.said("memory-lock").contains("ulimit -l 8192"))
        #expect(machine { $0.lockLimit = { nil } }.said("memory-lock").contains("no limit"))
    }

    @Test("what could leave a core file is told, and worse where nothing forbids it")
    func coreDumps() {
        #expect(machine { $0.isDumpable = { true } }.verdicts("core-dumps") == [.warn])
        let open = machine {
            $0.isDumpable = { true }
            $0.coreLimit = { nil }
        }
        #expect(open.verdicts("core-dumps") == [.error])
        #expect(machine { $0.coreLimit = { 1 } }.verdicts("core-dumps") == [.ok])
    }

    @Test("a core pattern that pipes to a program names the program")
    func corePattern() {
        let piped = Machine.good.with(["/proc/sys/kernel/core_pattern": "|/usr/share/apport/apport %p %s"])
        let found = MachineChecks(machine: piped).diagnoses
        #expect(found.verdicts("core-pattern") == [.warn])
        #expect(found.said("core-pattern").contains("/usr/share/apport/apport,"))
        #expect(machine { $0.text = { _ in nil } }.verdicts("core-pattern") == [.unknown])
    }

    @Test("swap is safe in memory, and on encrypted devices or what rests on them; else it is told")
    func swap() {
        let header = "Filename Type Size Used Priority\n"
        func found(_ lines: String, _ texts: [String: String] = [:], _ folders: [String: [String]] = [:]) -> [Diagnosis]
        {
            let texts = texts.merging(["/proc/swaps": header + lines]) { $1 }
            return MachineChecks(machine: .good.with(texts, folders: folders)).diagnoses
        }
        #expect(found("/dev/zram0 partition 1 0 5").verdicts("swap") == [.ok])
        let crypt = ["/sys/block/dm-0/dm/uuid": "CRYPT-PLAIN-swap", "/sys/block/dm-0/dm/name": "swap"]
        #expect(found("/dev/dm-0 partition 1 0 5", crypt).verdicts("swap") == [.ok])
        #expect(
            found("/dev/mapper/swap partition 1 0 5", crypt, ["/sys/block": ["sda", "dm-0"]]).verdicts("swap") == [.ok])
        let volume = crypt.merging(["/sys/block/dm-1/dm/uuid": "LVM-x"]) { $1 }
        #expect(
            found("/dev/dm-1 partition 1 0 5", volume, ["/sys/block/dm-1/slaves": ["dm-0"]]).verdicts("swap") == [.ok])
        #expect(found("/dev/dm-1 partition 1 0 5", volume).verdicts("swap") == [.warn])
        let loop = ["/sys/block/dm-1/slaves": ["dm-1"]]
        #expect(found("/dev/dm-1 partition 1 0 5", [:], loop).verdicts("swap") == [.warn])
        let two = found("/dev/sda2 partition 1 0 5\n/it's/swap file 1 0 4")
        #expect(two.verdicts("swap") == [.warn, .warn])
        #expect(two.said("swap").contains("sudo swapoff '/dev/sda2'"))
        #expect(two.said("swap").contains(#"sudo swapoff '/it'\''s/swap'"#))
        #expect(machine { $0.text = { _ in nil } }.verdicts("swap") == [.unknown])
    }

    @Test(
        "a library that is too old is told",
        arguments: [
            ("3.36.9", .error), ("3.37.0", .warn), ("3.39.1", .warn), ("3.39.2", .ok), ("3.40.1", .ok), ("3.51.3", .ok),
            ("4.0", .ok), ("new", .unknown), ("3.x.1", .unknown),
        ] as [(String, Diagnosis.Verdict)])
    func sqlite(version: String, verdict: Diagnosis.Verdict) {
        #expect(installation { $0.sqlite = version }.verdicts("sqlite") == [verdict])
    }

    @Test("versions with SQLite's fault in resetting the log are told why it cannot happen here")
    func logReset() {
        for (version, isTold) in [
            ("3.40.1", true), ("3.44.6", false), ("3.50.6", true), ("3.50.7", false), ("3.51.2", true),
            ("3.51.3", false),
        ] {
            #expect(installation { $0.sqlite = version }.said("sqlite").contains("3.51.3)") == isTold, "\(version)")
        }
        #expect(installation { $0.sodium = "1.0.17" }.verdicts("libsodium") == [.error])
        #expect(installation { $0.sodium = "" }.verdicts("libsodium") == [.unknown])
    }

    @Test("a program that others may write is told; a launcher on PATH is named, and is not missed")
    func program() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("vault", "", mode: 0o755)
        let good = installation({ $0.program = { path } }, path: "relative:\(folder.path)")
        #expect(good.verdicts("program") == [.ok])
        #expect(good.said("program") == "\(path), sigilum 9")
        #expect(good.said("launcher") == "`vault` on PATH is \(path)")
        try #require(chmod(path, 0o777) == 0)
        let open = installation { $0.program = { path } }
        #expect(open.verdicts("program") == [.error])
        #expect(open.said("program").contains("chmod"))
        #expect(open.verdicts("launcher") == [.ok])
        #expect(installation { $0.program = { nil } }.verdicts("program") == [.unknown])
    }
}
