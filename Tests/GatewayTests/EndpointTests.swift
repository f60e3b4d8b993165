import Gateway
import HTTPTransport
import Testing

@Suite("The admin URL")
struct EndpointTests {
    @Test(
        "an absolute http or https URL is taken, without slashes at its end",
        arguments: [
            ("http://127.0.0.1:38100", "http://127.0.0.1:38100"),
            ("HTTPS://gateway.example.com/", "https://gateway.example.com"),
            ("http://localhost:1/admin//", "http://localhost:1/admin"),
            ("https://[::1]:65535", "https://[::1]:65535"),
            ("https://gateway_1.internal/a%20b", "https://gateway_1.internal/a%20b"),
        ])
    func valid(text: String, canonical: String) throws {
        #expect(try HTTPEndpoint(text).text == canonical)
    }

    @Test(
        "anything else is refused for its reason",
        arguments: [
            ("", HTTPURLError.notHTTP), ("127.0.0.1:38100", .notHTTP), ("ftp://h", .notHTTP),
            ("//host", .notHTTP), ("file:///etc/passwd", .notHTTP),
            ("http://user:password@host", .userInformation), ("http://user@host", .userInformation),
            ("http://host?x=1", .queryOrFragment), ("http://host/#x", .queryOrFragment),
            ("http://", .malformedHost), ("http:///path", .malformedHost), ("http://:80", .malformedHost),
            ("http://ho st", .malformedHost), ("http://host\r\nX-Y: z", .malformedHost),
            ("http://h\u{f6}st", .malformedHost), ("http://[::1", .malformedHost), ("http://[::1]x", .malformedHost),
            ("http://[host]", .malformedHost), ("http://host\u{0}", .malformedHost),
            ("http://host:", .malformedPort), ("http://host:0", .malformedPort), ("http://host:65536", .malformedPort),
            ("http://host:+80", .malformedPort), ("http://host:80:80", .malformedPort),
            ("http://host/a b", .malformedPath), ("http://host/a\r\nb", .malformedPath),
            ("http://host/\u{f6}", .malformedPath),
        ])
    func invalid(text: String, reason: HTTPURLError) {
        #expect(throws: reason) { try HTTPEndpoint(text) }
        #expect(throws: reason) {
            _ = try GatewayTarget(adminURL: text, adminToken: nil, commandLineFallback: nil)
        }
    }

    @Test(
        "only plain http to another machine is exposed",
        arguments: [
            ("http://127.0.0.1:38100", false), ("http://127.8.9.1", false), ("http://LOCALHOST", false),
            ("http://[::1]", false), ("http://[0:0:0:0:0:0:0:1]", false), ("http://[::ffff:127.0.0.1]", false),
            ("https://gateway.example.com", false), ("http://gateway.example.com", true),
            ("http://127.0.0.1.example.com", true), ("http://localhost.example.com", true),
            ("http://128.0.0.1", true), ("http://[::2]", true), ("http://127.1", true), ("http://0.0.0.0", true),
        ])
    func exposure(text: String, isExposed: Bool) throws {
        #expect(try HTTPEndpoint(text).isExposed == isExposed)
    }
}
