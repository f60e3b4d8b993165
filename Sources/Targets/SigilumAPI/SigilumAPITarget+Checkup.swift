internal import HTTPTransport
package import VaultCore

extension SigilumAPITarget {
    /// Whether something that speaks HTTP answers at the address, and what its clock says. No token is sent.
    package func checkUp() async -> EndpointCheckup {
        do throws(DeliveryFailure) {
            let answer = try client.http.send(.get, "/health", authorization: nil, body: nil)
            return EndpointCheckup(failure: nil, time: answer.date)
        } catch {
            return EndpointCheckup(failure: error, time: nil)
        }
    }
}
