package import SecureMemory

/// What a command found or did: the facts, in the order they are shown. The renderer alone writes it.
package struct Report: Sendable {
    /// The first line; nil where the facts alone are the answer.
    package var headline: Headline?
    /// `  key:` and a value each, padded to one column.
    package var fields: [Field]
    /// What follows the fields.
    package var lines: [Line]
    /// A value that is printed alone, byte for byte, and a newline; nothing else is printed on standard output then.
    /// With `--json` the document is printed instead.
    package var bare: SharedSecret?
    /// Whether ``bare`` is printed with `--json` too: where the user asked for that very line.
    package var isAlwaysBare = false
    /// The document of `--json`; nil: an object of ``fields``.
    package var json: JSON?
    /// Several documents, one a line, instead of ``json``: what a log prints.
    package var records: [JSON]?
    /// Rows that are written first, as they are found; the report that they end with stands for this one then.
    package var rows: RowStream?
    /// What is said on standard error beside the facts.
    package var remarks: [Remark]
    package var exit: ExitStatus
    /// How a command ended that was run to its end: nothing is written then, and this is the exit status.
    package var commandStatus: Int32?
    /// Whether secrets are shown without `--reveal-secrets`: for commands whose purpose is to print one.
    package var showsSecrets: Bool

    package init(
        _ headline: Headline? = nil, fields: [Field] = [], lines: [Line] = [], bare: SharedSecret? = nil,
        json: JSON? = nil, records: [JSON]? = nil, remarks: [Remark] = [], exit: ExitStatus = .done,
        showsSecrets: Bool = false
    ) {
        self.headline = headline
        self.fields = fields
        self.lines = lines
        self.bare = bare
        self.json = json
        self.records = records
        self.remarks = remarks
        self.exit = exit
        self.showsSecrets = showsSecrets
    }

    /// What `--json` prints.
    package var document: JSON {
        json ?? .object(fields.map { (key: $0.key, value: $0.value.json) })
    }
}

/// The first line of a report.
package enum Headline: Sendable, Equatable {
    /// `[ok] …`
    case ok(Message)
    /// `[warn] …`: done in part; it stands where `[ok]` would.
    case warn(Message)
}

/// A fact: `  key: value`.
package struct Field: Sendable {
    package let key: String
    package let value: Value

    package init(_ key: String, _ value: Value) {
        self.key = key
        self.value = value
    }
}

/// A line below the fields.
package enum Line: Sendable {
    /// Text after this many spaces.
    case text(indent: Int, Message)
    /// Values in columns, after two spaces: rows that follow each other are padded together.
    case row([Value])
    /// `[i] …` on standard output: the one exception is the token of `auth`.
    case info(Message)
    /// A value alone.
    case value(Value)
}

/// Something said on standard error beside the facts.
package enum Remark: Sendable, Equatable {
    /// `[i] …`
    case info(Message)
    /// `[warn] …`
    case warn(Message)
}
