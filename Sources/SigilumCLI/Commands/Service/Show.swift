internal import ArgumentParser
internal import VaultCore

/// `sigilum service show`
struct ServiceShow: SigilumCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows all facts of one service, its credentials' versions and deliveries.",
        discussion: """
            Example:
              sigilum service show --service-slug linear
            """)

    @OptionGroup var service: SlugOption
    @OptionGroup var vault: VaultOptions
    @OptionGroup var reveal: RevealOptions
    @OptionGroup var output: OutputOptions
    var revealsSecrets: Bool { reveal.revealSecrets }

    func perform(_ context: Context) async throws -> Report {
        let slug = try service.slug()
        let session = try Session.open(context, vault, for: .reading)
        let (record, entries, plans) = try session.vault.read { snapshot in
            let plans = try snapshot.plans().filter { $0.delivery.service == slug }
            let names = Set(plans.flatMap(\.delivery.entries) + [.serviceAPIKey(slug)]).sorted()
            return (try snapshot.service(slug), try names.compactMap { try snapshot.entry($0) }, plans)
        }
        guard let record else {
            throw ServiceError.noSuchService(slug)
        }
        var report = Report(.ok("Service: \(slug.text)"), fields: facts(record))
        report.lines = [.text(indent: 2, "credentials:")]
        // Each value once: every opening is a release of its own in the log.
        let values = try entries.map { entry in
            (entry, try session.value(of: entry, reveal: reveal.revealSecrets, purpose: "service show"))
        }
        for (entry, value) in values {
            report.lines.append(
                .row([
                    .plain(" "), .untrusted(entry.name.text), .plain("version \(entry.currentVersion)"),
                    .plain(Timestamp.text(entry.updatedAt)),
                    value,
                ]))
        }
        report.lines.append(.text(indent: 2, "deliveries:"))
        report.lines += plans.map { plan in
            .row([.plain(" "), .untrusted(plan.delivery.id.text), .plain(plan.isPending ? "pending" : "delivered")])
        }
        report.json = .object(
            facts(record).map { ($0.key, $0.value.json) } + [
                ("credentials", .array(values.map(document))),
                (
                    "deliveries",
                    .array(
                        plans.map {
                            .object([("target", .string($0.delivery.id.text)), ("pending", .boolean($0.isPending))])
                        })
                ),
            ])
        return report
    }

    private func facts(_ record: ServiceRecord) -> [Field] {
        var fields = [
            Field("slug", .plain(record.slug.text)), Field("namespace", .plain(record.namespace.text)),
            Field("mode", .plain(record.mode.rawValue)), Field("service_id", .untrusted(record.id)),
            Field("name", .untrusted(record.name)), Field("description", .untrusted(record.summary)),
            Field("domain", .untrusted(record.domain)), Field("email", .untrusted(record.email)),
            Field("created", .plain(Timestamp.text(record.createdAt))),
        ]
        guard let connection = record.connection else { return fields }
        fields += [
            Field("upstream_url", .untrusted(connection.baseURL)),
            Field("auth_mode", .plain(connection.authMode.rawValue)), Field("header", .untrusted(connection.header)),
            Field("auth_prefix", .untrusted(connection.prefix)), Field("secret_key", .untrusted(connection.secretKey)),
        ]
        if let days = connection.rotationIntervalDays {
            fields.append(Field("rotation_interval_days", .integer(Int64(days))))
        }
        return fields
    }

    private func document(_ entry: Entry, _ value: Value) -> JSON {
        .object([
            ("name", .string(entry.name.text)), ("version", .integer(Int64(entry.currentVersion))),
            ("updated_at", .string(Timestamp.text(entry.updatedAt))),
            ("value", value.json),
        ])
    }
}
