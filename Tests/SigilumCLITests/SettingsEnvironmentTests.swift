import Foundation
import SecureMemory
import Testing

@testable import SigilumCLI

/// A block of `NAME=value` strings like the one that the system gives a process.
private final class Block {
    private let storage: [UnsafeMutablePointer<CChar>]
    private let sizes: [Int]
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    init(_ entries: [String]) {
        storage = entries.map { entry in
            let size = entry.utf8.count + 1
            let memory = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            entry.withCString { memory.update(from: $0, count: size) }
            return memory
        }
        sizes = entries.map { $0.utf8.count + 1 }
        pointers = .allocate(capacity: entries.count + 1)
        for (index, memory) in storage.enumerated() { pointers[index] = memory }
        pointers[entries.count] = nil
    }

    deinit {
        for memory in storage { memory.deallocate() }
        pointers.deallocate()
    }

    func take(_ name: String) -> SharedSecret? { SigilumCLITests.take(name, from: pointers) }

    /// The entries that are left, as `getenv` and a child would find them.
    var entries: [String] {
        var entries: [String] = []
        var index = 0
        while let entry = pointers[index] {
            entries.append(String(cString: entry))
            index += 1
        }
        return entries
    }

    /// Every byte of the memory that the strings lay in.
    var memory: String {
        zip(storage, sizes).map { memory, size in
            String(decoding: UnsafeRawBufferPointer(start: memory, count: size), as: UTF8.self)
        }.joined()
    }
}

private func take(
    _ name: String, from block: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> SharedSecret? {
    guard let secret = EnvironmentBlock.take(name, from: block) else { return nil }
    return SharedSecret(secret)
}

@Suite struct SettingsEnvironmentTests {
    @Test("a secret that is taken is wiped where it lay and is gone for children")
    func takenIsWiped() {
        let block = Block(["PATH=/bin", "TOKEN=\(planted)", "HOME=/home/johndee"])
        let taken = block.take("TOKEN")
        #expect(text(taken) == planted)
        #expect(block.entries == ["PATH=/bin", "HOME=/home/johndee"])
        #expect(!block.memory.contains(planted))
        #expect(block.memory.contains("TOKEN=\0"))
    }

    @Test("a name that stands twice gives its first value, and both are wiped")
    func twice() {
        let block = Block(["TOKEN=first-\(planted)", "A=1", "TOKEN=second-\(planted)"])
        let taken = block.take("TOKEN")
        #expect(text(taken) == "first-\(planted)")
        #expect(block.entries == ["A=1"])
        #expect(!block.memory.contains(planted))
    }

    @Test(
        "a name that is not there leaves the block as it is",
        arguments: ["TOKE", "TOKEN_", "OKEN", "", "=", "TOKEN=x", "TOKEN\0"])
    func notThere(_ name: String) {
        let block = Block(["TOKEN=x", "TOKENS=y", "broken", ""])
        let taken = block.take(name)
        #expect(taken === nil)
        #expect(block.entries == ["TOKEN=x", "TOKENS=y", "broken", ""])
    }

    @Test("an empty value is a value, and no block is no value")
    func empty() {
        let block = Block(["TOKEN="])
        let taken = block.take("TOKEN")
        #expect(text(taken) == "")
        #expect(take("TOKEN", from: nil) === nil)
    }

    @Test("the well-known secrets are taken at once, so that no reader of settings sees them")
    func wellKnown() {
        #expect(
            ProcessEnvironment.wellKnownSecrets
                == ["GATEWAY_MASTER_KEY", "GATEWAY_ADMIN_TOKEN", "JWT_SECRET", "SIGILUM_OWNER_TOKEN"])
        var variables = ["SIGILUM_MODE": "managed"]
        for name in ProcessEnvironment.wellKnownSecrets { variables[name] = planted + name }
        let environment = ProcessEnvironment.fixed(variables)
        for name in ProcessEnvironment.wellKnownSecrets {
            #expect(environment.value(name) == nil)
            #expect(text(environment.takeSecret(name)) == planted + name)
        }
        #expect(environment.value("SIGILUM_MODE") == "managed")
        #expect(!"\(environment)".contains(planted))
    }

    @Test("a second take answers the same secret, and its text is no longer a value")
    func idempotent() throws {
        let environment = ProcessEnvironment.fixed(["LINEAR_TOKEN": planted])
        #expect(environment.value("LINEAR_TOKEN") == planted)
        let first = try #require(environment.takeSecret("LINEAR_TOKEN"))
        let second = try #require(environment.takeSecret("LINEAR_TOKEN"))
        #expect(first === second)
        #expect(environment.value("LINEAR_TOKEN") == nil)
        #expect(environment.takeSecret("OTHER") === nil)
    }

    @Test("the live environment gives up a variable once, and the process no longer has it")
    func live() {
        let name = "SIGILUM_TEST_LIVE_VARIABLE"
        setenv(name, planted, 1)
        let environment = ProcessEnvironment.live
        #expect(environment.value(name) == planted)
        #expect(text(environment.takeSecret(name)) == planted)
        #expect(getenv(name) == nil)
        #expect(environment.value(name) == nil)
        #expect(text(environment.takeSecret(name)) == planted)
        #expect(environment.value("SIGILUM_TEST_NOT_SET") == nil)
    }

    @Test("an empty variable counts as not set, and so does a relative HOME")
    func settings() {
        let stage = Stage(["A": "", "B": "b", "HOME": "relative"], accountHome: "/home/johndee/")
        #expect(stage.surroundings.setting("A") == nil)
        #expect(stage.surroundings.setting("B") == "b")
        #expect(stage.surroundings.userHome == "/home/johndee")
        #expect(Stage(["HOME": "/h//x/."]).surroundings.userHome == "/h/x")
        #expect(
            failureWithHints { _ = try Stage().surroundings.requireUserHome() }
                == Read(78, "Unable to find your home folder", hints: ["set the environment variable HOME"]))
    }

    @Test("a path is made absolute from the working directory, which may be gone")
    func absolute() throws {
        let stage = Stage(workingDirectory: "/w")
        #expect(try stage.surroundings.absolute("a/./b//") == "/w/a/b")
        #expect(try stage.surroundings.absolute("/x//y") == "/x/y")
        #expect(try stage.surroundings.absolute("../y") == "/w/../y")
        let gone = Stage(workingDirectory: nil)
        #expect(try gone.surroundings.absolute("/x") == "/x")
        #expect(
            failure { _ = try gone.surroundings.absolute("x") }
                == Read(66, "The working directory does not exist any more"))
    }
}
