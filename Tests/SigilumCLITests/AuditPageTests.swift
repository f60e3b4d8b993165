import Foundation
import Sealing
import SecureMemory
import Testing
import VaultCore

@testable import SigilumCLI

struct AuditPageTests {
    private func page(_ report: AuditReport) -> String { AuditPage(guide: AuditSample.guide(report)).html }

    /// What stands between two marks, the first time.
    private func between(_ opening: String, _ closing: String, in text: String) throws -> String {
        let start = try #require(text.range(of: opening))
        let end = try #require(text.range(of: closing, range: start.upperBound..<text.endIndex))
        return String(text[start.upperBound..<end.lowerBound])
    }

    @Test(
        "the policy allows the style and the script that are in the page, by the hashes of their bytes, and nothing else"
    )
    func policy() throws {
        let page = page(try AuditSample.ordinary())
        func hash(_ element: String) throws -> String {
            let text = try between("<\(element)>", "</\(element)>", in: page)
            let hex = SHA256.hexDigest(of: SecretBytes(copying: Array(text.utf8)))
            let bytes = stride(from: 0, to: 64, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
            return Data(bytes).base64EncodedString()
        }
        let policy = try between("Content-Security-Policy\" content=\"", "\"", in: page)
        #expect(
            policy == "default-src 'none'; script-src 'sha256-\(try hash("script"))'; "
                + "style-src 'sha256-\(try hash("style"))'; base-uri 'none'; form-action 'none'")
        #expect(page.components(separatedBy: "<script").count == 2)
        #expect(page.components(separatedBy: "<style").count == 2)
        #expect(!page.contains(" style=") && !page.contains(" onclick="))
        #expect(!page.contains("http:") && !page.contains("https:") && !page.contains("url("))
    }

    @Test("names and paths that mean harm are text, in elements and in attributes")
    func hostile() throws {
        let name = "<script>alert(1)</script>\"'&\u{202e}"
        let entry = try AuditSample.name(name)
        let finding = AuditFinding(
            .plainCopy, entry: entry,
            place: AuditPlace(path: "/tmp/\u{1b}[31m<img src=x>\n\"", line: 1, encoding: .base64),
            details: ["<b>"])
        let page = page(
            AuditReport(
                at: AuditSample.now,
                credentials: [
                    try AuditSample.credential(name, [(.exportFile, "\"><svg onload=x>", .differs, ["<i>"])])
                ], findings: [finding]))
        for harm in ["<script>alert", "<img", "<b>&lt;", "<svg onload", "<i>", "\u{202e}", "\u{1b}"] {
            #expect(!page.contains(harm))
        }
        #expect(page.contains("data-value=\"&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\\u{202e}\""))
        #expect(page.contains("\\u{1b}[31m&lt;img src=x&gt;\\u{a}&quot;"))
        #expect(page.contains("in base64"))
    }

    @Test("every finding is there with its words, its explanation and its next command, worst first")
    func findings() throws {
        let report = try AuditSample.ordinary()
        let guide = AuditSample.guide(report)
        let page = page(report)
        var last = page.startIndex
        for finding in report.findings {
            let title = try #require(page.range(of: PageText.html(finding.rule.title) + "</h3>"))
            #expect(title.lowerBound >= last)
            last = title.lowerBound
            #expect(page.contains(PageText.html(finding.rule.explanation)))
            let text = page.replacing(/<[^>]*>/, with: "")
            for step in guide.next(finding) {
                let command = guide.text(step).split(separator: ":  ").last.map(String.init) ?? ""
                #expect(text.contains(PageText.html(command)))
            }
        }
        #expect(page.contains("<h1>4 errors to mend now</h1>"))
        #expect(page.contains("Credentials: 2 with an error, 4 with a warning, 6 in order"))
    }

    @Test("every credential is a row: masked, with its age, its end and its places")
    func rows() throws {
        let page = page(try AuditSample.ordinary())
        #expect(page.components(separatedBy: "<tr data-severity=").count == 13)
        for text in [
            "lin_****** (hidden)", ">260 days<", ">3 days left<", ">15 days overdue<", ">in 67 days<",
            "<em>differs: upstream_url</em>", "<em>pending</em>", "on 2026-05-07",
        ] {
            #expect(page.contains(text))
        }
    }

    @Test("with nothing found the page says so, and an empty vault has no table")
    func nothing() throws {
        let empty = page(AuditSample.nothing)
        #expect(empty.contains("<h1>No credentials yet</h1>") && empty.contains("Nothing found."))
        #expect(!empty.contains("<table>"))
        let fine = AuditReport(at: AuditSample.now, credentials: [try AuditSample.credential("a")], findings: [])
        #expect(page(fine).contains("<h1>Everything is in order</h1>"))
        let noted = AuditReport(
            at: AuditSample.now, credentials: fine.credentials,
            findings: [AuditFinding(.rolledBack, entry: try AuditSample.name("a"))])
        #expect(page(noted).contains("<h1>Nothing to do, 1 note</h1>"))
        let due = AuditReport(
            at: AuditSample.now, credentials: fine.credentials,
            findings: [AuditFinding(.shortValue, entry: try AuditSample.name("a"))])
        #expect(page(due).contains("<h1>1 warning to look at</h1>"))
    }

    @Test("times far in the past and the future make no bar that is too long")
    func times() throws {
        let page = page(
            AuditReport(
                at: AuditSample.now,
                credentials: [
                    try AuditSample.credential("old", age: 30_000, expires: -20_000, due: -20_000),
                    try AuditSample.credential("new", age: -3, expires: 90_000, due: 90_000),
                ], findings: []))
        let widths = page.matches(of: /class="fill" width="(-?\d+)"/).compactMap { Int($0.output.1) }
        #expect(widths.count == 6)
        #expect(widths.allSatisfy { (2...100).contains($0) })
    }
}
