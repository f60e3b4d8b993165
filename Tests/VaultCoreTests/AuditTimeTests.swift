import SecureMemory
import Testing
import VaultTestSupport

@testable import VaultCore

@Suite("What an audit says of time and of copies")
struct AuditTimeTests {
    private let audit: AuditScene

    init() throws {
        audit = try AuditScene()
    }

    @Test("a token that has expired is an error, one in its last days a warning, a fresh one nothing")
    func tokens() async throws {
        try audit.put("owner-token/johndee", "x.y.z")
        let now = audit.scene.clock.now, week = 7 * AuditScene.day
        #expect(try await audit.rules(tokenEnd: now) == [.tokenExpired])
        // Good for a week: the last third of it counts.
        #expect(try await audit.rules(tokenEnd: now + week) == [])
        audit.pass(days: 5)
        #expect(try await audit.rules(tokenEnd: now + week) == [.tokenExpiresSoon])
        // Good for a year: the last week counts.
        #expect(try await audit.rules(tokenEnd: now + 13 * AuditScene.day) == [])
        audit.pass(days: 60)
        let late = audit.scene.clock.now
        #expect(try await audit.rules(tokenEnd: late + week) == [.tokenExpiresSoon])
        #expect(try await audit.rules(tokenEnd: late + week + 1) == [])
        #expect(try await audit.audit(tokenEnd: late + 1).credentials.first?.expiresAt == late + 1)
    }

    @Test("a rotation that is due is overdue from that moment on")
    func rotation() async throws {
        let name = try EntryName("a")
        try audit.scene.vault.write {
            _ = try $0.store(
                secret(AuditScene.strong), as: name, origin: .given, policy: StorePolicy(rotationIntervalDays: 30))
        }
        audit.pass(days: 29)
        #expect(try await audit.rules() == [])
        audit.pass(days: 1)
        #expect(try await audit.rules() == [.rotationOverdue])
        audit.pass(days: 3)
        #expect(try await audit.audit().findings.first?.details == ["since 3 days"])
        try audit.put("a", AuditScene.strongToo)
        #expect(try await audit.rules() == [])
    }

    @Test("a value is too old after the days that are given, and never where none are")
    func age() async throws {
        try audit.put("a", AuditScene.strong)
        audit.pass(days: 90)
        #expect(try await audit.rules(maxAgeDays: 90) == [])
        audit.pass(days: 1)
        let report = try await audit.audit(maxAgeDays: 90)
        #expect(report.findings.map(\.rule) == [.tooOld])
        #expect(report.findings.first?.details == ["91 days"])
        #expect(try await audit.rules() == [])
    }

    @Test("each value is searched for once, the short ones not at all, and a hit names the entry, file and line")
    func copies() async throws {
        try audit.put("a", AuditScene.strong)
        audit.pass(days: 1)
        try audit.put("b", AuditScene.strong)
        try audit.put("tiny", "xQ9")
        let report = try await audit.audit { values in
            #expect(values.map(\.text) == [AuditScene.strong])
            var found = AuditSearch()
            for line in [7, 3, 7] {
                found.hits.append(
                    .init(value: 0, place: AuditPlace(path: "/projects/.env", line: line, encoding: .base64)))
            }
            return found
        }
        let copy = try #require(report.findings.first { $0.rule == .plainCopy })
        #expect(report.findings.count { $0.rule == .plainCopy } == 1)
        #expect(copy.entry?.text == "a")
        #expect(copy.place == AuditPlace(path: "/projects/.env", line: 3, encoding: .base64))
        #expect(copy.details == ["also on line 7", "2 entries have this value"])
    }

    @Test("an entry's own export file is no copy; another's is")
    func ownFiles() async throws {
        try audit.put("a", AuditScene.strong)
        try audit.put("b", AuditScene.strongToo)
        try await audit.deliver("a", to: DeliveryID(target: .exportFile, key: "file-a"))
        let report = try await audit.audit { values in
            var found = AuditSearch()
            for index in values.indices {
                found.hits.append(
                    .init(value: index, place: AuditPlace(path: "/home/file-a", line: 1, encoding: .plain)))
            }
            return found
        }
        #expect(report.findings.map(\.rule) == [.plainCopy])
        #expect(report.findings.first?.entry?.text == "b")
    }

    @Test("the token's place in openclaw.json is no copy; a second place in that file is, and any where it differs")
    func configuration() async throws {
        try audit.put("owner-token/johndee", AuditScene.strong)
        let id = DeliveryID(target: .openClaw, key: "/claw/openclaw.json")
        try await audit.deliver("owner-token/johndee", to: id, target: TargetInMemory(.openClaw))
        func rules(_ lines: [Int], _ differences: [String]) async throws -> [AuditRule] {
            try await audit.audit([.seen(id, .present(differences: differences))]) { _ in
                var found = AuditSearch()
                for line in lines {
                    found.hits.append(
                        .init(value: 0, place: AuditPlace(path: id.key, line: line, encoding: .plain)))
                }
                return found
            }.findings.map(\.rule)
        }
        #expect(try await rules([4], []) == [])
        #expect(try await rules([4, 9], []) == [.plainCopy])
        #expect(try await rules([4], ["owner_token"]) == [.plainCopy, .openClawTokenDiffers])
        #expect(try await rules([4], ["api_url"]) == [.openClawSettingsDiffer])
    }

    @Test("many values are searched for in parts, and a hit of any part names its own entry")
    func parts() async throws {
        for number in 0..<5 { try audit.put("entry-\(number)", "\(number)" + AuditScene.strong) }
        let request = AuditRequest(
            comparisons: [], maxAgeDays: nil, tokenEnd: { _ in nil }, home: "/home", exportFiles: [],
            resolve: { $0 }, search: { _ in AuditSearch() })
        let (inventory, values) = try audit.scene.vault.read { snapshot in
            let inventory = try snapshot.inventory()
            return (inventory, try inventory.entries.map { try AuditedValue($0, in: snapshot) })
        }
        let copies = AuditCopies(
            values, deployments: AuditDeployments(inventory, request), resolve: request.resolve)
        var parts: [Int] = []
        let findings = try copies.findings(keys: audit.scene.vault.keys, openAtOnce: 2) { values in
            parts.append(values.count)
            var found = AuditSearch()
            for (index, value) in values.enumerated() {
                found.hits.append(.init(value: index, place: AuditPlace(path: "/\(value.text.prefix(1))", line: 1)))
            }
            found.unread = [("/closed", "permission denied")]
            found.unreadCount = 1
            return found
        }
        #expect(parts == [2, 2, 1])
        let named = findings.filter { $0.rule == .plainCopy }
        #expect(named.count == 5)
        #expect(named.allSatisfy { $0.entry?.text == "entry-" + ($0.place?.path.dropFirst() ?? "") })
        #expect(findings.count { $0.rule == .scanIncomplete } == 1)
    }

    @Test("up to twenty places that could not be searched are named, the last with how many more there were")
    func incompletePlaces() async throws {
        try audit.put("a", AuditScene.strong)
        let report = try await audit.audit { _ in
            var found = AuditSearch()
            found.unread = (10..<50).map { ("/projects/\($0)", "permission denied") }
            found.unreadCount = 100
            return found
        }
        #expect(report.findings.map(\.place?.path) == (10..<30).map { "/projects/\($0)" })
        #expect(report.findings.dropLast().allSatisfy { $0.details == ["permission denied"] })
        #expect(report.findings.last?.details == ["permission denied", "and 80 more"])
    }

    @Test("what could not be searched is a note, with how much more there was")
    func incomplete() async throws {
        try audit.put("a", AuditScene.strong)
        let report = try await audit.audit { _ in
            var found = AuditSearch()
            found.unread = [("/projects/closed", "permission denied")]
            found.unreadCount = 3
            return found
        }
        #expect(report.findings.map(\.rule) == [.scanIncomplete])
        #expect(report.findings.first?.details == ["permission denied", "and 2 more"])
        #expect(!report.needsHands)
    }

    @Test("every rule has a name of its own, and the worse come first")
    func rules() {
        #expect(Set(AuditRule.allCases.map(\.rawValue)).count == AuditRule.allCases.count)
        let severities = AuditRule.allCases.sorted().map(\.severity)
        #expect(severities == severities.sorted())
        #expect(severities.first == .error && severities.last == .note)
    }
}
