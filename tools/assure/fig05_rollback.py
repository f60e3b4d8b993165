"""Figure 5: an older vault, another history, a log that was cut, a vault that is gone: noticed, or named in
SECURITY.md.

A round makes a vault with a history of random length, puts something in its place, and runs a command. What the
design does not notice is tried as well: then the sentence of SECURITY.md that says so must be there. Beside it, many
processes use one vault while the anchor moves, and consistent copies are made of it: nobody may be told that it was
tampered with.
"""
from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import random
import shutil
import sqlite3
from collections.abc import Callable

import reader
from lab import TOP, Deadline, Home, Lab, Outcome, Result
from mutations import NothingToDo, Target
from scenes import Maker, State, anchor_file, anchor_of, other_vault, state_of, with_defect, with_rows

FIGURE = 5
TITLE = "rollback, forks, and no false alarm"
#: A long run ends after so many rounds of everything.
ENOUGH = 60
SECURITY = " ".join((TOP / "SECURITY.md").read_text().split())

NAMED = {
    "the anchor is removed": "Who can delete the anchor file takes the comparison away; the next command warns that "
    "there is none.",
    "vault and anchor are put back together": "can put back vault and anchor together",
    "the vault is moved to another path": "The same holds for a vault that was moved to another path or machine: it "
    "gets a new anchor, with a warning.",
}


class History:
    """A vault, how it was at times, and the ways in which somebody may go back."""

    def __init__(self, lab: Lab, seed: int) -> None:
        self.draw, self.lab = random.Random(seed), lab
        self.key = f"{self.draw.getrandbits(256):064x}"
        self.maker = Maker(lab, self.key)
        self.home = self.maker.home
        self.maker.put("ci/one")
        for _ in range(self.draw.randrange(2, 5)):
            self.step()
        self.now = self.kept()

    def kept(self) -> tuple[State, bytes]:
        return with_rows(state_of(self.home), self.lab.scratch), anchor_file(self.home).read_bytes()

    def step(self) -> None:
        """What an owner does; sometimes only a value is given out, which moves the log and nothing else."""
        self.maker.keep()
        self.maker.put(self.draw.choice(["ci/one", "ci/two"]))
        if self.draw.random() < 0.4:
            self.maker.did("vault list --json")
            self.maker.put("ci/three")

    def target(self) -> Target:
        """Everything as it is now, to be tampered with."""
        target = Target(self.home.sigilum, self.now[0], self.maker.scene.earlier, [])
        self.put(*self.now)
        return target

    def put(self, state: State, anchor: bytes | None) -> None:
        replace_files(self.home, state)
        path = anchor_file(self.home)
        path.unlink(missing_ok=True)
        if anchor is not None:
            path.write_bytes(anchor)

    def fork(self, steps: list[str]) -> State:
        """Another history from the last earlier copy on, made where there is no anchor."""
        other = self.lab.home().make()
        other.sigilum.mkdir(mode=0o700)
        other.variables["GATEWAY_MASTER_KEY"] = self.key
        common = self.maker.scene.earlier[-1]
        replace_files(other, common)
        anchor_file(other).parent.mkdir(mode=0o700, parents=True)
        anchor_file(other).write_bytes(anchor_of(common.rows["head"][b""], other))
        for step in steps:
            result = other.run(step, given=b"another value")
            if result.status != 0:
                raise RuntimeError(f"{step}: {result.text}")
        state = with_rows(state_of(other), self.lab.scratch)
        shutil.rmtree(other.root)
        return state


def replace_files(home: Home, state: State) -> None:
    for path in home.sigilum.glob("vault.db*"):
        path.unlink()
    for name, content in state.files.items():
        (home.sigilum / name).write_bytes(content)
        (home.sigilum / name).chmod(0o600)


# MARK: What is put in its place. Each is expected to be 65, but for those of `NAMED`.


def older_copy(history: History) -> None:
    history.put(history.draw.choice(history.maker.scene.earlier), history.now[1])


def same_generation(history: History) -> None:
    """As many changes, and others."""
    behind = history.now[0].rows["head"][b""][24:32] != history.maker.scene.earlier[-1].rows["head"][b""][24:32]
    state = history.fork(["vault put ci/one"])
    if not behind:
        raise NothingToDo
    history.put(state, history.now[1])


def higher_generation(history: History) -> None:
    history.put(history.fork([f"vault put ci/{number}" for number in range(4)]), history.now[1])


def fork_of_releases(history: History) -> None:
    history.put(history.fork(["vault get ci/one --reveal-secrets"] * 5), history.now[1])


def deleted_log(history: History) -> None:
    target = history.target()
    target.read("vault.db-wal")
    (target.folder / "vault.db-wal").unlink()


def emptied_log(history: History) -> None:
    target = history.target()
    content = target.read("vault.db-wal")
    target.write("vault.db-wal", content[: 32 + (24 + 4096) * history.draw.randrange((len(content) - 32) // 4120)])


def cut_audit(history: History) -> None:
    target, rows = history.target(), history.now[0].rows["audit"]
    first = history.draw.randrange(len(rows))
    last = history.draw.choice([first + 1, len(rows)])
    kept = sorted(rows)[:first] + sorted(rows)[last:]
    target.set_table("audit", {key: rows[key] for key in kept})


def cut_audit_and_head(history: History) -> None:
    """The log and the head as they were; the entries as they are."""
    target, old = history.target(), history.draw.choice(history.maker.scene.earlier)
    target.set_table("audit", old.rows["audit"])
    target.set_table("head", old.rows["head"])


def vault_of_same_key(history: History) -> None:
    history.put(other_vault(history.lab, history.key)[0], history.now[1])


def vault_of_other_key(history: History) -> None:
    history.put(other_vault(history.lab, f"{history.draw.getrandbits(256):064x}")[0], history.now[1])


def vault_gone(history: History) -> None:
    history.put(State({}), history.now[1])


def vault_empty(history: History) -> None:
    history.put(State({"vault.db": b""}), history.now[1])


def home_gone(history: History) -> None:
    history.target()
    shutil.rmtree(history.home.sigilum)


def anchor_of_later(history: History) -> None:
    """The anchor has seen more than there is: as after a disk that lost what was committed."""
    seen = reader.Anchor.read(history.now[1])
    later = dataclasses.replace(seen, generation=seen.generation + 1)
    history.put(history.now[0], later.file(str(history.home.database.resolve())))


def anchor_is_none(history: History) -> None:
    anchor = history.now[1]
    torn = anchor.replace(b"generation 0", b"generation 1")
    history.put(history.now[0], history.draw.choice([b"no anchor", anchor[:-9], anchor + b"\n", torn]))


def anchor_removed(history: History) -> None:
    history.put(history.draw.choice(history.maker.scene.earlier), None)


def both_put_back(history: History) -> None:
    """Vault and anchor of one and the same earlier time."""
    history.put(*history.now)
    history.maker.put("ci/one")
    replace_files(history.home, history.now[0])
    anchor_file(history.home).write_bytes(history.now[1])


def moved(history: History) -> None:
    history.put(history.draw.choice(history.maker.scene.earlier), history.now[1])
    path = anchor_file(history.home)
    path.rename(path.with_name("0" * 64))


WAYS: dict[str, Callable[[History], None]] = {
    "an older copy is put back": older_copy,
    "a fork at the same generation": same_generation,
    "a fork at a higher generation": higher_generation,
    "a fork in which values were only given out": fork_of_releases,
    "the -wal is deleted": deleted_log,
    "the -wal is cut": emptied_log,
    "the audit log is cut": cut_audit,
    "audit log and head are older": cut_audit_and_head,
    "another vault of the same key": vault_of_same_key,
    "another vault of another key": vault_of_other_key,
    "the vault is gone": vault_gone,
    "the vault's file is empty": vault_empty,
    "the home is gone": home_gone,
    "the anchor is of a later state": anchor_of_later,
    "the anchor's file is no anchor": anchor_is_none,
    "the anchor is removed": anchor_removed,
    "vault and anchor are put back together": both_put_back,
    "the vault is moved to another path": moved,
}
COMMANDS = ("vault verify", "vault get ci/one --reveal-secrets", "vault list", "vault put ci/one",
            "service add --offline --service-slug abc", "vault log", "vault backup moving.backup --force")  # fmt: skip


def noticed(history: History, name: str, outcome: Outcome) -> None:
    try:
        WAYS[name](history)
    except NothingToDo:
        return
    # Only what reads all of the log sees that a part of it is missing.
    commands = ("vault verify", "vault log --json") if WAYS[name] is cut_audit else COMMANDS
    if WAYS[name] in (vault_gone, home_gone):
        # Where there is a file, `init` says so and opens nothing.
        commands = (*commands, "vault init")
    command = history.draw.choice(commands)
    result = history.home.run(command, given=b"a value", seconds=20)
    outcome.attempt()
    if name in NAMED:
        outcome.count("not noticed, as SECURITY.md says")
        warned = name.startswith("vault and anchor") or b"[warn]" in result.errors
        if NAMED[name] not in SECURITY:
            outcome.fail(f"{name}: SECURITY.md does not say so")
        if result.status != 0 or not warned:
            outcome.fail(f"{name}: {command}: a warning and 0 were expected: {result.text}")
        return
    outcome.count("noticed")
    if result.status != 65 or result.output or any(canary in result.errors for canary in history.maker.scene.canaries):
        outcome.fail(f"{name}: {command}: {result.text}")
    if name in ("the vault is gone", "the home is gone") and history.home.database.exists():
        outcome.fail(f"{name}: {command} made a new vault")


def resurrected_slot(history: History, outcome: Outcome, compromised: bool) -> None:
    """The slot of a key that was removed, put back: by itself, and with the head of its time."""
    history.put(*history.now)
    home, words = history.home, "vault rekey --offline --gateway-loses-them --new-key-file next.key"
    history.maker.did(words + (" --compromised" if compromised else ""))
    new = (home.work / "next.key").read_text().strip()
    # The old key goes when the new one has opened the vault.
    opened = home.run("vault list", {"GATEWAY_MASTER_KEY": new})
    if opened.status != 0:
        outcome.fail(f"the new key: {opened.text}")
    state, anchor = history.kept()
    for with_head in (False, True):
        for key in (history.key, new):
            history.put(state, anchor)
            target = Target(home.sigilum, state, [], [])
            slots = {**history.now[0].rows["slot"], **state.rows["slot"]}
            target.set_table("slot", slots)
            if with_head:
                target.set_table("head", history.now[0].rows["head"])
            result = home.run("vault get ci/one --reveal-secrets", {"GATEWAY_MASTER_KEY": key}, seconds=20)
            outcome.attempt()
            outcome.count("noticed")
            if result.status not in (65, 77) or result.output:
                outcome.fail(f"the slot of a removed key ({with_head=}, {compromised=}): {result.text}")
    (home.work / "next.key").unlink()
    history.put(*history.now)


# MARK: False alarms


def busy(lab: Lab, seconds: float, outcome: Outcome) -> None:
    """Eight that read and write one vault, and somebody who copies it."""
    with lab.home() as home:
        lab.new_vault(home, {"ci/one": "value"})
        deadline = Deadline(seconds / 60)

        def told(about: str, result: Result) -> None:
            outcome.attempt()
            outcome.count("at the same time")
            if result.status == 75:
                outcome.count("busy")
            elif result.status != 0:
                outcome.fail(f"a false alarm: {about}: {result.text}")

        def use(number: int) -> None:
            draw, backup = random.Random(number), f"backup-{number}"
            writing = ["vault put ci/one", f"vault put ci/own-{number}", "vault get ci/one --reveal-secrets"]
            reading = ["vault list", "vault verify", "vault status", "vault log", "vault history ci/one"]
            while deadline.left:
                command = draw.choice(writing if number % 2 else [*reading, f"vault backup {backup} --force"])
                told(command, home.run(command, given=b"%d" % draw.getrandbits(40)))

        def copy() -> None:
            """Consistent copies, by SQLite's own means, each of which is a vault of its own elsewhere."""
            while deadline.left:
                with lab.home() as other:
                    other.sigilum.mkdir(mode=0o700)
                    shutil.copy(home.sigilum / "gateway-master-key", other.sigilum)
                    with (contextlib.closing(sqlite3.connect(home.database, timeout=20)) as source,
                          contextlib.closing(sqlite3.connect(other.database)) as target):  # fmt: skip
                        source.backup(target)
                    other.database.chmod(0o600)
                    told("verify a copy", other.run("vault verify"))

        with concurrent.futures.ThreadPoolExecutor(9) as pool:
            for done in [pool.submit(use, number) for number in range(8)] + [pool.submit(copy)]:
                done.result()
        told("verify at the end", home.run("vault verify"))


def measure(lab: Lab, minutes: float) -> Outcome:
    outcome, deadline = Outcome(FIGURE, TITLE), Deadline(minutes * 0.6)
    clean = Lab(lab.program, lab.scratch)
    rounds = 0
    while rounds < ENOUGH and len(outcome.failures) < 20 and (deadline.left or not rounds):
        history = History(clean, random.SystemRandom().randrange(1 << 30))
        history.home.lab = lab
        for name in WAYS:
            noticed(history, name, outcome)
            history.home.sigilum.mkdir(mode=0o700, exist_ok=True)
            if not deadline.left and rounds:
                break
        history.home.lab = clean
        resurrected_slot(history, outcome, compromised=rounds % 2 == 1)
        shutil.rmtree(history.home.root)
        rounds += 1
    outcome.facts["histories"] = rounds
    busy(lab, minutes * 60 * 0.35, outcome)
    return outcome


def planted(lab: Lab) -> dict[str, Outcome]:
    """The anchor is not looked at; not compared; read too late, so that what others did looks like a rollback."""
    found = {"no-anchor": measure(with_defect(lab, "no-anchor"), 0.2)}
    return found | {name: measure(lab.planted(name), 0.4) for name in ("rollback", "rollback-hasty")}
