import Foundation
import JSON5
import Testing

/// Makes changes in a text and requires all that must hold of the result. Returns it; nil where something was in the
/// way, as it should have been.
@discardableResult
func checkEdit(
    _ bytes: [UInt8], _ changes: [JSON5Change], _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation
) throws -> [UInt8]? {
    let before = try PlainReader.read(bytes)
    let wanted: Model?
    do {
        wanted = try Model.changed(before.model, by: changes)
    } catch let error as InTheWay {
        #expect(throws: JSON5EditError.notAnObject(path: error.path), comment, sourceLocation: sourceLocation) {
            _ = try edited(bytes, changes)
        }
        return nil
    }
    let result = try edited(bytes, changes)
    let after = try PlainReader.read(result)
    #expect(after.model == wanted, comment, sourceLocation: sourceLocation)
    // Whatever is not within what was changed is still there, in order.
    let touched = ChangeSets.paths(changes)
    func isOutside(_ note: PlainReader.Comment) -> Bool { !touched.contains { note.path.starts(with: $0) } }
    #expect(
        after.comments.filter(isOutside).map(\.text) == before.comments.filter(isOutside).map(\.text), comment,
        sourceLocation: sourceLocation)
    // A second time changes nothing.
    let again = try read(result) { try $0.edits(changes).count }
    #expect(again == 0, comment, sourceLocation: sourceLocation)
    if before.model == wanted {
        // What is hidden by a later member of the same key may go; nothing else may.
        let hides = try read(bytes) { document in try document.edits(changes).contains { !$0.replacement.isEmpty } }
        #expect(!hides, comment, sourceLocation: sourceLocation)
    }
    // JSON stays JSON, and lines end as they did.
    if isJSON(bytes) { #expect(isJSON(result), comment, sourceLocation: sourceLocation) }
    if lineEnds(bytes).count == 1 {
        #expect(lineEnds(result).isSubset(of: lineEnds(bytes)), comment, sourceLocation: sourceLocation)
    }
    return result
}

private func isJSON(_ bytes: [UInt8]) -> Bool {
    (try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])) != nil
}

private func lineEnds(_ bytes: [UInt8]) -> Set<String> {
    var found: Set<String> = []
    for (index, byte) in bytes.enumerated() {
        let isAfterCR = index > 0 && bytes[index - 1] == 13
        if byte == 10 { found.insert(isAfterCR ? "CR LF" : "LF") }
        if byte == 13, index + 1 == bytes.count || bytes[index + 1] != 10 { found.insert("CR") }
    }
    return found
}
