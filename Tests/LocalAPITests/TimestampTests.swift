import Testing

@testable import LocalAPI

@Suite("Times as the API writes them")
struct TimestampTests {
    @Test(
        "milliseconds become text",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (firstOfMarch, "2026-03-01T10:00:00.000Z"),
            (951_782_399_007, "2000-02-28T23:59:59.007Z"), (-1, "1970-01-01T00:00:00.000Z"),
            (Int64.max, "9999-12-31T23:59:59.999Z"),
        ])
    func text(milliseconds: Int64, expected: String) {
        #expect(Timestamp.text(milliseconds) == expected)
    }
}
