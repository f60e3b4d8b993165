internal import CPlatform
internal import Glibc
internal import SecureMemory

/// Questions on an open terminal.
enum TerminalPrompt {
    /// Asks without echo. The answer goes byte by byte into guarded memory; erase, kill (`^U`) and end of input
    /// (`^D`) work as they do on any terminal.
    static func secret(on terminal: Int32, question: String) throws(TerminalError) -> SecretBytes {
        guard sigilum_terminal_hide(terminal) == 0 else { throw .system(errno) }
        defer {
            sigilum_terminal_show()
            // The line end that was typed was not shown either.
            write("\n", to: terminal)
        }
        // After echo is off, so that nothing typed in answer to the question is shown.
        write(question, to: terminal)
        return try SecretBytes(capacity: SecretInput.limit) { (buffer) throws(TerminalError) in
            var used = 0
            while true {
                var byte: UInt8 = 0
                defer { explicit_bzero(&byte, 1) }
                guard try next(&byte, on: terminal) else {
                    if used == 0 { throw .ended }
                    return used
                }
                switch byte {
                case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return used
                case 0x04:
                    if used == 0 { throw .ended }
                    return used
                case 0x15:
                    used = 0
                case 0x08, 0x7f:
                    // A character of several bytes goes as a whole.
                    while used > 0 {
                        used -= 1
                        if buffer[used] & 0xc0 != 0x80 { break }
                    }
                default:
                    guard used < buffer.count else { throw .tooLong }
                    buffer[used] = byte
                    used += 1
                }
            }
        }
    }

    /// Asks for a line of text, with the terminal's own editing.
    static func line(on terminal: Int32, question: String) throws(TerminalError) -> String {
        write(question, to: terminal)
        var bytes: [UInt8] = []
        while true {
            var byte: UInt8 = 0
            guard try next(&byte, on: terminal) else {
                if bytes.isEmpty { throw .ended }
                break
            }
            if byte == UInt8(ascii: "\n") { break }
            guard bytes.count < SecretInput.limit else { throw .tooLong }
            bytes.append(byte)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText }
        return text
    }

    /// Reads one byte; false at the end of the input.
    private static func next(_ byte: inout UInt8, on terminal: Int32) throws(TerminalError) -> Bool {
        while true {
            let count = Glibc.read(terminal, &byte, 1)
            if count >= 0 { return count == 1 }
            if errno != EINTR { throw .system(errno) }
        }
    }

    private static func write(_ text: String, to terminal: Int32) {
        var text = text
        text.withUTF8 { _ = OutputChannel.writeAll(UnsafeRawBufferPointer($0), to: terminal) }
    }
}

extension Terminal {
    /// The terminal of this process. Questions go to `/dev/tty`, and are asked only where standard input and standard
    /// error are terminals: a script that reads or writes a file or a pipe is never held up by one.
    package static func live(program: ProgramName) -> Terminal {
        let canAsk: @Sendable () -> Bool = { isatty(0) == 1 && isatty(2) == 1 }
        return Terminal(
            canAsk: canAsk,
            inputIsTerminal: { isatty(0) == 1 },
            askSecret: { (question) throws(TerminalError) in
                guard canAsk() else { throw .mayNotAsk }
                let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
                guard terminal >= 0 else { throw .mayNotAsk }
                defer { close(terminal) }
                return try TerminalPrompt.secret(on: terminal, question: question.safeText(as: program))
            },
            askLine: { (question) throws(TerminalError) in
                guard canAsk() else { throw .mayNotAsk }
                let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
                guard terminal >= 0 else { throw .mayNotAsk }
                defer { close(terminal) }
                return try TerminalPrompt.line(on: terminal, question: question.safeText(as: program))
            },
            readInput: { () throws(TerminalError) in try SecretInput.read(0) },
            showsProgress: {
                let kind = getenv("TERM").map { String(cString: $0) } ?? ""
                return isatty(2) == 1 && kind != "" && kind != "dumb"
            })
    }
}
