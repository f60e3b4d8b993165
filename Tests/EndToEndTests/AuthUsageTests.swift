import Testing
import VaultTestSupport

@Suite("Wrong words of auth")
struct AuthUsageTests {
    @Test(
        "an error never repeats a value, and nothing is made",
        arguments: [
            "auth login --owner-tokn CANARY", "auth login --owner-tokn=CANARY", "auth login CANARY", "auth CANARY",
            "auth login --print-token CANARY", "auth login --token-only=CANARY", "auth login --mode CANARY",
            "auth login --ttl-seconds CANARY --mode oss-local", "auth show --tokn-file CANARY", "auth logout CANARY",
            "auth login --namespace CANARY", "auth login --email CANARY", "auth login --api-url CANARY",
            "auth login --owner-token CANARY", "auth login --owner-token=CANARY --json", "auth CANARY --json",
            "auth login --owner-token CANARY --mode oss-local", "auth refresh --JWT_SECRET=CANARY --json",
        ])
    func silent(line: String) async throws {
        let home = try TestHome()
        let canary = Canary()
        let result = try await home.run(line.replacing("CANARY", with: canary.text))
        result.expect(64)
        #expect(result.outputText == "")
        #expect(!home.exists(".sigilum-workspace"))
        #expect(home.leaks(of: canary) == [])
    }

    @Test(
        "a word that is nearly right gets the right one",
        arguments: [
            ("auth logn", "sigilum auth login"), ("auth refrsh", "sigilum auth refresh"), ("atuh", "sigilum auth"),
            ("auth shw", "sigilum auth show"), ("refresh", "sigilum auth refresh"), ("logout", "sigilum auth logout"),
            ("auth login --owner-tokn x", "'--owner-token'"), ("auth login --token-fil x", "'--token-file'"),
            ("auth login --print-token yes", "one of 'true' and 'false'"),
            ("auth login --enable-authz-notify no", "'true', 'false' or 'preserve'"),
        ])
    func near(line: String, meant: String) async throws {
        let home = try TestHome()
        let result = try await home.run(line)
        result.expect(64)
        #expect(result.errorText.contains(meant), "\(result.errorText)")
    }

    @Test("usage and help name the command as it was called", arguments: ["sigilum", "vault"])
    func usage(name: String) async throws {
        let home = try TestHome()
        let program = name == "vault" ? "./vault" : name
        for command in ["auth login", "auth refresh", "auth show", "auth logout", "login"] {
            let wrong = try await home.run(command + " one too many", name: name)
            wrong.expect(64)
            #expect(wrong.errorText.contains("\n  usage: \(program) \(command) "), "\(wrong.errorText)")
            let help = try await home.run(command + " --help", name: name)
            help.expect(0)
            #expect(help.outputText.contains("\nUSAGE: \(program) \(command) "), "\(help.outputText)")
            #expect(help.outputText.contains("\nExample:\n  \(program) auth "), "\(help.outputText)")
            #expect(!help.outputText.contains("\ntoken.jwt"))
        }
        let group = try await home.run("auth --help", name: name)
        for command in ["login", "refresh", "show", "logout"] { #expect(group.outputText.contains("\n  \(command) ")) }
    }

    @Test("completion scripts know auth and its options", arguments: ["bash", "zsh", "fish"])
    func completion(shell: String) async throws {
        let home = try TestHome()
        let script = try await home.run("--generate-completion-script \(shell)").outputText
        for word in ["auth", "login", "refresh", "logout", "owner-token-stdin", "enable-authz-notify", "token-only"] {
            #expect(script.contains(word), "\(word)")
        }
    }
}
