import Glibc
import Testing
import VaultCore

@testable import SigilumCLI

@Suite("Messages for the system's log") struct SyslogTests {
    private func event(name: String?, program: String = "sigilum vault put", facts: [(String, String)] = []) -> String {
        let event = AuditEvent(
            sequence: 7, time: 1_772_359_200_045, operation: .versionStored,
            actor: Actor(userID: 1000, processID: 4711, program: program), name: name,
            entryID: [UInt8](repeating: 1, count: 16), facts: facts.map { (name: $0.0, value: $0.1) })
        return String(
            decoding: SyslogMessage.bytes(event, vaultID: [0xab, 0xcd], host: "host.example"), as: UTF8.self)
    }

    @Test("an event is one message of RFC 5424: header, structured data, text")
    func message() {
        #expect(
            event(name: "ci/a", facts: [("version", "1")])
                == "<86>1 2026-03-01T10:00:00.045Z host.example sigilum 4711 version-stored "
                + "[sigilum@32473 vault=\"abcd\" sequence=\"7\" operation=\"version stored\" uid=\"1000\" pid=\"4711\" "
                + "program=\"sigilum vault put\" entry=\"ci/a\" fact.version=\"1\"] version stored: ci/a")
        #expect(!event(name: nil).contains("entry="))
        #expect(event(name: nil).hasSuffix("] version stored"))
    }

    @Test("what would end a value or the message is escaped, and text that is not ASCII begins with a mark")
    func escaping() {
        let odd = event(
            name: "a\"b]c\\d", program: "x\ny", facts: [("a=b]\" c" + String(repeating: "n", count: 40), "v")])
        #expect(odd.contains("entry=\"a\\\"b\\]c\\\\d\""))
        #expect(odd.contains("program=\"x\\\\u{a}y\""))
        #expect(odd.contains(" fact.a-b---c" + String(repeating: "n", count: 20) + "=\"v\""))
        #expect(!odd.contains("\n"))
        let foreign = event(name: "naïve")
        #expect(foreign.contains("entry=\"naïve\"") && foreign.hasSuffix("] \u{feff}version stored: naïve"))
    }
}
