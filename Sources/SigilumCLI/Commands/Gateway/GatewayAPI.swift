internal import VaultCore

extension Session {
    /// The API that a gateway is to ask: an option or a setting, else what `SIGILUM_MODE` means, else the managed one where
    /// somebody signed in to it here, else that of this machine.
    func gatewayAPI(option: String?) throws -> String {
        let mode = try DeploymentMode.forServices(surroundings)
        let isChosen = surroundings.setting("SIGILUM_MODE") != nil
        if option == nil, surroundings.setting("SIGILUM_API_URL") == nil, config.value(.apiURL) == nil,
            mode == .managed || !isChosen, let known = try rememberedAPI()
        {
            return known
        }
        return try mode.apiURL(option: option, config: config, surroundings: surroundings)
    }
}
