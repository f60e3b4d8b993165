"""Times of calls that take seconds: a few turns, in which everybody is measured once."""
from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from timing import Command


@dataclass
class Turn:
    """What one call took, in milliseconds."""

    wall: float
    # Of the processor, the kernel's part included.
    processor: float


def call(command: Command, statuses: tuple[int, ...] = (0,)) -> Turn:
    began = time.monotonic()
    child = subprocess.Popen(
        command.words, env=command.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    if os.waitstatus_to_exitcode(status) not in statuses:
        raise SystemExit(f"[ERROR] {command.name} ended with {os.waitstatus_to_exitcode(status)}")
    return Turn(1000 * wall, 1000 * (usage.ru_utime + usage.ru_stime))


def median(turns: list[Turn]) -> Turn:
    def middle(numbers: list[float]) -> float:
        return sorted(numbers)[len(numbers) // 2]
    return Turn(middle([turn.wall for turn in turns]), middle([turn.processor for turn in turns]))


def in_turns(count: int, calls: dict[str, Callable[[], Turn]]) -> dict[str, Turn]:
    """The medians of `count` rounds, after one that is not counted."""
    turns: dict[str, list[Turn]] = {name: [] for name in calls}
    for number in range(count + 1):
        for name, one in calls.items():
            turn = one()
            if number:
                turns[name].append(turn)
    return {name: median(found) for name, found in turns.items()}
