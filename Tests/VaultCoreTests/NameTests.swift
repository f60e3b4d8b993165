import Testing

@testable import VaultCore

@Suite("Names")
struct NameTests {
    private func refusal(_ body: () throws(NameError) -> Void) -> NameError? {
        do throws(NameError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    private func refusal(of name: String) -> NameError? {
        refusal { () throws(NameError) in _ = try EntryName(name) }
    }

    @Test("slugs and namespaces are 3 to 64 of a-z, 0-9 and -, with no - at either end")
    func labels() {
        let accepted = ["abc", "a-b", "a--b", "000", String(repeating: "a", count: 64), "a0-9z"]
        let refused = [
            "", "a", "ab", String(repeating: "a", count: 65), "-ab", "ab-", "Abc", "a_b", "a.b", "a/b", "a b", "abc\n",
            "\nabc", "abc\0", "äbc", "a\u{301}bc", "ａbc", "../", "..", "abc ",
        ]
        for text in accepted {
            #expect((try? Slug(text).text) == text)
            #expect((try? Namespace(text).text) == text)
        }
        for text in refused {
            #expect(refusal { () throws(NameError) in _ = try Slug(text) } == .malformedLabel)
            #expect(refusal { () throws(NameError) in _ = try Namespace(text) } == .malformedLabel)
        }
    }

    @Test("entry names have 1 to 200 bytes after NFC")
    func length() throws {
        #expect(refusal(of: "") == .wrongLength)
        #expect(refusal(of: String(repeating: "a", count: 200)) == nil)
        #expect(refusal(of: String(repeating: "a", count: 201)) == .wrongLength)
        // 100 times e with an accent: 300 bytes as they come, 200 after NFC.
        #expect(refusal(of: String(repeating: "e\u{301}", count: 100)) == nil)
        #expect(refusal(of: String(repeating: "e\u{301}", count: 101)) == .wrongLength)
        #expect(try EntryName("e\u{301}").text.utf8.elementsEqual("\u{e9}".utf8))
        #expect(try EntryName("e\u{301}") == EntryName("\u{e9}"))
    }

    @Test("entry names have no control characters", arguments: ["\0", "\n", "\t", "\r", "\u{1b}", "\u{7f}", "\u{85}"])
    func controls(character: String) {
        #expect(refusal(of: "a\(character)b") == .controlCharacter)
        #expect(refusal(of: character) == .controlCharacter)
    }

    @Test("entry names are paths without empty, . and .. parts")
    func paths() {
        for name in [
            "a", "a/b", "a/b/c", "...", "a/.b", "a/b.", "a b", "größe/ключ", "a\\b", "~", "*", "/\u{308}", "a/\u{308}",
        ] {
            #expect(refusal(of: name) == nil)
        }
        for name in ["/", "/a", "a/", "a//b", ".", "..", "a/.", "./a", "a/../b", "../a", "a/.."] {
            #expect(refusal(of: name) == .malformedPath)
        }
    }

    @Test("a name says what the entry is for")
    func kinds() throws {
        let slug = try Slug("linear")
        let kinds: [(EntryName, EntryKind)] = [
            (.serviceAPIKey(slug), .serviceAPIKey),
            (try .upstreamSecret(slug, key: "access_token"), .upstreamSecret),
            (.ownerToken(try Namespace("johndee")), .ownerToken),
            (.localJWTSecret, .localJWTSecret),
            (try EntryName("openai"), .userSecret),
            (try EntryName("service-api-key"), .userSecret),
            (try EntryName("service-api-key/a/b"), .userSecret),
            (try EntryName("upstream-secret/linear"), .userSecret),
            (try EntryName("local-jwt-secret/x"), .userSecret),
            (try EntryName("owner-tokens/johndee"), .userSecret),
            (try EntryName("upstream-secret/a/größe"), .upstreamSecret),
            // A stroke with a mark on it divides nothing.
            (try EntryName("owner-token/\u{308}x"), .userSecret),
            (try EntryName("upstream-secret/a/\u{308}x"), .userSecret),
        ]
        for (name, kind) in kinds { #expect(name.kind == kind) }
    }

    @Test("names are ordered by their bytes")
    func order() throws {
        let names = try ["b", "a/b", "a", "B", "a.b", "ä", "a0"].map { try EntryName($0) }
        #expect(names.sorted().map(\.text) == ["B", "a", "a.b", "a/b", "a0", "b", "ä"])
    }

    @Test("a masked value shows its issuer's prefix and nothing else of it")
    func redaction() {
        let shown: [(String, String)] = [
            ("sk_live_0123", "sk_"), ("sk-ant-0123", "sk-"), ("lin_api_x", "lin_"), ("github_pat_x", "github_pat_"),
            ("ghp_", ""), ("sk_", ""), ("", ""), ("hunter2", ""), ("SK_live", ""), (" sk_live", ""), ("xsk_", ""),
        ]
        for (value, prefix) in shown { #expect(Redaction.prefix(of: secret(value)) == prefix) }
        #expect(Redaction.masked(prefix: "sk_") == "sk_****** (hidden)")
        #expect(Redaction.masked(prefix: "") == "****** (hidden)")
        #expect(Redaction.masked(prefix: "sk_live_0123") == "****** (hidden)")
    }
}
