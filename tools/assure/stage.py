"""Scenes: every command that changes something, on a vault it can change, and what must be true when it ended.

What is true is read by tools/reader.py, which shares no code with the program, and from the files and doubles themselves.
"""
from __future__ import annotations

import copy
import dataclasses
import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import reader
from api import API, owner_token
from gateway import Gateway
from lab import Home, Lab, Result

KEY_FILES = ("gateway-master-key", "gateway-master-key.new", "gateway-master-key.previous")
JWT_SECRET = "for-scenes-only-0123456789-0123456789"


class Stage:
    """A home with its gateway and API, that can be put back to what it was: at the same place, which anchors know."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.home = lab.home()
        self.saved = self.home.root.with_name(self.home.root.name + "-saved")
        self.gateway = Gateway()
        self.tokens = [owner_token(), owner_token()]
        self.api = API(self.tokens)
        #: What scenes store: nowhere else on the machine.
        self.canaries = [lab.canary() for _ in range(4)]
        self.stores: tuple = ()
        #: Given besides the home's, in every run.
        self.variables = {"GATEWAY_ADMIN_URL": self.gateway.url}

    def __enter__(self) -> Stage:
        self.home.make()
        return self

    def __exit__(self, *_: object) -> None:
        self.gateway.stop()
        self.api.stop()
        for folder in (self.home.root, self.saved):
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, line: str | list[str], given: str = "", variables: dict[str, str] | None = None) -> Result:
        return self.home.run(line, {**self.variables, **(variables or {})}, given.encode())

    def must(self, line: str, given: str = "", variables: dict[str, str] | None = None) -> Result:
        """Runs what prepares a scene: that has to work."""
        result = self.run(line, given, variables)
        if result.status != 0:
            raise RuntimeError(f"{line}: {result.text}")
        return result

    def save(self) -> None:
        """What `load` puts back."""
        shutil.rmtree(self.saved, ignore_errors=True)
        shutil.copytree(self.home.root, self.saved, symlinks=True)
        self.stores = copy.deepcopy((self.gateway.connections, self.api.services))

    def load(self) -> None:
        shutil.rmtree(self.home.root, ignore_errors=True)
        shutil.copytree(self.saved, self.home.root, symlinks=True)
        self.gateway.connections, self.api.services = copy.deepcopy(self.stores)

    # MARK: What is there

    def master_keys(self) -> list[bytes]:
        """Whatever could open the vault: the key files of the home, and a key that the scene has elsewhere."""
        paths = [self.home.sigilum / name for name in KEY_FILES] + [self.home.work / "elsewhere.key"]
        return [path.read_bytes().strip() for path in paths if path.is_file() and path.stat().st_size]

    def vault(self) -> reader.Vault | None:
        """The vault as the second reader proves it: None where there is none yet. Throws what it finds wrong."""
        if not self.home.database.is_file() or self.home.database.stat().st_size == 0:
            return None
        try:
            rows = reader.read_rows(self.home.database)
        except reader.Damage as damage:
            # A file that SQLite has begun and nothing was stored in.
            if "head" in str(damage) or "not a vault" in str(damage) or "schema" in str(damage):
                return None
            raise
        failure: Exception | None = None
        for key in self.master_keys():
            try:
                vault = reader.open_vault(rows, key)
                vault.log()
                return vault
            except reader.Failure as problem:
                failure = problem
        raise failure or RuntimeError("no key file is left")

    def values(self) -> dict[str, list[str]]:
        """Each entry's versions, oldest first."""
        vault = self.vault()
        if vault is None:
            return {}
        return {
            name: [version.value.decode(errors="replace") for version in vault.history(entry)]
            for name, entry in vault.secrets.items()
        }

    def stray(self) -> list[str]:
        """Places that do not hold what the vault says they hold."""
        vault = self.vault()
        if vault is None:
            return []
        wrong = []
        for name, entry in vault.secrets.items():
            value = vault.history(entry)[-1].value
            for delivery in entry.deliveries:
                target, _, place = delivery.partition(":")
                if not self.holds(target, place, name, value):
                    wrong.append(f"{delivery} has not the value of {name}")
        slugs = {d.partition(":")[2] for e in vault.secrets.values() for d in e.deliveries if d.startswith("gateway:")}
        wrong += [f"gateway has {slug} besides" for slug in set(self.gateway.connections) - slugs]
        return wrong

    def holds(self, target: str, place: str, name: str, value: bytes) -> bool:
        match target:
            case "export-file":
                path = self.home.sigilum / place
                # The file of a token is read by people too: it ends with a line end.
                value += b"\n" if name.startswith("owner-token/") else b""
                return path.is_file() and path.read_bytes() == value and path.stat().st_mode & 0o777 == 0o600
            case "gateway":
                return self.gateway.secrets(place).get(name.split("/")[-1]) == value.decode()
            case "sigilum-api":
                return self.api.active(place) == [value.decode()]
            case "local-api":
                with closing(sqlite3.connect(self.home.sigilum / "api.sqlite3")) as database:
                    found = database.execute(
                        "SELECT key_hash FROM service_api_keys JOIN services ON services.id = service_id"
                        " WHERE revoked_at IS NULL AND slug = ?", (place,)).fetchall()
                return found == [(hashlib.sha256(value).hexdigest(),)]
            case "openclaw":
                return value in (self.home.user / ".openclaw/openclaw.json").read_bytes()
        return False

    def troubles(self) -> list[str]:
        """What is wrong with a vault that should be whole and delivered."""
        found = []
        try:
            found += self.stray()
        except reader.Failure as problem:
            found.append(f"the second reader: {problem}")
        for line in ("vault verify", "vault sync --dry-run"):
            result = self.run(line)
            if result.status != 0:
                found.append(f"{line}: {result.text}")
        left = [p.name for p in self.home.sigilum.glob("*") if p.name.endswith(".new")]
        return found + [f"left behind: {name}" for name in left]


@dataclasses.dataclass
class Scene:
    """A command and the state it starts from."""

    name: str
    line: str
    prepare: Callable[[Stage], None] = lambda stage: None
    #: The command's standard input and variables.
    given: Callable[[Stage], str] = lambda stage: ""
    variables: Callable[[Stage], dict[str, str]] = lambda stage: {}
    #: Statuses of the same command run again, where it may have been done already.
    again: tuple[int, ...] = (0,)
    #: Run again it makes another version.
    repeats: bool = False

    def start(self, stage: Stage) -> None:
        """Prepares and saves."""
        self.prepare(stage)
        stage.save()

    def run(self, stage: Stage, variables: dict[str, str] | None = None) -> Result:
        return stage.run(self.line, self.given(stage), {**self.variables(stage), **(variables or {})})


def shape(stage: Stage, old: dict[str, list[str]]) -> dict[str, tuple]:
    """The vault's values, with those that a run made up by themselves shown as such."""
    known = {value for versions in old.values() for value in versions} | set(stage.canaries) | set(stage.tokens)
    return {
        name: tuple(value if value in known else "made" for value in versions)
        for name, versions in stage.values().items()
    }


def calls(path: Path) -> list[list[str]]:
    """What a run of `faults.c` noted: name, descriptor, what it is about."""
    return [line.split("\t") for line in path.read_text().splitlines()] if path.exists() else []


# MARK: The scenes

GATEWAY_ADD = "service add --service-slug linear --mode gateway --upstream-base-url https://api.linear.app " \
    "--upstream-secret-env SECRET"


def service(stage: Stage) -> None:
    stage.must(GATEWAY_ADD, variables={"SECRET": stage.canaries[0]})


def entry(stage: Stage) -> None:
    for value in stage.canaries[:2]:
        stage.must("vault put ci/token", value)
    stage.must("vault export ci/token --to exported")


def pending(stage: Stage) -> None:
    service(stage)
    stage.must("service secret set --service-slug linear --upstream-secret-env SECRET --offline",
               variables={"SECRET": stage.canaries[1]})
    stage.must("vault rotate service-api-key/linear --offline")
    (stage.home.sigilum / "service-api-key-linear").unlink()


def several(stage: Stage) -> None:
    """So many that some go together."""
    pending(stage)
    for slug in ("slack", "openai", "notion"):
        stage.must(GATEWAY_ADD.replace("linear", slug) + " --offline", variables={"SECRET": stage.canaries[2]})


def backup(stage: Stage) -> None:
    entry(stage)
    stage.must("vault backup one")
    shutil.copy(stage.home.sigilum / "gateway-master-key", stage.home.work / "elsewhere.key")
    shutil.rmtree(stage.home.sigilum)
    shutil.rmtree(stage.home.user / ".local/state/sigilum")
    stage.variables["GATEWAY_MASTER_KEY_FILE"] = "elsewhere.key"


def sources(stage: Stage) -> None:
    entry(stage)
    text = f'{{"one": "{stage.canaries[2]}", "two": "{stage.canaries[3]}"}}'
    (stage.home.work / "values.json").write_text(text)


def openclaw(stage: Stage) -> None:
    folder = stage.home.user / ".openclaw"
    folder.mkdir(mode=0o700)
    (folder / "openclaw.json").write_text("// mine\n{\n  a: 1, // one\n  hooks: {internal: {entries: {}}},\n}\n")
    (folder / "openclaw.json").chmod(0o600)


LOGIN = "auth {} --mode managed --owner-token-stdin --print-token false --enable-authz-notify true"
LOCAL = "auth {} --mode oss-local --print-token false --enable-authz-notify true"


def signed_in(stage: Stage) -> None:
    openclaw(stage)
    stage.must(LOGIN.format("login"), stage.tokens[0])


def signed_in_locally(stage: Stage) -> None:
    openclaw(stage)
    # Not good for as long as the next: else it is the same token, where both are made within one second.
    stage.must(LOCAL.format("login") + " --ttl-seconds 3600", variables=jwt(stage))


def managed(stage: Stage) -> dict[str, str]:
    return {"SIGILUM_MODE": "managed", "SIGILUM_OWNER_TOKEN": stage.tokens[0], "SIGILUM_API_URL": stage.api.url}


def always_managed(stage: Stage) -> None:
    stage.variables.update(managed(stage))


def managed_service(stage: Stage) -> None:
    always_managed(stage)
    stage.must("service add --service-slug linear")


def jwt(_: Stage) -> dict[str, str]:
    return {"JWT_SECRET": JWT_SECRET}


def secret(number: int) -> Callable[[Stage], dict[str, str]]:
    return lambda stage: {"SECRET": stage.canaries[number]}


SCENES = [
    Scene("service add, native", "service add --service-slug linear"),
    Scene("service add, gateway", GATEWAY_ADD, variables=secret(0)),
    Scene("service add, managed", "service add --service-slug linear", always_managed),
    Scene("service secret set", "service secret set --service-slug linear --upstream-secret-env SECRET", service,
          variables=secret(1)),
    Scene("service remove", "service remove --service-slug linear --confirm linear --everywhere", service,
          again=(0, 66)),
    Scene("vault put, first", "vault put ci/token", given=lambda stage: stage.canaries[0]),
    Scene("vault put, next", "vault put ci/token", entry, lambda stage: stage.canaries[2]),
    Scene("vault rotate", "vault rotate service-api-key/linear", service, repeats=True),
    Scene("vault rotate, managed", "vault rotate service-api-key/linear", managed_service, repeats=True),
    Scene("vault rollback", "vault rollback ci/token --to 1", entry),
    Scene("vault prune", "vault prune ci/token --keep 1", entry),
    Scene("vault move", "vault move ci/token ci/moved", entry, again=(0, 66)),
    Scene("vault remove", "vault remove ci/token --confirm ci/token --everywhere", entry, again=(0, 66)),
    Scene("vault rekey", "vault rekey --gateway-loses-them", entry, repeats=True),
    Scene("vault rekey, compromised", "vault rekey --compromised --gateway-loses-them", entry, repeats=True),
    Scene("vault backup", "vault backup one --force", entry),
    Scene("vault restore", "vault restore one", backup, again=(0, 73)),
    Scene("vault import", "vault import --format json values.json --prefix new/", sources),
    Scene("vault sync", "vault sync", pending),
    Scene("vault sync, several", "vault sync", several),
    Scene("auth login, managed", LOGIN.format("login"), openclaw, lambda stage: stage.tokens[0]),
    Scene("auth login, oss-local", LOCAL.format("login"), openclaw, variables=jwt, repeats=True),
    Scene("auth refresh, managed", LOGIN.format("refresh"), signed_in, lambda stage: stage.tokens[1]),
    Scene("auth refresh, oss-local", LOCAL.format("refresh"), signed_in_locally, variables=jwt, repeats=True),
    Scene("auth logout", "auth logout", signed_in, again=(0, 66)),
]
