/// Whether the clock can be right: what was written is not from later than now, and others say about the same.
struct ClockChecks {
    /// How far apart two clocks may be, in milliseconds: five minutes.
    static let tolerance: Int64 = 300_000
    /// 2026-01-01T00:00:00Z: this program is younger.
    static let earliest: Int64 = 1_767_225_600_000

    let now: Int64
    /// When the newest of the home's files was written, by the clock of its file system; nil where there is none.
    let newestFile: Int64?
    /// When the newest record of the log was made; nil where it could not be looked at.
    let lastRecord: Int64?
    /// What others that were asked say: what they are called, and their times.
    let others: [(name: Message, time: Int64)]

    var diagnoses: [Diagnosis] {
        let check = "clock", mends: [Message] = ["timedatectl set-ntp true"]
        var found: [Diagnosis] = []
        func note(_ text: Message) { found.append(Diagnosis(check, .warn, text, mends: mends)) }
        if now < Self.earliest { note("The clock is before this program was made: \(plain: Timestamp.text(now))") }
        if let newestFile, newestFile > now + Self.tolerance {
            note("A file of the home was written in the future: \(plain: Timestamp.text(newestFile))")
        }
        if let lastRecord, lastRecord > now + Self.tolerance {
            note("The newest record of the log is from the future: \(plain: Timestamp.text(lastRecord))")
        }
        for (name, time) in others where abs(time - now) > Self.tolerance {
            note("The clock differs from that of the \(name), which says \(plain: Timestamp.text(time))")
        }
        return found.isEmpty ? [Diagnosis(check, .ok, "The clock is not before anything that was written")] : found
    }
}
