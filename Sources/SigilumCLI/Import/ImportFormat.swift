internal import ArgumentParser
internal import SecureMemory

/// What values are imported from. The raw value is what users type.
enum ImportFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case env, json, sigilum, sops, pass, vault, openbao

    /// The values of a document of this format; nil of one that is a folder.
    func values(_ content: borrowing SecretBytes) throws(Failure) -> ImportedValues? {
        switch self {
        case .env: return try DotenvReader.read(content)
        case .json: return try SecretJSON.read(content).values()
        case .sops: return try Self.sops(try SecretJSON.read(content))
        case .vault, .openbao: return try Self.keyValue(try SecretJSON.read(content))
        case .sigilum, .pass: return nil
        }
    }

    /// What `sops -d --output-type json` prints. The encrypted file itself is JSON too, and holds no value.
    private static func sops(_ document: SecretJSON) throws(Failure) -> ImportedValues {
        guard !document.has(["sops", "mac"]) else {
            throw .usage(
                "This is the encrypted file",
                hints: [
                    "decrypt it:  sops -d --output-type json FILE | \(command: ["vault", "import", "--format", "sops", "-"])",
                    "nothing was stored",
                ])
        }
        return document.values()
    }

    /// What `vault kv get -format=json` and `bao kv get -format=json` print, of either version of the engine.
    private static func keyValue(_ document: SecretJSON) throws(Failure) -> ImportedValues {
        guard document.has(["data"]), !document.isNull(at: ["data"]) else {
            throw .usage(
                "Not what vault kv get -format=json prints: it has no data", hints: ["nothing was stored"])
        }
        guard document.has(["data", "metadata", "version"]) else { return document.values(below: ["data"]) }
        guard !document.isNull(at: ["data", "data"]) else {
            throw Failure(
                .missing, code: "version-deleted", "This version was deleted or destroyed: it has no values",
                hints: ["name another one:  vault kv get -version=N -format=json PATH"])
        }
        return document.values(below: ["data", "data"])
    }
}
