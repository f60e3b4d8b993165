"""Figure 1: every command dies at each of its calls that write, on whatever thread; then the next run."""
from __future__ import annotations

import signal

from lab import Deadline, Lab, Outcome, Result, spread, work_off
from stage import SCENES, Scene, Stage, calls, shape

FIGURE = 1
TITLE = "kill points: old or new, then whole"
SOCKETS = {"send", "sendto", "sendmsg", "sendmmsg", "connect", "shutdown", "write", "writev"}
BYTES = {"write", "pwrite", "pwrite64", "writev", "send"}
#: How many calls a run may make less than the one that was counted: which pages are written depends on random names.
PLAY = 16


class Victim:
    """One scene on a stage of its own: what was there before, and what is there when nobody kills it."""

    def __init__(self, scene: Scene, lab: Lab, outcome: Outcome) -> None:
        self.scene, self.outcome = scene, outcome
        self.library = str(lab.library("faults"))
        self.stage = Stage(lab).__enter__()
        scene.start(self.stage)
        self.old = self.stage.values()
        result, self.calls = self.run(0, "before")
        if result.status != 0 or len(self.calls) < 20:
            raise RuntimeError(f"{scene.name}, undisturbed, {len(self.calls)} calls: {result.text}")
        self.new = shape(self.stage, self.old)

    def run(self, number: int, deed: str) -> tuple[Result, list[list[str]]]:
        log = self.stage.home.root / "calls"
        result = self.scene.run(self.stage, {
            "LD_PRELOAD": self.library, "FAULT_LOG": str(log), "FAULT_AT": str(number), "FAULT_DO": deed,
        })
        made = calls(log)
        log.unlink(missing_ok=True)
        return result, made

    def points(self) -> list[tuple[int, str, bool]]:
        """Number, deed, and whether `vault sync` runs before the command runs again: both before each call, one or the
        other after those on sockets and in the middle of those that write bytes."""
        found = [(n, "before", synced) for synced in (False, True) for n in range(1, len(self.calls) + 1)]
        found += [(n, "after", n % 2 == 0) for n, call in enumerate(self.calls, 1) if call[0] in SOCKETS]
        return found + [(n, "half", n % 2 == 0) for n, call in enumerate(self.calls, 1) if call[0] in BYTES]

    def once(self, number: int, deed: str, synced: bool) -> None:
        """Kills it there, and looks at what comes of it."""
        self.stage.load()
        result, made = self.run(number, deed)
        place = f"{self.scene.name}, {deed} call {number} ({' '.join(made[-1]) if made else 'none'})"
        if result.signal != signal.SIGKILL:
            if result.status == 0 and len(made) < number <= len(made) + PLAY:
                self.outcome.count("not reached, for fewer calls")
            else:
                self.outcome.fail(f"{place}: did not die: {result.text}")
            return
        self.outcome.attempt()
        try:
            problems = (self.after_sync() if synced else []) + self.after_again()
        except Exception as error:  # The second reader's findings among them.
            problems = [f"{type(error).__name__}: {error}"]
        if problems:
            self.outcome.fail(f"{place}, {'sync' if synced else 'the command'} next: {'; '.join(problems)}")

    def after_sync(self) -> list[str]:
        """Without the command: the old state or the new one, and `vault sync` alone makes it whole."""
        result = self.stage.run("vault sync", variables=self.scene.variables(self.stage))
        # 66, 78: the vault or its key was not made yet.
        if result.status in (66, 78) and not self.stage.values():
            return []
        there = shape(self.stage, self.old)
        problems = [] if result.status == 0 else [f"vault sync: {result.text}"]
        if not self.is_old(there) and not self.is_new(there):
            problems.append(f"neither old nor new: {there}")
        return problems + self.stage.stray()

    def after_again(self) -> list[str]:
        again = self.scene.run(self.stage)
        problems = [] if again.status in self.scene.again else [f"run again: {again.text}"]
        # What is gone cannot be removed again: that run did nothing, and `vault sync` is what finishes.
        if again.status == 66 and self.stage.run("vault sync").status != 0:
            problems.append("vault sync failed")
        there = shape(self.stage, self.old)
        if not self.is_new(there):
            problems.append(f"{there} in place of {self.new}")
        return problems + self.stage.troubles()

    def is_old(self, there: dict[str, tuple]) -> bool:
        return there == {name: tuple(values) for name, values in self.old.items()}

    def is_new(self, there: dict[str, tuple]) -> bool:
        if there == self.new:
            return True
        # What makes a value at each run has another version for each run that got that far.
        return self.scene.repeats and there.keys() == self.new.keys() and all(
            values[: len(self.new[name])] == self.new[name] and set(values[len(self.new[name]):]) <= {"made"}
            for name, values in there.items())


def sweep(scene: Scene, lab: Lab, outcome: Outcome, deadline: Deadline) -> None:
    """Kills a scene at every point, or at a sample of them where the time does not reach."""
    victims = [Victim(scene, lab, outcome) for _ in range(lab.workers)]
    try:
        points = victims[0].points()
        outcome.count("calls that write", len(victims[0].calls))
        outcome.count("points", len(points))
        work_off([points[index] for index in spread(len(points))], [victim.once for victim in victims], deadline)
    finally:
        for victim in victims:
            victim.stage.__exit__()


#: Where there is no time for all.
FEW = ("service add, gateway", "vault rotate", "vault rekey", "vault restore", "auth login, managed")


def measure(lab: Lab, minutes: float, scenes: list[Scene] = SCENES) -> Outcome:
    outcome = Outcome(FIGURE, TITLE)
    if minutes < 0.5 and scenes is SCENES:
        scenes = [scene for scene in SCENES if scene.name in FEW]
    outcome.facts = {"commands": len(scenes)}
    whole = Deadline(minutes)
    for index, scene in enumerate(scenes):
        # Each has its share of the time that is left.
        try:
            sweep(scene, lab, outcome, Deadline(whole.minutes / (len(scenes) - index)))
        except Exception as error:
            outcome.fail(f"{scene.name}: {type(error).__name__}: {error}")
    return outcome


def planted(lab: Lab) -> dict[str, Outcome]:
    scenes = [scene for scene in SCENES if scene.name in ("service add, native", "vault put, next")]
    return {"a change is not one transaction": measure(lab.planted("not-one-transaction"), 0.6, scenes)}
