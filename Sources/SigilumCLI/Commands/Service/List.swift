internal import ArgumentParser
internal import VaultCore

/// `sigilum service list`
struct ServiceList: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the services of a namespace, in the order they were made.",
        discussion: """
            With SIGILUM_MODE=managed, what the API has; what only the API or only the vault knows is marked.

            Example:
              sigilum service list --namespace johndee --json
            """)

    @Option(help: ArgumentHelp("Whose services.", valueName: "namespace"))
    var namespace: String?
    @Option(help: ArgumentHelp("The local API's database.", valueName: "path"))
    var apiDb: String?
    @OptionGroup var api: APIOptions
    @OptionGroup var vault: VaultOptions
    @OptionGroup var output: OutputOptions

    func perform(_ context: Context) async throws -> Report {
        let session = try Session.open(context, vault, for: .reading)
        let namespace = try Session.namespace(context, session.surroundings, option: namespace, session: session)
        let (services, managed) = try session.vault.read { snapshot in
            let inventory = try snapshot.inventory()
            return (
                inventory.services.filter { $0.namespace == namespace && !$0.isRemoved },
                Set(inventory.deliveries.filter { $0.id.target == .sigilumAPI && !$0.isWithdrawn }.map(\.id.key))
            )
        }
        guard try DeploymentMode.forServices(session.surroundings) == .managed else {
            var report = ServiceListing(namespace: namespace, rows: services.map { ServiceRow($0) }).report
            let local = services.filter { !managed.contains($0.slug.text) }
            report.remarks = try strangers(namespace, local, session)
            return report
        }
        let known = services.filter { managed.contains($0.slug.text) }
        do {
            let remote = try await session.managedAPI(api).directory(namespace).services()
            return ServiceListing(namespace: namespace, rows: ServiceRow.merge(known, remote)).report
        } catch let failure as DeliveryFailure {
            // What the vault knows is shown all the same.
            var report = ServiceListing(namespace: namespace, rows: known.map { ServiceRow($0) }).report
            report.headline = .warn("Services for namespace: \(namespace.text) (as the vault knows them)")
            let base = failure.failure(hints: [], target: .sigilumAPI)
            throw Failure(base.status, code: base.code, base.message, hints: base.hints, report: report)
        }
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
