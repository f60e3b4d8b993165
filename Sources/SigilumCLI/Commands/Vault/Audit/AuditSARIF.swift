internal import Sealing
internal import SecureMemory
internal import VaultCore

/// An audit for tools that collect findings: SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format").
struct AuditSARIF {
    let guide: AuditGuide

    private static let schema =
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

    var json: JSON {
        let run: JSON = [
            "tool": ["driver": driver],
            "invocations": [
                ["executionSuccessful": true, "endTimeUtc": .string(Timestamp.text(guide.report.at))]
            ],
            "columnKind": "utf16CodeUnits", "results": .array(results),
        ]
        return ["$schema": .string(Self.schema), "version": "2.1.0", "runs": [run]]
    }

    private var driver: JSON {
        let words = Program.version.split(separator: " ")
        return [
            "name": .string(String(words.first ?? "")), "version": .string(String(words.last ?? "")),
            "rules": .array(AuditRule.allCases.map(Self.rule)),
        ]
    }

    private static func rule(_ rule: AuditRule) -> JSON {
        // What tools that rank by a number (CVSS) make of the three words.
        let rank =
            switch rule.severity {
            case .error: "8.0"
            case .warning: "5.0"
            case .note: "1.0"
            }
        return [
            "id": .string(rule.rawValue), "shortDescription": ["text": .string(rule.title + ".")],
            "fullDescription": ["text": .string(rule.explanation)], "help": ["text": .string(rule.explanation)],
            "defaultConfiguration": ["level": .string(rule.severity.rawValue)],
            "properties": ["tags": ["security"], "security-severity": .string(rank)],
        ]
    }

    private var results: [JSON] {
        // What is the same but for its line keeps its place among its likes.
        var seen: [String: Int] = [:]
        return guide.report.findings.map { finding in
            let identity = Self.identity(finding)
            let ordinal = seen[identity, default: 0]
            seen[identity] = ordinal + 1
            return result(finding, fingerprint: Self.digest("\(identity)\u{0}\(ordinal)"))
        }
    }

    private func result(_ finding: AuditFinding, fingerprint: String) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("ruleId", .string(finding.rule.rawValue)),
            ("ruleIndex", .integer(Int64(AuditRule.allCases.firstIndex(of: finding.rule) ?? 0))),
            ("level", .string(finding.rule.severity.rawValue)),
            ("message", ["text": .string(guide.text(guide.message(finding)))]),
        ]
        if let location = Self.location(finding) { members.append(("locations", [location])) }
        members.append(("partialFingerprints", ["sigilumFinding/v1": .string(fingerprint)]))
        let next = guide.next(finding).map { JSON.string(guide.text($0)) }
        if !next.isEmpty { members.append(("properties", ["next": .array(next)])) }
        return .object(members)
    }

    private static func location(_ finding: AuditFinding) -> JSON? {
        var members: [(key: String, value: JSON)] = []
        if let place = finding.place {
            var physical: [(key: String, value: JSON)] = [
                ("artifactLocation", ["uri": .string(fileURI(place.path))])
            ]
            if let line = place.line { physical.append(("region", ["startLine": .integer(Int64(line))])) }
            members.append(("physicalLocation", .object(physical)))
        }
        var logical: [JSON] = []
        if let entry = finding.entry {
            logical.append(["fullyQualifiedName": .string(entry.text), "kind": "credential"])
        }
        if let delivery = finding.delivery {
            logical.append(["fullyQualifiedName": .string(delivery.text), "kind": "deployment"])
        }
        if !logical.isEmpty { members.append(("logicalLocations", .array(logical))) }
        return members.isEmpty ? nil : .object(members)
    }

    /// A path as a URI (RFC 8089), every byte that is not unreserved as `%41`.
    static func fileURI(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var uri = Array("file://".utf8)
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                uri.append(byte)
            default: uri += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: uri, as: UTF8.self)
    }

    /// What a finding is, whenever it is found: without lines, which move, and without texts, which change.
    private static func identity(_ finding: AuditFinding) -> String {
        [
            finding.rule.rawValue, finding.entry?.text ?? "", finding.delivery?.text ?? "", finding.place?.path ?? "",
            finding.place?.encoding?.rawValue ?? "",
        ].joined(separator: "\u{0}")
    }

    private static func digest(_ text: String) -> String {
        SHA256.hexDigest(of: SecretBytes(copying: Array(text.utf8)))
    }
}
