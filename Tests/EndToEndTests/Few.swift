import Testing

/// Tests that start the program run a few at a time: each run is a process, and some hundred of them at once on two cores would
/// be what the program's own time limits measure.
struct Few: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        await Slots.shared.take()
        do {
            try await function()
        } catch {
            await Slots.shared.giveBack()
            throw error
        }
        await Slots.shared.giveBack()
    }
}

extension Trait where Self == Few {
    /// A few tests of such suites at once, whatever else runs.
    static var few: Few { Few() }
}

/// Who comes when all are taken waits for the next that is given back.
private actor Slots {
    static let shared = Slots()
    private var free = 4
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
        if free > 0 {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func giveBack() {
        guard !waiting.isEmpty else {
            free += 1
            return
        }
        waiting.removeFirst().resume()
    }
}
