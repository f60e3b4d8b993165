"""The benchmark: `scripts/bench` builds what it needs and starts it."""
from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from building import first_build  # noqa: E402
from homes import Home, write_entries  # noqa: E402
from page import Row, Section, write  # noqa: E402
from peers import Peers  # noqa: E402
from scanning import scan  # noqa: E402
from stages import stages  # noqa: E402
from syncing import sync  # noqa: E402
from timing import Command, Use, medians, peak_kilobytes, use  # noqa: E402


class Bench:
    def __init__(self, chosen: argparse.Namespace):
        self.program = chosen.program.resolve()
        self.launcher = chosen.launcher
        self.folder = chosen.folder.resolve()
        self.floor = self.folder / "floor"
        self.bulk_floor = self.folder / "bulk"
        self.peak = self.folder / "peak"
        self.input = self.folder / "input"
        self.runs = chosen.runs
        self.sizes = [10, 1_000, 100_000] + ([1_000_000] if chosen.million else [])

    def medians(self, commands: list[Command], runs: int) -> dict[str, float]:
        return medians(commands, runs, self.input)

    def home(self, count: int) -> Home:
        return Home(self.program, self.folder, count)

    def get(self, home: Home, name: str = "sigilum") -> Command:
        return Command(name, home.call("vault", "get", home.middle, "--reveal-secrets"), home.environment)

    def put(self, home: Home, name: str = "sigilum") -> Command:
        return Command(name, home.call("vault", "put", home.middle), home.environment, self.value(home), fresh=True)

    @staticmethod
    def value(home: Home) -> Path:
        return home.folder / "value"

    # Sections: each answers rows of the table.

    def peers(self) -> Section:
        """`get` and `put` at 1,000 entries beside the floor and other secret managers."""
        home = self.home(1_000)
        peers = Peers(self.folder / "peers", self.folder / "python", home.count)
        goals = {
            "get": {"floor": 2.5, "age": 2.5, "pass": 3, "sops": 4, "openbao": 10, "keepassxc-cli": 40,
                    "ansible-vault": 30},
            "put": {"floor": 2.5, "pass": 3, "sops": 4, "openbao": 10, "keepassxc-cli": 40, "ansible-vault": 30},
        }
        rows = []
        try:
            for verb, ours, others in [("get", self.get(home), peers.get), ("put", self.put(home), peers.put)]:
                words = [str(self.floor), verb, str(home.vault), home.middle]
                floor = Command("floor", words, home.environment, self.value(home) if verb == "put" else None)
                slow = [command for command in others if command.name in ("keepassxc-cli", "ansible-vault")]
                times = self.medians([ours, floor] + [command for command in others if command not in slow], self.runs)
                times |= self.medians([ours, *slow], 8) | {"sigilum": times["sigilum"]}
                for name, time_ in times.items():
                    if name == "sigilum":
                        continue
                    below = name in ("floor", "age")
                    ratio = times["sigilum"] / time_ if below else time_ / times["sigilum"]
                    rows.append(Row(
                        f"`{verb}` against `{name}`", f"{times['sigilum']:.1f} ms, {time_:.1f} ms",
                        f"{ratio:.1f}×" + ("" if below else " faster"),
                        f"at most {goals[verb][name]}×" if below else f"at least {goals[verb][name]}× faster",
                        ratio <= goals[verb][name] if below else ratio >= goals[verb][name]))
        finally:
            peers.stop()
        return Section("Beside others, at 1,000 entries", rows, missing=peers.missing)

    def stages(self) -> Section:
        return stages(self.get(self.home(1_000)), self.folder / "stages.so", self.folder, self.runs)

    def growth(self) -> Section:
        """The same at 10 entries and at many."""
        homes = [self.home(count) for count in self.sizes]
        series: dict[str, list[float]] = {}
        for verb in ("get", "put", "rotate", "service add"):
            commands = []
            for home in homes:
                name = str(home.count)
                if verb == "get":
                    commands.append(self.get(home, name))
                elif verb == "put":
                    commands.append(self.put(home, name))
                elif verb == "rotate":
                    home.run("vault", "generate", "rotated", statuses=(0, 76))
                    commands.append(Command(name, home.call("vault", "rotate", "rotated"), home.environment))
                else:
                    commands.append(self.adding(home))
            times = self.medians(commands, self.runs)
            series[verb] = [times[str(count)] for count in self.sizes]
        rows = []
        for verb, times in series.items():
            for count, time_ in list(zip(self.sizes, times))[2:]:
                goal = 1.2 if count <= 100_000 else 1.4
                ratio = time_ / times[0]
                rows.append(Row(
                    f"`{verb}` at {count:,} entries over 10", f"{time_:.1f} ms, {times[0]:.1f} ms", f"{ratio:.2f}×",
                    f"at most {goal}×", ratio <= goal))
        return Section("Growth", rows, series={"sizes": self.sizes, "times": series})

    # A service that is not there yet, at each call. The shell's own cost is the same at every size.
    ADDING = """
        n=$(cat "$HOME/count" 2>/dev/null || echo 0); echo $((n + 1)) >"$HOME/count"
        "$PROGRAM" service add --service-slug "service-$n" --service-name S --mode gateway --namespace johndee --offline \\
            --upstream-base-url https://api.example.com --upstream-secret-env TOKEN
        case $? in 0 | 69) ;; *) exit 1 ;; esac
    """

    def adding(self, home: Home) -> Command:
        environment = home.environment | {"PROGRAM": str(self.program), "TOKEN": "lin_api_0123456789"}
        return Command(str(home.count), ["sh", "-c", self.ADDING], environment)

    def listing(self) -> Section:
        home = self.home(100_000)
        command = Command("list", home.call("vault", "list"), home.environment)
        peak = peak_kilobytes(command, self.peak) / 1024
        began = time.monotonic()
        child = subprocess.Popen(command.words, env=command.environment, stdout=subprocess.PIPE)
        first = child.stdout.readline()
        waited = 1000 * (time.monotonic() - began)
        child.stdout.read()
        whole = 1000 * (time.monotonic() - began)
        child.wait()
        assert first
        return Section("`list` of 100,000", [
            Row("peak memory", f"{peak:.0f} MiB", "", "under 40 MiB", peak < 40),
            Row("first line, from the start of the process", f"{waited:.0f} ms", "", "under 20 ms of the read", waited < 20),
            Row("all of it", f"{whole:.0f} ms", "", "", None),
        ])

    def rekey(self) -> Section:
        commands = [
            Command(str(count), self.home(count).call("vault", "rekey", "--gateway-loses-them"),
                    self.home(count).environment) for count in (10, 100_000)]
        times = self.medians(commands, 12)
        ratio = times["100000"] / times["10"]
        return Section("`rekey`", [Row(
            "at 100,000 entries over 10", f"{times['100000']:.1f} ms, {times['10']:.1f} ms", f"{ratio:.2f}×",
            "at most 1.2×", ratio <= 1.2)])

    # Turns of each: one takes seconds.
    BULK_TURNS = 3

    def bulk(self) -> Section:
        """Many entries at once, beside the same by libsodium and SQLite alone."""
        count = 100_000
        folder = self.folder / "bulk-homes"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        entries = folder / "entries.env"
        write_entries(entries, range(count))
        empty = Home(self.program, folder, 0)
        uses: dict[tuple[str, str], list[Use]] = {}
        for turn in range(self.BULK_TURNS):
            for name in ("sigilum", "floor") if turn % 2 else ("floor", "sigilum"):
                # A new vault each, as what is imported into it is new. Its path is the same, since its anchor has it.
                self.restore(empty)
                if name == "sigilum":
                    words = empty.call("vault", "import", str(entries), "--format", "env")
                else:
                    words = [str(self.bulk_floor), "import", str(empty.vault), str(entries)]
                uses.setdefault(("import", name), []).append(use(Command(name, words, empty.environment), self.peak))
                # Each proves what the one wrote that came last.
                for prover in ("sigilum", "floor") if turn % 2 else ("floor", "sigilum"):
                    words = empty.call("vault", "verify")
                    if prover == "floor":
                        words = [str(self.bulk_floor), "verify", str(empty.vault)]
                    uses.setdefault(("verify", prover), []).append(use(Command(prover, words, empty.environment), self.peak))
        size = sum(file.stat().st_size for file in empty.vault.glob("vault.db*"))
        shutil.rmtree(folder)
        rows = []
        for verb in ("import", "verify"):
            for what in ("processor", "elapsed"):
                ours, floor = (
                    sorted(getattr(found, what) for found in uses[verb, name])[self.BULK_TURNS // 2]
                    for name in ("sigilum", "floor"))
                rows.append(Row(
                    f"`{verb}` of {count:,}, {'user and system' if what == 'processor' else 'elapsed'} time",
                    f"{ours:.2f} s, {floor:.2f} s", f"{ours / floor:.2f}×", "at most 1.6×", ours / floor <= 1.6))
        for verb in ("import", "verify"):
            peaks = [max(found.peak for found in uses[verb, name]) / 1024 for name in ("sigilum", "floor")]
            rows.append(Row(f"peak memory of `{verb}`", f"{peaks[0]:.0f} MiB, {peaks[1]:.0f} MiB", "", "", None))
        rows.append(Row("size of the vault", f"{size / 1e6:.0f} MB", "", "", None))
        return Section(f"`import` and `verify` of {count:,} entries, against `bulk`", rows)

    @staticmethod
    def restore(home: Home) -> None:
        """A vault without entries again."""
        kept = home.folder.with_name(home.folder.name + "-kept")
        if not kept.exists():
            shutil.copytree(home.folder, kept)
        shutil.rmtree(home.folder)
        shutil.copytree(kept, home.folder)

    def memory(self) -> Section:
        home = self.home(1_000)
        ours = peak_kilobytes(self.get(home), self.peak)
        words = [str(self.floor), "get", str(home.vault), home.middle]
        floor = peak_kilobytes(Command("floor", words, home.environment), self.peak)
        goal = 2 * floor + 8 * 1024
        return Section("Peak memory of `get`", [Row(
            "against the floor", f"{ours / 1024:.1f} MiB, {floor / 1024:.1f} MiB", "", "at most 2× and 8 MiB",
            ours <= goal)])

    def launch(self) -> Section:
        home = self.home(10)
        launcher = Command("launcher", [str(Path(self.launcher).resolve()), "--version"], home.environment)
        program = Command("program", home.call("--version"), home.environment)
        times = self.medians([launcher, program], self.runs)
        more = times["launcher"] - times["program"]
        return Section("`./vault` over the program itself", [Row(
            "`--version`", f"{times['launcher']:.1f} ms, {times['program']:.1f} ms", f"{more:.1f} ms more",
            "at most 2 ms", more <= 2)])

    def scan(self) -> Section:
        return scan(self.program, self.folder, 1024)

    def sync(self) -> Section:
        return sync(self.program, self.folder / "gateway", self.folder)

    def first(self) -> Section:
        return first_build(Path.cwd(), self.folder)

    def size(self) -> Section:
        size = self.program.stat().st_size / 1e6
        return Section("Size", [Row("`sigilum`", f"{size:.1f} MB", "", "as small as linking allows", None)])


#: Only when it is asked for: it takes as long as all the others.
LONG = ["first"]
SECTIONS = ["peers", "stages", "growth", "bulk", "listing", "rekey", "memory", "scan", "sync", "launch", "size"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--launcher", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--only", default="", help="sections, with commas between: " + ", ".join(SECTIONS + LONG))
    parser.add_argument("--million", action="store_true")
    chosen = parser.parse_args()
    wanted = [name for name in chosen.only.split(",") if name] or SECTIONS
    if unknown := set(wanted) - {*SECTIONS, *LONG}:
        sys.exit(f"[ERROR] There is no such section: {', '.join(sorted(unknown))}")
    bench = Bench(chosen)
    sections = []
    for name in wanted:
        section = getattr(bench, name)()
        print(section.text(), flush=True)
        sections.append(section)
    if wanted == SECTIONS:
        write(Path("docs"), sections, os.cpu_count() or 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
