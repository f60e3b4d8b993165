import Foundation
import Testing
import VaultTestSupport

@Suite("Homes of all kinds", .few)
struct HomeTests {
    private static var isRoot: Bool { geteuid() == 0 }

    private func chmod(_ mode: Int, _ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test("a home that is a symbolic link to a safe folder is that folder")
    func safeLink() async throws {
        let home = try TestHome()
        let canary = Canary()
        let target = home.user + "/elsewhere"
        try FileManager.default.createDirectory(
            atPath: target, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try FileManager.default.createSymbolicLink(atPath: home.sigilum, withDestinationPath: target)
        try await home.run(addLinear + " --offline", variables: home.variables(canary)).expect(0)
        #expect(home.contents(target + "/gateway-connection-secret-linear") == canary.bytes)
        try await home.run("vault verify").expect(0)
        // The same vault by its other name, anchor and all.
        try await home.run("vault verify --sigilum-home \(target)").expect(0)
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }

    @Test("an export file that is a symbolic link is 77, and what it names stays as it was")
    func linkedExport() async throws {
        let home = try TestHome()
        let (first, second) = (Canary(), Canary())
        try await home.run(addLinear + " --offline", variables: home.variables(first)).expect(0)
        let file = home.sigilum + "/gateway-connection-secret-linear"
        let victim = home.user + "/victim"
        try home.write(Array("kept".utf8), to: victim)
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: victim)
        let result = try await home.run(addLinear + " --offline", variables: home.variables(second))
        result.expect(77)
        #expect(result.outputText.hasPrefix("[warn] Service saved, not delivered: linear\n"))
        #expect(home.contents(victim) == Array("kept".utf8))
        try FileManager.default.removeItem(atPath: file)
        try await home.run("vault export --all").expect(0)
        #expect(home.contents(file) == second.bytes)
        #expect(home.leaks(of: first) == [])
        #expect(home.leaks(of: second, except: linearFiles) == [])
    }

    @Test("an edited export file is found by --check with 1, and repaired with a warning")
    func editedExport() async throws {
        let home = try TestHome()
        let canary = Canary()
        let line = addLinear + " --offline"
        try await home.run(line, variables: home.variables(canary)).expect(0)
        let file = home.sigilum + "/gateway-connection-secret-linear"
        let planted = Canary(prefix: "")
        try home.write(planted.bytes, to: file)
        try await home.run("vault export --all --check").expect(1)
        let repaired = try await home.run(line, variables: home.variables(canary))
        repaired.expect(0)
        #expect(repaired.errorText.contains("[warn] Repaired export-file:gateway-connection-secret-linear: "))
        #expect(home.contents(file) == canary.bytes)
        try await home.run("vault export --all --check").expect(0)
        #expect(home.leaks(of: planted) == [])
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }

    @Test("a home that is a symbolic link to a folder that all may write is 77, and nothing is made there")
    func link() async throws {
        let home = try TestHome()
        let canary = Canary()
        let target = home.user + "/elsewhere"
        try FileManager.default.createDirectory(
            atPath: target, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
        try chmod(0o777, target)
        try FileManager.default.createSymbolicLink(atPath: home.sigilum, withDestinationPath: target)
        try await home.run(addLinear + " --offline", variables: home.variables(canary)).expect(77)
        #expect(try FileManager.default.contentsOfDirectory(atPath: target) == [])
        #expect(home.leaks(of: canary) == [])
    }

    @Test("a key file that others may read is 77 with the chmod, and a warning where that is allowed")
    func readableKey() async throws {
        let home = try TestHome()
        let canary = Canary()
        try await home.run(addLinear + " --offline", variables: home.variables(canary)).expect(0)
        let key = home.sigilum + "/gateway-master-key"
        try chmod(0o640, key)
        let refused = try await home.run("vault list")
        refused.expect(77, error: "Unsafe permissions: \(key)")
        #expect(refused.errorText.contains("chmod 600 '\(key)'"))
        let warned = try await home.run("vault list", variables: ["SIGILUM_ALLOW_UNSAFE_PERMISSIONS": "1"])
        warned.expect(0)
        #expect(warned.errorText.hasPrefix("[warn] Unsafe permissions: \(key)"))
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }

    @Test("a home that others may write is 77 with the chmod")
    func writableHome() async throws {
        let home = try TestHome()
        let canary = Canary()
        try await home.run(addLinear + " --offline", variables: home.variables(canary)).expect(0)
        try chmod(0o770, home.sigilum)
        for line in ["vault list", addLinear] {
            let refused = try await home.run(line, variables: home.variables(canary))
            refused.expect(77, error: "Unsafe permissions: \(home.sigilum)")
            #expect(refused.errorText.contains("chmod go-w '\(home.sigilum)'"))
        }
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }

    @Test("a parent that the group may write is a warning, one that all may write is 77")
    func writableParent() async throws {
        let home = try TestHome()
        let canary = Canary()
        try chmod(0o770, home.work)
        let warned = try await home.run(addLinear + " --offline", variables: home.variables(canary))
        warned.expect(0)
        #expect(warned.errorText.contains("[warn] "), "\(warned.errorText)")
        #expect(warned.errorText.contains(home.work))
        try chmod(0o777, home.work)
        try await home.run("vault list").expect(77)
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }

    @Test("another user's home is 77", .enabled(if: isRoot))
    func foreign() async throws {
        let home = try TestHome()
        try await home.run("service add --service-slug abc").expect(0)
        for path in [home.root, home.user, home.work] {
            try FileManager.default.setAttributes([.ownerAccountID: 65534], ofItemAtPath: path)
        }
        try chmod(0o755, home.sigilum)
        var call = home.call("vault list")
        call.through = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        try await home.run(call).expect(77, error: "Unsafe permissions: \(home.sigilum)")
    }

    @Test("as root in another user's home, what is made belongs to that user", .enabled(if: isRoot))
    func asRoot() async throws {
        let home = try TestHome()
        let canary = Canary()
        try FileManager.default.createDirectory(
            atPath: home.sigilum, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for path in [home.root, home.user, home.work, home.sigilum] {
            try FileManager.default.setAttributes([.ownerAccountID: 65534], ofItemAtPath: path)
        }
        try await home.run(addLinear + " --offline", variables: home.variables(canary)).expect(0)
        for name in try FileManager.default.contentsOfDirectory(atPath: home.sigilum) {
            let facts = try FileManager.default.attributesOfItem(atPath: home.sigilum + "/" + name)
            #expect(facts[.ownerAccountID] as? Int == 65534, "\(name)")
        }
        #expect(home.leaks(of: canary, except: linearFiles) == [])
    }

    @Test("a file system that cannot be written, or is full, is 73, and the vault is as it was", .enabled(if: isRoot))
    func fullAndReadOnly() async throws {
        let home = try TestHome()
        let canary = Canary()
        try FileManager.default.createDirectory(
            atPath: home.sigilum, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let script = """
            set -e; w="$HOME/work/.sigilum-workspace"; p=$0
            mount -t tmpfs -o size=1m,mode=700 none "$w"
            "$p" "$@" >/dev/null 2>&1
            # Fails when there is no room any more, which is what it is for: what follows must say 73.
            dd if=/dev/zero of="$w/filler" bs=4096 >/dev/null 2>&1 && exit 9
            s=0; for i in 1 2 3; do "$p" service add --service-slug "full-$i" || s=$?; done; echo "full $s"
            rm "$w/filler"
            "$p" vault verify >/dev/null; echo "verify $?"
            mount -o remount,ro "$w"
            s=0; "$p" service add --service-slug other || s=$?; echo "read-only $s"
            """
        var call = home.call(addLinear + " --offline", variables: home.variables(canary))
        call.through = ["unshare", "-m", "sh", "-c", script]
        let result = try await home.run(call)
        result.expect(0)
        let said = "\(result.outputText)\(result.errorText)"
        #expect(result.outputText.contains("full 73\nverify 0\nread-only 73\n"), "\(said)")
        #expect(home.leaks(of: canary) == [])
    }
}
