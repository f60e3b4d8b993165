"""Figure 11: a gateway or an API that means harm: bounded memory and time, a clear error, nothing given away."""
from __future__ import annotations

import concurrent.futures
import re
from collections.abc import Callable

from gateway import NEVER, NOW
from hostile import CONNECTION, QUICK, SLOW, Hostile, body, certificate, wrong_types
from lab import Lab, Outcome, Result
from stage import Stage, always_managed, service

FIGURE = 11
TITLE = "hostile peers: bounded, clear, silent"
#: KiB that a run may take, and seconds: three calls that each wait for their whole time.
PEAK, SECONDS = 160 << 10, 100
EXPECTED = {69, 76}


class Trial:
    """A command against one server, on a vault of its own."""

    def __init__(self, lab: Lab, outcome: Outcome) -> None:
        self.lab, self.outcome = lab, outcome

    def gateway(self, name: str, way: Callable, statuses: set[int] = EXPECTED) -> None:
        """What stores a secret and delivers it, to a gateway that answers like this."""
        with Stage(self.lab) as stage:
            secret = stage.canaries[0]
            run = "service add --service-slug linear --mode gateway --upstream-base-url https://api.linear.app " \
                "--upstream-secret-file -"
            self.meet(stage, f"gateway: {name}", way, run, secret, "GATEWAY_ADMIN_URL", statuses, secret)

    def api(self, name: str, way: Callable, statuses: set[int] = EXPECTED) -> None:
        """The same at the managed API; what must not get out is the owner's token."""
        with Stage(self.lab) as stage:
            always_managed(stage)
            self.meet(
                stage, f"API: {name}", way, "service add --service-slug linear", "", "SIGILUM_API_URL", statuses,
                stage.tokens[0])

    def meet(
        self, stage: Stage, place: str, way: Callable, line: str, given: str, variable: str, statuses: set[int],
        secret: str
    ) -> None:
        sink = Hostile(body(200, b"{}"))
        server = Hostile(way)
        server.elsewhere = sink.url
        try:
            result = stage.home.run(line, {**stage.variables, variable: server.url}, given.encode(), SECONDS + 20)
        finally:
            server.stop()
            sink.stop()
        problems = self.judge(result, statuses, secret)
        if sink.connections:
            problems.append(f"another server got {sink.connections} connections")
        if secret.encode() in sink.received:
            problems.append("another server got the secret")
        if not server.connections:
            problems.append("the server was not asked")
        if stage.run("vault verify").status != 0:
            problems.append("vault verify fails")
        # Whatever it met: where an honest one is, the next sync delivers.
        # The owner's token goes to an API that it is known to be for, or that is named: so it is named.
        synced = stage.run("vault sync" + (f" --api-url {stage.api.url}" if "API" in place else ""))
        if synced.status != 0:
            problems.append(f"vault sync: {synced.text}")
        problems += stage.stray()
        self.note(place, result, problems)

    def judge(self, result: Result, statuses: set[int], secret: str) -> list[str]:
        found = []
        if result.status not in statuses:
            found.append("another status")
        if result.status not in (0, 1) and b"[ERROR]" not in result.errors:
            found.append("no [ERROR]")
        if result.shows(secret.encode()):
            found.append("shows the secret")
        if re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", result.output + result.errors):
            found.append("lets control characters through")
        if len(result.output + result.errors) > 20000:
            found.append(f"says {len(result.output + result.errors)} bytes")
        if result.peak > PEAK:
            found.append(f"took {result.peak} KiB")
        if result.seconds > SECONDS:
            found.append(f"took {result.seconds:.0f} s")
        return found

    def note(self, place: str, result: Result, problems: list[str]) -> None:
        self.outcome.attempt()
        with self.outcome.guard:
            facts = self.outcome.facts
            facts["most memory, KiB"] = max(int(facts.get("most memory, KiB", 0)), result.peak)
            facts["longest, s"] = max(int(facts.get("longest, s", 0)), round(result.seconds))
        if problems:
            self.outcome.fail(f"{place}: {'; '.join(problems)}; it said: {result.text}")

    # MARK: What needs more

    def ten_thousand(self) -> None:
        """A gateway with 10,000 connections of others: the commands that list them do so."""
        with Stage(self.lab) as stage:
            service(stage)
            for number in range(10_000):
                slug = f"foreign-{number}"
                stage.gateway.connections[slug] = {
                    **CONNECTION, "id": slug, "name": slug, "secrets": {"access_token": "x"}, "last_tested_at": NEVER,
                    "created_at": NOW, "path_prefix": "", "rotation_interval_days": 0}
            for line, statuses in (("vault sync", {0}), ("vault diff", {0, 1}), ("vault audit", {0, 1}),
                                   ("gateway status", {0, 76}), ("doctor", {0, 1})):
                # 76: a list of more than 4 MiB is too long.
                result = stage.run(line)
                self.note(f"10,000 connections: {line}", result, self.judge(result, statuses, stage.canaries[0]))

    def names(self) -> None:
        """Certificates of another name, and one that nobody signed, get nothing."""
        folder = self.lab.scratch / "certificates"
        folder.mkdir(exist_ok=True)
        for name in ("other.example.org", "127.0.0.1"):
            context = certificate(folder, name)
            with Stage(self.lab) as stage:
                server = Hostile(body(200, b"{}"), context)
                # The one of another name is trusted as far as it goes: it is its name alone that is wrong.
                trusted = {"SSL_CERT_FILE": str(folder / f"{name}.pem")} if name[0] == "o" else {}
                result = stage.run(
                    "service add --service-slug linear --mode gateway --upstream-base-url https://api.linear.app "
                    "--upstream-secret-file -", stage.canaries[0], {"GATEWAY_ADMIN_URL": server.url, **trusted})
                server.stop()
                problems = self.judge(result, EXPECTED, stage.canaries[0])
                if server.received:
                    problems.append("the server got a request")
                self.note(f"a certificate of {name}", result, problems)


def measure(lab: Lab, minutes: float, ways: dict[str, Callable] | None = None) -> Outcome:
    outcome = Outcome(FIGURE, TITLE)
    trial = Trial(lab, outcome)
    quick, slow = (QUICK, SLOW) if ways is None else (ways, {})
    if minutes < 1 and ways is None:
        # A sample: those that wait for nothing, and of them every third.
        quick, slow = dict(list(QUICK.items())[::3]), {}
    # The slow ones wait, all at the same time.
    with concurrent.futures.ThreadPoolExecutor(max(2 * len(slow), lab.workers)) as pool:
        jobs = [pool.submit(meet, name, way) for name, way in slow.items() for meet in (trial.gateway, trial.api)]
        jobs += [pool.submit(meet, name, way) for name, way in quick.items() for meet in (trial.gateway, trial.api)]
        if ways is None:
            jobs += [pool.submit(trial.ten_thousand), pool.submit(trial.names)]
            wrong = wrong_types()
            if minutes < 1:
                wrong = wrong[::24]
            jobs += [
                # Some are what a gateway may say: then it is 0.
                pool.submit(meet, f"wrong types: {answer[:120]!r}", body(200, answer), EXPECTED | {0})
                for answer in wrong for meet in (trial.gateway,)]
        for job in jobs:
            try:
                job.result()
            except Exception as error:
                outcome.fail(f"{type(error).__name__}: {error}")
    return outcome


def planted(lab: Lab) -> dict[str, Outcome]:
    ways = {"endless body": QUICK["endless body"]}
    return {"no limit to the length of an answer": measure(lab.planted("body-limit-off"), 1, ways)}
