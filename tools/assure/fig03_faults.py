"""Figure 3: one call after the other fails: disk full, broken disk, no descriptor, no memory, interrupted, half done."""
from __future__ import annotations

import collections
import errno

from lab import Deadline, Lab, Outcome, Result, spread, work_off
from stage import SCENES, Scene, Stage, calls, entry, service, shape

FIGURE = 3
TITLE = "faults: clean error, old or new state"
#: What docs/exit-codes.md says of what may happen here. Never 70, never a signal.
DOCUMENTED = {0, 1, 65, 66, 69, 73, 75, 76, 77, 78}

FULL, BROKEN, FILES, MEMORY, SIGNAL = errno.ENOSPC, errno.EIO, errno.EMFILE, errno.ENOMEM, errno.EINTR
WRITES = [FULL, BROKEN, SIGNAL, "short", f"{FULL}+", f"{BROKEN}+"]
#: What each call can say, as its manual page has it; a + makes it stay so for all calls of the kind.
FAULTS = {
    "write": WRITES, "pwrite": WRITES, "pwrite64": WRITES,
    "read": [BROKEN, SIGNAL, "short"], "pread": [BROKEN, SIGNAL, "short", f"{BROKEN}+"],
    "pread64": [BROKEN, SIGNAL, "short", f"{BROKEN}+"],
    "fsync": [BROKEN, FULL, SIGNAL], "fdatasync": [BROKEN, FULL, SIGNAL],
    "ftruncate": [BROKEN, FULL, SIGNAL], "ftruncate64": [BROKEN, FULL, SIGNAL], "fallocate": [FULL],
    "renameat": [FULL, BROKEN], "renameat2": [FULL, BROKEN, errno.EINVAL], "linkat": [FULL, BROKEN],
    "unlink": [BROKEN], "unlinkat": [BROKEN], "mkdir": [FULL, BROKEN], "mkdirat": [FULL, BROKEN],
    "fchmod": [BROKEN], "fchown": [BROKEN, errno.EPERM],
    "open64": [FILES, MEMORY, SIGNAL, f"{FILES}+"], "openat": [FILES, BROKEN, SIGNAL, f"{FILES}+"],
    "open64+": [FILES, FULL, SIGNAL, f"{FILES}+"], "openat+": [FILES, FULL, BROKEN, f"{FILES}+"],
    "open": [FILES, SIGNAL], "open+": [FILES, FULL],
    "socket": [FILES], "pipe2": [FILES],
    "connect": [errno.ECONNREFUSED], "sendmsg": [errno.ECONNRESET],
    "flock": [SIGNAL, errno.ENOLCK], "fcntl": [errno.ENOLCK], "fcntl64": [errno.ENOLCK, BROKEN],
    "fstat": [BROKEN], "fstat64": [BROKEN], "stat": [BROKEN], "stat64": [BROKEN], "lstat": [BROKEN], "fstatat": [BROKEN],
    "mmap": [MEMORY], "mmap64": [MEMORY], "mlock": [MEMORY, errno.EPERM],
    "getrandom": [SIGNAL], "close": [BROKEN, SIGNAL],
}
#: Made so often that they come last.
MANY = {"mmap", "mlock", "close", "fstat", "fstat64", "fcntl64"}

#: Commands that change nothing but the log: what they print or write is right or missing.
READERS = [
    Scene("vault get", "vault get ci/token --reveal-secrets", entry),
    Scene("vault list", "vault list", service),
    Scene("vault verify", "vault verify", service),
]
NAMES = {
    "service add, gateway", "service add, managed", "service secret set", "vault put, first", "vault put, next",
    "vault rotate", "vault rekey", "vault backup", "vault restore", "vault import", "vault sync", "vault sync, several", "vault remove",
    "auth login, managed", "auth login, oss-local",
}
#: Where there is no time for all.
FEW = ("service add, gateway", "vault put, next", "vault rekey", "vault get")
COMMANDS = [scene for scene in SCENES if scene.name in NAMES] + READERS


class Victim:
    """A scene on a stage of its own."""

    def __init__(self, scene: Scene, lab: Lab, outcome: Outcome) -> None:
        self.scene, self.outcome = scene, outcome
        self.library = str(lab.library("faults"))
        self.stage = Stage(lab).__enter__()
        scene.start(self.stage)
        self.old = self.stage.values()
        self.whole, self.calls = self.run("", 0, "")
        if self.whole.status != 0 or len(self.calls) < 100:
            raise RuntimeError(f"{scene.name}, undisturbed, {len(self.calls)} calls: {self.whole.text}")
        self.new = shape(self.stage, self.old)

    def run(self, name: str, number: int, deed: str) -> tuple[Result, list[list[str]]]:
        """Lets the call of this number among those of this name go wrong."""
        log = self.stage.home.root / "calls"
        result = self.scene.run(self.stage, {
            "LD_PRELOAD": self.library, "FAULT_LOG": str(log), "FAULT_AT": str(number), "FAULT_DO": deed,
            "FAULT_WIDE": "1", **({"FAULT_ONLY": name} if name else {}),
        })
        made = calls(log)
        log.unlink(missing_ok=True)
        return result, made

    def points(self, faults: dict[str, list]) -> list[tuple[str, int, str]]:
        """Name, number among those of the name, and deed. Each call once at first, its ways to fail taking turns; then
        the others. Both spread over the run, what is made most often last."""
        made: collections.Counter = collections.Counter()
        rounds: list[list[tuple[str, int, str]]] = [[], [], [], []]
        for index, (name, *_) in enumerate(self.calls):
            made[name] += 1
            deeds = faults.get(name, [])
            for turn, deed in enumerate(deeds):
                later = 0 if turn == index % len(deeds) else 2
                rounds[later + (name in MANY)].append((name, made[name], str(deed)))
        self.calls_that_fail = len(rounds[0]) + len(rounds[1])
        return [part[index] for part in rounds for index in spread(len(part))]

    def once(self, name: str, number: int, deed: str) -> None:
        self.stage.load()
        result, made = self.run(name, number, deed)
        if len(made) < number:
            self.outcome.count("not reached, for fewer calls")
            return
        self.outcome.attempt()
        self.outcome.count(f"status {result.status if result.signal is None else f'signal {result.signal}'}")
        call = made[number - 1]
        number_alone = deed.rstrip("+")
        word = deed.replace(number_alone, errno.errorcode[int(number_alone)]) if number_alone.isdigit() else deed
        place = f"{self.scene.name}, {word} at {name} {number} ({' '.join(call[1:])})"
        try:
            problems = self.at_once(result, call) + self.later()
        except Exception as error:  # The second reader's findings among them.
            problems = [f"{type(error).__name__}: {error}"]
        if problems:
            self.outcome.fail(f"{place}: {'; '.join(problems)}; it said: {result.text}")

    def at_once(self, result: Result, call: list[str]) -> list[str]:
        """What the run itself says, and what is there after it."""
        stage, found = self.stage, []
        if result.status not in DOCUMENTED:
            found.append("no documented status")
        if result.status not in (0, 1) and b"[ERROR]" not in result.errors and call[1] not in ("1", "2"):
            found.append("no [ERROR]")
        shown = [c for c in stage.canaries + stage.tokens if result.shows(c.encode())]
        if shown and "--reveal" not in self.scene.line:
            found.append("shows a secret")
        there = shape(stage, self.old)
        old = {name: tuple(values) for name, values in self.old.items()}
        if there not in (old, self.new):
            found.append(f"neither old nor new: {there}")
        if result.status == 0:
            if there != self.new:
                found.append("0, and it is not done")
            if result.output.split() != self.whole.output.split() and self.scene is READERS[0] and call[1] != "1":
                found.append("0, and it printed something else")
            found += stage.stray()
        return found

    def later(self) -> list[str]:
        """When nothing fails any more: the vault proves itself, and the same command does what it should."""
        stage, found = self.stage, []
        verified = stage.run("vault verify")
        if verified.status not in ((0,) if stage.values() else (0, 66, 78)):
            found.append(f"vault verify: {verified.text}")
        again = self.scene.run(stage)
        if again.status not in self.scene.again:
            found.append(f"the next run: {again.text}")
        if again.status == 66 and stage.run("vault sync").status != 0:
            found.append("vault sync failed")
        return found + stage.troubles()


def sweep(scene: Scene, lab: Lab, outcome: Outcome, deadline: Deadline, faults: dict[str, list]) -> None:
    victims = [Victim(scene, lab, outcome) for _ in range(lab.workers)]
    try:
        points = victims[0].points(faults)
        outcome.count("calls", len(victims[0].calls))
        outcome.count("points", len(points))
        outcome.count("calls that can fail", victims[0].calls_that_fail)
        work_off(points, [victim.once for victim in victims], deadline)
    finally:
        for victim in victims:
            victim.stage.__exit__()


def measure(
    lab: Lab, minutes: float, scenes: list[Scene] = COMMANDS, faults: dict[str, list] = FAULTS
) -> Outcome:
    outcome = Outcome(FIGURE, TITLE)
    if minutes < 0.5 and scenes is COMMANDS:
        scenes = [scene for scene in COMMANDS if scene.name in FEW]
    outcome.facts = {"commands": len(scenes)}
    whole = Deadline(minutes)
    for index, scene in enumerate(scenes):
        # Each has its share of the time that is left.
        try:
            sweep(scene, lab, outcome, Deadline(whole.minutes / (len(scenes) - index)), faults)
        except Exception as error:
            outcome.fail(f"{scene.name}: {type(error).__name__}: {error}")
    return outcome


def planted(lab: Lab) -> dict[str, Outcome]:
    scenes = [scene for scene in COMMANDS if scene.name == "service add, gateway"]
    return {
        "errors of writing are passed over": measure(
            lab.planted("write-error-swallowed"), 1, scenes, {"write": [FULL, BROKEN]}),
        "a disk that does not write, and says nothing of it": measure(
            lab, 0.3, scenes, {"write": ["lie"], "pwrite64": ["lie"]}),
    }
