import Foundation
import OpenClaw
import SecureMemory
import Testing
import VaultCore

@Suite("docs/openclaw.md")
struct PageTests {
    @Test("shows what the editor makes of the file it shows")
    func blocks() async throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/openclaw.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let blocks = text.components(separatedBy: "```json5\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        try #require(blocks.count == 3)
        let scene = try OpenClawScene()
        scene.write(blocks[0])
        let settings = [
            "namespace": "johndee", "api_url": "https://api.sigilum.id", "authz_notify": "true",
        ]
        let job = try scene.job(
            token: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJub3QiOiJyZWFsIn0.c2lnbmF0dXJl", settings: settings)
        _ = try await scene.target.apply(job)
        #expect(scene.text() == blocks[1])
        try await scene.target.withdraw(job)
        #expect(scene.text() == blocks[2])
    }
}
