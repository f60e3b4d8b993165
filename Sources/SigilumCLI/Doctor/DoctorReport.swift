/// What `doctor` prints.
struct DoctorReport {
    let diagnoses: [Diagnosis]
    let context: Context

    var report: Report {
        let (errors, warnings) = (count(.error), count(.warn))
        let isWell = errors + warnings == 0
        let unknown: Message = count(.unknown) == 0 ? "" : ", not looked at: \(count(.unknown))"
        var report = Report(
            isWell
                ? .ok("Nothing found, checks: \(diagnoses.count)\(unknown)")
                : .warn("Found: errors \(errors), warnings \(warnings)\(unknown); checks: \(diagnoses.count)"))
        let width = diagnoses.map(\.check.count).max() ?? 0
        for diagnosis in diagnoses {
            report.lines.append(
                .text(
                    indent: 2,
                    "\(plain: padded(diagnosis.verdict.rawValue, 7))  \(plain: padded(diagnosis.check, width))  \(diagnosis.text)"
                ))
            guard diagnosis.verdict != .ok else { continue }
            report.lines += diagnosis.mends.map { .text(indent: 13 + width, $0) }
        }
        report.json = .object([
            ("errors", .integer(Int64(errors))), ("warnings", .integer(Int64(warnings))),
            ("checks", .array(diagnoses.map(document))),
        ])
        report.exit = isWell ? .done : .found
        return report
    }

    private func document(_ diagnosis: Diagnosis) -> JSON {
        let texts = diagnosis.verdict == .ok ? [] : diagnosis.mends
        return [
            "id": .string(diagnosis.check), "verdict": .string(diagnosis.verdict.rawValue),
            "message": .string(diagnosis.text.text(as: context.program, with: context.options)),
            "mend": .array(texts.map { .string($0.text(as: context.program, with: context.options)) }),
        ]
    }

    private func count(_ verdict: Diagnosis.Verdict) -> Int { diagnoses.count { $0.verdict == verdict } }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
