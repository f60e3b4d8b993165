import Foundation
import Glibc
import Testing
import VaultCore
import VaultTestSupport

@testable import SigilumCLI

@Suite struct ForwardingNoteTests {
    @Test(
        "what root notes in another user's home belongs to that user, every folder on the way too",
        .enabled(if: geteuid() == 0))
    func owner() throws {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("note-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: home) }
        #expect(chown(home, 4321, 4322) == 0)
        for _ in 0..<2 {
            let note = try ForwardingNote(stateFolder: home + "/.local/state/sigilum", vaultID: [1, 2])
            try note.write(ForwardingNote.Mark(place: .start, sent: 0), durably: true)
        }
        let made = try #require(FileManager.default.enumerator(atPath: home)?.allObjects as? [String])
        #expect(
            Set(made) == [
                ".local", ".local/state", ".local/state/sigilum", ".local/state/sigilum/forwarded",
                ".local/state/sigilum/forwarded/0102", ".local/state/sigilum/forwarded/0102.lock",
            ])
        for name in made {
            var status = stat()
            #expect(lstat(home + "/" + name, &status) == 0 && status.st_uid == 4321 && status.st_gid == 4322)
        }
    }
}
