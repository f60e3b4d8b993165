"""`audit --scan` of a folder of text, beside `grep -F` with the same values."""
from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

from page import Row, Section
from timing import Command
from turns import call, in_turns

VALUES = 1_000
PLANTED = (5, 500, 900)


def values() -> list[str]:
    """Values as issuers make them: some begin alike."""
    numbers = random.Random(99)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    forms = [
        lambda: f"sk_live_{numbers.getrandbits(192):048x}", lambda: f"lin_api_{numbers.getrandbits(160):040x}",
        lambda: "".join(numbers.choices(letters, k=32)),
    ]
    return [forms[number % 3]() for number in range(VALUES)]


def fill(folder: Path, mebibytes: int, planted: list[str]) -> None:
    """Files of prose, source code, JSON and logs, 4 KiB to 1 MiB each; a few hold a value."""
    numbers = random.Random(7)
    words = ["".join(numbers.choices("etaoinshrdlucmfwypvbgkjqxz", k=numbers.randint(2, 11))) for _ in range(5_000)]
    forms = [
        lambda: " ".join(numbers.choices(words, k=12)),
        lambda: '    {} = {}({}, "{}")'.format(*numbers.choices(words, k=4)),
        lambda: '{{"id": {}, "{}": "{}", "token": "{:032x}"}}'.format(
            numbers.getrandbits(32), *numbers.choices(words, k=2), numbers.getrandbits(128)),
        lambda: "2026-03-01T10:{:02d}:{:02d}Z INFO {}={} {}".format(
            numbers.randint(0, 59), numbers.randint(0, 59), *numbers.choices(words, k=3)),
    ]
    # A mebibyte of each kind is made once: what is compared does not care that text comes again.
    blocks = []
    for form in forms:
        lines, size = [], 0
        while size < (1 << 20) + 2:
            lines.append(form())
            size += len(lines[-1]) + 1
        blocks.append("\n".join(lines).encode()[: 1 << 20])
    made, number = 0, 0
    while made < mebibytes << 20:
        block = blocks[number % len(blocks)]
        size = numbers.choice([4, 16, 64, 256, 1024]) << 10
        start = numbers.randrange(0, len(block) - size + 1)
        part = folder / f"{number % 32:02d}"
        part.mkdir(parents=True, exist_ok=True)
        (part / f"file-{number:05d}.txt").write_bytes(block[start:start + size] + b"\n")
        made += size + 1
        number += 1
    for place, value in enumerate(planted):
        (folder / f"planted-{place}.txt").write_text(f"token = {value}\n")


def scan(program: Path, folder: Path, mebibytes: int) -> Section:
    """Both read the same files from the page cache. What is made is taken away again."""
    place = folder / "scan"
    shutil.rmtree(place, ignore_errors=True)
    text = place / "text"
    text.mkdir(parents=True)
    try:
        secrets = values()
        fill(text, mebibytes, [secrets[number] for number in PLANTED])
        environment = {
            "HOME": str(place), "PATH": os.environ["PATH"], "GATEWAY_SIGILUM_HOME": str(place / "vault"),
            "SIGILUM_NAMESPACE": "johndee", "GATEWAY_ADMIN_URL": "http://127.0.0.1:9", "LC_ALL": "C",
        }
        (place / "patterns").write_text("\n".join(secrets) + "\n")
        entries = place / "entries.env"
        entries.write_text("".join(f"NAME_{number:04d}={secret}\n" for number, secret in enumerate(secrets)))
        entries.chmod(0o600)

        def ours(*words: str) -> Command:
            return Command(" ".join(words), [str(program), "vault", *words], environment)

        call(ours("init"))
        call(ours("import", str(entries), "--format", "env"))
        # 1: it found what was planted.
        audit, scanned = ours("audit"), ours("audit", "--scan", str(text))
        grep = Command("grep", ["grep", "-rFf", str(place / "patterns"), str(text)], environment)
        times = in_turns(3, {
            "audit": lambda: call(audit, (0, 1)), "scan": lambda: call(scanned, (1,)), "grep": lambda: call(grep)})
        ratio = times["grep"].wall / times["scan"].wall
        return Section(f"`audit --scan` of {mebibytes} MiB for {VALUES:,} values", [
            Row("against `grep -rFf` (`LC_ALL=C`)", f"{times['scan'].wall:.0f} ms, {times['grep'].wall:.0f} ms",
                f"{ratio:.1f}× its speed", "at least 0.5×", ratio >= 0.5),
            Row("the processor's time", f"{times['scan'].processor:.0f} ms, {times['grep'].processor:.0f} ms",
                f"{times['grep'].processor / times['scan'].processor:.1f}× its speed", "", None),
            Row("`audit` without `--scan`", f"{times['audit'].wall:.0f} ms", "", "", None),
        ])
    finally:
        shutil.rmtree(place, ignore_errors=True)
