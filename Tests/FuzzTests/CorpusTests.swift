import Foundation
import Testing

private let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpus")

/// What fuzzing found worth keeping, read again without a fuzzer.
@Suite("Kept inputs of the fuzzer")
struct CorpusTests {
    @Test("are read as they were, and all that a target requires holds", arguments: FuzzTarget.all.map(\.name))
    func isRead(_ name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let folder = corpus.appendingPathComponent(name)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            do {
                try target.run(Array(Data(contentsOf: file)))
            } catch {
                Issue.record("\(name)/\(file.lastPathComponent): \(error)")
            }
        }
    }

    @Test("are those of targets that there are")
    func isKnown() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: corpus.path)
        #expect(Set(folders).subtracting(FuzzTarget.all.map(\.name)).isEmpty)
    }
}
