import Foundation
import Testing
import VaultTestSupport

/// Kills a program at its first call, its second, and so on, three at a time.
///
/// - Parameters:
///   - count: How many calls an undisturbed run made.
///   - once: Runs the program so that it dies at a call of this number; answers whether it got that far.
/// - Throws: What `once` throws.
func sweepCalls(_ count: Int, _ once: @escaping @Sendable (Int) async throws -> Bool) async throws {
    // How many pages are written depends on random names, so the last numbers are not reached by every run: the
    // sweep goes on until no run got that far.
    let beyond = count + 12
    let width = 3
    var reached: [Int: Bool] = [:]
    try await withThrowingTaskGroup(of: (Int, Bool).self) { group in
        var next = 1
        while next <= beyond || !group.isEmpty {
            while next <= beyond, next <= reached.count + width {
                let number = next
                group.addTask { (number, try await once(number)) }
                next += 1
            }
            if let (number, died) = try await group.next() { reached[number] = died }
        }
    }
    #expect(reached[1] == true)
    #expect(reached.filter { $0.value }.count >= count - 12)
    #expect(reached[beyond] == false)
}

/// The library in a folder that is gone when nobody needs it any more.
final class BuiltLibrary: Sendable {
    let library: KillLibrary
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/kill-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        library = try KillLibrary(in: folder)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}
