import Foundation
import Testing
import VaultCore

@testable import SigilumCLI

struct AuditSARIFTests {
    private typealias Members = [String: Any]

    private func document(_ report: AuditReport) throws -> [String: Any] {
        var text = OutputText()
        text.append(AuditSARIF(guide: AuditSample.guide(report)).json, layout: .indented, reveal: true)
        return try #require(try JSONSerialization.jsonObject(with: Data(text.bytes)) as? [String: Any])
    }

    private func run(_ report: AuditReport) throws -> [String: Any] {
        let runs = try #require(try document(report)["runs"] as? [[String: Any]])
        #expect(runs.count == 1)
        return try #require(runs.first)
    }

    private func results(_ report: AuditReport) throws -> [[String: Any]] {
        try #require(try run(report)["results"] as? [[String: Any]])
    }

    @Test("the document names its version, its schema and the tool")
    func head() throws {
        let document = try document(AuditSample.nothing)
        #expect(Set(document.keys) == ["$schema", "version", "runs"])
        #expect(document["version"] as? String == "2.1.0")
        #expect((document["$schema"] as? String)?.hasSuffix("/sarif-schema-2.1.0.json") == true)
        let run = try run(AuditSample.nothing)
        #expect(Set(run.keys) == ["tool", "invocations", "columnKind", "results"])
        #expect((run["results"] as? [Any])?.isEmpty == true)
        let driver = try #require((run["tool"] as? Members)?["driver"] as? Members)
        #expect(driver["name"] as? String == "sigilum")
        #expect((driver["version"] as? String)?.wholeMatch(of: /\d+\.\d+\.\d+/) != nil)
        let invocation = try #require((run["invocations"] as? [Members])?.first)
        #expect(invocation["executionSuccessful"] as? Bool == true)
        #expect(invocation["endTimeUtc"] as? String == "2026-03-01T10:00:00Z")
    }

    @Test("every rule is declared once, with words for people and a level")
    func rules() throws {
        let driver = try #require((try run(AuditSample.nothing)["tool"] as? Members)?["driver"] as? Members)
        let rules = try #require(driver["rules"] as? [Members])
        #expect(rules.map { $0["id"] as? String } == AuditRule.allCases.map(\.rawValue))
        for (rule, declared) in zip(AuditRule.allCases, rules) {
            for part in ["shortDescription", "fullDescription", "help"] {
                let text = (declared[part] as? Members)?["text"] as? String
                #expect(text?.hasSuffix(".") == true)
            }
            #expect((declared["defaultConfiguration"] as? Members)?["level"] as? String == rule.severity.rawValue)
        }
    }

    @Test("every finding is a result that points to its rule, with a message, and a place where it has one")
    func resultsOfFindings() throws {
        let report = try AuditSample.ordinary()
        let results = try results(report)
        #expect(results.count == report.findings.count)
        for (finding, result) in zip(report.findings, results) {
            #expect(result["ruleId"] as? String == finding.rule.rawValue)
            let index = try #require(result["ruleIndex"] as? Int)
            #expect(AuditRule.allCases[index] == finding.rule)
            #expect(result["level"] as? String == finding.rule.severity.rawValue)
            #expect(((result["message"] as? Members)?["text"] as? String)?.isEmpty == false)
            let location = try #require((result["locations"] as? [Members])?.first)
            let physical = location["physicalLocation"] as? Members
            #expect((physical != nil) == (finding.place != nil))
            #expect((physical?["region"] as? Members)?["startLine"] as? Int == finding.place?.line)
            let logical = location["logicalLocations"] as? [Members] ?? []
            let names = [finding.entry?.text, finding.delivery?.text].compactMap { $0 }
            #expect(logical.map { $0["fullyQualifiedName"] as? String } == names)
            let next = (result["properties"] as? Members)?["next"] as? [String]
            #expect(next?.first?.isEmpty == false)
        }
    }

    @Test("a path is a file's URI, every byte beyond the plain ones encoded")
    func uris() throws {
        #expect(AuditSARIF.fileURI("/home/a b/ü%#?.env") == "file:///home/a%20b/%C3%BC%25%23%3F.env")
        #expect(AuditSARIF.fileURI("/plain-._~/x") == "file:///plain-._~/x")
        let path = "/tmp/a\nb\u{202e}"
        let report = AuditReport(
            at: 0, credentials: [], findings: [AuditFinding(.orphanFile, place: AuditPlace(path: path))])
        let location = try #require((try results(report).first?["locations"] as? [Members])?.first)
        let artifact = (location["physicalLocation"] as? Members)?["artifactLocation"] as? Members
        let uri = try #require(artifact?["uri"] as? String)
        #expect(uri == "file:///tmp/a%0Ab%E2%80%AE")
        #expect(URL(string: uri)?.path(percentEncoded: false) == path)
    }

    @Test("a finding has the same fingerprint in every run, whatever its line and its time, and no two have the same")
    func fingerprints() throws {
        func prints(_ report: AuditReport) throws -> [String] {
            try results(report).compactMap { ($0["partialFingerprints"] as? [String: String])?["sigilumFinding/v1"] }
        }
        let entry = try AuditSample.name("a")
        func report(at time: Int64, lines: [Int]) -> AuditReport {
            let copies = lines.map {
                AuditFinding(
                    .plainCopy, entry: entry, place: AuditPlace(path: "/tmp/x", line: $0, encoding: .plain))
            }
            return AuditReport(at: time, credentials: [], findings: copies + [AuditFinding(.tooOld, entry: entry)])
        }
        let first = try prints(report(at: 0, lines: [3, 9]))
        #expect(try prints(report(at: 7_000_000, lines: [5, 12])) == first)
        #expect(Set(first).count == 3)
        #expect(first.allSatisfy { $0.wholeMatch(of: /[0-9a-f]{64}/) != nil })
    }
}
