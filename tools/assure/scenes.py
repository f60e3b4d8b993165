"""Vaults that are made for tampering, and put back by the thousand: figures 4 and 5 begin with them."""
from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import secrets
import shutil
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import reader
from lab import Home, Lab
from mutations import FILES, State, Target, rows_in

NAMES = ("ci/one", "ci/two", "ci/long", "upstream-secret/linear/access_token", "service-api-key/linear")
TEMPLATE = "".join(f"{name}: {{{{ sigilum://{name} }}}}\n" for name in NAMES)


def with_defect(lab: Lab, name: str) -> Lab:
    """The lab of the same program with a defect of `defects.c`."""
    other = lab.other()
    other.variables |= {"LD_PRELOAD": str(lab.library("defects")), "SIGILUM_PLANTED": name}
    return other


@dataclass
class Scene:
    """A vault with what surrounds it, as bytes: it can be put anywhere."""

    key: str
    now: State
    anchor: bytes
    earlier: list[State] = field(default_factory=list)
    foreign: list[State] = field(default_factory=list)
    #: What `vault inject` makes of all entries, and what each version of `ci/one` is.
    injected: bytes = b""
    versions: list[str] = field(default_factory=list)
    #: Every value that any of these vaults ever had.
    canaries: list[bytes] = field(default_factory=list)


def state_of(home: Home) -> State:
    files = {name: content for name in FILES if (content := home.read(name))}
    return State(files)


def with_rows(state: State, scratch: Path) -> State:
    """The same with its rows, read from a copy: SQLite changes what it reads."""
    folder = scratch / f"rows-{secrets.token_hex(4)}"
    folder.mkdir()
    for name, content in state.files.items():
        (folder / name).write_bytes(content)
    state.rows, _ = rows_in(folder)
    shutil.rmtree(folder)
    return state


def anchor_file(home: Home) -> Path:
    """Where the program keeps the anchor of a home's vault: named by the checksum of its path."""
    path = str(home.database.resolve())
    return home.user / ".local/state/sigilum/anchors" / hashlib.blake2b(path.encode(), digest_size=32).hexdigest()


def anchor_of(row: bytes, home: Home) -> bytes:
    """The anchor of a machine that saw this head last."""
    head = reader.read_head(row)
    return reader.Anchor(head.vault_id, head.generation, head.audit_number, head.audit_chain).file(str(home.database.resolve()))


def checkpoint(home: Home) -> None:
    with contextlib.closing(sqlite3.connect(home.database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def settle_in(home: Home, scene: Scene) -> Target:
    """Puts a scene into a home of its own."""
    home.sigilum.mkdir(mode=0o700, exist_ok=True)
    (home.work / "template").write_text(TEMPLATE)
    anchor_file(home).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.variables["GATEWAY_MASTER_KEY"] = scene.key
    target = Target(home.sigilum, scene.now, scene.earlier, scene.foreign)
    put_back(home, scene, target)
    return target


def put_back(home: Home, scene: Scene, target: Target) -> None:
    """Makes everything what it was, the anchor too: a release that was recorded has moved it."""
    target.put_back()
    anchor_file(home).write_bytes(reader.Anchor.read(scene.anchor).file(str(home.database)))
    anchor_file(home).chmod(0o600)


class Maker:
    """Makes a vault by the program, and keeps how it was in between."""

    def __init__(self, lab: Lab, key: str) -> None:
        self.lab, self.home = lab, lab.home().make()
        self.home.variables["GATEWAY_MASTER_KEY"] = key
        self.scene = Scene(key, State({}), b"")
        self.did("vault init")

    def did(self, line: str, given: str = "") -> bytes:
        variables = {"TOKEN": given} if "TOKEN" in line else {}
        result = self.home.run(line, variables, given.encode())
        if result.status != 0:
            raise RuntimeError(f"{line}: {result.text}")
        return result.output

    def put(self, name: str, filler: str = "") -> str:
        value = self.lab.canary() + filler
        self.did(f"vault put {name}", value)
        self.scene.canaries.append(value[:48].encode())
        return value

    def keep(self) -> None:
        self.scene.earlier.append(with_rows(state_of(self.home), self.lab.scratch))

    def go_on(self) -> None:
        """Begins another scene, to which the one before is an earlier copy."""
        old = self.scene
        self.scene = dataclasses.replace(
            old, earlier=[*old.earlier[-3:], old.now], canaries=list(old.canaries), versions=list(old.versions)
        )

    def finish(self) -> Scene:
        """The scene as it is now. What the releases of this very function record is not in it."""
        scene = self.scene
        scene.now = with_rows(state_of(self.home), self.lab.scratch)
        scene.anchor = anchor_file(self.home).read_bytes()
        (self.home.work / "template").write_text(TEMPLATE)
        scene.injected = self.did("vault inject template --reveal-secrets")
        scene.canaries += [line.split(b": ")[1][:48] for line in scene.injected.splitlines()]
        return scene


def other_vault(lab: Lab, key: str) -> tuple[State, list[bytes]]:
    """A vault of somebody else, with some of the same names."""
    maker = Maker(lab, key)
    maker.put("ci/one")
    maker.put("ci/two")
    state = with_rows(state_of(maker.home), lab.scratch)
    return state, maker.scene.canaries


def make(lab: Lab) -> list[Scene]:
    """Three vaults: the newest rows in the -wal, all of them in the file, and under a second data key."""
    key = secrets.token_hex(32)
    maker = Maker(lab, key)
    maker.scene.versions.append(maker.put("ci/one"))
    maker.keep()
    maker.scene.versions.append(maker.put("ci/one"))
    maker.put("ci/two")
    upstream = lab.canary()
    maker.scene.canaries.append(upstream.encode())
    maker.did("service add --offline --service-slug linear --mode gateway --upstream-base-url https://api.linear.app "
              "--upstream-secret-env TOKEN", upstream)  # fmt: skip
    maker.keep()
    maker.put("ci/long", "x" * 5000)
    maker.put("ci/gone")
    maker.keep()
    maker.did("vault remove ci/gone --confirm ci/gone")
    maker.did("vault export ci/two --to own.secret")
    maker.did("vault key add --new-key-file second.key")
    maker.keep()
    maker.scene.versions.append(maker.put("ci/one"))
    foreign = [other_vault(lab, key), other_vault(lab, secrets.token_hex(32))]
    for state, canaries in foreign:
        maker.scene.foreign.append(state)
        maker.scene.canaries += canaries
    scenes = [maker.finish()]
    maker.go_on()
    checkpoint(maker.home)
    scenes.append(maker.finish())
    maker.go_on()
    maker.did("vault rekey --compromised --new-key-file third.key --gateway-loses-them --offline")
    maker.scene.key = (maker.home.work / "third.key").read_text().strip()
    maker.home.variables["GATEWAY_MASTER_KEY"] = maker.scene.key
    maker.keep()
    maker.put("ci/two")
    scenes.append(maker.finish())
    shutil.rmtree(maker.home.root)
    return scenes
