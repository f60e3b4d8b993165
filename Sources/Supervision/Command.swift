internal import CPlatform
internal import Glibc

/// A command with all that it is started with.
package struct Command: Sendable {
    /// The program's path, as ``CommandSearch`` found it.
    package let path: String
    /// All words, the first one as the user wrote it.
    package let words: [String]
    package let environment: CommandEnvironment
    package let inherited: InheritedState

    package init(path: String, words: [String], environment: CommandEnvironment, inherited: InheritedState) {
        self.path = path
        self.words = words
        self.environment = environment
        self.inherited = inherited
    }

    /// Becomes the command: same process, same descriptors, and nothing of this program stays.
    ///
    /// - Returns: Only where that failed: why.
    package func become() -> CommandError {
        .notExecutable(errno: withDescription(output: -1, errors: -1) { sigilum_become($0) })
    }

    /// Starts the command as a child in the same process group; `output` and `errors` are its descriptors 1 and 2, or -1
    /// for those of this process. The child is killed when the calling thread ends.
    func start(output: Int32, errors: Int32) throws(CommandError) -> pid_t {
        var failure: Int32 = 0
        let child = withDescription(output: output, errors: errors) { sigilum_start($0, &failure) }
        guard child > 0 else { throw .system(errno: failure) }
        guard failure == 0 else {
            var status: Int32 = 0
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
            throw .notExecutable(errno: failure)
        }
        return child
    }

    private func withDescription<Result>(
        output: Int32, errors: Int32, _ body: (UnsafePointer<sigilum_command>) -> Result
    ) -> Result {
        let copies = words.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        return environment.withPointers { variables in
            copies.withUnsafeBufferPointer { arguments in
                variables.withUnsafeBufferPointer { variables in
                    withUnsafePointer(to: inherited.blocked) { blocked in
                        withUnsafePointer(to: inherited.ignored) { ignored in
                            path.withCString { path in
                                var command = sigilum_command(
                                    path: path, arguments: arguments.baseAddress, variables: variables.baseAddress,
                                    output: output, errors: errors, mask: inherited.mask, blocked: blocked,
                                    ignored: ignored)
                                return body(&command)
                            }
                        }
                    }
                }
            }
        }
    }
}
