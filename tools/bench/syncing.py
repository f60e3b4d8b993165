"""`vault sync` of pending connections, beside a client in C that makes the same calls again."""
from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

from page import Row, Section
from timing import Command
from turns import Turn, call, in_turns

CONNECTIONS = 1_000


@contextmanager
def serving(gateway: Path, notes: Path):
    """A double of the gateway; gives its port."""
    child = subprocess.Popen([str(gateway), "serve", str(notes)], stdout=subprocess.PIPE, text=True)
    try:
        yield int(child.stdout.readline())
    finally:
        child.kill()
        child.wait()


def sync(program: Path, gateway: Path, folder: Path) -> Section:
    """Each turn delivers from a fresh copy of the home to a gateway that has nothing."""
    place = folder / "sync"
    shutil.rmtree(place, ignore_errors=True)
    made, home = place / "made", place / "home"
    made.mkdir(parents=True)
    environment = {
        "HOME": str(home), "PATH": os.environ["PATH"], "GATEWAY_SIGILUM_HOME": str(home / "vault"),
        "SIGILUM_NAMESPACE": "johndee", "SIGILUM_MODE": "oss-local", "TOKEN": "lin_api_0123456789abcdef",
    }

    def ours(*words: str, port: int = 9) -> Command:
        return Command(
            " ".join(words[:2]), [str(program), *words], environment | {"GATEWAY_ADMIN_URL": f"http://127.0.0.1:{port}"})

    try:
        home.mkdir()
        call(ours("vault", "init"))
        for number in range(CONNECTIONS):
            call(ours(
                "service", "add", "--service-slug", f"service-{number:04d}", "--service-name", "S", "--mode", "gateway",
                "--offline", "--upstream-base-url", "https://api.example.com", "--upstream-secret-env", "TOKEN"))
        made.rmdir()
        home.rename(made)

        def delivered(notes: Path) -> Turn:
            # The anchor is known by the vault's path: all of it goes to the same place each time.
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(made, home)
            with serving(gateway, notes) as port:
                return call(ours("vault", "sync", port=port))

        calls = place / "calls"
        delivered(calls)

        def again() -> Turn:
            with serving(gateway, Path("/dev/null")) as port:
                return call(Command("client", [str(gateway), "calls", str(port), str(calls)], environment))

        times = in_turns(3, {"sync": lambda: delivered(Path("/dev/null")), "client": again})
        ratio = times["sync"].wall / times["client"].wall
        count = len(calls.read_text().splitlines())
        return Section(f"`sync` of {CONNECTIONS:,} pending connections", [
            Row(f"against the same {count:,} calls by a client in C", f"{times['sync'].wall:.0f} ms, "
                f"{times['client'].wall:.0f} ms", f"{ratio:.1f}×", "at most 1.5×", ratio <= 1.5),
            Row("the processor's time", f"{times['sync'].processor:.0f} ms, {times['client'].processor:.0f} ms", "", "",
                None),
        ])
    finally:
        shutil.rmtree(place, ignore_errors=True)
