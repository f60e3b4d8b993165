/// The parts of a path between its slashes, without empty ones. In bytes: to look for characters costs a hundred times as much.
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
