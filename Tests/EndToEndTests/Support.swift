import Testing
import VaultTestSupport

/// A service in gateway mode, as words of the command line; the secret comes from the variable SECRET.
let addLinear =
    "service add --service-slug linear --mode gateway --upstream-base-url https://api.linear.app "
    + "--upstream-secret-env SECRET"

/// What `service add` prints below its first line for ``addLinear``.
let linearFacts = """
      mode:            gateway
      service_id:      svc_ID
      api_key:         sk_****** (hidden)
      upstream_url:    https://api.linear.app
      auth_mode:       bearer
      connection_id:   linear
      secret_key:      access_token
      key_file:        .sigilum-workspace/service-api-key-linear
      connection_file: .sigilum-workspace/gateway-connection-secret-linear

    """

/// The files that have the secret of ``addLinear`` by purpose.
let linearFiles = ["gateway-connection-secret-linear"]

extension ProgramResult {
    /// Standard output with what differs from run to run named instead.
    var stableOutput: String {
        outputText.replacing(/svc_[a-z0-9]{12}/, with: "svc_ID")
            .replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, with: "TIME")
    }

    /// Checks the status, and that standard error begins so; shows what was said where it does not.
    func expect(
        _ status: Int32, error: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(self.status == status, "\(outputText)\(errorText)", sourceLocation: sourceLocation)
        guard let error else { return }
        let lines = errorText.split(separator: "\n").map(String.init)
        #expect(
            lines.contains { $0.hasPrefix("[ERROR] " + error) }, "\(errorText)", sourceLocation: sourceLocation)
    }
}

extension TestHome {
    /// The variables with which the gateway is this one, and SECRET the canary.
    func variables(_ canary: Canary, _ gateway: GatewayDouble? = nil) -> [String: String] {
        var variables = ["SECRET": canary.text]
        if let gateway { variables["GATEWAY_ADMIN_URL"] = gateway.url }
        return variables
    }
}
