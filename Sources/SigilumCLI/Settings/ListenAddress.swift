/// Where a server listens: `HOST:PORT`. Without a host it listens on every address of the machine.
struct ListenAddress: Sendable, Equatable {
    let text: String
    /// Whether only this machine reaches it.
    let isLoopback: Bool

    /// - Throws: ``HTTPAddressError`` where it is none.
    init(_ text: String) throws(HTTPAddressError) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0,
            text[text.index(after: colon)...].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw .malformedPort }
        let isEverywhere = text.first == ":"
        // The same rules as for a host to call.
        let address = try HTTPAddress("http://" + (isEverywhere ? "localhost" : "") + text)
        guard !text.contains("/") else { throw .malformedHost }
        self.text = text
        isLoopback = address.isLoopback && !isEverywhere
    }

    private init(port: Int) {
        text = "127.0.0.1:\(port)"
        isLoopback = true
    }

    /// `--addr`, `GATEWAY_ADDR`, the host and port of the admin address where that is this machine, `127.0.0.1:38100`.
    /// One that other machines reach gets a warning.
    static func resolve(
        option: String?, adminURL: String?, surroundings: Surroundings
    ) throws(Failure) -> ListenAddress {
        let source: Message = option == nil ? "GATEWAY_ADDR" : "--addr"
        guard let named = option ?? surroundings.setting("GATEWAY_ADDR") else {
            return try ofAdmin(GatewaySettings.adminAddress(option: adminURL, surroundings.saying { _ in }))
        }
        do throws(HTTPAddressError) {
            let address = try ListenAddress(named)
            if !address.isLoopback {
                surroundings.say(
                    .warn("\(source): other machines reach the gateway, and through it the services behind it"))
            }
            return address
        } catch {
            throw Failure(
                option == nil ? .configuration : .usage, code: option == nil ? "address" : "usage",
                "Not an address to listen on: \(source): \(error.rawValue)",
                hints: ["an address is HOST:PORT: 127.0.0.1:38100"])
        }
    }

    private static func ofAdmin(_ admin: HTTPAddress) -> ListenAddress {
        guard admin.isLoopback, !admin.isEncrypted else { return ListenAddress(port: 38100) }
        let authority = admin.text.dropFirst("http://".count).prefix { $0 != "/" }
        return (try? ListenAddress(String(authority))) ?? ListenAddress(port: 80)
    }
}
