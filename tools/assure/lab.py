"""What every figure works with: homes to run the program in, canaries, compiled libraries, outcomes."""
from __future__ import annotations

import concurrent.futures
import dataclasses
import os
import queue
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent


@dataclasses.dataclass
class Outcome:
    """What a figure found. `tried` counts what could have failed; each failure is a line for a person."""

    figure: int
    title: str
    tried: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)
    facts: dict[str, int | str] = dataclasses.field(default_factory=dict)
    guard: threading.Lock = dataclasses.field(default_factory=threading.Lock, repr=False)

    def count(self, fact: str, by: int = 1) -> None:
        """Adds to a fact; from any thread."""
        with self.guard:
            self.facts[fact] = int(self.facts.get(fact, 0)) + by

    def attempt(self, by: int = 1) -> None:
        """Counts something that could have failed; from any thread."""
        with self.guard:
            self.tried += by

    def fail(self, text: str) -> None:
        """Notes a failure; from any thread."""
        with self.guard:
            self.failures.append(text[:1500])


@dataclasses.dataclass
class Result:
    """How a run of the program ended. `status` is None where a signal ended it; `peak` is its memory in KiB."""

    status: int | None
    signal: int | None
    output: bytes
    errors: bytes
    seconds: float
    peak: int

    @property
    def text(self) -> str:
        """All it said, for a failure's line."""
        end = f"signal {self.signal}" if self.signal else f"status {self.status}"
        return f"{end}: {(self.output + self.errors).decode(errors='replace')[-600:]}"

    def shows(self, canary: bytes) -> bool:
        """Whether a canary is in what it said."""
        return canary in self.output or canary in self.errors


class Run:
    """A program that runs; `wait` once. Whoever drops it without waiting calls `stop`."""

    def __init__(self, words: list[str], folder: Path, variables: dict[str, str], given: bytes) -> None:
        self.files = [tempfile.TemporaryFile(dir=variables.get("TMPDIR")) for _ in range(3)]
        self.files[0].write(given)
        self.files[0].seek(0)
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            words, cwd=folder, env=variables, stdin=self.files[0], stdout=self.files[1], stderr=self.files[2],
            start_new_session=True,
        )

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Sends a signal to it and to what it started."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def wait(self, seconds: float = 120) -> Result:
        """Its end. It is killed after so many seconds: a run that hangs ends with signal 9 and says so."""
        hung: list[str] = []

        def expire() -> None:
            hung.extend(self.threads())
            self.kill()

        timer = threading.Timer(seconds, expire)
        timer.start()
        _, status, usage = os.wait4(self.process.pid, 0)
        timer.cancel()
        took = time.monotonic() - self.began
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.kill()
        said = []
        for file in self.files[1:]:
            file.seek(0)
            said.append(file.read())
        for file in self.files:
            file.close()
        if hung:
            said[1] += f"\nkilled after {seconds} s: it did not end: {hung}".encode()
        code = self.process.returncode
        return Result(
            code if code >= 0 else None, -code if code < 0 else None, said[0], said[1], took, usage.ru_maxrss
        )

    def threads(self) -> list[str]:
        """What each of its threads is doing: name, state, seconds of the processor, where it waits, the call it makes."""
        found = []
        for task in Path(f"/proc/{self.process.pid}/task").glob("*"):
            try:
                words = (task / "stat").read_text().rpartition(")")[2].split()
                used = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
                found.append(" ".join([
                    (task / "comm").read_text().strip(), words[0], f"{used} s", (task / "wchan").read_text(),
                    (task / "syscall").read_text().strip()]))
            except OSError as error:
                found.append(f"gone: {error.strerror}")
        return found

    def stop(self) -> None:
        """Kills it and forgets what it said."""
        self.kill()
        self.wait(1)


class Home:
    """A user of the program: a folder of its own, removed at the end of `with`."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.root = folder
        self.user = folder / "user"
        self.work = self.user / "work"
        self.sigilum = self.work / ".sigilum-workspace"
        self.database = self.sigilum / "vault.db"
        self.variables = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.user),
            "XDG_STATE_HOME": str(self.user / ".local/state"),
            "SIGILUM_NAMESPACE": "johndee",
            # Nobody listens there.
            "GATEWAY_ADMIN_URL": "http://127.0.0.1:9",
            "TMPDIR": str(folder),
        }

    def make(self) -> Home:
        """Makes the folders, 0700."""
        for path in (self.root, self.user, self.work, self.user / ".local", self.user / ".local/state"):
            path.mkdir(mode=0o700, exist_ok=True)
        return self

    def start(self, line: str | list[str], variables: dict[str, str] | None = None, given: bytes = b"") -> Run:
        """Starts the program: `line` is its words, or a text with spaces between them."""
        words = line.split() if isinstance(line, str) else line
        merged = {**self.variables, **self.lab.variables, **(variables or {})}
        return Run([str(self.lab.program), *words], self.work, merged, given)

    def run(
        self, line: str | list[str], variables: dict[str, str] | None = None, given: bytes = b"", seconds: float = 120
    ) -> Result:
        """Runs the program to its end; `given` is its standard input."""
        return self.start(line, variables, given).wait(seconds)

    def copy(self, source: Home) -> Home:
        """Makes this home a copy of another's state. The anchor knows a vault by its place: use `twin`, where it matters."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(source.root, self.root, symlinks=True)
        return self

    def files(self) -> dict[str, bytes]:
        """Everything below the user's home, but no folders."""
        return {
            str(path.relative_to(self.user)): path.read_bytes()
            for path in sorted(self.user.rglob("*")) if path.is_file() and not path.is_symlink()
        }

    def read(self, name: str) -> bytes | None:
        """A file below the Sigilum home; None where there is none."""
        try:
            return (self.sigilum / name).read_bytes()
        except FileNotFoundError:
            return None

    def __enter__(self) -> Home:
        return self.make()

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


class Lab:
    """The program that is measured, and a scratch folder that is gone at the end."""

    def __init__(self, program: Path, scratch: Path, planted_program: Path | None = None) -> None:
        self.program = program
        self.scratch = scratch
        #: Built from the Sources and all patches of `planted/`; None where none was built.
        self.planted_program = planted_program
        #: Set for each run, besides those of the home.
        self.variables: dict[str, str] = {}
        self.workers = max(2, os.cpu_count() or 2)
        self._libraries: dict[str, Path] = {}

    def home(self) -> Home:
        """A new home below the scratch folder: `with lab.home() as home:`."""
        return Home(self, self.scratch / f"home-{secrets.token_hex(6)}")

    def canary(self) -> str:
        """A value that is nowhere else: 40 hexadecimal digits behind a public prefix."""
        return "lin_api_" + secrets.token_hex(20)

    def new_vault(self, home: Home, values: dict[str, str] | None = None) -> None:
        """A vault with a key file in the home, and the entries given."""
        for words, value in [("vault init", "")] + [(f"vault put {n}", v) for n, v in (values or {}).items()]:
            result = home.run(words, given=value.encode())
            if result.status != 0:
                raise RuntimeError(f"{words}: {result.text}")

    def planted(self, name: str) -> Lab:
        """The lab of the program with one planted defect on."""
        if self.planted_program is None:
            raise RuntimeError("no planted program: scripts/assure --planted builds it")
        other = self.other(self.planted_program)
        other.variables["SIGILUM_PLANTED"] = name
        return other

    def other(self, program: Path | None = None) -> Lab:
        """This lab with another program, or with variables of its own."""
        other = Lab(program or self.program, self.scratch, self.planted_program)
        other.variables = dict(self.variables)
        other._libraries = self._libraries
        return other

    def library(self, name: str, *options: str) -> Path:
        """Compiles `NAME.c` of this folder to a shared library, once."""
        key = " ".join((name, *options))
        if key not in self._libraries:
            path = self.scratch / f"{name}-{len(self._libraries)}.so"
            words = ["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", *options]
            # In its place whole: another process of this run may be making the same one, and a program that finds half of
            # it goes on without.
            made = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
            subprocess.run([*words, "-o", made, HERE / f"{name}.c", "-ldl", "-lpthread"], check=True)
            made.replace(path)
            self._libraries[key] = path
        return self._libraries[key]


class Deadline:
    """A budget of minutes: `left` is false once it is used up."""

    def __init__(self, minutes: float) -> None:
        self.end = time.monotonic() + minutes * 60

    @property
    def left(self) -> bool:
        return self.minutes > 0

    @property
    def minutes(self) -> float:
        """How many are left."""
        return max(self.end - time.monotonic(), 0) / 60


def spread(count: int) -> list[int]:
    """0..<count in an order in which any beginning is spread over the whole: what a short budget reaches is a sample."""
    order, step = [], 1 << max(count - 1, 1).bit_length()
    seen: set[int] = set()
    while step >= 1:
        for number in range(0, count, step):
            if number not in seen:
                seen.add(number)
                order.append(number)
        step //= 2
    return order


def work_off(points: list[tuple], workers: list[Callable[..., None]], deadline: Deadline, least: int = 4) -> None:
    """Hands the points out to workers, a thread each, until none is left or the time is up; `least` each in any case."""
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    for point in points:
        waiting.put(point)

    def work(worker: Callable[..., None]) -> None:
        done = 0
        while deadline.left or done < least:
            try:
                point = waiting.get_nowait()
            except queue.Empty:
                return
            worker(*point)
            done += 1

    with concurrent.futures.ThreadPoolExecutor(len(workers)) as pool:
        for job in [pool.submit(work, worker) for worker in workers]:
            job.result()
