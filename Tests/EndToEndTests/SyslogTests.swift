import Foundation
import Glibc
import Testing
import VaultTestSupport

@Suite("Forwarding to the system's log", .few)
struct SyslogTests {
    /// A local socket that takes messages, as the system's log does.
    private final class Listener {
        private let descriptor: Int32
        private let isStream: Bool
        private var connections: [Int32] = []

        init(_ path: String, isStream: Bool) throws {
            self.isStream = isStream
            let type = isStream ? SOCK_STREAM : SOCK_DGRAM
            let made = socket(AF_UNIX, Int32(type.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            descriptor = made
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(made, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(bound == 0)
            if isStream { try #require(listen(made, 4) == 0) }
        }

        deinit { for number in connections + [descriptor] { close(number) } }

        /// All that came until now, a message each.
        func messages() -> [String] {
            guard isStream else { return datagrams() }
            while true {
                let next = accept(descriptor, nil, nil)
                guard next >= 0 else { break }
                connections.append(next)
            }
            return connections.flatMap { connection -> [String] in
                var (all, part): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 65536))
                while true {
                    let count = recv(connection, &part, part.count, Int32(MSG_DONTWAIT))
                    guard count > 0 else { break }
                    all += part.prefix(count)
                }
                return all.split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }
            }
        }

        private func datagrams() -> [String] {
            var found: [String] = []
            var part = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = recv(descriptor, &part, part.count, 0)
                guard count > 0 else { return found }
                found.append(String(decoding: part.prefix(count), as: UTF8.self))
            }
        }
    }

    private func sequences(_ messages: [String]) -> [String] {
        messages.compactMap { $0.firstMatch(of: /sequence="(\d+)"/).map { String($0.1) } }
    }

    @Test("every event is sent once, whatever kind of socket it is, and none has a value", arguments: [false, true])
    func once(isStream: Bool) async throws {
        let canary = Canary()
        let home = try TestHome()
        let path = home.root + "/log"
        try await home.run("vault put ci/token", input: canary.bytes).expect(0)
        let line = "vault log --syslog --syslog-socket \(path)"
        try await home.run(line).expect(69, error: "Nothing takes messages at ")
        let listener = try Listener(path, isStream: isStream)
        let first = try await home.run(line)
        first.expect(0)
        #expect(first.outputText.contains("  sent:           2\n"))
        let messages = listener.messages()
        #expect(sequences(messages) == ["1", "2"])
        #expect(
            messages.allSatisfy { $0.wholeMatch(of: /<86>1 \S+ \S+ sigilum \d+ \S+ \[sigilum@32473 .*\] .+/) != nil })
        #expect(messages.last?.contains("entry=\"ci/token\"") == true)
        try await home.run(line).expect(0)
        #expect(listener.messages() == [])
        try await home.run("vault put ci/token", input: Array("later".utf8)).expect(0)
        let document = try await home.run(line + " --json")
        #expect(document.outputText == "{\"socket\":\"\(path)\",\"sent\":1,\"through_record\":3}\n")
        let later = listener.messages()
        #expect(sequences(later) == ["3"])
        for message in messages + later { #expect(canary.form(in: Array(message.utf8)) == nil) }
        #expect(home.leaks(of: canary) == [])
    }

    @Test("it goes on with what comes, alone; what a stopped one did not send the next one does")
    func followed() async throws {
        let home = try TestHome()
        let path = home.root + "/log"
        let listener = try Listener(path, isStream: false)
        try await home.run("vault put a", input: Array("1".utf8)).expect(0)
        let line = "vault log --syslog --syslog-socket \(path)"
        let run = try home.runner.start(home.call(line + " --follow"))
        try await Task.sleep(for: .milliseconds(1500))
        try await home.run("vault put a", input: Array("2".utf8)).expect(0)
        try await home.run(line).expect(75, error: "Another process forwards this log")
        try await Task.sleep(for: .milliseconds(1000))
        run.send(SIGTERM)
        _ = try await run.wait(seconds: 30)
        try await home.run("vault put a", input: Array("3".utf8)).expect(0)
        try await home.run(line).expect(0)
        #expect(sequences(listener.messages()) == ["1", "2", "3", "4"])
    }

    @Test("after a vault was put back on purpose, the log is sent again from its start, with a warning")
    func putBack() async throws {
        let home = try TestHome()
        let path = home.root + "/log"
        let listener = try Listener(path, isStream: false)
        try await home.run("vault put a", input: Array("1".utf8)).expect(0)
        let names = ["vault.db", "vault.db-wal"]
        let files = names.map { home.contents(home.sigilum + "/" + $0) ?? [] }
        let line = "vault log --syslog --syslog-socket \(path)"
        for value in ["2", "3"] { try await home.run("vault put a", input: Array(value.utf8)).expect(0) }
        try await home.run(line).expect(0)
        #expect(sequences(listener.messages()) == ["1", "2", "3", "4"])
        for (name, bytes) in zip(names, files) { try home.write(bytes, to: home.sigilum + "/" + name) }
        try? FileManager.default.removeItem(atPath: home.sigilum + "/vault.db-shm")
        try await home.run(line).expect(65)
        let shown = try await home.run("vault anchor show --json")
        let id = try #require(shown.outputText.firstMatch(of: /"id": "([0-9a-f]+)"/)?.1)
        try await home.run("vault anchor accept --confirm \(id)").expect(0)
        let again = try await home.run(line)
        again.expect(0)
        #expect(again.errorText.contains("[warn] The log is not the one that was sent before"))
        #expect(sequences(listener.messages()) == ["1", "2", "3"])
    }
}
