import Foundation
import Testing
import VaultCore

@testable import LocalAPI

@Suite("Many at once")
struct ConcurrencyTests {
    /// Registers from threads that run at once; each has its own target and connection, as processes do.
    private func register(_ location: LocalAPILocation, slugs: [String]) throws {
        let failures = Failures()
        let finished = DispatchSemaphore(value: 0)
        for slug in slugs {
            Thread.detachNewThread {
                do {
                    let service = try record(slug, id: "svc_\(slug)")
                    _ = try target(location, timeout: 30_000).register(job(service, key: canary + slug))
                } catch {
                    failures.add(error)
                }
                finished.signal()
            }
        }
        for _ in slugs { finished.wait() }
        #expect(failures.all.isEmpty)
    }

    @Test("eight different services in a database that none of them found: all are there")
    func different() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("api.sqlite3")
        let slugs = (1...8).map { "service-\($0)" }
        try register(.embedded(path: path), slugs: slugs)
        let found = try target(.embedded(path: path)).registeredServices(namespace: namespace())
        #expect(found.map(\.slug).sorted() == slugs)
        #expect(try value(path, "SELECT count(*) FROM service_api_keys WHERE revoked_at IS NULL") == "8")
        #expect(try value(path, "SELECT count(*) FROM users") == "1")
        #expect(try value(path, "PRAGMA integrity_check") == "ok")
    }

    @Test("eight times the same service: one is there")
    func same() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("d1.sqlite")
        try makeDatabase(path, "PRAGMA journal_mode = WAL;" + checkoutSchema)
        try register(.checkout(path: path), slugs: [String](repeating: "linear", count: 8))
        #expect(try value(path, "SELECT count(*) FROM services") == "1")
        #expect(try value(path, "SELECT count(*) FROM service_api_keys") == "1")
    }
}

private final class Failures: @unchecked Sendable {
    private let lock = NSLock()
    private var found: [any Error] = []

    func add(_ error: any Error) { lock.withLock { found.append(error) } }
    var all: [any Error] { lock.withLock { found } }
}
