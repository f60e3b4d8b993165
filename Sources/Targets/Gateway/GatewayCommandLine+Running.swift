internal import FoundationEssentials
internal import HTTPTransport
internal import SafeFiles
internal import SecureMemory
internal import VaultCore

/// Running the tool and understanding what it says.
extension GatewayCommandLine {
    /// How much it may say, in bytes: one connection.
    private static let outputLimit = 256 << 10

    func run(_ arguments: [String], secrets: [NamedSecret] = []) throws(DeliveryFailure) -> Outcome {
        var argv = [program] + arguments
        var values: [(position: Int, value: SharedSecret)] = []
        for secret in secrets {
            argv.append("--secret")
            values.append((position: argv.count, value: Self.argument(secret)))
            argv.append("")
        }
        if !values.isEmpty { beforeSecretsInArguments() }
        guard let key = try? masterKey() else { throw .unreachable(endpoint: endpoint) }
        let environment = [
            (name: "GATEWAY_DATA_DIR", value: SharedSecret(SecretBytes(copying: dataDirectory.utf8))),
            (name: "GATEWAY_MASTER_KEY", value: Self.trimmed(key)),
        ]
        let result: ChildResult
        do {
            result = try ChildProcess.run(
                argv, secretArguments: values, environment: environment, errors: .captured,
                outputLimit: Self.outputLimit, timeoutMilliseconds: timeoutMilliseconds)
        } catch {
            throw translate(error)
        }
        guard result.status != 0 else { return .done(Self.connection(in: result.output)) }
        return try outcome(result)
    }

    /// What a failed run says, by the few texts that we know. Nothing of it gets out.
    private func outcome(_ result: borrowing ChildResult) throws(DeliveryFailure) -> Outcome {
        var said = Self.bytes(result.output)
        switch result.errors {
        case .some(let errors): said += Self.bytes(errors)
        case .none: break
        }
        func says(_ text: String) -> Bool { said.firstRange(of: Array(text.utf8)) != nil }
        if says("Cannot acquire directory lock") || says("Transaction Conflict") { throw .busy }
        if says("chacha20poly1305: message authentication failed") { throw .differentMasterKey }
        if says("connection not found") { return .notFound }
        if says("connection already exists") { return .taken }
        if says("secrets are required") { return .nothingToRotate }
        throw failed(result.status)
    }

    /// The connection that a run told, by itself or under that name; nil where it told something else.
    private static func connection(in output: borrowing SecretBytes) -> RemoteConnection? {
        let data = Data(bytes(output))
        let decoder = JSONDecoder()
        if let connection = try? decoder.decode(RemoteConnection.self, from: data) { return connection }
        return try? decoder.decode([String: RemoteConnection].self, from: data)["connection"]
    }

    /// The tool tells no secrets, so what it says may lie in ordinary memory.
    private static func bytes(_ output: borrowing SecretBytes) -> [UInt8] { output.withBytes { Array($0) } }

    private func translate(_ error: ChildProcessError) -> DeliveryFailure {
        switch error {
        case .notFound: failed(127)
        case .cannotStart: failed(126)
        case .timedOut: failed(124)
        case .outputTooLarge: .wrongAnswer(.tooLong)
        case .malformedCall: .unsuitableSecret
        }
    }

    func failed(_ status: Int32) -> DeliveryFailure { .helperFailed(program: Self.name, status: status) }

    /// `key=value` as one argument.
    private static func argument(_ secret: NamedSecret) -> SharedSecret {
        let key = Array("\(secret.key)=".utf8)
        return SharedSecret(
            secret.value.bytes.withBytes { value in
                SecretBytes(capacity: key.count + value.count) { buffer in
                    buffer.copyBytes(from: key)
                    UnsafeMutableRawBufferPointer(rebasing: buffer[key.count...]).copyMemory(from: value)
                    return buffer.count
                }
            })
    }

    /// Without the white space around it.
    static func trimmed(_ key: SharedSecret) -> SharedSecret {
        SharedSecret(
            key.bytes.withBytes { bytes in
                let kept = bytes.trimmed
                return SecretBytes(capacity: kept.count) { buffer in
                    buffer.copyMemory(from: kept)
                    return kept.count
                }
            })
    }
}
