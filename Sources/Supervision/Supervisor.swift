internal import CPlatform
internal import Glibc

/// Runs a command as a child, as if this process were the command: signals, stops and the exit status pass through.
///
/// The child is in the same process group, so that the terminal's own signals reach it directly, and a pipeline stays one
/// job. What somebody sends to this process alone is sent on. Where the child stops, this process does, so that the shell
/// sees it; when it goes on, so does the child.
package struct Supervisor {
    private let relay: SignalRelay
    private let patterns: MaskPatterns?

    /// - Parameters:
    ///   - relay: Made before there was anything that must be removed again.
    ///   - patterns: What is masked in the child's output; nil leaves its descriptors alone.
    package init(relay: SignalRelay, masking patterns: MaskPatterns?) {
        self.relay = relay
        self.patterns = patterns
    }

    /// Runs it to its end. What processes that it left behind write after that is not waited for.
    ///
    /// - Returns: Its exit status, or 128 and the number of the signal that ended it.
    /// - Throws: That it could not be started, or that its masked output could not be written.
    package func run(_ command: Command) throws(CommandError) -> Int32 {
        let streams = try patterns.map { (patterns) throws(CommandError) in try Self.streams(patterns) } ?? []
        let child = try command.start(output: streams.first?.childsEnd ?? -1, errors: streams.last?.childsEnd ?? -1)
        for stream in streams { stream.closeChildsEnd() }
        let status = watch(child, streams)
        if let failure = streams.map(\.failure).first(where: { $0 != 0 }) { throw .system(errno: failure) }
        return status
    }

    /// One for each of our two outputs; a single one where both are the same terminal or pipe, so that the order stays and
    /// a secret is found that is written in part to each.
    private static func streams(_ patterns: MaskPatterns) throws(CommandError) -> [MaskedStream] {
        var (output, errors) = (stat(), stat())
        let isSame =
            fstat(1, &output) == 0 && fstat(2, &errors) == 0 && output.st_dev == errors.st_dev
            && output.st_ino == errors.st_ino && output.st_mode & S_IFMT != S_IFREG
        let first = try MaskedStream(to: 1, patterns)
        return isSame ? [first] : [first, try MaskedStream(to: 2, patterns)]
    }

    private func watch(_ child: pid_t, _ streams: [MaskedStream]) -> Int32 {
        var status: Int32?
        while true {
            if let status, !streams.contains(where: { $0.isOpen || $0.hasWaiting }) { return status }
            var polled = [pollfd(fd: relay.descriptor, events: Int16(POLLIN), revents: 0)]
            for stream in streams {
                if status != nil, !stream.hasWaiting { stream.read(isLast: true) }
                let source = stream.isOpen ? stream.source : -1
                polled.append(
                    stream.hasWaiting
                        ? pollfd(fd: stream.target, events: Int16(POLLOUT), revents: 0)
                        : pollfd(fd: source, events: Int16(POLLIN), revents: 0))
            }
            // After the end nothing is waited for but who reads what we write.
            let isWaiting = status == nil || streams.contains(where: \.hasWaiting)
            guard poll(&polled, nfds_t(polled.count), isWaiting ? -1 : 0) >= 0 || errno == EINTR else { continue }
            while let event = relay.next() {
                if event.number == SIGCHLD { status = status ?? ended(child) }
                if let ending = pass(event, to: status == nil ? child : nil) { return ending }
            }
            for (stream, poll) in zip(streams, polled.dropFirst()) where poll.revents != 0 {
                if stream.hasWaiting { stream.write() } else { stream.read(isLast: false) }
            }
        }
    }

    /// Sends a signal on; once the child has ended, one that ends processes ends the wait for who reads our output.
    private func pass(_ event: sigilum_signal, to child: pid_t?) -> Int32? {
        guard let child else {
            return [SIGHUP, SIGINT, SIGQUIT, SIGTERM].contains(event.number) ? 128 + event.number : nil
        }
        if event.is_kernels == 0, event.sender != child { kill(child, event.number) }
        return nil
    }

    /// How the child ended; nil where it did not. Stops with it, and goes on with it.
    private func ended(_ child: pid_t) -> Int32? {
        while true {
            var status: Int32 = 0
            let found = waitpid(child, &status, WNOHANG | WUNTRACED)
            if found < 0, errno == EINTR { continue }
            guard found == child else { return nil }
            let signal = status & 0x7F
            if signal == 0x7F {
                kill(getpid(), SIGSTOP)
                kill(child, SIGCONT)
                continue
            }
            return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        }
    }
}
