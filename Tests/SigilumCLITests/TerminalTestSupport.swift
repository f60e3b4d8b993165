import Glibc
import Testing

/// Both ends of a terminal: `user` is what a program sees, `screen` the keyboard and the screen.
final class PseudoTerminal: Sendable {
    let screen: Int32
    let user: Int32

    init() throws {
        screen = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        try #require(screen >= 0)
        // TIOCSPTLCK and TIOCGPTN, which Swift does not import: unlock the other end, ask for its number.
        var locked: Int32 = 0
        try #require(ioctl(screen, 0x4004_5431, &locked) == 0)
        var number: Int32 = 0
        try #require(ioctl(screen, 0x8004_5430, &number) == 0)
        user = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        try #require(user >= 0)
    }

    deinit {
        close(user)
        close(screen)
    }

    func type(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { write(screen, $0.baseAddress, $0.count) }
    }

    /// Reads what the screen shows until `text` is there; what there is after 20 seconds without it.
    func waitFor(_ text: String) -> String {
        var shown: [UInt8] = []
        var byte: UInt8 = 0
        var request = pollfd(fd: screen, events: Int16(POLLIN), revents: 0)
        // By bytes: for a String, "\r\n" is one character that does not end with "\n".
        while !shown.suffix(text.utf8.count).elementsEqual(text.utf8), poll(&request, 1, 20_000) == 1,
            read(screen, &byte, 1) == 1
        {
            shown.append(byte)
        }
        return String(decoding: shown, as: UTF8.self)
    }

    var echoes: Bool {
        var settings = termios()
        tcgetattr(user, &settings)
        return settings.c_lflag & tcflag_t(ECHO) != 0
    }
}
