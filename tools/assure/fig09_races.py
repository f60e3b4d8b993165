"""Figure 9: somebody swaps links, pipes, files and folders under the program's hands, while it writes secrets.

The victim is a user of its own; the attacker another one, who shares a folder with it, or (inside the home) a process
of the same user. A round is one swap. Nothing outside may be written, no secret may be read by the attacker, and no
file with a secret may be anybody else's, at any moment. Root makes the users' folders; neither user is root.
"""
from __future__ import annotations

import ctypes
import mmap
import os
import secrets
import shutil
import stat
import subprocess
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from lab import Deadline, Lab, Outcome
from scenes import with_defect

FIGURE = 9
TITLE = "races for names"
#: Users that need not exist. The attacker shares a group with the victim.
VICTIM, ATTACKER, GROUP = 65533, 65534, 65532
ENOUGH = 1_000_000
MARK = "lin_api_"
#: What a refusal may be: nowhere to write, unsafe, written all the time, damaged, missing, empty (a key file that was
#: swapped); 69 is the gateway, which there is none of.
REFUSED = {1, 65, 66, 69, 73, 75, 76, 77, 78}
FILLER = "import os"


class Count(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("rounds", "secrets", "wide")] + [("stop", ctypes.c_int)]


class Attack:
    """A process that swaps a name until it is stopped; what it counts is shared."""

    def __init__(self, library: Path, user: int, work: Callable[[ctypes.CDLL, object], None]) -> None:
        self.memory = mmap.mmap(-1, ctypes.sizeof(Count))
        self.count = Count.from_buffer(self.memory)
        self.process = os.fork()
        if self.process == 0:
            try:
                loaded = ctypes.CDLL(str(library))
                os.setgroups([GROUP])
                os.setgid(user)
                os.setuid(user)
                os.umask(0)
                work(loaded, ctypes.byref(self.count))
            except BaseException:
                traceback.print_exc()
            os._exit(0)

    def stop(self) -> None:
        self.count.stop = 1
        os.waitpid(self.process, 0)


class Place:
    """Folders of two users, below one that both may enter; removed at the end of `with`."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.base = Path(tempfile.mkdtemp(prefix="race-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
        self.base.chmod(0o755)
        # Where both may run it.
        self.program = Path(shutil.copy(lab.program, self.base / "sigilum"))
        self.library, self.yielding = (Path(shutil.copy(lab.library(name), self.base)) for name in ("flip", "yield"))
        #: A planted defect, where there is one: its library too has to be where both may read it.
        given = lab.variables.get("LD_PRELOAD")
        self.preloaded = [shutil.copy(given, self.base)] if given else []
        self.user, self.work = self.owned("user", VICTIM, 0o700), self.owned("user/work", VICTIM, 0o700)
        self.outside = self.owned("user/outside", VICTIM, 0o700)
        self.precious = self.file(self.outside / "precious", VICTIM, 0o600)
        self.own = self.file(self.owned("attacker", ATTACKER, 0o777) / "own", ATTACKER, 0o666)
        self.group = self.owned("group", VICTIM, 0o770)
        os.chown(self.group, VICTIM, GROUP)
        self.sticky = self.owned("sticky", 0, 0o1777)
        self.home = self.work / ".sigilum-workspace"
        self.variables = {
            "HOME": str(self.user), "PATH": os.environ["PATH"], "SIGILUM_NAMESPACE": "johndee", "JWT_SECRET": "s" * 40,
            "XDG_STATE_HOME": str(self.user / ".local/state"), "GATEWAY_ADMIN_URL": "http://127.0.0.1:9",
            "TMPDIR": str(self.work), "GATEWAY_MASTER_KEY": secrets.token_hex(32), **lab.variables,
        }  # fmt: skip

    def owned(self, name: str, user: int, mode: int) -> Path:
        path = self.base / name
        path.mkdir()
        os.chown(path, user, user)
        path.chmod(mode)
        return path

    def file(self, path: Path, user: int, mode: int) -> Path:
        path.write_text(FILLER)
        os.chown(path, user, user)
        path.chmod(mode)
        return path

    def run(self, line: str, given: str = "", *, slow: bool = False, **more: str) -> subprocess.CompletedProcess:
        preloaded = [*self.preloaded, *([str(self.yielding)] if slow else [])]
        variables = {**self.variables, **more, "LD_PRELOAD": ":".join(preloaded)}
        return subprocess.run(
            [self.program, *line.split()], input=given.encode(), env=variables, cwd=self.work, capture_output=True,
            timeout=30, user=VICTIM, group=VICTIM, extra_groups=[GROUP], umask=0,
        )  # fmt: skip

    def set_up(self) -> None:
        commands = (("vault init", ""), ("vault put ci/one", MARK + "one"), ("vault put ci/two", MARK + "two"))
        for line, given in commands:
            done = self.run(line, given)
            if done.returncode != 0:
                raise RuntimeError(f"{line}: {done.stderr.decode()}")
        (self.user / ".openclaw").mkdir(mode=0o700)
        self.file(self.user / ".openclaw/openclaw.json", VICTIM, 0o600).write_text("{hooks: {internal: {entries: {}}}}")
        template = self.file(self.work / "template", VICTIM, 0o600)
        template.write_text("{{ sigilum://ci/one }}")
        os.chown(self.user / ".openclaw", VICTIM, VICTIM)

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.base, ignore_errors=True)

    def flipping(self, folder: Path, name: str, user: int) -> Attack:
        words = [str(folder), name, str(self.precious), str(self.own), MARK]

        def work(library: ctypes.CDLL, count: object) -> None:
            library.flip(*(word.encode() for word in words), VICTIM, count, int.from_bytes(os.urandom(3), "big"))

        return Attack(self.library, user, work)

    def swapping(self, folder: Path, one: str, other: str) -> Attack:
        def work(library: ctypes.CDLL, count: object) -> None:
            words = [str(folder).encode(), one.encode(), other.encode()]
            library.swap(*words, count, int.from_bytes(os.urandom(3), "big"))

        return Attack(self.library, ATTACKER, work)

    def followed(self, *, outside: bool = True) -> list[str]:
        """What the program did where it was led to. `outside`: whether to look for files that it made there."""
        found = []
        if self.precious.read_text() != FILLER or self.precious.stat().st_mode & 0o7777 != 0o600:
            found.append("a file of the user's was written through a link")
            self.file(self.precious, VICTIM, 0o600)
        if MARK in self.own.read_text(errors="replace"):
            found.append("the attacker's file got a secret")
        if outside and {path.name for path in self.outside.iterdir()} != {"precious"}:
            found.append(f"made outside: {sorted(path.name for path in self.outside.iterdir())}")
        for top, _, names in os.walk(self.base):
            found += filter(None, (self.unsafe(os.path.join(top, name)) for name in names))
        return found

    @staticmethod
    def unsafe(path: str) -> str | None:
        """What is wrong with a file, if it has a secret. The attacker is still at work: it may go, or become a pipe."""
        try:
            file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            # A folder by now, or a pipe, is none; Python's own files refuse to be one of a folder.
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode) or status.st_size > 1 << 20:
                return None
            is_safe = status.st_uid == VICTIM and not status.st_mode & 0o077
            if is_safe or path.endswith(".so") or MARK.encode() not in os.pread(file, 1 << 20, 0):
                return None
            return f"a secret is in {path}, mode {status.st_mode & 0o7777:o}, of user {status.st_uid}"
        finally:
            os.close(file)


def race(
    place: Place, about: str, attack: Attack, lines: list[str], deadline: Deadline, outcome: Outcome, *,
    outside: bool = True, before: Callable[[int], dict[str, str]] = lambda _: {},
) -> None:  # fmt: skip
    """The victim goes through `lines` again and again while the attacker is at work."""
    turn, done, refused = 0, 0, 0
    try:
        while (deadline.left or turn < 2) and len(outcome.failures) < 20:
            line = lines[turn % len(lines)]
            turn += 1
            try:
                value = f"{MARK}{turn}"
                result = place.run(line, value, slow=turn % 3 != 0, SECRET=value, **before(turn))
            except subprocess.TimeoutExpired:
                outcome.fail(f"{about}: {line}: it did not end")
                continue
            done, refused = done + (result.returncode == 0), refused + (result.returncode != 0)
            if result.returncode != 0 and result.returncode not in REFUSED:
                outcome.fail(f"{about}: {line}: status {result.returncode}: {result.stderr.decode()}")
            for what in place.followed(outside=outside):
                outcome.fail(f"{about}: {line}: {what}")
    finally:
        attack.stop()
    outcome.attempt(attack.count.rounds)
    if attack.count.secrets or attack.count.wide:
        outcome.fail(f"{about}: read by the attacker {attack.count.secrets}, too wide {attack.count.wide} times")
    outcome.count("writes done", done)
    outcome.count("writes refused", refused)
    outcome.facts["places"] = int(outcome.facts.get("places", 0)) + 1


def exports(path: Path) -> list[str]:
    return [f"vault export ci/one --to {path}", "vault put ci/one", "vault sync", f"vault get ci/two --out {path}",
            f"vault inject template --out {path}", f"vault backup {path} --force",
            f"vault auditor new --out {path}"]  # fmt: skip


def races(place: Place, minutes: float, outcome: Outcome) -> None:
    """One place after the other, each for its share of the time."""
    share = minutes / 8

    def at(about: str, attack: Attack, lines: list[str], **options: object) -> None:
        race(place, about, attack, lines, Deadline(share), outcome, **options)  # type: ignore[arg-type]

    for folder in (place.group, place.sticky):
        path = folder / "own.secret"
        at(f"a name in {folder.name}", place.flipping(folder, path.name, ATTACKER), exports(path))
        # What was exported there is to be written no more.
        path.unlink(missing_ok=True)
        place.run("vault export ci/one --none")
    add = "service add --offline --service-slug linear --mode gateway --upstream-base-url https://api.linear.app "
    add += "--upstream-secret-env SECRET"
    place.run(add, SECRET=MARK + "first")
    for name in ("service-api-key-linear", "gateway-connection-secret-linear"):
        lines = [add, "vault rotate service-api-key/linear --offline", "vault export --all"]
        at(name, place.flipping(place.home, name, VICTIM), lines)
    claw, login = place.user / ".openclaw", "auth login --mode oss-local --print-token false --enable-authz-notify true"
    for folder, name in ((claw / ".sigilum", "owner-token-johndee.jwt"), (claw, "openclaw.json")):
        place.run(login)
        at(name, place.flipping(folder, name, VICTIM), [login, "vault sync"])
        (folder / name).unlink(missing_ok=True)
        if name == "openclaw.json":
            place.file(folder / name, VICTIM, 0o600)
    # A folder on the way is followed, wherever it leads: then the file is made there, the user's own and 0600.
    os.chown(place.owned("group/folder", VICTIM, 0o770), VICTIM, GROUP)
    (place.group / "other").symlink_to(place.outside)
    lines = exports(place.group / "folder/own.secret")
    at("a folder", place.swapping(place.group, "folder", "other"), lines, outside=False)
    for path in place.outside.iterdir():
        if path != place.precious:
            path.unlink()
    # A new home each time, whose key file is made.
    fresh = place.owned("user/work/fresh", VICTIM, 0o700)
    del place.variables["GATEWAY_MASTER_KEY"]

    def afresh(turn: int) -> dict[str, str]:
        for path in fresh.glob("vault.db*"):
            path.unlink()
        return {"XDG_STATE_HOME": f"{place.user}/.local/state-{turn}"}

    attack = place.flipping(fresh, "gateway-master-key", VICTIM)
    at("the key file", attack, [f"vault init --sigilum-home {fresh}"] * 3, before=afresh)


def measure(lab: Lab, minutes: float) -> Outcome:
    outcome = Outcome(FIGURE, TITLE)
    if os.geteuid() != 0:
        outcome.fail("this figure needs root, to become two users")
        return outcome
    with Place(lab) as place:
        place.set_up()
        races(place, minutes, outcome)
    return outcome


def planted(lab: Lab) -> dict[str, Outcome]:
    """Files are written in place, through links; files have mode 0644."""
    return {name: measure(with_defect(lab, name), 0.1) for name in ("race-follow", "race-mode")}
