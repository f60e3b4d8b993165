"""The first `./vault` on a new machine: from a clone to the first output, and what of the processor each dependency takes."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from page import Row, Section

TICKS = os.sysconf("SC_CLK_TCK")
#: How often running processes are asked, in seconds. What a compiler does after it was last asked is not counted.
PAUSE = 0.1


def first_build(source: Path, folder: Path) -> Section:
    """Clones what is committed, with an empty home, and asks it for its version."""
    place = folder / "first"
    shutil.rmtree(place, ignore_errors=True)
    (place / "home").mkdir(parents=True)
    subprocess.run(["git", "clone", "-q", str(source), str(place / "clone")], check=True)
    environment = {"HOME": str(place / "home"), "PATH": os.environ["PATH"]}
    began = time.monotonic()
    child = subprocess.Popen(
        [str(place / "clone/vault"), "--version"], cwd=place / "clone", env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds: dict[tuple[int, int], tuple[str, float]] = {}
    while child.poll() is None:
        for key, command, used in running(str(place)):
            known = seconds.get(key, ("", 0.0))[0]
            seconds[key] = (known or owner(command, place / "clone"), used)
        time.sleep(PAUSE)
    whole = time.monotonic() - began
    if child.returncode:
        raise SystemExit(f"[ERROR] the first ./vault ended with {child.returncode}")
    sums: dict[str, float] = {}
    for name, used in seconds.values():
        sums[name or "the rest"] = sums.get(name or "the rest", 0) + used
    shutil.rmtree(place)
    rows = [Row("from the clone to the first output", f"{whole / 60:.1f} min", "", "", None)]
    for name, used in sorted(sums.items(), key=lambda item: -item[1]):
        if used >= 3:
            rows.append(Row(name, f"{used / 60:.1f} min of the processor", "", "", None))
    small = sum(used for used in sums.values() if used < 3)
    rows.append(Row("what takes less than 3 s each", f"{small / 60:.1f} min of the processor", "", "", None))
    return Section("The first `./vault` on a new machine", rows)


def running(place: str):
    """Of processes that have to do with this place: pid and start, command line, seconds of the processor."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            command = Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if place in command:
            yield (int(entry), int(fields[19])), command, (int(fields[11]) + int(fields[12])) / TICKS


def owner(command: str, clone: Path) -> str:
    """Whose work that is: a package's, the program's own, the linker's."""
    tool = command.split(" ", 1)[0].rpartition("/")[2]
    if tool.startswith(("ld", "gold", "clang")) and " -o " in command and " -c " not in command:
        return "linking"
    if found := re.search(r"/(?:checkouts|repositories)/([A-Za-z0-9._-]+?)(?:-[0-9a-f]{8})?/", command):
        return f"`{found[1]}`"
    if module := re.search(r" -module-name (\w+)", command):
        packages = [path.parts[-3] for path in clone.glob(f".build/checkouts/*/Sources/{module[1]}")]
        return f"`{packages[0]}`" if packages else "the program's own sources"
    if "/clone/Sources/" in command:
        return "the program's own sources"
    return f"`{tool}`"
