import JSON5

/// Changes that are tried on every file.
enum ChangeSets {
    static let entry = ["hooks", "internal", "entries", "sigilum-authz-notify"]

    static let fixed: [[JSON5Change]] = [
        [
            .set(["hooks", "internal", "enabled"], .boolean(true)), .set(entry + ["enabled"], .boolean(true)),
            .set(entry + ["env", "SIGILUM_NAMESPACE"], .string("johndee")),
            .set(entry + ["env", "SIGILUM_API_URL"], .string("http://127.0.0.1:8787")),
            .set(entry + ["env", "SIGILUM_OWNER_TOKEN"], secret("aaa.bbb.ccc")),
        ],
        [
            .set(["hooks", "internal", "enabled"], .boolean(true)), .set(entry + ["enabled"], .boolean(false)),
            .remove(entry + ["env", "SIGILUM_OWNER_TOKEN"]),
        ],
        [.remove(entry + ["env", "SIGILUM_OWNER_TOKEN"])],
        [.remove(["a"])], [.remove(["b"])], [.remove(["c"])], [.remove(["hooks"])],
        [.remove(["a"]), .set(["new"], .string("x"))],
        [.remove(["b"]), .set(["a"], .string("new"))],
        [
            .remove(["a"]), .remove(["b"]), .remove(["c"]), .remove(["hooks"]), .set(["n1"], .boolean(false)),
            .set(["n2"], .object([])),
        ],
        [.set(["a", "b"], .string("x"))],
        [.set(["b", "c"], .boolean(true)), .set(["b", "new", "deep"], .string(""))],
        [
            .set(
                ["a"],
                .object([
                    .init(key: "k", value: .boolean(true)),
                    .init(key: "a key", value: secret("q'\"\\\n\u{2028}é😀\u{7}")),
                ]))
        ],
        [.set(["__proto__", "x"], .string("y")), .remove(["toString"])],
        [.remove(["b", "c"]), .remove(["a", "b"])],
        [.set(["é"], .string("composed")), .set(["😀", "b"], .string("astral")), .remove(["日本"])],
        [.set([""], .string("no name")), .set(["it's \"x\""], .boolean(true))],
    ]

    /// With changes of what is there: each member of the outermost object removed and set, and all of them at once.
    static func all(for model: Model?) -> [[JSON5Change]] {
        guard case .object(let members) = model else { return fixed }
        let keys = members.keys.compactMap { points -> String? in
            var key = ""
            for point in points {
                guard let scalar = Unicode.Scalar(point) else { return nil }
                key.unicodeScalars.append(scalar)
            }
            return key
        }.sorted()
        return fixed + keys.map { [.remove([$0])] } + keys.map { [.set([$0], .string("set"))] }
            + [keys.map { .remove([$0]) }, keys.map { .set([$0], .boolean(true)) }]
            + keys.map { [.remove([$0]), .set(["zz"], .object([.init(key: "y", value: .string("z"))]))] }
    }

    static func paths(_ changes: [JSON5Change]) -> [[Model.Text]] {
        changes.map { change in
            switch change {
            case .set(let path, _), .remove(let path): path.map(Model.text)
            }
        }
    }
}
