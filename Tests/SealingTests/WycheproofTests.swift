import Foundation
import Sealing
import SecureMemory
import Testing

/// The folder of Wycheproof's vectors, from the environment.
private let folder = ProcessInfo.processInfo.environment["WYCHEPROOF_DIR"]

private struct Vectors: Decodable {
    struct Group: Decodable {
        struct Vector: Decodable {
            let tcId: Int
            let key: String, iv: String, aad: String, msg: String, ct: String, tag: String
            let result: String
        }
        let tests: [Vector]
    }
    let algorithm: String
    let numberOfTests: Int
    let testGroups: [Group]
}

private struct CodeVectors: Decodable {
    struct Group: Decodable {
        struct Vector: Decodable {
            let tcId: Int
            let key: String, msg: String, tag: String
            let result: String
        }
        /// In bits.
        let tagSize: Int
        let tests: [Vector]
    }
    let algorithm: String
    let numberOfTests: Int
    let testGroups: [Group]
}

// Where the variable is not set there is nothing to compare with: the test is then reported as skipped, and not as
// passed. The project's own run of the tests sets it.
@Suite("Wycheproof", .enabled(if: folder != nil, "WYCHEPROOF_DIR does not name the folder of the vectors"))
struct WycheproofTests {
    @Test("XChaCha20-Poly1305: every valid vector opens and is sealed the same, every invalid one is refused")
    func xchacha20Poly1305() throws {
        let path = try #require(folder) + "/xchacha20_poly1305_test.json"
        let file = try Data(contentsOf: URL(fileURLWithPath: path))
        let vectors = try JSONDecoder().decode(Vectors.self, from: file)
        #expect(vectors.algorithm == "XCHACHA20-POLY1305")
        var valid = 0, refused = 0, malformed = 0
        for vector in vectors.testGroups.flatMap(\.tests) {
            let (data, message) = (hex(vector.aad), hex(vector.msg))
            let sealed = hex(vector.ct) + hex(vector.tag)
            guard let nonce = Nonce(hex(vector.iv)) else {
                // A nonce of another length cannot even be made.
                #expect(vector.result == "invalid", "vector \(vector.tcId)")
                malformed += 1
                continue
            }
            let opened: [UInt8]?
            do throws(OpeningFailed) {
                opened = bytes(of: try AEAD.open(sealed, boundTo: data, nonce: nonce, key: secret(hex(vector.key))))
            } catch {
                opened = nil
            }
            if vector.result == "valid" {
                valid += 1
                #expect(opened == message, "vector \(vector.tcId)")
                let again = AEAD.seal(secret(message), boundTo: data, nonce: nonce, key: secret(hex(vector.key)))
                #expect(again == sealed, "vector \(vector.tcId)")
            } else {
                refused += 1
                #expect(vector.result == "invalid")
                #expect(opened == nil, "vector \(vector.tcId)")
            }
        }
        #expect(valid > 0)
        #expect(refused > 0)
        #expect(malformed > 0)
        #expect(valid + refused + malformed == vectors.numberOfTests)
    }

    @Test(
        "HMAC-SHA-256: every valid code is the one that is worked out, cut where the vector cuts it; no invalid one is")
    func hmacSHA256() throws {
        let path = try #require(folder) + "/hmac_sha256_test.json"
        let file = try Data(contentsOf: URL(fileURLWithPath: path))
        let vectors = try JSONDecoder().decode(CodeVectors.self, from: file)
        #expect(vectors.algorithm == "HMACSHA256")
        var valid = 0, refused = 0
        for group in vectors.testGroups {
            for vector in group.tests {
                let key = secret(hex(vector.key))
                let code = hex(vector.msg).withUnsafeBytes { bytes(of: HMACSHA256.code(of: $0, key: key)) }
                let isSame = Array(code.prefix(group.tagSize / 8)) == hex(vector.tag)
                #expect(isSame == (vector.result == "valid"), "vector \(vector.tcId)")
                if isSame { valid += 1 } else { refused += 1 }
            }
        }
        #expect(valid > 0)
        #expect(refused > 0)
        #expect(valid + refused == vectors.numberOfTests)
    }
}
