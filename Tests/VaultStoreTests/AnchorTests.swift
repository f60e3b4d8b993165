import Glibc
import SafeFiles
import Sealing
import Testing
import VaultCore

@testable import VaultStore

@Suite("anchors")
struct AnchorTests {
    let home: Home
    let store: FileAnchorStore

    init() throws {
        home = try Home()
        store = FileAnchorStore(folder: home("state/sigilum/anchors"), vault: home("vault.db"))
    }

    @Test("without a folder there is no anchor, and reading makes none")
    func missing() throws {
        #expect(try store.read() == nil)
        #expect(try home.folder.names() == [])
    }

    @Test("an anchor is kept in a file for the user alone, in folders for the user alone")
    func roundTrip() throws {
        #expect(store.raise(to: anchor(1, 2), durably: true) == .kept)
        #expect(try store.read() == anchor(1, 2))
        let again = FileAnchorStore(folder: home("state/sigilum/anchors"), vault: home("vault.db"))
        #expect(try again.read() == anchor(1, 2))
        for name in ["state", "state/sigilum", "state/sigilum/anchors"] {
            #expect(try Folder.open(home(name)).status.mode == 0o700)
        }
        let folder = try Folder.open(home("state/sigilum/anchors"))
        #expect(try folder.names().count == 2)
        for name in try folder.names() {
            #expect(try folder.status(name)?.mode == 0o600)
            #expect(name.prefix(64).allSatisfy { "0123456789abcdef".contains($0) })
        }
    }

    @Test("the file says which vault it is for, and what was last seen of it, twice")
    func content() throws {
        #expect(store.raise(to: anchor(12, 34), durably: false) == .kept)
        let slot = slot(12, 34)
        #expect(slot.utf8.count == 512)
        #expect(try String(decoding: file(), as: UTF8.self) == slot + slot + pathLine)
    }

    @Test("the next anchor is written over the earlier of both, in the same file")
    func slots() throws {
        #expect(store.raise(to: anchor(1, 1), durably: true) == .kept)
        let folder = try Folder.open(home("state/sigilum/anchors"))
        let inode = try folder.status(fileName())?.inode
        let expected = [
            slot(1, 1) + slot(2, 2), slot(3, 3) + slot(2, 2), slot(3, 3) + slot(4, 4), slot(5, 5) + slot(4, 4),
        ]
        for (number, slots) in zip(UInt64(2)..., expected) {
            #expect(store.raise(to: anchor(number, number), durably: number.isMultiple(of: 2)) == .kept)
            #expect(try String(decoding: file(), as: UTF8.self) == slots + pathLine)
            #expect(try store.read() == anchor(number, number))
        }
        #expect(try folder.status(fileName())?.inode == inode)
    }

    @Test("a slot that is torn anywhere leaves the other, and is what is written next")
    func torn() throws {
        let (old, new) = (Array(slot(7, 70).utf8), Array(slot(8, 80).utf8))
        #expect(store.raise(to: anchor(7, 70), durably: true) == .kept)
        for width in 1..<512 {
            let torn = new[..<width] + old[width...]
            for isFirst in [true, false] {
                try write((isFirst ? torn + old : old + torn) + pathLine.utf8)
                let isWhole = Array(torn) == new || Array(torn) == old
                #expect(try store.read() == (Array(torn) == new ? anchor(8, 80) : anchor(7, 70)))
                guard !isWhole else { continue }
                #expect(store.raise(to: anchor(9, 90), durably: false) == .kept)
                let next = Array(slot(9, 90).utf8)
                #expect(try file() == (isFirst ? next + old : old + next) + pathLine.utf8)
            }
        }
    }

    @Test("two slots that are no history of one vault are no anchor")
    func contradiction() throws {
        #expect(store.raise(to: anchor(7, 70), durably: true) == .kept)
        let pairs = [
            slot(7, 70) + slot(6, 80), slot(7, 70) + slot(7, 70, head: 1), slot(7, 70) + slot(8, 70),
            slot(7, 70) + slot(9, 90, vault: 8),
        ]
        for pair in pairs {
            try write(Array((pair + pathLine).utf8))
            #expect(throws: AnchorError.unreadable) { try store.read() }
            #expect(store.raise(to: anchor(99, 99), durably: true) == .unavailable)
        }
    }

    @Test("an anchor of version 1 is read, and replaced by the next")
    func versionOne() throws {
        #expect(store.raise(to: anchor(1, 1), durably: true) == .kept)
        let old = """
            sigilum anchor 1
            \(pathLine.dropLast())
            vault-id \(String(repeating: "07", count: 16))
            generation 12
            audit-sequence 34
            audit-head \(String(repeating: "22", count: 32))

            """
        for bad in [
            old + "\n", String(old.dropLast()), old.replacing(" 12", with: " 012"),
            old.replacing("vault.db", with: "x"),
        ] {
            try write(Array(bad.utf8))
            #expect(throws: AnchorError.unreadable) { try store.read() }
        }
        try write(Array(old.utf8))
        #expect(try store.read() == anchor(12, 34))
        #expect(store.raise(to: anchor(12, 33), durably: true) == .kept)
        #expect(try file() == Array(old.utf8))
        #expect(store.raise(to: anchor(13, 35), durably: true) == .kept)
        #expect(try String(decoding: file(), as: UTF8.self) == slot(13, 35) + slot(13, 35) + pathLine)
    }

    @Test("a file that is not exactly one of ours is replaced, not written over: another name, another mode")
    func notWrittenOver() throws {
        #expect(store.raise(to: anchor(1, 1), durably: true) == .kept)
        let path = home("state/sigilum/anchors/") + (try fileName())
        let before = try file()
        #expect(Glibc.link(path, home("other")) == 0)
        #expect(store.raise(to: anchor(2, 2), durably: true) == .kept)
        #expect(home.bytes(of: "other") == before)
        #expect(try store.read() == anchor(2, 2))
        chmod(path, 0o644)
        #expect(store.raise(to: anchor(3, 3), durably: true) == .kept)
        #expect(try Folder.open(home("state/sigilum/anchors")).status(fileName())?.mode == 0o600)
        #expect(try store.read() == anchor(3, 3))
    }

    @Test("an anchor is raised, and never lowered in any of its numbers")
    func raising() throws {
        let steps: [(Anchor, Anchor)] = [
            (anchor(5, 10), anchor(5, 10)),
            (anchor(5, 11), anchor(5, 11)),
            (anchor(5, 10), anchor(5, 11)),
            (anchor(6, 10), anchor(5, 11)),
            (anchor(4, 12), anchor(5, 11)),
            (anchor(5, 11, head: 9), anchor(5, 11)),
            (anchor(9, 99, vault: 8), anchor(5, 11)),
            (anchor(.max, .max), anchor(.max, .max)),
        ]
        for (given, expected) in steps {
            #expect(store.raise(to: given, durably: true) == .kept)
            #expect(try store.read() == expected)
        }
        #expect(store.replace(with: anchor(1, 1, vault: 8)) == .kept)
        #expect(try store.read() == anchor(1, 1, vault: 8))
    }

    @Test("nothing is written where nothing changes")
    func noWrite() throws {
        #expect(store.raise(to: anchor(5, 10), durably: true) == .kept)
        let folder = try Folder.open(home("state/sigilum/anchors"))
        let name = try #require(try folder.names().first { !$0.hasSuffix(".lock") })
        let before = try folder.status(name)
        for given in [anchor(5, 10), anchor(5, 9)] { #expect(store.raise(to: given, durably: true) == .kept) }
        #expect(store.replace(with: anchor(5, 10)) == .kept)
        #expect(try folder.status(name) == before)
        #expect(try folder.names().count == 2)
    }

    @Test("eight that raise an anchor at once end at the highest, and nobody ever sees it go down")
    func atOnce() throws {
        let store = store
        let results = inEightThreads { thread in
            var isRising = true
            var last: UInt64 = 0
            for step in 0..<40 {
                let sequence = UInt64(step * 8 + thread + 1)
                isRising = isRising && store.raise(to: anchor(sequence / 2, sequence), durably: step % 8 == 0) == .kept
                guard let seen = try? store.read() else { return false }
                isRising = isRising && seen.auditSequence >= max(last, sequence)
                last = seen.auditSequence
            }
            return isRising
        }
        #expect(results == [Bool](repeating: true, count: 8))
        #expect(try store.read() == anchor(160, 320))
    }

    @Test("what is not exactly an anchor for this vault is unreadable, stays, and can be replaced on purpose")
    func strictness() throws {
        #expect(store.raise(to: anchor(12, 34), durably: true) == .kept)
        let good = try String(decoding: file(), as: UTF8.self)
        let (one, zeros) = (slot(12, 34), String(repeating: "0", count: 18))
        var bad = [
            String(good.dropLast()), good + "\n", good + "x", good.uppercased(), "x", "\n", one, one + one,
            one + pathLine,
            pathLine, one + one + one + pathLine,
            good.replacing("anchor 2", with: "anchor 3"), good.replacing("generation", with: "generatioN"),
            good.replacing("generation \(zeros)12", with: "generation \(zeros)13"),
            good.replacing("generation \(zeros)12", with: "generation +\(zeros.dropLast())12"),
            good.replacing("generation \(zeros)12", with: "generation  \(zeros.dropLast())12"),
            good.replacing("audit-sequence \(zeros)34", with: "audit-sequence 18446744073709551616"),
            good.replacing("0707", with: "07"), good.replacing("0707", with: "+7+7"),
            good.replacing("2222", with: "22"), good.replacing(" \n", with: "x\n"),
            good.replacing("\n", with: "\r\n"), good.replacing("vault.db", with: "vault.dB"),
            good.replacing("vault-path", with: "vault-path /\nvault-path"),
        ]
        bad.append(String(repeating: "x", count: 20_000))
        for text in bad {
            try write(Array(text.utf8))
            #expect(throws: AnchorError.unreadable, "\(text)") { try store.read() }
            #expect(store.raise(to: anchor(99, 99), durably: true) == .unavailable)
            #expect(try file() == Array(text.utf8))
        }
        #expect(store.replace(with: anchor(1, 1)) == .kept)
        #expect(try store.read() == anchor(1, 1))
    }

    @Test("no flipped bit makes another anchor; in one slot it leaves the other")
    func flippedBits() throws {
        #expect(store.raise(to: anchor(12, 34), durably: true) == .kept)
        let good = try file()
        // Each byte, and each of its bits somewhere.
        for bit in stride(from: 0, to: good.count * 8, by: 7) {
            var bytes = good
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            try write(bytes)
            if bit / 8 < 2 * 512 {
                #expect(try store.read() == anchor(12, 34))
            } else {
                #expect(throws: AnchorError.unreadable) { try store.read() }
            }
            guard bit / 8 < 512 else { continue }
            bytes[bit / 8 + 512] ^= 1 << UInt8(bit % 8)
            try write(bytes)
            #expect(throws: AnchorError.unreadable) { try store.read() }
        }
    }

    @Test("a file that a power failure emptied is no anchor")
    func emptied() throws {
        #expect(store.raise(to: anchor(1, 1), durably: false) == .kept)
        for content in [[], [UInt8](repeating: 0, count: 200)] {
            try write(content)
            #expect(try store.read() == nil)
            #expect(store.raise(to: anchor(2, 2), durably: true) == .kept)
            #expect(try store.read() == anchor(2, 2))
        }
    }

    @Test("an anchor can be forgotten, whatever is in its file; forgetting none is done at once")
    func forgetting() throws {
        #expect(store.remove() == .kept)
        #expect(try home.folder.names() == [])
        for content in [nil, text("nonsense")] {
            #expect(store.raise(to: anchor(5, 5), durably: true) == .kept)
            if let content { try write(content) }
            #expect(store.remove() == .kept)
            #expect(try store.read() == nil)
            #expect(store.remove() == .kept)
        }
        #expect(store.raise(to: anchor(1, 1), durably: true) == .kept)
        #expect(try store.read() == anchor(1, 1))
    }

    @Test("a link in place of the file is not followed")
    func link() throws {
        #expect(store.raise(to: anchor(1, 1), durably: true) == .kept)
        let path = home("state/sigilum/anchors/") + (try fileName())
        rename(path, home("elsewhere"))
        symlink(home("elsewhere"), path)
        #expect(throws: AnchorError.unreadable) { try store.read() }
        #expect(store.raise(to: anchor(2, 2), durably: true) == .unavailable)
        #expect(store.replace(with: anchor(2, 2)) == .unavailable)
    }

    @Test("where no descriptor is left, an anchor is neither absent nor damaged")
    func exhausted() async {
        await #expect(processExitsWith: .exitCode(42)) {
            let home = try Home()
            let store = FileAnchorStore(folder: home("state/sigilum/anchors"), vault: home("vault.db"))
            guard store.raise(to: anchor(1, 1), durably: true) == .kept else { exit(3) }
            var limit = rlimit(rlim_cur: 3, rlim_max: 3)
            guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { exit(4) }
            do throws(AnchorError) {
                _ = try store.read()
            } catch .exhausted {
                exit(42)
            } catch {
                exit(5)
            }
            exit(6)
        }
    }

    @Test("a folder that cannot be written or read is told, and is no damage")
    func unwritable() throws {
        #expect(store.raise(to: anchor(1, 1), durably: true) == .kept)
        chmod(home.path, 0o755)
        for name in ["state", "state/sigilum", "state/sigilum/anchors"] { chmod(home(name), 0o555) }
        try withoutPrivilege { () throws in
            #expect(store.raise(to: anchor(2, 2), durably: true) == .unavailable)
            #expect(store.replace(with: anchor(2, 2)) == .unavailable)
            let elsewhere = FileAnchorStore(folder: home("state/new/anchors"), vault: home("vault.db"))
            #expect(elsewhere.raise(to: anchor(2, 2), durably: true) == .unavailable)
            chmod(home("state/sigilum/anchors"), 0)
        }
        chmod(home("state/sigilum/anchors"), 0)
        try withoutPrivilege { () throws in #expect(try store.read() == nil) }
        for name in ["state", "state/sigilum", "state/sigilum/anchors"] { chmod(home(name), 0o700) }
        #expect(try store.read() == anchor(1, 1))
    }

    @Test("what root keeps in another user's state folder belongs to that user", .enabled(if: isRoot))
    func ownerOfFolder() throws {
        mkdir(home("state"), 0o700)
        chown(home("state"), 4321, 4322)
        #expect(store.raise(to: anchor(1, 1), durably: true) == .kept)
        let folder = try Folder.open(home("state/sigilum/anchors"))
        #expect(try folder.status.uid == 4321)
        for name in try folder.names() { #expect(try folder.status(name)?.uid == 4321) }
    }

    @Test("vaults at different places have anchors of their own; a link to a home is no other place")
    func places() throws {
        mkdir(home("a"), 0o700)
        mkdir(home("b\nc\\n"), 0o700)
        symlink(home("a"), home("link"))
        let folder = home("anchors")
        let first = FileAnchorStore(folder: folder, vault: home("a/vault.db"))
        let second = FileAnchorStore(folder: folder, vault: home("b\nc\\n/vault.db"))
        #expect(first.raise(to: anchor(1, 1), durably: true) == .kept)
        #expect(try second.read() == nil)
        #expect(second.raise(to: anchor(2, 2), durably: true) == .kept)
        #expect(try second.read() == anchor(2, 2))
        for path in ["a/vault.db", "link/vault.db", "a/../link/./vault.db", "/a//vault.db"] {
            #expect(try FileAnchorStore(folder: folder, vault: home(path)).read() == anchor(1, 1))
        }
        rmdir(home("a"))
        for path in ["a/vault.db", "gone/../a/vault.db"] {
            #expect(try FileAnchorStore(folder: folder, vault: home(path)).read() == anchor(1, 1))
        }
    }

    private var pathLine: String { "vault-path \(home.path)/vault.db\n" }

    /// One slot, as docs/format.md has it.
    private func slot(_ generation: UInt64, _ sequence: UInt64, vault: UInt8 = 7, head: UInt8? = nil) -> String {
        func padded(_ number: UInt64) -> String {
            String(repeating: "0", count: 20 - String(number).utf8.count) + String(number)
        }
        let seen = anchor(generation, sequence, vault: vault, head: head)
        let text = """
            sigilum anchor 2
            vault-id \(AnchorText.hex(seen.vaultID))
            generation \(padded(generation))
            audit-sequence \(padded(sequence))
            audit-head \(AnchorText.hex(seen.auditHead.bytes))

            """
        let checksum = AnchorText.hex(Checksum.digest(Array((text + pathLine).utf8)).bytes)
        let lines = text + "checksum \(checksum)\n"
        return lines + String(repeating: " ", count: 511 - lines.utf8.count) + "\n"
    }

    private func fileName() throws -> String {
        try #require(try Folder.open(home("state/sigilum/anchors")).names().first { !$0.hasSuffix(".lock") })
    }

    private func file() throws -> [UInt8] {
        try #require(home.bytes(of: "state/sigilum/anchors/" + (try fileName())))
    }

    private func write(_ bytes: [UInt8]) throws {
        try home.write(bytes, to: "state/sigilum/anchors/" + (try fileName()))
    }
}

private func anchor(_ generation: UInt64, _ sequence: UInt64, vault: UInt8 = 7, head: UInt8? = nil) -> Anchor {
    let head = head ?? UInt8(truncatingIfNeeded: sequence)
    return Anchor(
        vaultID: [UInt8](repeating: vault, count: 16), generation: generation, auditSequence: sequence,
        auditHead: Digest([UInt8](repeating: head, count: 32)) ?? .zero)
}
