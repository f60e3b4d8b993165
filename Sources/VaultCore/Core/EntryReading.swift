internal import VaultFormat

extension VaultSnapshot {
    /// How many records are read between two pauses: at first few, so that the first is shown at once.
    private static let portions = (first: 2, most: 64)

    /// Every secret, without its value, in the vault's own order: each proven before `visit` gets it. Holds a few at a time.
    ///
    /// The subkeys are not readable while `visit` runs, which may wait for somebody who reads what it writes.
    ///
    /// - Parameter visit: Answers whether to go on.
    /// - Throws: ``VaultError/integrity(_:)`` at the first record that is not as it was written, and what `visit` throws.
    package func eachEntry(_ visit: (Entry) throws -> Bool) throws {
        // What a transaction has changed is not in the tree yet.
        guard pending.isEmpty else {
            for entry in try inventory().entries where try !visit(entry) { return }
            return
        }
        var cursor = TreeCursor(tree, top: head.top, in: rows)
        var isAtEnd = false
        var portion = Self.portions.first
        while !isAtEnd {
            var entries: [Entry] = []
            // What was read before a damaged record is shown before it is complained of.
            let damage = keys.whileReadable { () -> (any Error)? in
                do {
                    for _ in 0..<portion {
                        guard let (tag, bytes) = try cursor.next() else {
                            isAtEnd = true
                            break
                        }
                        if let entry = try self.secret(tag, bytes) { entries.append(entry) }
                    }
                    return nil
                } catch {
                    return error
                }
            }
            for entry in entries where try !visit(entry) { return }
            if let damage { throw damage }
            portion = min(2 * portion, Self.portions.most)
        }
    }

    /// The secret of a proven row; nil for a record of another kind.
    private func secret(_ tag: [UInt8], _ bytes: [UInt8]) throws -> Entry? {
        guard let row = try? EntryRow(decoding: bytes) else { throw VaultError.integrity(.entry(tag: tag)) }
        let (space, fields) = try overview(tag, row)
        return space == .secret ? try entry(tag, row, fields) : nil
    }
}
