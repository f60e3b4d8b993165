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
