"""Figure 4: whoever can write the vault's files, without its key, is noticed, and gets the program to release nothing
wrong.

Each round changes a vault in one way (`mutations.py`), runs a command that reads or writes it, and judges: refused
with a status that is meant for it; or right in every byte, and then `vault verify` refuses it; or the change has no
effect, which is so only where every row and the schema are the very same, read without the program.
"""
from __future__ import annotations

import concurrent.futures
import multiprocessing
import random
import shutil
import sqlite3
from collections import Counter

from lab import Deadline, Lab, Outcome, Result
from mutations import WEIGHTS, Mutation, NothingToDo, Target, rows_in
from scenes import NAMES, Scene, make, put_back, settle_in, with_defect

FIGURE = 4
TITLE = "tampering without the key"
#: A long run ends after so many.
ENOUGH = 120_000
#: Damaged; wrong key; a newer format; a file that cannot be written, as its own header says.
NOTICED = {65: "damaged", 77: "wrong key", 78: "newer format", 73: "cannot be written"}

Tally = tuple[int, list[str], Counter]


class Judge:
    """Tampers in one home, again and again."""

    def __init__(self, lab: Lab, scenes: list[Scene], seed: int) -> None:
        self.scenes, self.seed = scenes, seed
        self.homes = [lab.home().make() for _ in scenes]
        self.targets = [settle_in(home, scene) for home, scene in zip(self.homes, scenes, strict=True)]
        self.facts: Counter = Counter()
        self.failures: list[str] = []

    def round(self, number: int, only: list[Mutation] | None) -> bool:
        """One mutation; false where the draw did not fit."""
        draw = random.Random(f"{self.seed}/{number}")
        at = draw.randrange(len(self.scenes))
        scene, home, target = self.scenes[at], self.homes[at], self.targets[at]
        mutations = only or list(WEIGHTS)
        mutate = draw.choices(mutations, [WEIGHTS[mutation] for mutation in mutations])[0]
        name, version = draw.choice(NAMES), draw.randrange(len(scene.versions))
        state = draw.getstate()

        def mutated() -> str:
            draw.setstate(state)
            put_back(home, scene, target)
            return mutate(target, draw)

        try:
            what = mutated()
        except NothingToDo:
            return False
        line = next(line for line in scene.injected.splitlines() if line.startswith(name.encode() + b": "))
        one_value = line.split(b": ", 1)[1] + b"\n"
        command, right = draw.choices(
            [("vault inject template --reveal-secrets", scene.injected),
             (f"vault get {name} --reveal-secrets", one_value),
             (f"vault get ci/one --version {version + 1} --reveal-secrets", scene.versions[version].encode() + b"\n"),
             ("vault put ci/new --json", None), ("vault verify --json", None)], [10, 4, 2, 2, 3])[0]  # fmt: skip
        about = f"seed {self.seed}, round {number}, {what}: {command}"
        before = len(self.failures)
        status = self.judged(about, scene, home.run(command, given=b"a value", seconds=10), right)
        if status == 0:
            status = self.judged(about + ", then verify", scene, home.run("vault verify --json", seconds=10), None)
        if len(self.failures) > before:
            return True
        if status != 0:
            self.facts[NOTICED[status]] += 1
        else:
            mutated()
            if words := self.without_effect(target):
                self.facts[words] += 1
            else:
                self.failures.append(f"{about}: not noticed")
        return True

    def judged(self, about: str, scene: Scene, result: Result, right: bytes | None) -> int | None:
        """The status. Anything but a refusal that says no secret, or the right answer, is a failure."""
        self.facts["runs"] += 1
        if result.status != 0 and result.status not in NOTICED:
            self.failures.append(f"{about}: {result.text}")
        elif result.status != 0 and result.output.strip() and right is not None:
            self.failures.append(f"{about}: refused, and yet an output: {result.text}")
        elif result.status == 0 and right is not None and result.output != right:
            self.failures.append(f"{about}: released something else: {result.text}")
        wrong = result.errors if result.status == 0 and right is not None else result.errors + result.output
        if any(canary in wrong for canary in scene.canaries):
            self.failures.append(f"{about}: a secret is in the wrong place")
        return result.status

    @staticmethod
    def without_effect(target: Target) -> str | None:
        """Why a change may pass unnoticed; None where it may not."""
        reasons = {"NOT INDEXED": "without effect", "": "in a row's own copy of its key, which is not read"}
        found = {}
        for scan in reasons:
            try:
                found[scan] = rows_in(target.folder, scan)
            except (sqlite3.Error, ValueError):
                continue
        target.put_back()
        return next((reasons[scan] for scan in found if found[scan] == rows_in(target.folder, scan)), None)


def work(lab: Lab, scenes: list[Scene], seed: int, minutes: float, most: int, names: list[str]) -> Tally:
    """One process's share."""
    judge, deadline, tried, number = Judge(lab, scenes, seed), Deadline(minutes), 0, 0
    only = [mutation for mutation in WEIGHTS if mutation.__name__ in names]
    while deadline.left and tried < most and len(judge.failures) < 100:
        number += 1
        tried += judge.round(number, only)
    for home in judge.homes:
        shutil.rmtree(home.root, ignore_errors=True)
    return tried, judge.failures, judge.facts


def tampered(lab: Lab, minutes: float, most: int, names: list[str] = []) -> Outcome:  # noqa: B006
    outcome, clean = Outcome(FIGURE, TITLE), Lab(lab.program, lab.scratch)
    scenes = make(clean)
    seeds = [random.SystemRandom().randrange(1 << 30) for _ in range(lab.workers)]
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(lab.workers, context) as pool:
        shares = [pool.submit(work, lab, scenes, seed, minutes, most // len(seeds), names) for seed in seeds]
        for share in shares:
            tried, failures, facts = share.result()
            outcome.tried += tried
            outcome.failures += failures
            for fact, number in facts.items():
                outcome.count(fact, number)
    return outcome


def measure(lab: Lab, minutes: float) -> Outcome:
    outcome = tampered(lab, minutes, ENOUGH)
    outcome.facts["ways"] = len(WEIGHTS)
    return outcome


def planted(lab: Lab) -> dict[str, Outcome]:
    """Nothing compared at all; the MAC of the head, the hash of an entry's row, the schema. Drawn where it must show."""
    rows = ["field_of_row", "bit_of_row", "replayed_row"]
    found = {"nothing-compared": tampered(with_defect(lab, "nothing-compared"), 1, 100, rows)}
    places = {"tamper-head": ["field_of_head"], "tamper-row": ["field_of_row", "replayed_row"],
              "tamper-schema": ["planted_object", "schema_text"]}  # fmt: skip
    for name, names in places.items():
        found[name] = tampered(lab.planted(name), 1, 100, names)
    return found
