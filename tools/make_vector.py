"""Makes a vault with a bit of everything by a built program, for Tests/Vectors: what every later version must still open.

usage: make_vector.py PROGRAM FOLDER [KEY]

FOLDER is made and gets `vault.db`, `key` (the master key; a new random one where none is given) and `contents.json`: what must
be found in it. Values stand there as SHA-256. A vector is never changed once it was released: another format version,
or something new in a vault, gets another folder.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path


class Home:
    def __init__(self, program: str, folder: str, key: str) -> None:
        self.program, self.folder, self.key = program, folder, key

    def run(self, *words: str, stdin: bytes = b"", **variables: str) -> bytes:
        environment = {
            "HOME": self.folder, "PATH": os.environ["PATH"], "GATEWAY_MASTER_KEY": self.key, "SIGILUM_NAMESPACE": "johndee",
            "JWT_SECRET": "a secret of a test vector, no other", "LINEAR_TOKEN": "lin_of_a_test_vector",
        } | variables  # fmt: skip
        done = subprocess.run(
            [self.program, *words], input=stdin, env=environment, cwd=self.folder, capture_output=True, timeout=120
        )
        if done.returncode != 0:
            raise SystemExit(f"{words} ended with {done.returncode}: {done.stderr.decode()}")
        return done.stdout


def fill(home: Home) -> None:
    home.run("vault", "init")
    home.run("vault", "put", "ci/text", stdin=b"a value of a test vector")
    home.run("vault", "put", "ci/bytes", stdin=bytes(range(256)))
    home.run("vault", "put", "ci/lines", stdin=b"first\r\nsecond\n\n")
    home.run("vault", "put", "ci/große Größe", stdin=b"x" * 16384)
    for number in range(5):
        home.run("vault", "put", "ci/many", stdin=f"version {number + 1}".encode() * (number * 60 + 1))
    home.run("vault", "rollback", "ci/many", "--to", "2")
    for kind in ("hex", "base64url", "passphrase"):
        home.run("vault", "generate", f"made/{kind}", "--format", kind)
    home.run("vault", "rotate", "made/hex")
    home.run("vault", "put", "gone", stdin=b"removed")
    home.run("vault", "remove", "gone", "--confirm", "gone")
    home.run("vault", "move", "ci/lines", "ci/moved")
    home.run("vault", "export", "ci/text", "--to", "own.secret")
    home.run("service", "add", "--offline", "--service-slug", "native-one", "--service-name", "One, native")
    home.run(
        "service", "add", "--offline", "--service-slug", "linear", "--mode", "gateway", "--upstream-base-url",
        "https://api.linear.app", "--upstream-secret-env", "LINEAR_TOKEN", "--rotation-interval-days", "90",
    )  # fmt: skip
    home.run("vault", "rotate", "service-api-key/native-one")
    home.run("auth", "login", "--mode", "oss-local", "--print-token", "false")
    home.run("vault", "get", "ci/text", "--reveal-secrets")
    auditor = json.loads(home.run("vault", "auditor", "new", "--out", "auditor.key", "--json"))["public_key"]
    home.run("vault", "log", "--auditor", auditor)
    home.run("vault", "put", "ci/audited", stdin=b"stored in the second epoch of the log")
    home.run("vault", "prune", "ci/many", "--keep", "2")


def contents(home: Home) -> dict[str, object]:
    """What is in the vault. Looking at the values is in its log too, so the counts come last."""
    entries = {}
    for entry in json.loads(home.run("vault", "list", "--json"))["entries"]:
        history = json.loads(home.run("vault", "history", entry["name"], "--json"))["versions"]
        entries[entry["name"]] = {
            str(version["version"]): hashlib.sha256(
                home.run("vault", "get", entry["name"], "--version", str(version["version"]), "--reveal-secrets")[:-1]
            ).hexdigest()
            for version in history
        }
    services = [service["slug"] for service in json.loads(home.run("service", "list", "--json"))["services"]]
    return {"entries": entries, "services": services, "proven": json.loads(home.run("vault", "verify", "--json"))}


def main() -> None:
    program, target = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2])
    key = sys.argv[3] if len(sys.argv) > 3 else secrets.token_hex(32)
    target.mkdir()
    with tempfile.TemporaryDirectory(prefix="vector-") as folder:
        home = Home(program, folder, key)
        fill(home)
        expected = contents(home)
        database = Path(folder) / ".sigilum-workspace" / "vault.db"
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(database, target / "vault.db")
    (target / "key").write_text(key)
    (target / "contents.json").write_text(json.dumps(expected, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
