import Glibc

// libFuzzer with one of the targets, which SIGILUM_FUZZ_TARGET names: one program to link for all of them.

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutableRawPointer, _ arguments: UnsafeMutableRawPointer,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

private func stop(_ text: String) -> Never {
    _ = (text + "\n").withCString { write(2, $0, strlen($0)) }
    exit(64)
}

private let name = getenv("SIGILUM_FUZZ_TARGET").map { String(cString: $0) }
private let names = FuzzTarget.all.map(\.name).joined(separator: " ")

if name == "seeds" {
    guard CommandLine.arguments.count == 2 else { stop("usage: fuzz FOLDER") }
    try Seeds.write(to: CommandLine.arguments[1])
    exit(0)
}
if name == "names" {
    print(names)
    exit(0)
}
guard let chosen = FuzzTarget.all.first(where: { $0.name == name }) else { stop("SIGILUM_FUZZ_TARGET: \(names)") }
private let target = chosen

private var count = CommandLine.argc
private var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
private let status = withUnsafeMutablePointer(to: &count) { count in
    withUnsafeMutablePointer(to: &arguments) { arguments in
        runFuzzer(count, arguments) { start, length in
            guard length <= target.limit else { return -1 }
            let bytes = Array(UnsafeBufferPointer(start: start, count: length))
            if Planted.isOn { Planted.run(bytes) }
            do {
                try target.run(bytes)
            } catch {
                fatalError("\(error)")
            }
            return 0
        }
    }
}
exit(status)
