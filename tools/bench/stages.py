"""Where the milliseconds of a `get` go: the times between the calls that part its stages, seen by Benchmarks/stages.c."""
from __future__ import annotations

import os
import time
from pathlib import Path

from page import Row, Section
from timing import Command

#: What happens until a call is first made, at or after the one before: the call, and the end of what it is about.
STAGES = [
    ("the kernel starts it, the dynamic linker relocates it", "start", ""),
    ("the runtime starts, memory is made private, the words are read", "open", "config.env"),
    ("home, anchor, master key", "open", "vault.db"),
    ("the database opened; head, path and entry proven", "open", "vault.lock"),
    ("the lock, the state again, the record of the release", "fdatasync", ""),
    ("waiting for the disk: the log, and its folder", "open", ".lock"),
    ("the anchor follows; the value is opened", "write", "1"),
    ("the rest, and its end", "", ""),
]


def noted(command: Command, library: Path, notes: Path) -> list[float]:
    """Runs it once; milliseconds of each stage."""
    notes.unlink(missing_ok=True)
    environment = command.environment | {"LD_PRELOAD": str(library), "STAGES": str(notes)}
    devnull = [(os.POSIX_SPAWN_OPEN, number, "/dev/null", os.O_RDWR, 0) for number in (0, 1, 2)]
    times = [time.monotonic_ns()]
    child = os.posix_spawn(command.words[0], command.words, environment, file_actions=devnull)
    _, status = os.waitpid(child, 0)
    end = time.monotonic_ns()
    if status:
        raise SystemExit(f"[ERROR] {command.name} ended with {os.waitstatus_to_exitcode(status)}")
    calls = [line.split(" ", 2) for line in notes.read_text().splitlines()]
    place = 0
    for _, call, about in STAGES[:-1]:
        while place < len(calls) and not (calls[place][1] == call and calls[place][2].endswith(about)):
            place += 1
        if place == len(calls):
            raise SystemExit(f"[ERROR] {command.name} makes no call {call} {about} where it should")
        times.append(int(calls[place][0]))
    times.append(end)
    return [(later - earlier) / 1e6 for earlier, later in zip(times, times[1:])]


def stages(command: Command, library: Path, folder: Path, runs: int) -> Section:
    """The medians of each stage."""
    for _ in range(3):
        noted(command, library, folder / "notes")
    found = [noted(command, library, folder / "notes") for _ in range(runs)]
    (folder / "notes").unlink()
    rows = []
    for index, (what, *_) in enumerate(STAGES):
        rows.append(Row(what, f"{sorted(run[index] for run in found)[runs // 2]:.2f} ms", "", "", None))
    rows.append(Row("all of it", f"{sorted(sum(run) for run in found)[runs // 2]:.2f} ms", "", "", None))
    return Section("`get` by stage, at 1,000 entries", rows)
