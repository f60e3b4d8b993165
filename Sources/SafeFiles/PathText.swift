/// The parts of a path between its slashes, without empty ones. In bytes, as the system reads a path: to look for characters
/// would cost many times as much, too.
package func pathComponents(_ path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
}

/// The parts with a slash between two.
package func pathText(_ components: [String]) -> String {
    var text = ""
    for component in components {
        if !text.isEmpty { text += "/" }
        text += component
    }
    return text
}
