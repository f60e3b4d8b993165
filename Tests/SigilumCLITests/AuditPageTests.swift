import Foundation
import Testing
import VaultCore

@testable import SigilumCLI

struct AuditPageTests {
    @Test("w")
    func w() throws {
        let folder = ProcessInfo.processInfo.environment["SIGILUM_PAGES"] ?? "/tmp"
        try AuditPage(guide: AuditSample.guide(try AuditSample.ordinary())).html.write(
            toFile: folder + "/ordinary.html", atomically: false, encoding: .utf8)
        try AuditPage(guide: AuditSample.guide(AuditSample.nothing)).html.write(
            toFile: folder + "/nothing.html", atomically: false, encoding: .utf8)
        let fine = try AuditSample.ordinary().credentials.filter { $0.deployments.allSatisfy { $0.state == .same } }
        try AuditPage(guide: AuditSample.guide(AuditReport(at: AuditSample.now, credentials: fine, findings: []))).html
            .write(toFile: folder + "/fine.html", atomically: false, encoding: .utf8)
    }
}
