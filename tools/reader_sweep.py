"""Reads every vault that a run of the tests left behind with tools/reader.py, beside the program: both must agree.

usage: reader_sweep.py PROGRAM FOLDER

FOLDER has a folder for each vault, with `vault.db` and, in `keys`, the master keys that its test used. The tests write
them where SIGILUM_KEEP_VAULTS says. Needs PyNaCl. Exit status 0, or 1 when the two disagree or there was nothing to read.
"""

import collections
import concurrent.futures
import contextlib
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import reader

# The statuses in which the two must be the same; whatever is not here is a defect of one of them.
PROVEN, DAMAGED, WRONG_KEY = 0, 65, 77


def by_reader(vault: Path, key: Path) -> int:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return reader.main(["verify", str(vault), "--key-file", str(key)])


def by_program(program: str, vault: Path, key: Path, home: str) -> int:
    environment = {"HOME": home, "PATH": os.environ["PATH"], "GATEWAY_MASTER_KEY_FILE": str(key)}
    words = [program, "vault", "verify", "--no-input", "--sigilum-home", str(vault)]
    return subprocess.run(words, env=environment, cwd=home, capture_output=True, timeout=120).returncode


def disagreement(program: str, vault: Path) -> tuple[collections.Counter[int], list[str]]:
    """How often each status was met, and a line for each key about which the two disagree."""
    statuses, lines = collections.Counter[int](), []
    # The program makes files beside a vault while it reads.
    for key in sorted((vault / "keys").iterdir()):
        key.chmod(0o600)
        theirs = verdicts[vault, key]
        # A home of its own each time: no anchor.
        with tempfile.TemporaryDirectory(prefix="sweep-") as home:
            ours = by_program(program, vault, key, home)
        statuses[theirs] += 1
        if theirs != ours or theirs not in (PROVEN, DAMAGED, WRONG_KEY):
            lines.append(f"{vault.name}, key {key.name}: the reader says {theirs}, the program {ours}")
    return statuses, lines


verdicts: dict[tuple[Path, Path], int] = {}


def main() -> int:
    os.umask(0o077)
    # The program is started in another folder: neither may be named from this one.
    program, folder = os.path.abspath(sys.argv[1]), Path(sys.argv[2]).resolve()
    vaults = sorted(path for path in folder.iterdir() if (path / "keys").is_dir())
    pairs = list[tuple[Path, Path]]()
    for vault in vaults:
        vault.chmod(0o700)
        for file in vault.glob("vault.db*"):
            file.chmod(0o600)
        for key in sorted((vault / "keys").iterdir()):
            key.chmod(0o600)
            pairs.append((vault, key))
    # Processes: what it prints is redirected for all of one, and Python runs one thread at a time.
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as readers:
        verdicts.update(zip(pairs, readers.map(by_reader, *zip(*pairs, strict=True), chunksize=16), strict=True))
    total, failed = collections.Counter[int](), []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for statuses, lines in pool.map(lambda vault: disagreement(program, vault), vaults):
            total += statuses
            failed += lines
    for line in failed:
        print(f"FAILED: {line}")
    print(
        f"vaults of the tests: {len(vaults)}; proven {total[PROVEN]}, damaged {total[DAMAGED]}, "
        f"wrong key {total[WRONG_KEY]}; {len(failed)} disagreements"
    )
    return 0 if not failed and total[PROVEN] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
