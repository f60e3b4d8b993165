import Foundation
import Glibc
import SafeFiles
import Testing
import VaultCore

@testable import VaultStore

@Suite("notes of tokens that end")
struct TokenNoteTests {
    let home: Home
    let store: FileTokenNoteStore
    let note: TokenNote

    init() throws {
        home = try Home()
        store = FileTokenNoteStore(folder: home("state/sigilum/tokens"), vault: home("vault.db"))
        note = TokenNote(
            vaultID: Array(repeating: 7, count: 16),
            ends: [try Namespace("johndee"): 1_772_359_200_000, try Namespace("other"): -5], saidOn: 20513)
    }

    private func file() throws -> String {
        let folder = try Folder.open(home("state/sigilum/tokens"))
        return home("state/sigilum/tokens/" + (try #require(folder.names().first)))
    }

    private func put(_ text: String) throws {
        let path = try file()
        let handle = try #require(fopen(path, "w"))
        defer { fclose(handle) }
        _ = text.withCString { fputs($0, handle) }
    }

    @Test("a note is kept in a file for the user alone, in folders for the user alone, and says what it is of")
    func roundTrip() throws {
        #expect(store.read() == nil)
        #expect(store.write(note))
        #expect(store.read() == note)
        let folder = try Folder.open(home("state/sigilum/tokens"))
        #expect(try folder.status.mode == 0o700)
        let name = try #require(folder.names().first)
        #expect(try folder.names().count == 1 && folder.status(name)?.mode == 0o600)
        let text = try String(contentsOfFile: home("state/sigilum/tokens/" + name), encoding: .utf8)
        #expect(
            text == """
                sigilum token note 1
                vault-path \(home.path)/vault.db
                vault-id 07070707070707070707070707070707
                said-on 20513
                ends -5 other
                ends 1772359200000 johndee

                """)
        #expect(store.write(TokenNote(vaultID: note.vaultID, ends: [:], saidOn: nil)))
        #expect(store.read()?.ends == [:])
        // Another vault has a note of its own.
        #expect(FileTokenNoteStore(folder: home("state/sigilum/tokens"), vault: home("b/vault.db")).read() == nil)
    }

    @Test("whatever is not exactly a note of this vault is none, and is replaced")
    func hostile() throws {
        #expect(store.write(note))
        let good = """
            sigilum token note 1
            vault-path \(home.path)/vault.db
            vault-id 07070707070707070707070707070707
            ends 5 johndee

            """
        try put(good)
        #expect(store.read()?.ends.count == 1)
        let wrong = [
            "", "\n", "sigilum token note 1\n", good + good, good + "\n", String(good.dropLast()), "\u{feff}" + good,
            good.replacing("note 1", with: "note 2"), good.replacing("vault.db", with: "other.db"),
            good.replacing("ends 5", with: "ends +5"), good.replacing("ends 5", with: "ends 05"),
            good.replacing("ends 5", with: "ends 99999999999999999999"), good.replacing("johndee", with: "JohnDee"),
            good.replacing("johndee", with: "../../x"), good.replacing("0707", with: "07"), good + "more\n",
            good + String(repeating: "ends 5 johndee\n", count: 2000), String(repeating: "x", count: 20000),
        ]
        for text in wrong {
            try put(text)
            #expect(store.read() == nil, "\(text.prefix(200))")
        }
        #expect(store.write(note) && store.read() == note)
    }

    @Test("a link or a folder in its place is not followed, and nothing is said of it")
    func links() throws {
        #expect(store.write(note))
        let path = try file()
        unlink(path)
        symlink("/etc/passwd", path)
        #expect(store.read() == nil && !store.write(note))
        unlink(path)
        mkdir(path, 0o700)
        #expect(store.read() == nil && !store.write(note))
        rmdir(path)
        mkfifo(path, 0o600)
        #expect(store.read() == nil && !store.write(note))
    }

    @Test("a folder that is no folder is no harm")
    func unwritable() {
        let nowhere = FileTokenNoteStore(folder: "/dev/null/tokens", vault: home("vault.db"))
        #expect(nowhere.read() == nil && !nowhere.write(note))
    }

    @Test("only so many tokens are noted: those that end first")
    func limit() throws {
        var ends: [Namespace: Int64] = [:]
        for number in 0..<100 { ends[try Namespace("namespace-\(number)")] = Int64(1000 - number) }
        let long = TokenNote(vaultID: note.vaultID, ends: ends, saidOn: nil)
        #expect(long.ends.count == 32 && long.inOrder.first?.end == 901)
        #expect(store.write(long) && store.read() == long)
    }
}
