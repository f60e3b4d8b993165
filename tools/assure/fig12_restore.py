"""Figure 12: random vaults, backed up and restored elsewhere: every version of every value is the same bytes.

What is compared is what was put in, not what the first vault gives: both vaults would have to make the same mistake.
"""
from __future__ import annotations

import concurrent.futures
import json
import random
import secrets

from lab import Deadline, Home, Lab, Outcome, Result
from scenes import with_defect

FIGURE = 12
TITLE = "restore drill"
ENOUGH = 100
SIZES = (1, 2, 31, 32, 255, 256, 257, 1023, 1024, 1025, 4096, 8191, 16383, 16384)


class Drill:
    """One vault, and all that was stored in it: the versions of each name, from the first on."""

    def __init__(self, lab: Lab, seed: int, home: Home) -> None:
        self.lab, self.draw, self.home = lab, random.Random(seed), home
        self.stored: dict[str, list[bytes]] = {}
        self.home.variables["GATEWAY_MASTER_KEY"] = secrets.token_hex(32)

    def did(self, line: str | list[str], given: bytes = b"", home: Home | None = None, **variables: str) -> Result:
        result = (home or self.home).run(line, variables, given, seconds=600)
        if result.status != 0:
            raise RuntimeError(f"{line}: {result.text}")
        return result

    def value(self, *, printable: bool) -> bytes:
        size = self.draw.choice([*SIZES, self.draw.randrange(1, 16385), self.draw.randrange(1, 300)])
        content = self.draw.randbytes(size)
        # One line end at the end of standard input is not the value's.
        return content.hex()[:size].encode() if printable else content[:-1] + (content[-1:].strip(b"\n") or b"\0")

    def put(self, name: str, value: bytes) -> None:
        versions = self.stored.setdefault(name, [])
        # What is the current value already is no new version.
        if versions[-1:] != [value]:
            versions.append(value)

    def fill(self) -> None:
        self.did("vault init")
        for number in range(self.draw.randrange(1, 9)):
            name = self.draw.choice([f"ci/{number}", f"größe/{number}", f"a b/{number}", f"x/y/z/{number}"])
            for _ in range(self.draw.choice([1, 1, 2, 4])):
                value = self.value(printable=False)
                self.did(["vault", "put", name], value)
                self.put(name, value)
        many = {f"many/{number}": self.value(printable=True).decode() for number in range(self.draw.choice([0, 3, 40]))}
        if many:
            self.did("vault import --format json -", json.dumps(many).encode())
            for name, text in many.items():
                self.put(name, text.encode())
        if self.draw.random() < 0.4:
            self.did("service add --offline --service-slug linear --mode gateway --upstream-base-url "
                     "https://api.linear.app --upstream-secret-env TOKEN", TOKEN="lin_secret")  # fmt: skip
            self.put("upstream-secret/linear/access_token", b"lin_secret")
        if self.draw.random() < 0.3:
            self.did("vault key add --new-key-file second.key")
        if self.draw.random() < 0.3:
            name = self.draw.choice(list(self.stored))
            if "upstream" not in name:
                self.did(["vault", "remove", name, "--confirm", name])
                del self.stored[name]
        if self.draw.random() < 0.3:
            self.did("vault rekey --compromised --offline --gateway-loses-them --new-key-file third.key")
            self.home.variables["GATEWAY_MASTER_KEY"] = (self.home.work / "third.key").read_text().strip()

    def restore(self, other: Home) -> None:
        """Backs up, and restores in another home, by one of the ways that there are."""
        kept = str(self.home.root / "kept.backup")
        other.variables["GATEWAY_MASTER_KEY"] = self.home.variables["GATEWAY_MASTER_KEY"]
        way = self.draw.choice(["key", "key", "second key", "recipient"])
        if way == "recipient":
            said = self.did("vault recipient new --out recipient.key --json", home=other).output
            made = self.did(f"vault backup {kept} --json --recipient {json.loads(said)['public_key']}").output
            other.variables["GATEWAY_MASTER_KEY"] = secrets.token_hex(32)
            fingerprint = json.loads(made)["fingerprint"]
            self.did(f"vault restore {kept} --recipient-key recipient.key --fingerprint {fingerprint}", home=other)
            return
        self.did(f"vault backup {kept}")
        second = self.home.work / "second.key"
        if way == "second key" and second.exists() and not (self.home.work / "third.key").exists():
            other.variables["GATEWAY_MASTER_KEY"] = second.read_text().strip()
        self.did(f"vault restore {kept} --check", home=other)
        self.did(f"vault restore {kept}", home=other)

    def compare(self, other: Home, outcome: Outcome) -> None:
        proven = json.loads(self.did("vault verify --json", home=other).output)
        listed = {entry["name"] for entry in json.loads(self.did("vault list --json", home=other).output)["entries"]}
        missing = set(self.stored) - listed
        if missing or proven["versions"] < sum(map(len, self.stored.values())):
            raise RuntimeError(f"missing: {missing}, {proven}")
        # Every version; of what was imported there is one, and all are looked at in one go.
        for name, versions in self.stored.items():
            if name.startswith("many/"):
                continue
            for number, value in enumerate(versions, 1):
                words = ["vault", "get", name, "--version", str(number), "--reveal-secrets"]
                if self.did(words, home=other).output != value + b"\n":
                    raise RuntimeError(f"version {number} of {name} is not what was stored ({len(value)} bytes)")
                outcome.count("values compared")
        many = [name for name in self.stored if name.startswith("many/")]
        template = "".join(f"{{{{ sigilum://{name} }}}}\n" for name in many)
        given = self.did("vault inject - --reveal-secrets", template.encode(), home=other).output.splitlines()
        if given[: len(many)] != [self.stored[name][-1] for name in many]:
            raise RuntimeError("a value of many is not what was stored")
        outcome.count("values compared", len(many))
        self.did("vault put ci/after", b"written on", home=other)


def drill(lab: Lab, seed: int, outcome: Outcome) -> None:
    clean = Lab(lab.program, lab.scratch)
    with clean.home() as home, clean.home() as other:
        drill = Drill(clean, seed, home)
        outcome.attempt()
        try:
            drill.fill()
            other.lab = lab
            drill.restore(other)
            drill.compare(other, outcome)
            outcome.count("identical")
        except (RuntimeError, KeyError, json.JSONDecodeError) as error:
            outcome.fail(f"seed {seed}: {error}")


def measure(lab: Lab, minutes: float) -> Outcome:
    outcome, deadline = Outcome(FIGURE, TITLE), Deadline(minutes)

    def work() -> None:
        while deadline.left and outcome.tried < ENOUGH:
            drill(lab, random.SystemRandom().randrange(1 << 30), outcome)

    with concurrent.futures.ThreadPoolExecutor(lab.workers) as pool:
        for done in [pool.submit(work) for _ in range(lab.workers)]:
            done.result()
    return outcome


def planted(lab: Lab) -> dict[str, Outcome]:
    """`restore` leaves out a version."""
    return {"restore": measure(with_defect(lab, "restore"), 0.1)}
