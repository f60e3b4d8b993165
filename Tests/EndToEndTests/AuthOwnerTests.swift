import Foundation
import Testing
import VaultTestSupport

@Suite("The owner in the API's database")
struct AuthOwnerTests {
    @Test("an e-mail of another namespace's user is an error, and nothing is stored")
    func taken() async throws {
        let scene = try AuthScene()
        let path = try scene.makeCheckout(
            "INSERT INTO users (id, email, namespace, plan) VALUES ('usr_1', 'alice@example.org', 'alice', 'free');")
        let (before, users) = (scene.home.files(), try scene.users(path))
        for line in [
            AuthScene.local + " --email alice@example.org", AuthScene.local + " --token-only --email alice@example.org",
        ] {
            let result = try await scene.signed(line)
            result.expect(76, error: "The e-mail belongs to the user of another namespace")
            #expect(result.outputText == "")
        }
        #expect(scene.home.files().keys.sorted() == before.keys.sorted())
        #expect(try scene.users(path) == users)
        // The same with a vault that is there.
        try await scene.signed(AuthScene.local + " --print-token false").expect(0)
        let stored = scene.filed
        try await scene.signed("auth refresh --mode oss-local --email alice@example.org").expect(76)
        #expect(scene.filed == stored)
        #expect(
            try scene.users(path) == "usr_1 alice@example.org alice\nuser_local_johndee johndee@local.sigilum johndee")
    }

    @Test("a namespace that has a user keeps it: the token's subject is that id")
    func known() async throws {
        let scene = try AuthScene()
        let path = try scene.makeCheckout(
            "INSERT INTO users (id, email, namespace, plan) VALUES ('usr_9', 'john@example.org', 'johndee', 'pro');")
        try await scene.signed(AuthScene.local + " --print-token false").expect(0)
        let said = try claims(scene.filed ?? "")
        #expect(said["sub"] as? String == "usr_9")
        #expect(said["email"] as? String == "john@example.org")
        #expect(try scene.users(path) == "usr_9 john@example.org johndee")
        try await scene.signed(AuthScene.local + " --print-token false --email dee@example.org").expect(0)
        #expect(try scene.users(path) == "usr_9 dee@example.org johndee")
        #expect(!scene.home.exists(".sigilum-workspace/api.sqlite3"))
        #expect(scene.home.leaks(of: scene.secret) == [])
    }

    @Test("the database: --api-db, SIGILUM_API_DB, the checkout, the home's own")
    func places() async throws {
        let scene = try AuthScene()
        let line = AuthScene.local + " --print-token false"
        let elsewhere = try AuthScene()
        let named = try elsewhere.makeCheckout()
        try await scene.signed(line).expect(0)
        #expect(try scene.users() == "user_local_johndee johndee@local.sigilum johndee")
        try await scene.signed(line, variables: ["SIGILUM_SOURCE_HOME": elsewhere.home.work]).expect(0)
        #expect(try scene.users(named) == "user_local_johndee johndee@local.sigilum johndee")
        let (variable, option) = (scene.home.work + "/variable.sqlite3", scene.home.work + "/option.sqlite3")
        try FileManager.default.copyItem(atPath: named, toPath: variable)
        try FileManager.default.copyItem(atPath: named, toPath: option)
        try await scene.signed(line + " --email v@example.org", variables: ["SIGILUM_API_DB": variable]).expect(0)
        try await scene.signed(
            line + " --email o@example.org --api-db \(option)", variables: ["SIGILUM_API_DB": variable]
        ).expect(0)
        #expect(try scene.users(variable) == "user_local_johndee v@example.org johndee")
        #expect(try scene.users(option) == "user_local_johndee o@example.org johndee")
    }

    @Test("a database that cannot be used is an error before anything is made")
    func unsuitable() async throws {
        let scene = try AuthScene()
        try scene.home.write(Array("not a database, not at all: only text\n".utf8), to: "api.db")
        let before = scene.home.files()
        let result = try await scene.signed(AuthScene.local + " --token-only --api-db api.db")
        result.expect(78, error: "The API database cannot be used: ")
        #expect(result.outputText == "")
        #expect(scene.home.files() == before)
    }
}
