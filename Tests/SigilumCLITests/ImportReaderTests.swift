import SecureMemory
import Testing
import VaultCore

@testable import SigilumCLI

@Suite("Reading what is imported")
struct ImportReaderTests {
    private func bytes(_ text: String) -> SecretBytes { SecretBytes(copying: text.utf8) }

    private func read(_ format: ImportFormat, _ content: String) throws -> [String] {
        let values = try #require(try format.values(bytes(content)))
        return values.items.map { "\($0.name)=\(text(of: values.value($0).bytes))" }
    }

    private func failure(_ format: ImportFormat, _ content: String) -> Failure? {
        do {
            _ = try format.values(bytes(content))
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "a line of dotenv is the name and the value that dotenv makes of it",
        arguments: [
            ("A=b", "A=b"), ("A = b ", "A=b"), ("export A=b", "A=b"), ("A=", "A="), ("A=b # c", "A=b"),
            ("A=b#c", "A=b#c"), ("A='b # c' # d", "A=b # c"), (#"A="b\nc\t\"\\\$\x""#, "A=b\nc\t\"\\$\\x"),
            (#"A='b\n'"#, #"A=b\n"#), ("A=`it's \"b\"`", "A=it's \"b\""), ("A=\"b\nc\"\r", "A=b\nc"),
            ("A.b-c=d", "A.b-c=d"), ("A=$B${C}", "A=$B${C}"), ("\u{FEFF}A=b", "A=b"), ("\n # c\n\tA=b\r\n", "A=b"),
            ("A='b'", "A=b"), ("A=b'c", "A=b'c"), ("A= # only a comment", "A="),
        ])
    func dotenv(line: String, expected: String) throws {
        #expect(try read(.env, line) == [expected])
    }

    @Test("of a name that stands twice the last counts; every line that is none is told, by its number alone")
    func dotenvLines() throws {
        #expect(try read(.env, "A=1\nB=2\nA=3\n") == ["A=3", "B=2"])
        let wrong = try #require(failure(.env, "A=1\nsecret-word\nB='x' y\n=z\nC=\"open\n\n"))
        #expect(wrong.status == .usage)
        let hints = wrong.hints.map { $0.text(as: .sigilum) }
        #expect(
            hints == [
                "line 2: it is not NAME=value", "line 3: only a comment may follow the closing quote",
                "line 4: it is not NAME=value", "line 5: a quote is not closed",
            ])
    }

    @Test("objects and lists give the parts of a name; texts lose their escapes, numbers and words stay as they stand")
    func json() throws {
        let content = #"""
            {"a": "x\u00e9\ud83d\ude00\n\"\\\/", "b": {"c": ["one", 2.50, true], "d": {}}, "e": null, "f": "", "g/h": "i"}
            """#
        #expect(
            try read(.json, content) == [
                "a=xé😀\n\"\\/", "b/c/0=one", "b/c/1=2.50", "b/c/2=true", "e=", "f=", "g/h=i",
            ])
        #expect(try read(.json, "\u{FEFF} {} ") == [])
    }

    @Test(
        "what is not one JSON object is refused, and nothing of it is quoted",
        arguments: [
            "", "[]", "\"secret\"", "{\"a\":1} x", "{\"a\":}", "{a:1}", "{\"a\":01}", "{\"a\":\"\u{1}\"}", "{\"a\":1,}",
            "{\"a\":\"secret\"", #"{"a":"\ud800"}"#, #"{"a":"\x"}"#, #"{"a":1,"a":2}"#, "{\"a\":tru}", "{\"a\":+1}",
            String(repeating: "{\"a\":", count: 40) + "1" + String(repeating: "}", count: 40),
        ])
    func notJSON(content: String) throws {
        let found = try #require(failure(.json, content))
        #expect(found.status == .usage)
        #expect(!([found.message] + found.hints).contains { $0.text(as: .sigilum).contains("secret") })
    }

    @Test("bytes that are not UTF-8 are no JSON")
    func notUTF8() throws {
        for content in [
            Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8), Array("{\"".utf8) + [0xC0] + Array("\":1}".utf8),
        ] {
            #expect(throws: Failure.self) { try SecretJSON.read(SecretBytes(copying: content)) }
        }
    }

    @Test("what sops prints is read; the encrypted file is named for what it is")
    func sops() throws {
        #expect(
            try read(.sops, #"{"db":{"password":"p","port":5432},"k":"v"}"#) == [
                "db/password=p", "db/port=5432", "k=v",
            ])
        let encrypted = #"{"k":"ENC[AES256_GCM,data:x]","sops":{"mac":"ENC[x]","version":"3.8.1"}}"#
        #expect(failure(.sops, encrypted)?.message.text(as: .sigilum) == "This is the encrypted file")
    }

    @Test(
        "what vault and bao print is read, of both versions of their key-value engine",
        arguments: [ImportFormat.vault, .openbao])
    func keyValue(format: ImportFormat) throws {
        let second = #"""
            {"request_id":"r","lease_id":"","data":{"data":{"user":"u","pass":"p"},"metadata":{"created_time":"t",
            "custom_metadata":null,"deletion_time":"","destroyed":false,"version":3}},"warnings":null}
            """#
        #expect(try read(format, second) == ["user=u", "pass=p"])
        let first = #"{"request_id":"r","lease_duration":2764800,"data":{"user":"u","data":"d"},"warnings":null}"#
        #expect(try read(format, first) == ["user=u", "data=d"])
        let deleted = #"{"data":{"data":null,"metadata":{"deletion_time":"t","destroyed":false,"version":1}}}"#
        #expect(failure(format, deleted)?.status == .missing)
        #expect(failure(format, #"{"errors":["permission denied"]}"#)?.status == .usage)
        #expect(failure(format, #"{"data":null}"#)?.status == .usage)
    }

    @Test("values that came one by one are found again, each its own")
    func pieces() throws {
        var values = ImportedValues()
        values.add([("a", secret("one")), ("b", secret(""))])
        values.add([])
        values.add([("c", secret("three"))])
        #expect(values.items.map(\.name) == ["a", "b", "c"])
        #expect(values.items.map { text(of: values.value($0).bytes) } == ["one", "", "three"])
        #expect(values.items.map(\.isEmpty) == [false, true, false])
    }

    @Test("everything that cannot be stored is told at once")
    func problems() throws {
        let content = #"""
            {"":"x", "a/../b":"y", "ghp_0123456789abcdef0123456789":"z", "twice/n":"1", "twice":{"n":"2"},
            "upstream-secret/linear/k":"end\n", "owner-token/johndee":"no token", "ok":"v", "empty":""}
            """#
        let values = try #require(try ImportFormat.json.values(bytes(content)))
        let found = #expect(throws: Failure.self) {
            try ImportCandidates(values, prefix: "", allowsVariableReference: false, now: 0, say: { _ in })
        }
        let hints = try #require(found).hints.map { $0.text(as: .sigilum) }
        #expect(hints.count == 6)
        #expect(!hints.contains { $0.contains("ghp_") || $0.contains("no token") })
        let kept = try #require(try ImportFormat.json.values(bytes(#"{"b":"1","a":"2","e":null}"#)))
        let candidates = try ImportCandidates(kept, prefix: "p/", allowsVariableReference: false, now: 0, say: { _ in })
        #expect(candidates.names.map(\.text) == ["p/a", "p/b"])
        #expect(candidates.empty == ["p/e"])
    }
}
