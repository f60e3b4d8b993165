import SecureMemory
import Testing

@testable import SigilumCLI

@Suite("What the small program does itself")
struct LocalCommandTests {
    @Test(
        "a line is the small program's by its words alone",
        arguments: [
            ("sigilum vault get ci/token --reveal-secrets", true), ("/usr/bin/sigilum vault list", true),
            ("vault get ci/token", true), ("./vault put ci/token", true), ("sigilum vault get --help", true),
            ("sigilum vault run --env A=b -- program --owner-token x", true), ("sigilum vault verify --json", true),
            ("sigilum get ci/token", false), ("sigilum vault", false), ("vault", false), ("sigilum", false),
            ("sigilum vault sync", false), ("sigilum vault ge ci/token", false), ("sigilum --version", true),
            ("sigilum --version x", false),
            ("sigilum service add --service-slug get", false), ("sigilum --json vault get ci/token", false),
            ("sigilum vault list --gateway-master-key x", false), ("sigilum vault list --gateway-master-key=x", false),
            ("vault vault get x", false), ("sigilum help vault get", false),
        ])
    func lines(line: String, isLocal: Bool) {
        let memory = ArgumentMemory(line.split(separator: " ").map(String.init))
        #expect(memory.isLocal == isLocal)
        #expect(memory.words.joined(separator: " ") == line, "nothing was wiped")
    }

    @Test("no words at all are not the small program's")
    func nothing() {
        #expect(!ArgumentMemory([String]()).isLocal)
    }

    @Test("each of them is a command")
    func names() {
        let tree = CommandTree(root: SigilumRoot.self)
        for name in LocalCommands.names {
            #expect(tree.command(meantBy: ["vault", name]).names == ["vault", name])
        }
    }

    @Test("the full program is beside the small one, or in libexec beside its folder; and the other way round")
    func places() {
        #expect(
            FullProgram.places(besides: "/usr/bin/sigilum") == [
                "/usr/bin/sigilum-full", "/usr/bin/../libexec/sigilum-full",
            ])
        #expect(
            FullProgram.smallPrograms(besides: "/usr/libexec/sigilum-full") == [
                "/usr/libexec/sigilum", "/usr/libexec/../bin/sigilum",
            ])
        #expect(FullProgram.places(besides: "/sigilum").first == "/sigilum-full")
    }
}

extension ArgumentMemory {
    fileprivate var isLocal: Bool { withVector { LocalCommands.contain($0) } }
}
