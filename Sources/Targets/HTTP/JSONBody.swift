internal import Glibc
package import NIOCore

/// Bodies of requests, written as JSON a member at a time.
package enum JSONBody {
    /// Members and their values as one object without its closing brace; texts and numbers only, none of them secret.
    /// At least one member.
    package static func openObject(_ texts: [(String, String)], _ numbers: [(String, Int)] = []) -> ByteBuffer {
        var body = ByteBuffer()
        var separator = UInt8(ascii: "{")
        for (name, value) in texts {
            body.writeInteger(separator)
            appendText(name.utf8, to: &body)
            body.writeInteger(UInt8(ascii: ":"))
            appendText(value.utf8, to: &body)
            separator = UInt8(ascii: ",")
        }
        for (name, value) in numbers {
            body.writeInteger(separator)
            appendText(name.utf8, to: &body)
            body.writeString(":\(value)")
            separator = UInt8(ascii: ",")
        }
        return body
    }

    /// A whole object of texts, none of them secret. At least one member.
    package static func object(_ texts: [(String, String)]) -> ByteBuffer {
        var body = openObject(texts)
        body.writeString("}")
        return body
    }

    /// A JSON string of UTF-8 bytes; at most six bytes for one, and two.
    package static func appendText(_ bytes: some Sequence<UInt8>, to body: inout ByteBuffer) {
        let digits = StaticString("0123456789abcdef")
        body.writeInteger(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                body.writeInteger(UInt8(ascii: "\\"))
                body.writeInteger(byte)
            case 0..<0x20, 0x7f:
                body.writeStaticString("\\u00")
                digits.withUTF8Buffer { table in
                    _ = body.writeInteger(table[Int(byte >> 4)])
                    _ = body.writeInteger(table[Int(byte & 15)])
                }
            default: body.writeInteger(byte)
            }
        }
        body.writeInteger(UInt8(ascii: "\""))
    }

    /// Zeroes the memory that the buffer shares with whoever got it, in place. Only for a call that is over: what
    /// a broken connection still had in its queue goes nowhere, or goes as zeros.
    package static func wipe(_ body: ByteBuffer) {
        body.withVeryUnsafeBytes { memory in
            guard let base = memory.baseAddress else { return }
            explicit_bzero(UnsafeMutableRawPointer(mutating: base), memory.count)
        }
    }
}
