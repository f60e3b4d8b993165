import Testing

@testable import SigilumCLI

@Suite struct VaultTimeTests {
    private let now = VaultStage.start

    @Test(
        "a time is a date, a date with a time in UTC, or how long ago",
        arguments: [
            ("1970-01-01", 0), ("2026-03-01", 1_772_323_200_000), ("2024-02-29", 1_709_164_800_000),
            ("2026-03-01T10:00", 1_772_359_200_000), ("2026-03-01 10:00:00", 1_772_359_200_000),
            ("2026-03-01T10:00:00Z", 1_772_359_200_000), ("9999-12-31T23:59:59Z", 253_402_300_799_000),
            ("45s", 1_772_359_155_000), ("30m", 1_772_357_400_000), ("12h", 1_772_316_000_000),
            ("7d", 1_771_754_400_000), ("2w", 1_771_149_600_000), ("0d", 1_772_359_200_000),
        ])
    func good(text: String, time: Int64) {
        #expect(PointInTime.parse(text, now: now) == time)
        if !text.hasSuffix("s"), let shown = PointInTime.parse(text, now: now), text.hasPrefix("20"), text.count == 20 {
            #expect(Timestamp.text(shown) == text)
        }
    }

    @Test(
        "any number is shown as a time: a deposit and an exported log say what their makers want",
        arguments: [
            (Int64.min, "-292275055-05-16T16:47:04Z"), (Int64.min + 1, "-292275055-05-16T16:47:04Z"),
            (-1, "1969-12-31T23:59:59Z"), (-1000, "1969-12-31T23:59:59Z"), (-86_400_000, "1969-12-31T00:00:00Z"),
            (Int64.max, "292278994-08-17T07:12:55Z"),
        ])
    func shown(time: Int64, text: String) {
        #expect(Timestamp.text(time) == text)
    }

    @Test(
        "anything else is none",
        arguments: [
            "", "d", "-7d", "7", "7y", "7.5d", "123456789d", "36526d", "2026", "2026-3-1", "2026-02-29", "2026-13-01",
            "2026-00-01", "2026-01-00", "2026-01-32", "1969-12-31", "2026-03-01T", "2026-03-01T24:00", "2026-03-01T10",
            "2026-03-01T10:60", "2026-03-01T10:00:60", "2026-03-01T10:00:00+01:00", "2026-03-01TT10:00", "yesterday",
            "٧d",
        ])
    func bad(text: String) {
        #expect(PointInTime.parse(text, now: now) == nil)
    }
}
