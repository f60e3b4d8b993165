import Foundation
import JSON5
import SecureMemory

/// The files that lie beside the tests.
enum Corpus {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpus")

    static func names(_ kind: String) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(kind).path)
        return (names ?? []).filter { $0.hasSuffix(".json5") }.sorted()
    }

    static func bytes(_ kind: String, _ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(kind).appendingPathComponent(name)))
    }
}

func read<Result>(_ bytes: [UInt8], _ body: (JSON5Document) throws -> Result) throws -> Result {
    try bytes.withUnsafeBytes { try body(try JSON5Document($0)) }
}

func error(_ bytes: [UInt8]) -> JSON5Error? {
    do {
        try read(bytes) { _ in }
        return nil
    } catch {
        return error as? JSON5Error
    }
}

func edited(_ bytes: [UInt8], _ changes: [JSON5Change]) throws -> [UInt8] {
    try read(bytes) { document in
        document.applying(try document.edits(changes)).withBytes { Array($0) }
    }
}

func edited(_ text: String, _ changes: [JSON5Change]) throws -> String {
    String(decoding: try edited(Array(text.utf8), changes), as: UTF8.self)
}

func secret(_ text: String) -> JSON5Value {
    .secret(SharedSecret(SecretBytes(copying: Array(text.utf8))))
}

/// Numbers that look random and are the same in each run (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
