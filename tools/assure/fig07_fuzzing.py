"""Figure 7: readers of bytes that somebody else may have written, under libFuzzer and the address sanitizer."""
from __future__ import annotations

import subprocess

from lab import TOP, Lab, Outcome

FIGURE = 7
TITLE = "fuzzing: no crash, and what is read is written alike"
# Not in a short run: the program for it takes minutes to build. The kept inputs are read by the unit tests.
IS_LONG = True


def fuzz(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([TOP / "scripts/fuzz", *words], capture_output=True, text=True, check=False)


def measure(lab: Lab, minutes: float) -> Outcome:
    """Each target gets its share of the minutes, and no less than 2 s. The first run builds for some minutes besides."""
    outcome = Outcome(FIGURE, TITLE)
    names = sorted(path.name for path in (TOP / "Tests/FuzzTests/Corpus").iterdir() if path.is_dir())
    done = fuzz("--minutes", str(max(minutes / len(names), 1 / 30)))
    lines = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
    for name, _, runs, edges, features, _, crashes in lines:
        outcome.attempt(int(runs))
        outcome.facts[name] = f"{runs} executions, {edges} edges, {features} features"
        if int(crashes):
            outcome.fail(f"{name}: {[line for line in done.stderr.splitlines() if line.startswith(name)]}")
    if {line[0] for line in lines} != set(names):
        outcome.fail(f"not every target was fuzzed: {done.stderr[-600:]}")
    return outcome


def planted(lab: Lab) -> Outcome:
    """A reader that believes a length in the bytes."""
    outcome = Outcome(FIGURE, TITLE, 1)
    done = fuzz("--planted")
    if done.returncode == 0 and "was found" in done.stdout:
        outcome.fail(done.stdout.strip())
    return outcome
