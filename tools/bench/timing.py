"""Times of whole processes: hyperfine's medians, and what the kernel says of memory."""
from __future__ import annotations

import json
import os
import shlex
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Command:
    """Something to be timed."""

    name: str
    words: list[str]
    environment: dict[str, str]
    # What its standard input is read from.
    input: Path | None = None
    # Whether it has another value in it at each call: one that is there already would not be stored again.
    fresh: bool = False


def medians(commands: list[Command], runs: int, opener: Path) -> dict[str, float]:
    """The median of each in milliseconds. They take turns, round by round: a noisy minute is everybody's.

    `opener` is the program of Benchmarks/input.c.
    """
    times: dict[str, list[float]] = {command.name: [] for command in commands}
    rounds = 4
    for _ in range(rounds):
        for command in commands:
            times[command.name] += hyperfine(command, max(runs // rounds, 3), opener)
    return {name: 1000 * sorted(found)[len(found) // 2] for name, found in times.items()}


def hyperfine(command: Command, runs: int, opener: Path) -> list[float]:
    called = command.words
    if command.input:
        called = [str(opener), str(command.input), *called]
    with tempfile.NamedTemporaryFile(suffix=".json") as result:
        fresh = ["--prepare", shlex.join(["sh", "-c", 'date +value-%s%N >"$0"', str(command.input)])] if command.fresh else []
        words = ["hyperfine", "-N", "--style=none", "--warmup=2", f"--runs={runs}", f"--export-json={result.name}"]
        done = subprocess.run(
            [*words, *fresh, shlex.join(called)], env=command.environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"[ERROR] {command.name}: {done.stderr[:600]}")
        return json.load(open(result.name))["results"][0]["times"]


@dataclass
class Use:
    """What one call took: seconds of the processor (user and system) and in all, and the most memory in KiB."""

    processor: float
    elapsed: float
    peak: int


def use(command: Command, peak: Path) -> Use:
    """Runs it once, as wait4(2) tells of it; `peak` is the program of Benchmarks/peak.c, which asks for its memory."""
    source = open(command.input) if command.input else subprocess.DEVNULL
    with tempfile.NamedTemporaryFile("r") as most:
        began = time.monotonic()
        child = subprocess.Popen(
            [str(peak), most.name, *command.words], env=command.environment, stdin=source, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        elapsed = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if status:
            raise SystemExit(f"[ERROR] {' '.join(command.words)} ended with {child.returncode}")
        return Use(usage.ru_utime + usage.ru_stime, elapsed, int(most.read()))


def peak_kilobytes(command: Command, peak: Path) -> int:
    """The most memory that it had, in KiB."""
    return use(command, peak).peak
