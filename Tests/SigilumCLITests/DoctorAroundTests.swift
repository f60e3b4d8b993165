import Foundation
import SafeFiles
import Testing
import VaultCore

@testable import SigilumCLI

/// What lies around a home: key, settings, state folder, clock, OpenClaw, the gateway and the API.
@Suite struct DoctorAroundTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func key(
        _ source: MasterKeySource?, hasVault: Bool = true, home: String? = nil
    ) -> [Diagnosis] {
        KeyChecks(
            source: source, home: home ?? folder.path, hasVault: hasVault, surroundings: Stage().surroundings
        ).diagnoses
    }

    @Test("a key beside its vault, in an argument, or left behind is told, with where else to keep it")
    func placement() throws {
        #expect(key(nil, hasVault: false).verdicts("key-placement") == [.ok])
        #expect(key(nil).verdicts("key-placement") == [.unknown])
        #expect(key(.environment).verdicts("key-placement") == [.ok])
        #expect(key(.command).verdicts("key-placement") == [.ok])
        #expect(key(.option).verdicts("key-placement") == [.warn])
        let path = try folder.write("gateway-master-key", planted)
        for found in [key(.homeFile(path: path)), key(nil), key(.file(path: path))] {
            #expect(found.verdicts("key-placement") == [.warn])
            #expect(found.said("key-placement").contains("mv '\(path)' FOLDER/"))
            #expect(found.said("key-placement").contains("GATEWAY_MASTER_KEY_COMMAND (a password manager)"))
        }
        let left = key(.command)
        #expect(left.verdicts("key-placement") == [.warn])
        #expect(left.said("key-placement").contains("another key file lies beside the vault"))
    }

    @Test("a mounted key file that others may read is a warning, one that they may write an error")
    func keyFile() throws {
        let path = try folder.write("mounted", planted)
        let home = try folder.folder("home")
        #expect(key(.file(path: path), home: home).verdicts("key-file") == [.ok])
        try #require(chmod(path, 0o644) == 0)
        #expect(key(.credential(path: path), home: home).verdicts("key-file") == [.warn])
        try #require(chmod(path, 0o666) == 0)
        let open = key(.file(path: path), home: home)
        #expect(open.verdicts("key-file").contains(.error) && open.repairs == [])
        #expect(open.said("key-file").contains("chmod 600 '\(path)'"))
    }

    @Test("a configuration file that cannot be used and the override of permissions are told")
    func settings() throws {
        func found(_ variables: [String: String]) -> [Diagnosis] {
            SettingsChecks(surroundings: Stage(variables).surroundings).diagnoses
        }
        #expect(found([:]).verdicts("unsafe-permissions") == [.ok])
        #expect(found(["SIGILUM_ALLOW_UNSAFE_PERMISSIONS": "1"]).verdicts("unsafe-permissions") == [.warn])
        #expect(found(["SIGILUM_ALLOW_UNSAFE_PERMISSIONS": "yes"]).verdicts("unsafe-permissions") == [.ok])
        let good = try folder.write("config.env", "SIGILUM_NAMESPACE=johndee\n")
        #expect(found(["SIGILUM_CONFIG_FILE": good]).said("config-file").contains("in order"))
        let bad = try folder.write("bad.env", "SIGILUM_NAMESPACE=johndee\nrm -rf \(planted)\n")
        let wrong = found(["SIGILUM_CONFIG_FILE": bad])
        #expect(wrong.verdicts("config-file") == [.error])
        #expect(wrong.said("config-file").contains("line 2") && !wrong.said("config-file").contains(planted))
        try #require(chmod(good, 0o666) == 0)
        #expect(found(["SIGILUM_CONFIG_FILE": good]).verdicts("config-file") == [.error])
    }

    @Test("the folder of the anchors is there, for the user alone; it is made where a vault needs it")
    func stateFolder() throws {
        let path = folder("user/.local/state/sigilum")
        func found(hasVault: Bool = true) -> [Diagnosis] {
            StateChecks(folder: path, hasVault: hasVault, user: geteuid()).diagnoses
        }
        #expect(found(hasVault: false).verdicts("state-folder") == [.ok])
        #expect(found().verdicts("state-folder") == [.warn])
        for repair in found().repairs { try repair.perform() }
        #expect(folder.mode("user/.local/state/sigilum/anchors") == 0o700)
        #expect(found().verdicts("state-folder") == [.ok])
        try #require(chmod(path + "/anchors", 0o777) == 0)
        #expect(found().verdicts("state-folder") == [.error])
        for repair in found().repairs { try repair.perform() }
        #expect(found().verdicts("state-folder") == [.ok])
        try #require(chmod(path, 0o777) == 0)
        #expect(found().verdicts("state-folder") == [.error] && found().repairs == [])
    }

    @Test(
        "a folder of anchors that a link leads to is told, and not mended", arguments: ["sigilum/anchors", "sigilum"])
    func linkedAnchors(name: String) throws {
        let target = try folder.folder("elsewhere/anchors")
        try #require(chmod(target, 0o777) == 0)
        if name == "sigilum" {
            try folder.link(name, to: folder("elsewhere"))
        } else {
            try folder.folder("sigilum")
            try folder.link(name, to: target)
        }
        let found = StateChecks(folder: folder("sigilum"), hasVault: true, user: geteuid()).diagnoses
        #expect(found.verdicts("state-folder") == [.error] && found.repairs == [])
        #expect(found.said("state-folder").contains("chmod go-w "))
    }

    @Test("a folder above that is called anchors too is not mended")
    func anchorsAbove() throws {
        let above = try folder.folder("anchors")
        try folder.folder("anchors/sigilum")
        try folder.folder("anchors/sigilum/anchors")
        try #require(chmod(above, 0o777) == 0)
        let found = StateChecks(folder: above + "/sigilum", hasVault: true, user: geteuid()).diagnoses
        #expect(found.verdicts("state-folder") == [.error] && found.repairs == [])
    }

    @Test("OpenClaw's configuration behind a link is judged by what is read, and not mended through it")
    func linkedOpenClaw() throws {
        let text = "{hooks: {internal: {enabled: true, entries: {'sigilum-authz-notify': {enabled: true, "
        try folder.write("real.json", text + "env: {SIGILUM_OWNER_TOKEN: '\(planted)'}}}}}}", mode: 0o644)
        try folder.link("openclaw.json", to: folder("real.json"))
        let checks = OpenClawChecks(folder: folder.path, facts: nil, user: geteuid())
        #expect(checks.diagnoses.verdicts("openclaw-config") == [.error] && checks.diagnoses.repairs == [])
        #expect(checks.diagnoses.said("openclaw-config").contains("chmod u+rw,go-rwx '\(folder.path)/openclaw.json'"))
        try #require(chmod(folder("real.json"), 0o600) == 0)
        #expect(checks.diagnoses.verdicts("openclaw-config") == [.ok])
    }

    @Test("a configuration of OpenClaw that is no file is told with what moves it aside", arguments: [true, false])
    func noFile(isFolder: Bool) throws {
        let path = folder("openclaw.json")
        if isFolder { try folder.folder("openclaw.json") } else { try #require(mkfifo(path, 0o600) == 0) }
        let found = OpenClawChecks(folder: folder.path, facts: nil, user: geteuid()).diagnoses
        #expect(found.verdicts("openclaw-config") == [.error] && found.repairs == [])
        #expect(found.said("openclaw-config").contains("mv '\(path)' '\(path).aside'"))
    }

    @Test("a clock that goes wrong shows in files, in the log, and beside others' clocks")
    func clock() {
        let now: Int64 = 1_772_359_200_000
        func found(
            _ now: Int64 = now, file: Int64? = nil, record: Int64? = nil, other: Int64? = nil
        ) -> [Diagnosis] {
            var others: [(name: Message, time: Int64)] = []
            if let other { others.append((name: "gateway", time: other)) }
            return ClockChecks(now: now, newestFile: file, lastRecord: record, others: others).diagnoses
        }
        #expect(found(file: now + 299_000, record: now, other: now - 299_000).verdicts("clock") == [.ok])
        #expect(found(file: now + 301_000).verdicts("clock") == [.warn])
        #expect(found(record: now + 301_000).verdicts("clock") == [.warn])
        #expect(found(other: now - 301_000).verdicts("clock") == [.warn])
        #expect(found(0, file: now, record: now).verdicts("clock") == [.warn, .warn, .warn])
        #expect(found(0).said("clock").contains("timedatectl set-ntp true"))
    }

    @Test("OpenClaw's files: exposed, unparseable, with an idle token, or in order")
    func openClaw() throws {
        func found(_ text: String, mode: mode_t = 0o600) throws -> [Diagnosis] {
            try folder.write("openclaw.json", text, mode: mode)
            return OpenClawChecks(folder: folder.path, facts: nil, user: geteuid()).diagnoses
        }
        func configuration(hook: String, enabled: Bool = true) -> String {
            "{hooks: {internal: {enabled: \(enabled), entries: {'sigilum-authz-notify': {\(hook)}}}}}"
        }
        let token = "env: {SIGILUM_OWNER_TOKEN: '\(planted)'}"
        let none = OpenClawChecks(folder: folder.path, facts: nil, user: geteuid()).diagnoses
        #expect(none.verdicts("openclaw-config") == [.ok] && none.verdicts("token-file") == [.ok])
        let good = try found(configuration(hook: "enabled: true, " + token))
        #expect(good.verdicts("openclaw-config") == [.ok] && good.said("openclaw-config").contains("its hook runs"))
        #expect(try found("{}").said("openclaw-config").contains("does not run"))
        for text in [configuration(hook: token), configuration(hook: "enabled: true, " + token, enabled: false)] {
            let idle = try found(text)
            #expect(idle.verdicts("openclaw-config") == [.warn])
            #expect(!idle.said("openclaw-config").contains(planted))
        }
        let broken = try found("{\n  hooks: \(planted)\n}")
        #expect(broken.verdicts("openclaw-config") == [.error])
        #expect(
            broken.said("openclaw-config").contains("line 2, column")
                && !broken.said("openclaw-config").contains(planted))
        #expect(try found("{}", mode: 0o644).verdicts("openclaw-config") == [.ok])
        let open = try found(configuration(hook: "enabled: true, " + token), mode: 0o644)
        #expect(open.verdicts("openclaw-config") == [.error])
        for repair in open.repairs { try repair.perform() }
        #expect(folder.mode("openclaw.json") == 0o600)
    }

    @Test("a token's file that others may read, or whose folder they may write, is told and mended")
    func tokenFile() throws {
        try folder.write(".sigilum/owner-token-johndee.jwt", planted, mode: 0o644)
        try #require(chmod(folder(".sigilum"), 0o777) == 0)
        let checks = OpenClawChecks(folder: folder.path, facts: nil, user: geteuid())
        #expect(checks.diagnoses.verdicts("token-file") == [.error, .error])
        #expect(!checks.diagnoses.said("token-file").contains(planted))
        for repair in checks.diagnoses.repairs { try repair.perform() }
        #expect(checks.diagnoses.verdicts("token-file") == [.ok])
        #expect(folder.mode(".sigilum") == 0o700)
    }

    @Test("how the gateway and the API answer is told for what it is")
    func endpoints() {
        func found(_ failure: DeliveryFailure?, used: Bool? = true) -> [Diagnosis] {
            EndpointChecks(
                gatewayIsUsed: used, gateway: .asked(EndpointCheckup(failure: failure, time: 7)),
                apis: [("https://api.example", .asked(EndpointCheckup(failure: failure, time: 8)))]
            ).diagnoses
        }
        let down = DeliveryFailure.unreachable(endpoint: "http://127.0.0.1:38100")
        #expect(found(nil).verdicts("gateway") == [.ok] && found(nil).verdicts("api") == [.ok])
        #expect(found(down).verdicts("gateway") == [.warn] && found(down).verdicts("api") == [.warn])
        #expect(found(down, used: false).verdicts("gateway") == [.ok])
        #expect(found(down, used: nil).verdicts("gateway") == [.unknown])
        #expect(found(.adminTokenRequired).said("gateway").contains("set GATEWAY_ADMIN_TOKEN"))
        #expect(found(.differentMasterKey).verdicts("gateway") == [.error])
        #expect(found(.differentMasterKey).said("gateway").contains("another master key"))
        let offline = EndpointChecks(
            gatewayIsUsed: true, gateway: .notAsked, apis: [("https://api.example", .notAsked)])
        #expect(offline.diagnoses.map(\.verdict) == [.unknown, .unknown] && offline.clocks.isEmpty)
        let unused = EndpointChecks(
            gatewayIsUsed: true, gateway: .unusable(.usage("no")), apis: [])
        #expect(unused.diagnoses.map(\.verdict) == [.error, .ok])
    }
}
