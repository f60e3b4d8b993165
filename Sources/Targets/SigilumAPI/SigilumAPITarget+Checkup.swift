internal import HTTPTransport
internal import NIOHTTP1
package import VaultCore

extension SigilumAPITarget {
    /// Whether something that speaks HTTP answers at the address, and what its clock says. No token is sent.
    package func checkUp() async -> EndpointCheckup {
        do throws(DeliveryFailure) {
            let answer = try await client.http.send(.GET, "/health", authorization: nil, body: nil)
            return EndpointCheckup(failure: nil, time: answer.date)
        } catch {
            return EndpointCheckup(failure: error, time: nil)
        }
    }
}
