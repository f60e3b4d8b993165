/// How long and how much one call may take.
package struct HTTPLimits: Sendable {
    /// Milliseconds until a connection must be there.
    package var connectMilliseconds: Int64 = 5000
    /// Milliseconds that one call may take, from connecting to the last byte of the answer.
    package var callMilliseconds: Int64 = 30000
    /// The longest headers of an answer together, in bytes.
    package var headerBytes = 64 << 10
    /// The longest body of an answer, in bytes.
    package var answerBytes = 4 << 20

    package init() {}
}
