"""Figure 2: the power fails at each call that writes; what was not synced is lost, or there, or there in part."""
from __future__ import annotations

import copy
import hashlib
import random
import threading

from disk import Disk, put, records
from lab import Deadline, Lab, Outcome, spread
from stage import LOGIN, Stage, backup, openclaw

FIGURE = 2
TITLE = "power cut: acknowledged writes are there"

#: One life of a vault. What a command did has to be there from its first output on.
LIFE = [
    "service add --service-slug linear",
    "vault put ci/token",
    "vault export ci/token --to exported",
    "vault put ci/token",
    "vault rotate service-api-key/linear",
    "vault rollback ci/token --to 1",
    LOGIN.format("login"),
    "vault rekey --gateway-loses-them",
    "vault put ci/other",
    "vault backup one",
    "vault prune ci/token --keep 1",
    "vault import --format json values.json --prefix new/",
    "vault rekey --compromised --gateway-loses-them",
    "vault move ci/other ci/moved",
    "vault remove ci/token --confirm ci/token --everywhere",
    "service remove --service-slug linear --confirm linear --everywhere",
]
#: A backup comes back in the place of a vault that is gone.
RETURN = ["vault restore one", "vault put ci/token"]
#: How much of what was not synced is there: nothing, all of it, and three times something.
CHANCES = [0.0, 1.0, 0.5, 0.9, 0.2]
#: How many records are looked at in one pass over the journal: passes are spread over the whole.
PASS = 12


class Life:
    """Commands that ran, what they wrote in which order, and what the vault held after each."""

    def __init__(self, lab: Lab, outcome: Outcome, seed: int, lies: bool) -> None:
        self.outcome, self.rng = outcome, random.Random(seed)
        self.stage = Stage(lab).__enter__()
        self.top = self.stage.home.user
        self.seen: set[bytes] = set()
        self.variables = {"LD_PRELOAD": str(lab.library("journal"))} | ({"JOURNAL_LIES": "1"} if lies else {})

    def record(self, commands: list[str]) -> None:
        """Runs the commands; `states[n]` is what the vault has before the n-th."""
        stage, journal = self.stage, self.stage.home.root / "journal"
        self.commands, self.states, self.disk = commands, [stage.values()], Disk(self.top)
        for number, line in enumerate(commands):
            with journal.open("ab") as file:
                file.write(f"B\t{number}\t0\n".encode())
            given = stage.tokens[0] if line.startswith("auth") else f"{stage.canaries[0]} {number}"
            stage.must(line, given, {**self.variables, "JOURNAL": str(journal)})
            self.states.append(stage.values())
        self.records = records(journal.read_bytes())
        journal.unlink()

    def cuts(self, deadline: Deadline, share: int, shares: int) -> None:
        """Cuts the power after every record of its share, or after a sample where the time does not reach."""
        # What was just acknowledged comes first.
        told = [index for index, record in enumerate(self.records) if record.kind == "A"][share::shares]
        order = told + [index * shares + share for index in spread(len(self.records) // shares)]
        for start in range(0, len(order), PASS):
            for chance in CHANCES:
                # The first pass in any case.
                self.go_over(deadline if start or chance else Deadline(60), set(order[start : start + PASS]), chance)

    def go_over(self, deadline: Deadline, chosen: set[int], chance: float) -> None:
        disk = copy.deepcopy(self.disk)
        command, acknowledged = 0, False
        for index, record in enumerate(self.records):
            if not deadline.left:
                return
            if record.kind == "B":
                command, acknowledged = int(record.words[0]), False
            elif record.kind == "A":
                acknowledged = True
            else:
                disk.apply(record)
            if index in chosen:
                self.cut(index, command, acknowledged, disk.state(chance, self.rng), chance)

    def cut(self, index: int, command: int, acknowledged: bool, state: dict, chance: float) -> None:
        self.outcome.attempt()
        seen = sorted(item for item in state.items() if not item[0].endswith("-shm"))
        digest = hashlib.sha256(repr((command, acknowledged, seen)).encode()).digest()
        if digest in self.seen:
            self.outcome.count("cuts that leave what another left")
            return
        self.seen.add(digest)
        put(state, self.top)
        allowed = self.states[command + 1 : command + 2] if acknowledged else self.states[command : command + 2]
        try:
            problems = self.problems(allowed, self.commands[command], acknowledged)
        except Exception as error:  # The second reader's findings among them.
            problems = [f"{type(error).__name__}: {error}"]
        if problems:
            record = self.records[index]
            self.outcome.fail(
                f"{'after' if acknowledged else 'during'} {self.commands[command][:40]}, record {index} "
                f"({record.kind} {' '.join(record.words)}), {chance:.0%} of what was not synced: {'; '.join(problems)}")

    def problems(self, allowed: list[dict], command: str, acknowledged: bool) -> list[str]:
        stage, found = self.stage, []
        verified = stage.run("vault verify")
        # Before the first command is done there may be nothing to prove.
        if verified.status not in ((0,) if all(allowed) else (0, 66, 78)):
            found.append(f"vault verify: {verified.text}")
        there = stage.values()
        if there not in allowed:
            shown = {name: len(values) for name, values in there.items()}
            found.append(f"{'acknowledged, and lost' if acknowledged else 'neither old nor new'}: {shown}")
            if acknowledged:
                self.outcome.count("acknowledged writes lost")
        if command == "vault backup one" and (acknowledged or (self.top / "work/one").exists()):
            checked = stage.run("vault restore one --check")
            found += [] if checked.status == 0 else [f"vault restore --check: {checked.text}"]
        if there:
            synced = stage.run("vault sync")
            found += ([] if synced.status == 0 else [f"vault sync: {synced.text}"]) + stage.stray()
        probe = stage.run("vault put probe", "a value after the cut")
        if probe.status != 0 or stage.values().get("probe") != ["a value after the cut"]:
            found.append(f"vault put: {probe.text}")
        return found


def prepare(stage: Stage, commands: list[str]) -> None:
    openclaw(stage)
    (stage.home.work / "values.json").write_text('{"one": "a first value", "two": "a second value"}')
    if commands is RETURN:
        backup(stage)


def measure(lab: Lab, minutes: float, lies: bool = False, lives: tuple[list[str], ...] = (LIFE, RETURN)) -> Outcome:
    outcome = Outcome(FIGURE, TITLE)
    outcome.facts = {"acknowledged writes lost": 0}
    whole = Deadline(minutes)

    def work(seed: int) -> None:
        for commands, part in zip(lives, (0.9, 1)):
            life = Life(lab, outcome, seed, lies)
            try:
                prepare(life.stage, commands)
                life.record(commands)
                outcome.count("calls noted", len(life.records))
                life.cuts(Deadline(whole.minutes * part), seed, lab.workers)
            except Exception as error:
                outcome.fail(f"{type(error).__name__}: {error}")
            finally:
                life.stage.__exit__()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(lab.workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


def planted(lab: Lab) -> dict[str, Outcome]:
    return {
        "a disk whose fsync does nothing": measure(lab, 0.5, lies=True),
        "commits that do not wait for the disk": measure(lab.planted("commit-unsynced"), 0.5, lives=(LIFE,)),
        "files replaced without syncing their folder": measure(lab.planted("folder-unsynced"), 0.5, lives=(LIFE,)),
    }
