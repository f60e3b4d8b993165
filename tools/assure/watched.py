"""A run of the program that is looked at from outside: all it writes, its memory when it is about to end, its
processes.
"""
from __future__ import annotations

import os
import resource
import signal
import struct
import subprocess
import threading
import time
from array import array
from collections.abc import Iterator
from pathlib import Path


class Watched:
    """One run, looked at while it lasts and when it is about to end."""

    def __init__(
        self, library: Path, program: Path, words: list[str], folder: Path, log: Path, given: str,
        variables: dict[str, str], abort: bool,
    ) -> None:  # fmt: skip
        #: Arguments and variables of other programs; memory by place; what was written, each with where to.
        self.samples, self.memory = set[bytes](), dict[str, bytes]()
        self.program, self.has_core = str(program.resolve()), False
        log.unlink(missing_ok=True)
        preloaded = ":".join(filter(None, (variables.get("LD_PRELOAD"), str(library))))
        more = {"LD_PRELOAD": preloaded, "WATCH_LOG": str(log), "WATCH_PROGRAM": self.program}
        process = subprocess.Popen(
            [program, *words], cwd=folder, env={**variables, **more}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True, preexec_fn=allow_core,
        )  # fmt: skip
        timer = threading.Timer(60, process.kill)
        timer.start()
        said: list[bytes] = [b"", b""]

        def talk(number: int, stream: object) -> None:
            said[number] = stream.read()  # type: ignore[attr-defined]

        readers = [threading.Thread(target=talk, args=item) for item in enumerate((process.stdout, process.stderr))]
        for reader in readers:
            reader.start()
        try:
            process.stdin.write(given.encode())
            process.stdin.close()
        except BrokenPipeError:
            pass
        self.status = self.follow(process, abort)
        timer.cancel()
        for reader in readers:
            reader.join()
        self.output, self.errors = said
        self.writes = list(parts(log))

    def follow(self, process: subprocess.Popen, abort: bool) -> int:
        """Samples until it stops; then looks into it, and lets it end."""
        while True:
            ended, status = os.waitpid(process.pid, os.WUNTRACED | os.WNOHANG)
            if ended and os.WIFSTOPPED(status):
                self.look(process.pid)
                if abort:
                    os.kill(process.pid, signal.SIGABRT)
                os.kill(process.pid, signal.SIGCONT)
            elif ended:
                process.returncode = os.waitstatus_to_exitcode(status)
                self.has_core = os.WCOREDUMP(status)
                return process.returncode
            else:
                self.sample(process.pid)
                time.sleep(0.0005)

    def sample(self, number: int) -> None:
        """Arguments and variables of what it has started, or has become; its own begin with what it was given."""
        not_yet = {self.program, os.readlink("/proc/self/exe")}
        try:
            for each in (number, *Path(f"/proc/{number}/task/{number}/children").read_text().split()):
                if os.readlink(f"/proc/{each}/exe") not in not_yet:
                    self.samples |= {Path(f"/proc/{each}/{name}").read_bytes() for name in ("cmdline", "environ")}
        except OSError:
            pass

    def look(self, number: int) -> None:
        """All that it could still read, and its arguments and variables as other processes see them."""
        for name in ("cmdline", "environ"):
            self.memory[name] = Path(f"/proc/{number}/{name}").read_bytes()
        with open(f"/proc/{number}/mem", "rb", buffering=0) as memory:
            for line in Path(f"/proc/{number}/maps").read_text().splitlines():
                span, modes, *rest = line.split(maxsplit=5)
                start, end = (int(part, 16) for part in span.split("-"))
                # What cannot be written has come from a file; what cannot be read is the guarded memory.
                if modes[:2] != "rw":
                    continue
                used = b"".join(
                    os.pread(memory.fileno(), 4096, start + page * 4096) for page in own_pages(number, start, end)
                )
                self.memory[f"{span} {rest[-1] if len(rest) > 3 else '(anonymous)'}"] = used


def own_pages(number: int, start: int, end: int) -> list[int]:
    """The pages of a span that the process has written: those that are there, and no file's any more."""
    with open(f"/proc/{number}/pagemap", "rb") as pages:
        pages.seek(start // 4096 * 8)
        entries = array("Q", pages.read((end - start) // 4096 * 8))
    return [page for page, entry in enumerate(entries) if entry >> 62 and not entry >> 61 & 1]


def allow_core() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def parts(log: Path) -> Iterator[tuple[str, bytes]]:
    """What was written, each with the name of where to."""
    content, at = log.read_bytes() if log.exists() else b"", 0
    while at < len(content):
        name, size = struct.unpack_from("<II", content, at)
        yield content[at + 8 : at + 8 + name].decode(errors="replace"), content[at + 8 + name : at + 8 + name + size]
        at += 8 + name + size
