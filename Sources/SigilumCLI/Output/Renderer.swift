internal import SecureMemory

/// The one place that writes. It knows the form (text or `--json`), whether secrets may be shown, and where colour is
/// wanted.
///
/// Text: facts on standard output, remarks and failures on standard error. With `--json`, standard output gets one
/// document; remarks stay text on standard error, where they are for people. A failure with `--json` makes standard
/// error one document, so that it can be parsed: remarks of that run stand in it, as `"remarks"` beside `"error"`,
/// and only where there are any.
package struct Renderer: Sendable {
    package let results: OutputChannel
    package let notes: OutputChannel
    package let program: ProgramName
    package let json: Bool
    package let reveal: Bool
    /// What commands in hints need of the command line.
    package let options: CommandOptions

    package init(
        results: OutputChannel, notes: OutputChannel, program: ProgramName, json: Bool, reveal: Bool,
        options: CommandOptions = .none
    ) {
        self.results = results
        self.notes = notes
        self.program = program
        self.json = json
        self.reveal = reveal
        self.options = options
    }

    /// Writes the facts of a report to standard output; its remarks are ``show(_:)-remarks``'s.
    package func showFacts(_ report: Report) -> WriteOutcome {
        let text = json && !report.isAlwaysBare ? document(report) : lines(report)
        return write(text, to: results)
    }

    /// Writes rows to standard output as they are found.
    ///
    /// - Returns: The report that ends them, and what became of the rows. Of the report its lines are still to be shown, and all of
    ///   it where there was no row.
    /// - Throws: What finding them throws. What was found before is written then.
    package func showRows(of stream: RowStream) throws -> (rest: Report, outcome: WriteOutcome) {
        var writer = RowStreamWriter(stream, json: json, reveal: reveal) { write($0, to: results) }
        do {
            var rest = try stream.find { writer.take($0) }
            guard writer.count > 0 else { return (rest, .written) }
            writer.finish()
            rest.fields = []
            // The document has been written.
            if json { rest.records = [] }
            return (rest, writer.outcome)
        } catch {
            _ = writer.flush()
            throw error
        }
    }

    /// Writes remarks to standard error.
    package func show(_ remarks: [Remark]) {
        guard !remarks.isEmpty else { return }
        var text = OutputText()
        for remark in remarks {
            switch remark {
            case .info(let message):
                text.append(mark(.info, notes) + message.safeText(as: program, with: options) + "\n")
            case .warn(let message):
                text.append(mark(.warn, notes) + message.safeText(as: program, with: options) + "\n")
            }
        }
        _ = write(text, to: notes)
    }

    /// Writes a failure to standard error, with the remarks that came before it.
    package func show(_ failure: Failure, after remarks: [Remark]) {
        guard json else {
            show(remarks)
            var text = OutputText()
            text.append(mark(.error, notes) + failure.message.safeText(as: program, with: options) + "\n")
            for hint in failure.hints { text.append("  " + hint.safeText(as: program, with: options) + "\n") }
            _ = write(text, to: notes)
            return
        }
        var members: [(key: String, value: JSON)] = [
            (
                "error",
                [
                    "code": .string(failure.code), "message": .string(failure.message.text(as: program, with: options)),
                    "hints": .array(failure.hints.map { .string($0.text(as: program, with: options)) }),
                ]
            )
        ]
        if !remarks.isEmpty { members.append(("remarks", .array(remarks.map(json(of:))))) }
        var text = OutputText()
        text.append(.object(members), layout: .compact, reveal: false)
        text.append("\n")
        _ = write(text, to: notes)
    }

    /// Writes text that the argument parser made of our own declarations: help, a version, a completion script.
    package func showText(_ text: String) -> WriteOutcome {
        var output = OutputText()
        output.append(text.hasSuffix("\n") ? text : text + "\n")
        return write(output, to: results)
    }

    // MARK: Text

    private func lines(_ report: Report) -> OutputText {
        var text = OutputText()
        if let bare = report.bare {
            text.append(bare, as: .raw)
            text.append("\n")
            return text
        }
        let reveal = reveal || report.showsSecrets
        switch report.headline {
        case .ok(let message): text.append(mark(.ok, results) + message.safeText(as: program, with: options) + "\n")
        case .warn(let message): text.append(mark(.warn, results) + message.safeText(as: program, with: options) + "\n")
        case nil: break
        }
        let width = report.fields.map { $0.key.count }.max() ?? 0
        for field in report.fields {
            let padding = String(repeating: " ", count: width - field.key.count + 1)
            text.append("  \(field.key):")
            if !isEmpty(field.value, reveal: reveal) {
                text.append(padding)
                text.append(field.value, reveal: reveal)
            }
            text.append("\n")
        }
        append(report.lines, to: &text, reveal: reveal)
        return text
    }

    private func append(_ lines: [Line], to text: inout OutputText, reveal: Bool) {
        var rows: [[Value]] = []
        for line in lines {
            if case .row(let row) = line {
                rows.append(row)
                continue
            }
            Table(rows: rows, reveal: reveal).append(to: &text)
            rows = []
            switch line {
            case .row: break
            case .text(let indent, let message):
                text.append(String(repeating: " ", count: indent) + message.safeText(as: program, with: options) + "\n")
            case .info(let message):
                text.append(mark(.info, results) + message.safeText(as: program, with: options) + "\n")
            case .value(let value):
                text.append(value, reveal: reveal)
                text.append("\n")
            }
        }
        Table(rows: rows, reveal: reveal).append(to: &text)
    }

    private func isEmpty(_ value: Value, reveal: Bool) -> Bool {
        switch value {
        case .plain(let text), .untrusted(let text): text.isEmpty
        case .secret(let secret, _): reveal && secret.bytes.count == 0
        case .integer, .boolean, .hidden: false
        }
    }

    // MARK: JSON

    private func document(_ report: Report) -> OutputText {
        var text = OutputText()
        let reveal = reveal || report.showsSecrets
        if let records = report.records {
            for record in records {
                text.append(record, layout: .compact, reveal: reveal)
                text.append("\n")
            }
            return text
        }
        text.append(report.document, layout: .indented, reveal: reveal)
        text.append("\n")
        return text
    }

    private func json(of remark: Remark) -> JSON {
        switch remark {
        case .info(let message): ["level": "info", "message": .string(message.text(as: program, with: options))]
        case .warn(let message): ["level": "warn", "message": .string(message.text(as: program, with: options))]
        }
    }

    // MARK: Marks and bytes

    private enum Mark: String {
        case ok = "[ok]"
        case info = "[i]"
        case warn = "[warn]"
        case error = "[ERROR]"

        /// The number of the colour in "select graphic rendition".
        var colour: Int {
            switch self {
            case .ok: 32
            case .info: 36
            case .warn: 33
            case .error: 31
            }
        }
    }

    private func mark(_ mark: Mark, _ channel: OutputChannel) -> String {
        channel.colour ? "\u{1b}[\(mark.colour)m\(mark.rawValue)\u{1b}[0m " : mark.rawValue + " "
    }

    private func write(_ text: OutputText, to channel: OutputChannel) -> WriteOutcome {
        for chunk in text.chunks {
            let outcome: WriteOutcome
            switch chunk {
            case .bytes(let range):
                outcome = text.bytes.withUnsafeBytes { channel.write(UnsafeRawBufferPointer(rebasing: $0[range])) }
            case .secret(let secret, let encoding):
                let encoded = encoding.encode(secret.bytes)
                outcome = encoded.withBytes { channel.write($0) }
            }
            guard outcome == .written else { return outcome }
        }
        return .written
    }
}
