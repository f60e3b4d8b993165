import Sealing
import SecureMemory

@testable import VaultCore
@testable import VaultStore

extension Seeds {
    /// Texts as people, servers and this program write them.
    static func texts() throws -> [String: [[UInt8]]] {
        let anchor = Anchor(
            vaultID: FuzzKeys.vaultID, generation: 12, auditSequence: 34, auditHead: FuzzKeys.emptyHead.audit.head)
        let path = "/home/johndee/.sigilum-workspace/vault.db"
        let note = TokenNote(
            vaultID: FuzzKeys.vaultID, ends: [try Namespace("johndee"): 1_893_456_000_000], saidOn: 20_513)
        let deposit = DepositKey(vaultID: FuzzKeys.vaultID, key: try FuzzKeys.ring.depositPair().publicKey)
        let keys = [
            deposit.text, "auditor-" + FuzzKeys.masterKey, "auditor-secret-" + FuzzKeys.masterKey + "\n",
            "recipient-secret-" + FuzzKeys.masterKey, FuzzKeys.masterKey, "https://api.example.org:8443/v1/",
            "http://127.0.0.1:38100", "[::1]:38100", "ci/große Größe", "gateway:linear",
        ]
        return [
            "text": keys.map { Array($0.utf8) } + [
                AnchorText.file(anchor, path: AnchorText.line(ofPath: path)),
                TokenNoteText(path: path, note: note).encoded,
            ],
            "config": bytes([
                "SIGILUM_NAMESPACE=johndee\r\nexport GATEWAY_ADDR=':38100' # here\n# B=1\nA=\"x y\"\n\tC=x#y\n",
                "\u{feff}A=größe\nA=1\nB='say \"hi\"'\n",
            ]),
            "jwt": bytes([
                #"{"sub":"u","email":"a@b.c","namespace":"johndee","iss":"sigilum-api","aud":["a","b"],"#
                    + #""iat":1,"nbf":2,"exp":1.9e9}"#,
                #"{"alg":"HS256","typ":"JWT","kid":"k"}"# + "\0" + #"{"aud":"a","exp":1900000000,"x":[{},null]}"#,
                "eyJhbGciOiJIUzM4NCIsImtpZCI6ImsxIn0.eyJzdWIiOiJ1IiwibmFtZXNwYWNlIjoiam9obmRlZSJ9.-klIfNWCIzwJYn",
            ]),
            "import": bytes([
                "\u{4}export A = 'x'\nB=\"a\\n\\\"b\" # c\nC=`x\ny`\n\nservice/linear=d #e\n",
                "\u{5}{\"a\":{\"b\":\"x\\u00e9\\n\",\"c\":[1,true,null]},\"d\":-1.5e3}",
                "\u{6}{\"a\":\"x\",\"sops\":{\"lastmodified\":\"2026\"}}",
                "\u{7}{\"data\":{\"data\":{\"a\":\"x\"},\"metadata\":{\"version\":2}},\"warnings\":null}",
            ]),
            "gateway": gateway, "api": api,
        ]
    }

    private static var gateway: [[UInt8]] {
        let connection =
            #"{"id":"linear","name":"Linear","base_url":"https://api.linear.app/","path_prefix":"/v1","#
            + #""auth_mode":"bearer","auth_header_name":"Authorization","auth_prefix":"Bearer ","#
            + #""auth_secret_key":"key","credential_keys":["key"],"status":"active","#
            + #""created_at":"2026-03-01T10:00:00.120Z","rotation_interval_days":90,"secret_version":2}"#
        return bytes([
            "\0" + connection, "\0{\"connections\":[" + connection + "]}", "\0" + #"{"variables":[{"key":"A"}]}"#,
            "\0" + #"{"status":"pass","http_status":200,"error":"x"}"#, "\0" + #"{"status":"ok"}"#,
            "\u{2}" + #"{"error":"Transaction Conflict. Please retry"}"#,
            "\u{2}" + #"{"error":"secrets are required"}"#,
            "\u{4}" + #"{"error":"no token","code":"ADMIN_TOKEN_REQUIRED"}"#, "\u{6}" + #"{"error":"exists"}"#,
        ])
    }

    private static var api: [[UInt8]] {
        bytes([
            "\0" + #"{"services":[{"id":"svc_1","name":"Linear","slug":"linear","domain":null,"description":"d","#
                + #""created_at":"2026-03-01T10:00:00Z"}]}"#,
            "\0" + #"{"keys":[{"id":"k1","name":"vault","key_prefix":"...abcd"}],"pagination":{"has_more":false}}"#,
            "\u{1}" + #"{"id":"key_1","key":"sk_ab\u0063\/d","name":"vault","more":[1,{"a":true}]}"#,
            "\0" + #"{"success":true}"#, "\u{3}" + #"{"error":"over","code":"TOKEN_EXPIRED"}"#,
            "\u{6}" + #"{"error":"no","code":"SERVICE_LIMIT_REACHED"}"#, "\0Sun, 06 Nov 2033 08:49:37 GMT",
            "\0Sunday, 06-Nov-33 08:49:37 GMT", "\0Sun Nov  6 08:49:37 2033", "\u{0}120",
        ])
    }

    private static func bytes(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }
}
