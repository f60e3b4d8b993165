import Foundation
import Gateway
import Testing

/// A stand-in for the gateway's command line tool: a shell script that keeps a folder a connection in the data
/// directory, and writes down what it was given.
struct FakeTool {
    let folder: String
    var program: String { "\(folder)/sigilum-gateway-cli" }
    var dataDirectory: String { "\(folder)/data" }

    init() throws {
        folder = NSTemporaryDirectory() + "fake-tool-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/data", withIntermediateDirectories: true)
        try Self.script.write(toFile: program, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    }

    func remove() throws {
        try FileManager.default.removeItem(atPath: folder)
    }

    /// The way to it, and a record of the warnings it gave.
    func commandLine(warning: @escaping @Sendable () -> Void = {}) -> GatewayCommandLine {
        GatewayCommandLine(
            program: program, dataDirectory: dataDirectory, masterKey: { shared("key with CANARY\n") },
            beforeSecretsInArguments: warning)
    }

    /// What the tool keeps under a name, `linear/base_url` say; nil where it has none.
    func kept(_ name: String) -> String? {
        try? String(contentsOfFile: "\(dataDirectory)/\(name)", encoding: .utf8)
    }

    func keep(_ name: String, _ value: String) throws {
        try value.write(toFile: "\(dataDirectory)/\(name)", atomically: true, encoding: .utf8)
    }

    /// The subcommands it was started with, in order.
    var runs: [String] { (kept("runs") ?? "").split(separator: "\n").map(String.init) }

    private static let script = #"""
        #!/bin/sh
        # What a program logs goes to standard error, with anything in it.
        echo '2026/02/01 INFO: {"id":"nonsense"} All 0 tables opened' >&2
        cd "$GATEWAY_DATA_DIR" || exit 1
        printf %s "$GATEWAY_MASTER_KEY" > master-key
        verb=$1; shift
        echo "$verb" >> runs
        if [ -e lock ]; then echo 'Error: Cannot acquire directory lock on "/x". Another process is using it' >&2; exit 1; fi
        if [ -e fail ]; then echo "Error: $*" >&2; exit 3; fi
        new=new.$$; rm -rf $new; mkdir -p $new/secrets
        id=
        while [ $# -gt 0 ]; do
            case $1 in
                --id) id=$2 ;;
                --secret) printf %s "${2#*=}" > "$new/secrets/${2%%=*}" ;;
                --name) printf %s "$2" > $new/name ;;
                --base-url) printf %s "$2" > $new/base_url ;;
                --auth-mode) printf %s "$2" > $new/auth_mode ;;
                --auth-header-name) printf %s "$2" > $new/auth_header_name ;;
                --auth-prefix) printf %s "$2" > $new/auth_prefix ;;
                --auth-secret-key) printf %s "$2" > $new/auth_secret_key ;;
                *) echo "unknown option" >&2; exit 2 ;;
            esac
            shift 2
        done
        fail() { rm -rf $new; echo "Error: $1" >&2; exit 1; }
        bump() { echo $(($(cat "$id/version" 2>/dev/null || echo 0) + 1)) > "$id/version"; }
        if [ "$verb" = add ]; then
            [ -d "$id" ] && fail 'connection already exists'
            mv $new "$id"; bump; date +%Y-%m-%dT%H:%M:%S.%NZ > "$id/created_at"
        else
            [ -d "$id" ] || fail 'connection not found'
            case $verb in
                get) rm -rf $new ;;
                delete) rm -rf "$id" $new; echo '{"deleted":true}'; exit 0 ;;
                update) rm -rf $new/secrets; cp $new/* "$id/"; rm -rf $new ;;
                rotate)
                    changed=
                    for key in $new/secrets/*; do cmp -s "$key" "$id/secrets/${key##*/}" || changed=1; done
                    [ -n "$changed" ] || fail 'secrets are required'
                    cp $new/secrets/* "$id/secrets/"; rm -rf $new; bump
                    if [ -e quiet ]; then echo '{"rotated":true}'; exit 0; fi ;;
            esac
        fi
        field() { printf '"%s":"%s",' "$1" "$(cat "$id/$1" 2>/dev/null)"; }
        printf '{"id":"%s","protocol":"http","credential_keys":[' "$id"
        comma=
        for key in "$id"/secrets/*; do printf '%s"%s"' "$comma" "${key##*/}"; comma=,; done
        printf '],'
        for name in name base_url auth_mode auth_header_name auth_prefix auth_secret_key created_at status; do field $name; done
        printf '"secret_version":%s}\n' "$(cat "$id/version")"
        """#
}
