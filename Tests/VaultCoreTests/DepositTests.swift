import Sealing
import SecureMemory
import Testing
import VaultFormat
import VaultTestSupport

@testable import VaultCore

/// Invariant 15 of the design: a deposit is applied once, to its sealed name.
@Suite("Deposits")
struct DepositTests {
    private static let day: Int64 = 86_400_000

    private func sealed(
        _ scene: VaultScene, _ name: String = "ci/token", _ value: String = "canary", base: UInt32? = nil,
        key: DepositKey? = nil
    ) throws -> [UInt8] {
        try Deposit.seal(
            secret(value), as: EntryName(name), base: base, for: key ?? scene.vault.depositKey(), now: scene.clock.now,
            lifetime: Self.day)
    }

    private func refusal(_ body: () throws -> some Any) -> DepositError? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? DepositError
        }
    }

    @Test("what was sealed with the public key alone becomes a version, under its sealed name, once")
    func once() throws {
        let scene = try VaultScene()
        let key = try #require(DepositKey(text: scene.vault.depositKey().text))
        let file = try sealed(scene, key: key)
        #expect(Canary(bytes: Array("canary".utf8)).form(in: file) == nil)
        let deposit = try scene.vault.deposit(file)
        #expect(deposit.name.text == "ci/token" && deposit.base == nil)
        #expect(try scene.vault.refusal(of: deposit) == nil)
        guard case .stored(let outcome) = try scene.vault.accept(deposit) else {
            Issue.record("not stored")
            return
        }
        #expect(outcome.version == 1 && outcome.isNew)
        #expect(try scene.value("ci/token") == "canary")
        let event = try #require(try scene.events().last { $0.operation == .depositAccepted })
        #expect(event.name == "ci/token" && event.facts.contains { $0.name == "version" && $0.value == "1" })
        // A run that was killed here is finished; nothing is stored a second time.
        guard case .toBeFinished = try scene.vault.accept(scene.vault.deposit(file)) else {
            Issue.record("stored again")
            return
        }
        try scene.vault.finish(deposit)
        let rows = scene.storage.rows
        #expect(refusal { try scene.vault.accept(scene.vault.deposit(file)) } == .acceptedBefore)
        #expect(try scene.vault.refusal(of: deposit) == .acceptedBefore)
        try scene.vault.finish(deposit)
        #expect(scene.storage.rows == rows)
        // Not after the entry is gone either.
        try scene.vault.write { try $0.remove(EntryName("ci/token")) }
        #expect(refusal { try scene.vault.accept(deposit) } == .acceptedBefore)
        _ = try scene.vault.verify()
    }

    @Test("one that was accepted and not finished is not applied to an entry that is gone, or another")
    func unfinished() throws {
        let scene = try VaultScene()
        let deposit = try scene.vault.deposit(sealed(scene))
        _ = try scene.vault.accept(deposit)
        try scene.put("ci/token", "newer")
        _ = try scene.vault.accept(deposit)
        #expect(try scene.value("ci/token") == "newer")
        try scene.vault.write { try $0.remove(EntryName("ci/token")) }
        #expect(refusal { try scene.vault.accept(deposit) } == .acceptedBefore)
    }

    @Test("it follows the version that it says, and no other")
    func base() throws {
        let scene = try VaultScene()
        let (new, second) = (try sealed(scene), try sealed(scene, base: 1))
        #expect(refusal { try scene.vault.accept(scene.vault.deposit(second)) } == .noEntry)
        try scene.put("ci/token", "one")
        #expect(
            refusal { try scene.vault.accept(scene.vault.deposit(new)) } == .stale(base: nil, current: 1))
        _ = try scene.vault.accept(scene.vault.deposit(second))
        #expect(try scene.entry("ci/token")?.currentVersion == 2)
        #expect(
            refusal { try scene.vault.accept(scene.vault.deposit(sealed(scene, base: 1))) }
                == .stale(base: 1, current: 2))
    }

    @Test("it ends at its time")
    func expiry() throws {
        let scene = try VaultScene()
        let deposit = try scene.vault.deposit(sealed(scene))
        scene.clock.now += Self.day - 1
        #expect(try scene.vault.refusal(of: deposit) == nil)
        scene.clock.now += 1
        let rows = scene.storage.rows
        #expect(refusal { try scene.vault.accept(deposit) } == .expired)
        #expect(try scene.vault.refusal(of: deposit) == .expired)
        #expect(scene.storage.rows == rows)
    }

    @Test("a rejected one is not accepted later, and an accepted one is not rejected")
    func rejected() throws {
        let scene = try VaultScene()
        let deposit = try scene.vault.deposit(sealed(scene))
        try scene.vault.reject(deposit)
        let rows = scene.storage.rows
        try scene.vault.reject(deposit)
        #expect(scene.storage.rows == rows)
        #expect(refusal { try scene.vault.accept(deposit) } == .rejectedBefore)
        #expect(try scene.entry("ci/token") == nil)
        #expect(try scene.events().last?.operation == .depositRejected)
        let other = try scene.vault.deposit(sealed(scene))
        _ = try scene.vault.accept(other)
        try scene.vault.reject(other)
        #expect(try scene.value("ci/token") == "canary")
    }

    @Test("one of another vault, or for another key, is told from a damaged one")
    func others() throws {
        let (scene, other) = (try VaultScene(), try VaultScene())
        let file = try sealed(other)
        #expect(refusal { try scene.vault.deposit(file) } == .otherVault)
        let pair = RecipientKeyPair.random()
        let older = try sealed(scene, key: DepositKey(vaultID: scene.vault.id, key: pair.publicKey))
        #expect(refusal { try scene.vault.deposit(older) } == .olderKey)
        // Sealed for this key, with another vault's id in it.
        let mixed = try sealed(
            scene, key: DepositKey(vaultID: other.vault.id, key: RecipientKey(try keyBytes(scene)) ?? pair.publicKey))
        let forged =
            DepositHeader(vaultID: scene.vault.id, key: try keyBytes(scene)).encoded + mixed[DepositHeader.width...]
        #expect(refusal { try scene.vault.deposit(forged) } == .damaged)
        #expect(try other.vault.depositKey() != scene.vault.depositKey())
    }

    private func keyBytes(_ scene: VaultScene) throws -> [UInt8] {
        try scene.vault.keys.depositPair().publicKey.bytes
    }

    @Test("no byte can be another, none missing and none more")
    func everyByte() throws {
        let scene = try VaultScene()
        let file = try sealed(scene)
        #expect(file.count == 68 + 48 + 260)
        for place in file.indices {
            var forged = file
            forged[place] ^= UInt8(1 << (place % 8))
            #expect(refusal { try scene.vault.deposit(forged) } != nil, "byte \(place)")
        }
        for count in [0, 1, 67, 68, 115, 116, file.count - 1] {
            #expect(refusal { try scene.vault.deposit(Array(file.prefix(count))) } == .damaged, "\(count)")
        }
        #expect(refusal { try scene.vault.deposit(file + [0]) } == .damaged)
    }

    @Test("content that whoever has the public key can seal, and that says no possible thing, is damage")
    func hostile() throws {
        let scene = try VaultScene()
        let key = try scene.vault.keys.depositPair().publicKey
        func file(_ content: [UInt8], padding: UInt8 = 0) throws -> [UInt8] {
            var padded = try #require(Padding.pad(content))
            padded[padded.count - 1] |= padding
            guard let box = SealedBox.seal(SecretBytes(copying: padded), to: key) else {
                throw DepositError.unusableKey
            }
            return DepositHeader(vaultID: scene.vault.id, key: key.bytes).encoded + box
        }
        func content(_ name: [UInt8], _ value: [UInt8], end: Int64 = .max) -> [UInt8] {
            var writer = ByteWriter()
            let row = DepositRow(
                vaultID: scene.vault.id, id: [UInt8](repeating: 1, count: 16), time: 0, end: end, base: 0, name: name)
            writer.append(row.encoded)
            writer.framed(value)
            return writer.bytes
        }
        let good = content(Array("a".utf8), [1])
        #expect(try scene.vault.deposit(file(good)).name.text == "a")
        var cases: [[UInt8]] = [
            [], good + [0], Array(good.dropLast()), content([], [1]), content([0xff, 0xfe], [1]),
            content(Array("a\u{1b}[2J".utf8), [1]), content(Array("a/../b".utf8), [1]), content(Array("a".utf8), []),
            content(Array(String(repeating: "a", count: 201).utf8), [1]),
            content(Array("a".utf8), [UInt8](repeating: 1, count: 16_385)),
            // Not in the form in which names are kept.
            content(Array("e\u{301}".utf8), [1]),
        ]
        var long = good
        long.replaceSubrange(DepositRow.fixedWidth..<DepositRow.fixedWidth + 4, with: [0xff, 0xff, 0xff, 0xff])
        cases.append(long)
        for (number, content) in cases.enumerated() {
            #expect(refusal { try scene.vault.deposit(file(content)) } == .damaged, "\(number)")
        }
        #expect(refusal { try scene.vault.deposit(file(good, padding: 1)) } == .damaged)
    }

    @Test("the largest value fits, and its length does not show")
    func sizes() throws {
        let scene = try VaultScene()
        let largest = String(repeating: "x", count: Vault.valueLimit)
        let file = try sealed(scene, String(repeating: "n", count: 200), largest)
        #expect(file.count <= Deposit.sizeLimit)
        _ = try scene.vault.accept(scene.vault.deposit(file))
        #expect(try scene.value(String(repeating: "n", count: 200)) == largest)
        #expect(throws: VaultError.self) { try sealed(scene, "a", largest + "x") }
        #expect(try sealed(scene, "a", "1").count == sealed(scene, "a", String(repeating: "1", count: 100)).count)
    }

    @Test("the text of a key is refused where a digit of it is another")
    func keyText() throws {
        let text = try VaultScene().vault.depositKey().text
        #expect(DepositKey(text: text)?.text == text)
        #expect(text.count == "deposit-".count + 104)
        var digits = Array(text)
        for place in 8..<digits.count {
            let old = digits[place]
            digits[place] = old == "0" ? "1" : "0"
            #expect(DepositKey(text: String(digits)) == nil, "\(place)")
            digits[place] = old
        }
        for other in ["", "deposit-", text + "0", String(text.dropLast(2)), "recipient-" + text.dropFirst(8)] {
            #expect(DepositKey(text: other) == nil)
        }
    }

    @Test("what cannot be committed is not accepted")
    func failing() throws {
        let scene = try VaultScene()
        let deposit = try scene.vault.deposit(sealed(scene))
        let rows = scene.storage.rows
        scene.storage.fail(.commit(.full))
        #expect(throws: StorageError.full) { _ = try scene.vault.accept(deposit) }
        scene.storage.fail(nil)
        #expect(scene.storage.rows == rows)
        _ = try scene.vault.accept(deposit)
    }
}
