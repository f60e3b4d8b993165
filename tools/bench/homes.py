"""Vaults of a given size, made once and kept, and the calls that are measured on them."""
from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


#: How many go into one file: an import takes 32 MiB at most.
ENTRIES_A_FILE = 400_000


def write_entries(path: Path, numbers: range) -> None:
    with path.open("w") as file:
        for number in numbers:
            file.write(f"NAME_{number:07d}=value-of-entry-{number}-0123456789\n")
    path.chmod(0o600)


class Home:
    """A vault with `count` entries `name-000000` and so on, in a folder of its own."""

    def __init__(self, program: Path, folder: Path, count: int):
        self.program, self.count = program, count
        self.folder = folder / f"entries-{count}"
        self.vault = self.folder / ".sigilum-workspace"
        self.environment = {
            "HOME": str(self.folder), "PATH": os.environ["PATH"], "GATEWAY_SIGILUM_HOME": str(self.vault),
            "SIGILUM_NAMESPACE": "johndee", "GATEWAY_ADMIN_URL": "http://127.0.0.1:9",
        }
        if (self.folder / "made").exists():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        entries = self.folder / "entries.env"
        self.run("vault", "init")
        for start in range(0, count, ENTRIES_A_FILE):
            write_entries(entries, range(start, min(start + ENTRIES_A_FILE, count)))
            self.run("vault", "import", str(entries), "--format", "env")
            entries.unlink()
        (self.folder / "value").write_text("a-value-that-is-put-in-by-the-benchmark")
        (self.folder / "made").touch()

    @property
    def middle(self) -> str:
        """An entry's name, of the middle."""
        return f"NAME_{self.count // 2:07d}"

    def call(self, *words: str) -> list[str]:
        return [str(self.program), *words]

    def run(self, *words: str, statuses: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess:
        done = subprocess.run(self.call(*words), env=self.environment, capture_output=True)
        if done.returncode not in statuses:
            raise SystemExit(f"[ERROR] {' '.join(words)} ended with {done.returncode}: {done.stderr.decode()[:400]}")
        return done
