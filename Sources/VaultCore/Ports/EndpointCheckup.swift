/// What is found when another program is asked how it is: nothing is changed there.
package struct EndpointCheckup: Sendable, Equatable {
    /// What is wrong first; nil where nothing is.
    package let failure: DeliveryFailure?
    /// What its clock says, in milliseconds since 1970 UTC; nil where it does not say, or does not answer.
    package let time: Int64?

    package init(failure: DeliveryFailure?, time: Int64?) {
        self.failure = failure
        self.time = time
    }
}

/// How a gateway is, and what it has: nothing is changed there.
package struct GatewayOverview: Sendable, Equatable {
    /// What is wrong first; nil where nothing is.
    package var failure: DeliveryFailure?
    /// Whether a gateway answers and says that it is well.
    package var isHealthy = false
    /// How many connections it has; nil where it did not say.
    package var connections: Int?
    /// Whether its key opens what it has sealed; nil where that could not be asked.
    package var opensItsData: Bool?

    package init() {}
}
