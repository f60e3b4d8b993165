internal import ArgumentParser
internal import SafeFiles
internal import VaultCore

/// Looks at everything around a vault; see `docs/doctor.md`.
struct Doctor {
    let context: Context
    let vault: VaultOptions
    let gateway: GatewayOptions
    let api: APIOptions
    let openClaw: OpenClawHomeOption
    let isOffline: Bool
    let fixes: Bool

    /// What helpers warn of is found by the checks themselves.
    private var surroundings: Surroundings { Surroundings(context).saying { _ in } }

    func examine() async -> [Diagnosis] {
        let surroundings = surroundings
        let location: HomeLocation
        do throws(Failure) {
            let config = (try? ConfigFile.load(surroundings)) ?? ConfigFile(path: nil, values: [:])
            location = try HomeResolution.locate(option: vault.sigilumHome, config: config, surroundings: surroundings)
        } catch {
            return installation(surroundings) + [Diagnosis("home", error)]
        }
        // First what needs no key: unsafe permissions would keep the vault closed.
        if fixes { repair(places(location, nil, nil, surroundings)) }
        let look = VaultLook.make(context, vault, location, surroundings)
        if fixes, let vault = look.vault { finishWipe(vault) }
        let facts = look.vault.map { vault in
            Result { try VaultFacts(vault) }.mapError { Failure(describing: $0) }
        }
        let known = try? facts?.get()
        if let known { context.tokens.saw(known.inventory.entries) }
        // Then what the vault alone knows the place of.
        if fixes { repair(places(location, look, known, surroundings)) }
        let endpoints = await endpoints(known, surroundings)
        let home = HomeChecks(location: location, surroundings: surroundings, machine: context.openers.machine)
        let key = KeyChecks(
            source: look.source, home: home.folder?.path, hasVault: look.holdsVault, surroundings: surroundings)
        let clock = ClockChecks(
            now: context.now(), newestFile: home.newestFile, lastRecord: known?.lastRecord, others: endpoints.clocks)
        return installation(surroundings) + MachineChecks(machine: context.openers.machine).diagnoses
            + SettingsChecks(surroundings: surroundings).diagnoses + home.diagnoses
            + [temporaries(home, surroundings)] + key.diagnoses
            + VaultChecks(look: look, facts: facts, location: location).diagnoses
            + state(look, surroundings) + clock.diagnoses + endpoints.diagnoses + openClaw(known, surroundings)
    }

    // MARK: Checks

    private func installation(_ surroundings: Surroundings) -> [Diagnosis] {
        InstallationChecks(
            machine: context.openers.machine, user: surroundings.user, searchPath: surroundings.setting("PATH") ?? "",
            version: SigilumRoot.configuration.version
        ).diagnoses
    }

    private func state(_ look: VaultLook?, _ surroundings: Surroundings) -> [Diagnosis] {
        do throws(Failure) {
            let folder = try Session.stateFolder(surroundings)
            return StateChecks(folder: folder, hasVault: look?.holdsVault ?? false, user: surroundings.user).diagnoses
        } catch {
            return [Diagnosis("state-folder", .unknown, error)]
        }
    }

    private func openClaw(_ facts: VaultFacts?, _ surroundings: Surroundings) -> [Diagnosis] {
        do throws(Failure) {
            let folder = try openClaw.folder(surroundings)
            return OpenClawChecks(folder: folder, facts: facts, user: surroundings.user).diagnoses
        } catch {
            return [Diagnosis("openclaw-config", .unknown, error)]
        }
    }

    /// Wherever this program writes.
    private func temporaries(_ home: HomeChecks, _ surroundings: Surroundings) -> Diagnosis {
        var folders = home.folder.map { [$0.path] } ?? []
        if let state = try? Session.stateFolder(surroundings) { folders += [state + "/anchors", state + "/tokens"] }
        if let folder = try? openClaw.folder(surroundings) { folders += [folder, folder + "/.sigilum"] }
        return Temporaries.diagnosis(in: folders, user: surroundings.user)
    }

    /// The checks that find what can be mended.
    private func places(
        _ location: HomeLocation, _ look: VaultLook?, _ facts: VaultFacts?, _ surroundings: Surroundings
    ) -> [Diagnosis] {
        let home = HomeChecks(location: location, surroundings: surroundings, machine: context.openers.machine)
        return home.diagnoses + [temporaries(home, surroundings)] + state(look, surroundings)
            + openClaw(facts, surroundings)
    }

    // MARK: Others

    private func endpoints(_ facts: VaultFacts?, _ surroundings: Surroundings) async -> EndpointChecks {
        let connections = facts?.deliveries(to: .gateway) ?? []
        return EndpointChecks(
            gatewayIsUsed: facts == nil ? nil : !connections.isEmpty,
            gateway: await askGateway(connections.first { $0.isOwned }?.service, surroundings),
            apis: await askAPIs(facts, surroundings))
    }

    private func askGateway(_ connection: Slug?, _ surroundings: Surroundings) async -> EndpointChecks.Answer {
        do {
            let address = try GatewaySettings.adminAddress(option: gateway.gatewayAdminUrl, surroundings)
            let token = try GatewaySettings.adminToken(surroundings)
            guard !isOffline else { return .notAsked }
            let inputs = Openers.GatewayInputs(
                adminURL: address.text, adminToken: token, program: nil, warnOfArguments: {})
            return .asked(try await context.openers.gatewayCheckup(inputs, connection))
        } catch {
            return .unusable(Failure(describing: error))
        }
    }

    /// The addresses that services were registered at; where there are none, the one that `SIGILUM_MODE=managed` means.
    private func askAPIs(
        _ facts: VaultFacts?, _ surroundings: Surroundings
    ) async -> [(address: String, answer: EndpointChecks.Answer)] {
        var answers: [(address: String, answer: EndpointChecks.Answer)] = []
        var addresses = Set((facts?.deliveries(to: .sigilumAPI) ?? []).compactMap { $0.settings["api_url"] }).sorted()
        if addresses.isEmpty, surroundings.setting("SIGILUM_MODE") == DeploymentMode.managed.rawValue {
            do throws(Failure) {
                let config = (try? ConfigFile.load(surroundings)) ?? ConfigFile(path: nil, values: [:])
                addresses = [
                    try DeploymentMode.managed.apiURL(option: api.apiUrl, config: config, surroundings: surroundings)
                ]
            } catch {
                answers.append(("", .unusable(error)))
            }
        }
        for address in addresses {
            guard !isOffline else {
                answers.append((address, .notAsked))
                continue
            }
            let inputs = Openers.SigilumAPIInputs(
                baseURL: address, allowsInsecureHTTP: api.allowInsecureHttp, token: { nil })
            do {
                answers.append((address, .asked(try await context.openers.apiCheckup(inputs))))
            } catch {
                answers.append((address, .unusable(Failure(describing: error))))
            }
        }
        return answers
    }

    // MARK: Mending

    /// Does what the diagnoses allow, each once, and says so.
    private func repair(_ diagnoses: [Diagnosis]) {
        var done: Set<Repair> = []
        for repair in diagnoses.flatMap(\.repairs) where done.insert(repair).inserted {
            do throws(FileError) {
                try repair.perform()
                context.remarks.add(.info("Done: \(repair.command)"))
            } catch {
                context.remarks.add(.warn("Not done: \(repair.command): \(error.failure.message)"))
            }
        }
    }

    private func finishWipe(_ vault: Vault) {
        do {
            guard try vault.read({ try $0.setting("wipe-pending") }) != nil, try vault.wipeRemoved() else { return }
            context.remarks.add(.info("Done: wiped from the vault's files what an earlier command removed"))
        } catch {
            context.remarks.add(.warn("Not done: the wipe: \(Failure(describing: error).message)"))
        }
    }
}
