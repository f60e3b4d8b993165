"""Figure 10: many processes at one vault and one gateway, that answers conflicts and dies; some are killed."""
from __future__ import annotations

import collections
import random
import threading
import time

from gateway import Gateway
from lab import Deadline, Lab, Outcome, Result
from peer import Fault, Request
from stage import Stage

FIGURE = 10
TITLE = "a crowd: nothing acknowledged is lost"
PROCESSES, OPERATIONS, SERVICES = 16, 500, 4
#: Done; or the other side is not there, refuses, or others are first. Of the latter 75 changed nothing.
EXPECTED = {0, 69, 75, 76}


class Ledger:
    """What the vault has to have: each value that was acknowledged, by name, in the order of one process."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.acknowledged: dict[tuple[str, int], list[str]] = collections.defaultdict(list)
        #: Every value that was ever handed in: nothing else may come out.
        self.given: dict[str, set[str]] = collections.defaultdict(set)

    def give(self, name: str, value: str) -> None:
        with self.guard:
            self.given[name].add(value)

    def acknowledge(self, name: str, process: int, value: str) -> None:
        with self.guard:
            self.acknowledged[name, process].append(value)

    def lost(self, values: dict[str, list[str]]) -> list[str]:
        """What is not there, or not in the order in which one process stored it."""
        found = []
        for (name, process), wanted in self.acknowledged.items():
            there = iter(values.get(name, []))
            for index, value in enumerate(wanted):
                if value not in there:  # Goes on behind the one found last.
                    found.append(f"{name}: value {index} of {len(wanted)} of process {process}")
                    break
        return found


class Member:
    """One of the crowd."""

    def __init__(
        self, number: int, stage: Stage, ledger: Ledger, outcome: Outcome, lies: dict[str, str]
    ) -> None:
        #: Variables of one run in twenty.
        self.lies = lies
        self.number, self.stage, self.ledger, self.outcome = number, stage, ledger, outcome
        self.rng = random.Random(number)
        self.own = f"own/{number}"
        self.newest = ""
        self.count = 0

    def operate(self) -> None:
        """One command, perhaps killed."""
        self.count += 1
        value = f"value-{self.number}-{self.count}-{self.rng.randrange(1 << 64):016x}"
        service = self.rng.randrange(SERVICES)
        secret = f"upstream-secret/linear-{service}/access_token"
        line, name = self.rng.choice([
            (f"vault put {self.own}", self.own), (f"vault put {self.own}", self.own),
            (f"vault put shared/{service}", f"shared/{service}"),
            (f"service secret set --service-slug linear-{service} --upstream-secret-file -", secret),
            (f"service secret set --service-slug linear-{service} --upstream-secret-file -", secret),
            (f"vault rotate service-api-key/linear-{service}", ""),
            (f"vault put tmp/{self.number}", ""), (f"vault remove tmp/{self.number} --confirm tmp/{self.number}", ""),
            (f"vault get {self.own} --reveal-secrets", ""), ("vault list", ""), ("vault sync", ""), ("vault status", ""),
        ])
        if name:
            self.ledger.give(name, value)
        lies = self.lies if self.rng.random() < 0.05 else {}
        run = self.stage.home.start(line, {**self.stage.variables, **lies}, value.encode())
        killer = None
        if self.rng.random() < 0.15:
            killer = threading.Timer(self.rng.random() * 0.15, run.kill)
            killer.start()
        result = run.wait()
        if killer:
            killer.cancel()
        self.outcome.attempt()
        if result.signal == 9 and killer and result.seconds < 100:
            self.outcome.count("killed")
            return
        self.judge(line, name, value, result)

    def judge(self, line: str, name: str, value: str, result: Result) -> None:
        self.outcome.count(f"status {result.status}")
        if result.status == 66 and ("tmp/" in line or not self.newest):
            return
        if result.status not in EXPECTED:
            self.outcome.fail(f"{line}: {result.text}")
        elif name and (result.status == 0 or b"saved in the vault" in result.errors):
            self.ledger.acknowledge(name, self.number, value)
            if name == self.own:
                self.newest = value
        elif line.startswith("vault get") and result.status == 0:
            # What was acknowledged is what comes out, or what a killed run stored after it.
            got = result.output.decode().strip()
            if got != self.newest and self.order(got) < self.order(self.newest):
                self.outcome.fail(f"{line}: {got} after {self.newest}")

    def order(self, value: str) -> int:
        return int(value.split("-")[2]) if value else 0


def unreliable(rng: random.Random):
    """Conflicts, errors and deaths, before and after what was asked for is done."""
    def fault(request: Request) -> Fault | None:
        chance = rng.random()
        if request.method != "GET" and chance < 0.12:
            return Fault(400, "Transaction Conflict. Please retry")
        if chance < 0.16:
            return Fault(rng.choice([409, 500, 503]), "Something else")
        if chance < 0.22:
            return Fault(dies=True, after=rng.random() < 0.5)
        return Fault(slow=0.2, after=True) if chance < 0.25 else None
    return fault


def come_and_go(gateway: Gateway, over: threading.Event) -> None:
    """The gateway dies every two seconds, and is back a little later."""
    while not over.wait(2):
        gateway.stop()
        over.wait(0.3)
        gateway.start()


def measure(lab: Lab, minutes: float, lies: dict[str, str] | None = None, defect: str = "") -> Outcome:
    """`defect` is what the crowd's program has planted, not that of those who prepare the stage and clear up."""
    outcome = Outcome(FIGURE, TITLE)
    outcome.facts = {"processes": PROCESSES, "lost": 0}
    with Stage(lab) as stage:
        for number in range(SERVICES):
            stage.must(
                f"service add --service-slug linear-{number} --mode gateway "
                "--upstream-base-url https://api.linear.app --upstream-secret-file -", "a first value")
        stage.variables["SIGILUM_PLANTED"] = defect
        ledger, deadline, over = Ledger(), Deadline(minutes), threading.Event()
        members = [Member(number, stage, ledger, outcome, lies or {}) for number in range(PROCESSES)]
        stage.gateway.fault = unreliable(random.Random(1))

        def work(member: Member) -> None:
            try:
                while member.count < OPERATIONS and deadline.left:
                    member.operate()
            except Exception as error:
                outcome.fail(f"{type(error).__name__}: {error}")

        threads = [threading.Thread(target=work, args=(member,)) for member in members]
        restless = threading.Thread(target=come_and_go, args=(stage.gateway, over))
        for thread in [*threads, restless]:
            thread.start()
        for thread in threads:
            thread.join()
        over.set()
        restless.join()
        stage.gateway.start()
        stage.gateway.fault = lambda _: None
        stage.variables["SIGILUM_PLANTED"] = ""
        finish(stage, ledger, outcome)
        outcome.facts["operations a process"] = max(member.count for member in members)
    return outcome


def finish(stage: Stage, ledger: Ledger, outcome: Outcome) -> None:
    """One `vault sync`, and everything is where it should be."""
    began = time.monotonic()
    synced = stage.run("vault sync")
    outcome.facts["seconds of the last sync"] = round(time.monotonic() - began)
    if synced.status != 0:
        outcome.fail(f"vault sync: {synced.text}")
    for trouble in stage.troubles():
        outcome.fail(trouble)
    values = stage.values()
    outcome.facts["acknowledged values"] = sum(map(len, ledger.acknowledged.values()))
    outcome.facts["versions in the vault"] = sum(map(len, values.values()))
    for lost in ledger.lost(values):
        outcome.count("lost")
        outcome.fail(f"lost: {lost}")
    for name, given in ledger.given.items():
        foreign = set(values.get(name, [])) - given - {"a first value"}
        if foreign:
            outcome.fail(f"{name} has {len(foreign)} values that nobody stored")
        if len(values.get(name, [])) != len(set(values.get(name, []))):
            outcome.fail(f"{name} has a value twice")


def planted(lab: Lab) -> dict[str, Outcome]:
    lies = {
        "LD_PRELOAD": str(lab.library("faults")), "FAULT_AT": "4", "FAULT_ONLY": "pwrite64", "FAULT_DO": "lie",
    }
    return {
        "a disk that does not write, and says nothing of it": measure(lab, 0.3, lies),
        "a change in forty is acknowledged and not there": measure(
            lab.planted(""), 0.5, defect="acknowledged-early"),
        "a change is not one transaction": measure(lab.planted(""), 0.5, defect="not-one-transaction"),
    }
