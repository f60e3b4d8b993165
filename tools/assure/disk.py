"""A disk that may lose what was not synced: replays what journal.c noted, and builds what a power cut can leave.

Certain is only this: a file's bytes and size from the moment that the file was synced, a folder's names from the moment that
the folder was. Of everything later any part may have reached the disk: of bytes each sector by itself, of a folder's
changes the first few, a renaming being one change. A file whose name is lost is lost.
"""
from __future__ import annotations

import dataclasses
import os
import random
import shutil
from pathlib import Path

SECTOR = 512


@dataclasses.dataclass
class Record:
    kind: str
    words: list[str]
    data: bytes


def records(journal: bytes) -> list[Record]:
    """What the journal has, in order."""
    found, place = [], 0
    while place < len(journal):
        end = journal.index(b"\n", place)
        kind, *words, count = journal[place:end].decode().split("\t")
        place = end + 1 + int(count)
        found.append(Record(kind, words, journal[end + 1 : place]))
    return found


@dataclasses.dataclass
class File:
    durable: bytes
    #: Writes (offset, bytes) and sizes since the last sync.
    pending: list[tuple[int, bytes | None]] = dataclasses.field(default_factory=list)

    def content(self, survives) -> bytes:
        """`survives()` is asked about each sector that was written, and each change of the size."""
        content = bytearray(self.durable)
        for offset, data in self.pending:
            if data is None:
                if survives():
                    content[offset:] = bytes(max(offset - len(content), 0))
                continue
            for start in range(offset - offset % SECTOR, offset + len(data), SECTOR):
                begin, end = max(start, offset), min(start + SECTOR, offset + len(data))
                if survives():
                    content.extend(bytes(max(end - len(content), 0)))
                    content[begin:end] = data[begin - offset : end - offset]
        return bytes(content)


@dataclasses.dataclass
class Folder:
    durable: dict[str, int]
    #: Changes since the last sync: names and what they are from now on, None for gone.
    pending: list[dict[str, int | None]] = dataclasses.field(default_factory=list)

    def names(self, count: int) -> dict[str, int]:
        """With the first few pending changes."""
        names: dict[str, int | None] = dict(self.durable)
        for change in self.pending[:count]:
            names.update(change)
        return {name: number for name, number in names.items() if number is not None}


class Disk:
    """The folder `top` and everything below it."""

    def __init__(self, top: Path) -> None:
        self.top = top.stat().st_ino
        self.nodes: dict[int, File | Folder] = {}
        for folder, folders, files in os.walk(top):
            path = Path(folder)
            self.nodes[path.stat().st_ino] = Folder({n: (path / n).lstat().st_ino for n in folders + files})
            for name in files:
                self.nodes[(path / name).stat().st_ino] = File((path / name).read_bytes())

    def apply(self, record: Record) -> None:
        """One call that was made. What is outside `top` is passed over."""
        words = record.words
        match record.kind:
            case "W":
                if (file := self.nodes.get(int(words[0]))) and isinstance(file, File):
                    file.pending.append((int(words[1]), record.data))
            case "T":
                if (file := self.nodes.get(int(words[0]))) and isinstance(file, File):
                    file.pending.append((int(words[1]), None))
            case "S":
                node = self.nodes.get(int(words[0]))
                if isinstance(node, File):
                    node.durable, node.pending = node.content(lambda: True), []
                elif isinstance(node, Folder):
                    node.durable, node.pending = node.names(len(node.pending)), []
            case "C" | "M" | "L":
                folder, name, number = int(words[0]), words[1], int(words[2])
                if folder not in self.nodes:
                    return
                if record.kind == "C":
                    self.nodes[number] = File(b"")
                elif record.kind == "M":
                    self.nodes[number] = Folder({})
                self.folder(folder).pending.append({name: number})
            case "U":
                if int(words[0]) in self.nodes:
                    self.folder(int(words[0])).pending.append({words[1]: None})
            case "R":
                if int(words[0]) not in self.nodes:
                    return
                if words[0] != words[2]:
                    raise RuntimeError(f"renamed from one folder to another: {words}")
                folder = self.folder(int(words[0]))
                number = folder.names(len(folder.pending))[words[1]]
                folder.pending.append({words[1]: None, words[3]: number})
            case "!":
                raise RuntimeError(f"cannot be replayed: {words}")

    def folder(self, number: int) -> Folder:
        node = self.nodes[number]
        assert isinstance(node, Folder)
        return node

    def state(self, chance: float, rng: random.Random) -> dict[str, bytes | None]:
        """What may be there after a cut: paths with their bytes, None for a folder. `chance`: how much of what was not
        synced is there: 0 nothing, 1 everything, anything between at random."""
        found: dict[str, bytes | None] = {}

        def survives() -> bool:
            return rng.random() < chance

        def visit(number: int, path: str) -> None:
            node = self.nodes[number]
            if isinstance(node, File):
                content = node.content(survives)
                # Written through memory, so nobody knows what of it is on the disk.
                found[path] = rng.randbytes(len(content)) if path.endswith("-shm") else content
                return
            found[path] = None
            count = sum(survives() for _ in node.pending)
            for name, below in node.names(count).items():
                visit(below, f"{path}/{name}" if path else name)

        visit(self.top, "")
        return found


def put(state: dict[str, bytes | None], top: Path) -> None:
    """Makes `top` what a state says, for its owner alone."""
    shutil.rmtree(top, ignore_errors=True)
    for path, content in state.items():
        place = top / path if path else top
        if content is None:
            place.mkdir(mode=0o700)
        else:
            place.write_bytes(content)
            place.chmod(0o600)
