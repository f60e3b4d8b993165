internal import VaultCore

/// The gateway and the API, as they answered.
struct EndpointChecks {
    /// What became of asking.
    enum Answer: Sendable {
        case asked(EndpointCheckup)
        /// `--offline`
        case notAsked
        /// There is nothing to ask: the address is wrong.
        case unusable(Failure)
    }

    /// Whether the vault delivers there; nil where the vault could not be looked at.
    let gatewayIsUsed: Bool?
    let gateway: Answer
    /// The addresses of the API, each with its answer; empty where the API over HTTP is not used.
    let apis: [(address: String, answer: Answer)]

    var diagnoses: [Diagnosis] { [gatewayDiagnosis] + apiDiagnoses }

    private var gatewayDiagnosis: Diagnosis {
        let check = "gateway"
        switch gateway {
        case .notAsked: return Diagnosis(check, .unknown, "The gateway was not asked (--offline)")
        case .unusable(let failure): return Diagnosis(check, failure)
        case .asked(let answer):
            guard let failure = answer.failure else {
                return Diagnosis(check, .ok, "The gateway answers, and lets this program in")
            }
            let told = failure.failure(hints: [], target: .gateway)
            guard failure.isUnreachable else { return Diagnosis(check, told) }
            switch gatewayIsUsed {
            case true?: return Diagnosis(check, .warn, told.message, mends: told.hints)
            case false?: return Diagnosis(check, .ok, "No gateway answers, and no service needs one")
            case nil: return Diagnosis(check, .unknown, told.message, mends: told.hints)
            }
        }
    }

    private var apiDiagnoses: [Diagnosis] {
        let check = "api"
        guard !apis.isEmpty else { return [Diagnosis(check, .ok, "The API over HTTP is not used")] }
        return apis.map { address, answer in
            switch answer {
            case .notAsked: return Diagnosis(check, .unknown, "The API was not asked (--offline): \(address)")
            case .unusable(let failure): return Diagnosis(check, failure)
            case .asked(let answer):
                guard let failure = answer.failure else { return Diagnosis(check, .ok, "The API answers: \(address)") }
                return Diagnosis(check, .warn, failure.failure(hints: [], target: .sigilumAPI))
            }
        }
    }

    /// The clocks of those that answered.
    var clocks: [(name: Message, time: Int64)] {
        var clocks: [(Message, Int64)] = []
        if case .asked(let answer) = gateway, let time = answer.time { clocks.append(("gateway", time)) }
        for case (let address, .asked(let answer)) in apis {
            if let time = answer.time { clocks.append(("API \(address)", time)) }
        }
        return clocks
    }
}
