/// What happened. The raw value is in the format and never changes.
package enum AuditOperation: UInt16, Sendable, CaseIterable {
    case vaultCreated = 1
    case versionStored = 2
    case released = 3
    case entryRemoved = 4
    case entryMoved = 5
    case serviceSaved = 6
    case serviceRemoved = 7
    case deliveryDeclared = 8
    case delivered = 9
    case withdrawn = 10
    case anchorAccepted = 11
    case anchorMissing = 12
    case unrecordedRelease = 13
    case settingChanged = 14
    case entryAdopted = 15
    case auditorAdded = 16
    case versionsPruned = 17
    case keyAdded = 18
    case keyRemoved = 19
    case masterKeyChanged = 20
    case dataKeyChanged = 21
    case backedUp = 22
    case restored = 23
    case depositAccepted = 24
    case depositRejected = 25
    case secretTried = 26

    /// What users read and what `--json` prints.
    package var text: String {
        switch self {
        case .vaultCreated: "vault created"
        case .versionStored: "version stored"
        case .released: "released"
        case .entryRemoved: "entry removed"
        case .entryMoved: "entry moved"
        case .serviceSaved: "service saved"
        case .serviceRemoved: "service removed"
        case .deliveryDeclared: "delivery declared"
        case .delivered: "delivered"
        case .withdrawn: "withdrawn"
        case .anchorAccepted: "anchor accepted"
        case .anchorMissing: "anchor missing"
        case .unrecordedRelease: "released unrecorded"
        case .settingChanged: "setting changed"
        case .entryAdopted: "entry adopted"
        case .auditorAdded: "auditor added"
        case .versionsPruned: "versions pruned"
        case .keyAdded: "key added"
        case .keyRemoved: "key removed"
        case .masterKeyChanged: "master key changed"
        case .dataKeyChanged: "data key changed"
        case .backedUp: "backed up"
        case .restored: "restored"
        case .depositAccepted: "deposit accepted"
        case .depositRejected: "deposit rejected"
        case .secretTried: "secret tried"
        }
    }
}

/// One line of the log: who did what to which entry when; never a value.
package struct AuditEvent: Sendable {
    package let sequence: UInt64
    /// Milliseconds since 1970 UTC.
    package let time: Int64
    package let operation: AuditOperation
    package let actor: Actor
    /// The entry's name at that time; nil where the event is of no entry.
    package let name: String?
    /// 16 bytes that stay with an entry whatever its name becomes; zeros where the event is of no entry.
    package let entryID: [UInt8]
    /// Further facts, by name: `version`, `target`, `purpose`.
    package let facts: [(name: String, value: String)]

    package init(
        sequence: UInt64, time: Int64, operation: AuditOperation, actor: Actor, name: String?, entryID: [UInt8],
        facts: [(name: String, value: String)]
    ) {
        self.sequence = sequence
        self.time = time
        self.operation = operation
        self.actor = actor
        self.name = name
        self.entryID = entryID
        self.facts = facts
    }
}

/// Who does something.
package struct Actor: Sendable, Equatable {
    package let userID: UInt32
    package let processID: UInt32
    /// The program's name and the command, never its arguments' values.
    package let program: String

    package init(userID: UInt32, processID: UInt32, program: String) {
        self.userID = userID
        self.processID = processID
        self.program = program
    }
}
