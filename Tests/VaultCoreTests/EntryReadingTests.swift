import Testing
import VaultTestSupport

@testable import VaultCore

@Suite("Entries read one after the other")
struct EntryReadingTests {
    /// A vault whose entries fill several batches, with records of other kinds between them.
    private func scene(_ count: Int) throws -> VaultScene {
        let scene = try VaultScene()
        try scene.vault.write { transaction in
            for number in 0..<count {
                _ = try transaction.store(secret("value \(number)"), as: EntryName("entry/\(number)"), origin: .given)
            }
        }
        return scene
    }

    private func names(_ vault: Vault, upTo limit: Int = .max) throws -> [String] {
        var names: [String] = []
        try vault.read { snapshot in
            try snapshot.eachEntry { entry in
                names.append(entry.name.text)
                return names.count < limit
            }
        }
        return names
    }

    @Test("each is given once, in the order of the tree, whatever their number", arguments: [0, 1, 63, 64, 65, 300])
    func all(count: Int) throws {
        let scene = try scene(count)
        var walked: [String] = []
        try scene.vault.read { snapshot in
            try snapshot.walk { tag, row in
                let (space, fields) = try snapshot.overview(tag, row)
                if space == .secret { walked.append(try snapshot.entry(tag, row, fields).name.text) }
            }
        }
        let names = try names(scene.vault)
        #expect(names == walked && names.count == count)
        #expect(Set(names) == Set((0..<count).map { "entry/\($0)" }))
    }

    @Test("a transaction sees what it changed")
    func changed() throws {
        let scene = try scene(3)
        let seen = try scene.vault.write { transaction in
            _ = try transaction.store(secret("new"), as: EntryName("new"), origin: .given)
            var seen: [String] = []
            try transaction.eachEntry { entry in
                seen.append(entry.name.text)
                return true
            }
            return seen
        }
        #expect(seen.sorted() == ["entry/0", "entry/1", "entry/2", "new"])
    }

    @Test("who has enough gets no more, and nothing more is read")
    func stopped() throws {
        let scene = try scene(300)
        #expect(try names(scene.vault, upTo: 5).count == 5)
        let few = scene.storage.touched.read
        #expect(try names(scene.vault).count == 300)
        #expect(few * 2 < scene.storage.touched.read)
    }

    @Test(
        "a row that is gone or changed is damage, after what was proven before it and nothing of it",
        arguments: [RowTable.node, .bucket, .entry], [true, false])
    func damaged(table: RowTable, isGone: Bool) throws {
        let scene = try scene(100)
        let (whole, all) = (scene.storage.rows, try names(scene.vault))
        let keys = whole.keys(table)
        for index in stride(from: 0, to: keys.count, by: max(1, keys.count / 12)) {
            var rows = whole
            rows[table, keys[index]] = isGone ? nil : rows[table, keys[index]]?.map { $0 ^ 1 }
            scene.storage.rows = rows
            var seen: [String] = []
            #expect(throws: VaultError.self) {
                try scene.vault.read { snapshot in
                    try snapshot.eachEntry { entry in
                        seen.append(entry.name.text)
                        return true
                    }
                }
            }
            #expect(seen.count < all.count && all.starts(with: seen))
        }
    }

    @Test("a row that the tree does not lead to is passed over, as by every look-up")
    func strange() throws {
        let scene = try scene(50)
        let all = try names(scene.vault)
        var rows = scene.storage.rows
        for first in stride(from: UInt8(0), through: 250, by: 5) {
            rows[.entry, [first] + [UInt8](repeating: 7, count: 15)] = [1, 2, 3]
            rows[.bucket, [first & 63, 1, 1]] = rows[.bucket, [first & 63, 1, 1]] ?? [1, 2, 3]
        }
        scene.storage.rows = rows
        #expect(try names(scene.vault) == all)
    }

    @Test("a row in the place of another is damage")
    func exchanged() throws {
        let scene = try scene(20)
        var rows = scene.storage.rows
        let keys = rows.keys(.entry)
        (rows[.entry, keys[3]], rows[.entry, keys[4]]) = (rows[.entry, keys[4]], rows[.entry, keys[3]])
        scene.storage.rows = rows
        #expect {
            try names(scene.vault)
        } throws: { error in
            guard case VaultError.integrity(.entry(let tag)) = error else { return false }
            return tag == keys[3]
        }
    }
}
