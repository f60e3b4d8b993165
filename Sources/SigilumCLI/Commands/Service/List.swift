internal import ArgumentParser
internal import VaultCore

/// `sigilum service list`
struct ServiceList: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the services of a namespace, in the order they were made.",
        discussion: """
            Example:
              sigilum service list --namespace johndee --json
            """)

    @Option(help: ArgumentHelp("Whose services.", valueName: "namespace"))
    var namespace: String?
    @Option(help: ArgumentHelp("The local API's database.", valueName: "path"))
    var apiDb: String?
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        let namespace = try Session.namespace(context, session.surroundings, option: namespace, session: session)
        let services = try session.vault.read { try $0.inventory() }.services.filter { $0.namespace == namespace }
        var report = Report(.ok("Services for namespace: \(namespace.text)"))
        report.lines = services.flatMap(lines)
        if services.isEmpty { report.lines = [.text(indent: 2, "(none)")] }
        report.json = .object([
            ("namespace", .string(namespace.text)), ("services", .array(services.map(document))),
        ])
        report.remarks = try strangers(namespace, services, session)
        return report
    }

    private func lines(_ service: ServiceRecord) -> [Line] {
        var lines: [Line] = [
            .text(indent: 2, "\(service.slug.text) (\(service.id))"),
            .text(indent: 4, "mode: \(plain: service.mode.rawValue)"),
        ]
        if let connection = service.connection { lines.append(.text(indent: 4, "upstream: \(connection.baseURL)")) }
        return lines + [.text(indent: 4, "created: \(plain: Timestamp.text(service.createdAt))")]
    }

    private func document(_ service: ServiceRecord) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("id", .string(service.id)), ("slug", .string(service.slug.text)), ("name", .string(service.name)),
            ("mode", .string(service.mode.rawValue)),
        ]
        if let connection = service.connection { members.append(("upstream_url", .string(connection.baseURL))) }
        return .object(members + [("created_at", .string(Timestamp.text(service.createdAt)))])
    }

    /// Services that the API's database has and this vault does not know.
    private func strangers(
        _ namespace: Namespace, _ known: [ServiceRecord], _ session: Session
    ) throws -> [Remark] {
        let registered: [RegisteredService]
        do {
            registered = try session.localAPI(option: apiDb).registeredServices(namespace: namespace)
        } catch let failure as DeliveryFailure {
            return [.warn("The API database cannot be read: \(failure.failure.message)")]
        }
        let slugs = Set(known.map(\.slug.text))
        return registered.filter { !slugs.contains($0.slug) }.map { service in
            .info("Only in the API database: \(service.slug) (\(service.id))")
        }
    }
}
