import Foundation
import JSON5
import SecureMemory

/// Asks Python's `json5`, where it is installed, whether texts changed as they should.
struct Judge {
    /// One edit to be judged.
    struct Case {
        let name: String
        let before: [UInt8]
        let after: [UInt8]
        let changes: [JSON5Change]
    }

    /// What it said: one line for each case that is wrong. nil where there is no judge on this machine.
    static func complaints(_ cases: [Case]) throws -> [String]? {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("json5-judge-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (script, input, output) = (
            folder.appendingPathComponent("judge.py"), folder.appendingPathComponent("cases"),
            folder.appendingPathComponent("said")
        )
        try Data(program.utf8).write(to: script)
        let list = cases.map { each in
            [
                "name": each.name, "before": String(decoding: each.before, as: UTF8.self),
                "after": String(decoding: each.after, as: UTF8.self), "changes": each.changes.map(json),
            ] as [String: Any]
        }
        try JSONSerialization.data(withJSONObject: list).write(to: input)
        let python = Process()
        python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        python.arguments = ["python3", script.path, input.path, output.path]
        python.standardInput = FileHandle.nullDevice
        python.standardError = FileHandle.nullDevice
        try python.run()
        python.waitUntilExit()
        // 3: no module of that name; 127: no Python.
        if python.terminationStatus == 3 || python.terminationStatus == 127 { return nil }
        guard python.terminationStatus == 0 else { return ["the judge ended with \(python.terminationStatus)"] }
        return try String(contentsOf: output, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private static func json(_ change: JSON5Change) -> [String: Any] {
        switch change {
        case .set(let path, let value): ["set": path, "value": json(value)]
        case .remove(let path): ["remove": path]
        }
    }

    private static func json(_ value: JSON5Value) -> Any {
        switch value {
        case .string(let text): text
        case .boolean(let flag): flag
        case .secret(let secret): secret.bytes.withBytes { String(decoding: $0, as: UTF8.self) }
        case .object(let members):
            Dictionary(members.map { ($0.key, json($0.value)) }, uniquingKeysWith: { $1 })
        }
    }

    private static let program = """
        import copy, json, sys, threading

        try:
            import json5
        except ImportError:
            sys.exit(3)

        def change(value, each):
            path = each.get("set", each.get("remove"))
            here = value
            for key in path[:-1]:
                if "set" in each:
                    here = here.setdefault(key, {})
                else:
                    here = here.get(key) if isinstance(here, dict) else None
            if "set" in each:
                here[path[-1]] = each["value"]
            elif isinstance(here, dict):
                here.pop(path[-1], None)

        def whole(value):
            # It leaves pairs of surrogates as two.
            if isinstance(value, str):
                return value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
            if isinstance(value, dict):
                return {whole(key): whole(each) for key, each in value.items()}
            return [whole(each) for each in value] if isinstance(value, list) else value

        def judge():
            with open(sys.argv[1], encoding="utf-8") as file:
                cases = json.load(file)
            known = {}
            with open(sys.argv[2], "w", encoding="utf-8") as said:
                for case in cases:
                    before, after = case["before"], case["after"]
                    try:
                        try:
                            if before not in known:
                                known[before] = whole(json5.loads(before))
                            wanted = copy.deepcopy(known[before])
                        except ValueError:
                            # A text without a value: it stays one, or becomes an object.
                            if before == after:
                                continue
                            wanted = {}
                        for each in case["changes"]:
                            change(wanted, each)
                        if order(whole(json5.loads(after))) != order(wanted):
                            said.write(case["name"] + ": differs\\n")
                    except Exception as error:
                        said.write(case["name"] + ": " + type(error).__name__ + "\\n")

        def order(value):
            # NaN is not equal to itself, True is equal to 1; their names are neither.
            if isinstance(value, dict):
                return "{" + ",".join(repr(key) + ":" + order(value[key]) for key in sorted(value)) + "}"
            if isinstance(value, list):
                return "[" + ",".join(order(each) for each in value) + "]"
            return repr(value)

        sys.setrecursionlimit(1000000)
        threading.stack_size(512 << 20)
        thread = threading.Thread(target=judge)
        thread.start()
        thread.join()
        """
}
