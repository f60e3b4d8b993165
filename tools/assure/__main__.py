"""Measures what the vault withstands: one module a figure, one plain table. `scripts/assure --help` has the options."""
from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from lab import TOP, Lab, Outcome  # noqa: E402


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/assure", description=__doc__)
    parser.add_argument("--program", type=Path, default=TOP / ".build/debug/sigilum", help="what is measured")
    parser.add_argument("--planted-program", type=Path, help="built with the patches of tools/assure/planted")
    parser.add_argument("--planted", action="store_true", help="run against planted defects: each must be noticed")
    parser.add_argument("--minutes", type=float, default=10, help="the most that a figure takes (10)")
    parser.add_argument("--short", action="store_true", help="some seconds a figure: a sample, for scripts/test")
    parser.add_argument("--figure", default="", help="numbers, with commas between: 1,3,10 (all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the outcomes there")
    chosen = parser.parse_args()
    if chosen.short:
        chosen.minutes = 0.15
    return chosen


def modules(wanted: str, short: bool) -> list:
    """The figures' modules, in order; of a short run, those that need no build of their own, unless they are asked for."""
    numbers = {int(number) for number in wanted.split(",") if number}
    found = sorted(path.stem for path in HERE.glob("fig[0-9][0-9]_*.py"))
    chosen = [importlib.import_module(name) for name in found if not numbers or int(name[3:5]) in numbers]
    if short and not numbers:
        chosen = [module for module in chosen if not getattr(module, "IS_LONG", False)]
    if not chosen or numbers - {module.FIGURE for module in chosen}:
        sys.exit(f"[ERROR] There is no such figure: {wanted}")
    return chosen


def measured(module, lab: Lab, minutes: float) -> list[Outcome]:
    return [module.measure(lab, minutes)]


def noticed(module, lab: Lab) -> list[Outcome]:
    """A figure's planted defects, turned round: what was not noticed is the failure."""
    found = module.planted(lab)
    outcomes = found if isinstance(found, dict) else {"planted": found}
    turned = []
    for name, outcome in outcomes.items():
        about = Outcome(module.FIGURE, f"{module.TITLE}: {name}", outcome.tried)
        if outcome.failures:
            about.facts = {"noticed": len(outcome.failures), "first": outcome.failures[0][:160]}
        else:
            about.fail("the planted defect was not noticed")
        turned.append(about)
    return turned


def table(rows: list[tuple[Outcome, float]]) -> None:
    print(f"{'figure':>6}  {'title':<48} {'tried':>9} {'failed':>7} {'seconds':>8}")
    for outcome, seconds in rows:
        print(f"{outcome.figure:>6}  {outcome.title:<48} {outcome.tried:>9} {len(outcome.failures):>7} {seconds:>8.0f}")
        for name, value in outcome.facts.items():
            print(f"{'':>8}{name}: {value}")
        for failure in outcome.failures[:20]:
            print(f"{'':>8}FAILED: {failure}")
        if len(outcome.failures) > 20:
            print(f"{'':>8}… and {len(outcome.failures) - 20} more")


def main() -> int:
    chosen = options()
    program = chosen.program.resolve()
    if not os.access(program, os.X_OK):
        sys.exit(f"[ERROR] There is no program: {program}\n  run:  swift build")
    # In memory where that is possible: it is the calls that count, not the disk.
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    scratch = Path(tempfile.mkdtemp(prefix="assure-", dir=base))
    rows: list[tuple[Outcome, float]] = []
    try:
        planted = chosen.planted_program.resolve() if chosen.planted_program else None
        for module in modules(chosen.figure, chosen.short):
            began = time.monotonic()
            lab = Lab(program, scratch / module.__name__, planted)
            lab.scratch.mkdir(mode=0o700)
            try:
                outcomes = noticed(module, lab) if chosen.planted else measured(module, lab, chosen.minutes)
            except Exception:  # A figure that could not be measured is a failure, and the others still run.
                outcomes = [Outcome(module.FIGURE, module.TITLE, 0, [traceback.format_exc()])]
            for outcome in outcomes:
                if outcome.tried == 0 and not outcome.failures:
                    outcome.fail("nothing was tried")
                rows.append((outcome, time.monotonic() - began))
            print(f"[i] figure {module.FIGURE}: {time.monotonic() - began:.0f} s", file=sys.stderr)
            shutil.rmtree(lab.scratch, ignore_errors=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    table(rows)
    if chosen.json:
        chosen.json.write_text(json.dumps([
            {"figure": o.figure, "title": o.title, "tried": o.tried, "failures": o.failures, "facts": o.facts,
             "seconds": round(seconds, 1)} for o, seconds in rows
        ], indent=2) + "\n")
    return 1 if any(outcome.failures for outcome, _ in rows) else 0


sys.exit(main())
