/// A member of an object: where it stands in the text, in bytes from 0. The first entry of a document is its whole
/// value, which has no key.
///
/// Entries are in the order of the text, each before those within it. What is within an array has no entries: no path
/// leads there.
struct Entry {
    enum Kind: UInt8 {
        case object
        case array
        case string
        case number
        case yes
        case no
        case null

        static let words: [(StaticString, Kind)] = [
            ("true", .yes), ("false", .no), ("null", .null), ("Infinity", .number), ("NaN", .number),
        ]
    }

    // Four bytes each, since a large file has many.
    private var keyStart: UInt32 = 0
    private var keyEnd: UInt32 = 0
    private var valueStart: UInt32 = 0
    private var valueEnd: UInt32 = 0
    /// 0 where there is none: before a comma there is always something.
    private var commaOffset: UInt32 = 0
    private var nextEntry: UInt32 = 0
    var kind = Kind.null

    /// Empty for a document's whole value.
    var key: Range<Int> {
        get { Int(keyStart)..<Int(keyEnd) }
        set { (keyStart, keyEnd) = (UInt32(newValue.lowerBound), UInt32(newValue.upperBound)) }
    }
    var value: Range<Int> {
        get { Int(valueStart)..<Int(valueEnd) }
        set { (valueStart, valueEnd) = (UInt32(newValue.lowerBound), UInt32(newValue.upperBound)) }
    }
    /// Where the comma stands that follows it; nil where none does.
    var comma: Int? {
        get { commaOffset == 0 ? nil : Int(commaOffset) }
        set { commaOffset = UInt32(newValue ?? 0) }
    }
    /// The index of the first entry that is not within this one.
    var next: Int {
        get { Int(nextEntry) }
        set { nextEntry = UInt32(newValue) }
    }
}
