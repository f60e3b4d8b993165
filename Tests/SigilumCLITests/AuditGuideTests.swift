import ArgumentParser
import SafeFiles
import Testing
import VaultCore

@testable import SigilumCLI

@Suite struct AuditGuideTests {
    private static func guide(_ renewal: AuditedRenewal, _ name: EntryName, _ targets: [TargetKind] = []) -> AuditGuide
    {
        let credential = AuditedCredential(
            name: name, kind: name.kind, maskedPrefix: "", versions: 1, createdAt: 0, updatedAt: 0, expiresAt: nil,
            rotationDueAt: nil, renewal: renewal,
            deployments: targets.map { AuditedDeployment(id: DeliveryID(target: $0, key: "linear"), state: .same) })
        return AuditGuide(
            AuditReport(at: 0, credentials: [credential], findings: []), program: .sigilum, options: .none)
    }

    private static func next(_ guide: AuditGuide, _ finding: AuditFinding) -> [String] {
        guide.next(finding).map(guide.text)
    }

    @Test("every rule has a title, an explanation and, for every finding, something to type")
    func complete() throws {
        let name = try EntryName("upstream-secret/linear/access_token")
        let guide = Self.guide(.given, name)
        for rule in AuditRule.allCases {
            #expect(!rule.title.isEmpty && !rule.title.hasSuffix("."))
            #expect(rule.explanation.hasSuffix("."))
            for target in TargetKind.allCases {
                let finding = AuditFinding(
                    rule, entry: name, delivery: DeliveryID(target: target, key: "linear"),
                    place: AuditPlace(path: "/a b/c"))
                let next = Self.next(guide, finding)
                #expect(!next.isEmpty && !next.contains(""), "\(rule)")
            }
        }
        #expect(Set(AuditRule.allCases.map(\.title)).count == AuditRule.allCases.count)
    }

    @Test("every command that is proposed is one that the program understands")
    func typable() throws {
        let names = [
            "upstream-secret/linear/access_token", "owner-token/johndee", "service-api-key/linear", "it's mine",
        ]
        let renewals: [AuditedRenewal] = [.made, .given, .signed, .signedElsewhere]
        let failures: [DeliveryFailure?] = [
            nil, .unreachable(endpoint: "http://127.0.0.1:38100"), .ownerTokenExpired, .credentialRevoked, .busy,
        ]
        var proposed: Set<[String]> = []
        for name in try names.map({ try EntryName($0) }) {
            for renewal in renewals {
                let guide = Self.guide(renewal, name)
                for (rule, target) in AuditRule.allCases.flatMap({ rule in TargetKind.allCases.map { (rule, $0) } }) {
                    for failure in failures {
                        let finding = AuditFinding(
                            rule, entry: name, delivery: DeliveryID(target: target, key: "linear"),
                            place: AuditPlace(path: "/a b/service-api-key-other"), failure: failure)
                        for message in guide.next(finding) { proposed.formUnion(Self.commands(message)) }
                    }
                }
            }
        }
        #expect(proposed.count > 10)
        // `gateway start` is another program's.
        for words in proposed where words.first != "gateway" {
            #expect(throws: Never.self, "\(words)") { try SigilumRoot.parseAsRoot(words) }
        }
    }

    private static func commands(_ message: Message) -> [[String]] {
        message.parts.compactMap { if case .command(let words) = $0 { words } else { nil } }
    }

    @Test("a new value comes from where its kind comes from")
    func renewals() throws {
        let token = try EntryName("owner-token/johndee"), own = try EntryName("own")
        let overdue = AuditFinding(.tokenExpired, entry: token)
        #expect(
            Self.next(Self.guide(.signed, token, [.openClaw]), overdue)
                == ["sigilum auth login --namespace johndee --print-token false --mode oss-local"])
        #expect(
            Self.next(Self.guide(.signedElsewhere, token), overdue) == [
                "sigilum auth login --namespace johndee --print-token false --write-openclaw false --mode managed "
                    + "--owner-token-stdin < FILE"
            ])
        #expect(Self.next(Self.guide(.made, own), AuditFinding(.tooOld, entry: own)) == ["sigilum vault rotate own"])
        #expect(
            Self.next(Self.guide(.given, own), AuditFinding(.plainCopy, entry: own))
                == ["sigilum vault rotate own --from-file FILE"])
    }

    @Test("what is in the place of an export file and is no file is moved away first; paths are quoted for a shell")
    func places() throws {
        let own = try EntryName("own")
        let finding = AuditFinding(
            .exportFileUnsafe, entry: own, place: AuditPlace(path: "/it's/a file"), details: ["kind"])
        #expect(
            Self.next(Self.guide(.given, own), finding) == [
                #"mv '/it'\''s/a file' '/it'\''s/a file.aside'"#, "sigilum vault export own",
            ])
        let copy = AuditFinding(
            .plainCopy, entry: own, place: AuditPlace(path: "/x", line: 3, encoding: .urlEncoded), details: ["more"])
        let guide = Self.guide(.given, own)
        #expect(guide.text(guide.message(copy)) == "A copy of the value lies in a file: /x, line 3, URL-encoded (more)")
    }

    @Test("hints say the options that this run had, and the name that the program was called by")
    func options() throws {
        let name = try EntryName("own")
        let report = AuditReport(at: 0, credentials: [], findings: [])
        let guide = AuditGuide(
            report, program: .vault, options: CommandOptions(["audit", "--sigilum-home", "/other home"]))
        #expect(
            guide.next(AuditFinding(.rolledBack, entry: name)).map(guide.text)
                == ["./vault history own --sigilum-home '/other home'"])
    }

    @Test("a name that begins with a dash comes last, behind the options and `--`")
    func dash() throws {
        let name = try EntryName("-x")
        let finding = AuditFinding(.plainCopy, entry: name)
        #expect(
            Self.next(Self.guide(.given, name), finding) == ["sigilum vault rotate --from-file FILE -- -x"])
        #expect(Self.next(Self.guide(.made, name), finding) == ["sigilum vault rotate -- -x"])
        let guide = AuditGuide(
            AuditReport(at: 0, credentials: [], findings: []), program: .sigilum,
            options: CommandOptions(["audit", "--sigilum-home", "/h"]))
        let back = AuditFinding(.rolledBack, entry: name)
        #expect(Self.next(guide, back) == ["sigilum vault history --sigilum-home /h -- -x"])
        for words in guide.next(back).flatMap(Self.commands) {
            #expect(throws: Never.self) { try SigilumRoot.parseAsRoot(words) }
        }
    }

    @Test("an orphan that is a folder is removed as one; what is in a configuration's place is moved away")
    func inTheWay() throws {
        let own = try EntryName("own")
        let guide = Self.guide(.given, own)
        let orphan = AuditFinding(
            .orphanFile, place: AuditPlace(path: "/h/service-api-key-old"), details: [AuditFiles.folder])
        #expect(Self.next(guide, orphan) == ["rm -r /h/service-api-key-old"])
        for reason in [UnsafePath.notRegularFile.rawValue, UnsafePath.hardLinked.rawValue] {
            let failed = AuditFinding(
                .checkFailed, delivery: DeliveryID(target: .openClaw, key: "/o/openclaw.json"),
                failure: .unsafePath(path: "/o/openclaw.json", reason: reason))
            #expect(
                Self.next(guide, failed)
                    == ["mv /o/openclaw.json /o/openclaw.json.aside", "sigilum vault sync"])
        }
    }

    @Test("the gateway that is started is that of the service's namespace")
    func namespace() throws {
        let guide = AuditGuide(
            AuditReport(at: 0, credentials: [], findings: []), program: .vault, options: .none,
            namespaces: ["linear": try Namespace("johndee")])
        let finding = AuditFinding(
            .notChecked, delivery: DeliveryID(target: .gateway, key: "linear"),
            failure: .unreachable(endpoint: "http://127.0.0.1:38100"))
        #expect(
            Self.next(guide, finding) == ["./vault gateway start --namespace johndee", "./vault audit"])
    }
}
