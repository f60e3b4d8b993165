"""Ways to tamper with a vault's files: what figure 4 draws from. Nobody here has a key.

Each is a function of a `Target` and a random source: it changes the files in the target's folder, and returns a few
words that say what it did. `NothingToDo` is raised where the draw does not fit (no such row in an earlier copy, say).
"""
from __future__ import annotations

import contextlib
import hashlib
import random
import sqlite3
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

KEYED = ("slot", "node", "bucket", "entry", "body", "audit")
TABLES = (*KEYED, "head")
FILES = ("vault.db", "vault.db-wal")
Rows = dict[str, dict[bytes, bytes]]

#: Where the fields of a row begin, and how wide they are (docs/format.md); from the end where negative.
FIELDS = {
    "slot": [(0, 8), (8, 2), (10, 2), (12, 16), (28, 1), (29, 4), (33, 1), (34, 4), (38, 4), (42, 16), (58, 24),
             (82, 48), (130, 32), (162, 32)],
    "head": [(0, 2), (2, 2), (4, 16), (20, 4), (24, 8), (32, 8), (40, 32), (72, 32), (104, 8), (112, 8), (120, 32),
             (152, 32), (184, 24), (208, 48), (256, 32)],
    "entry": [(0, 16), (16, 8), (24, 4), (28, 4), (32, 32), (64, 32), (96, 24), (-32, 32)],
    "body": [(0, 8), (8, 1), (9, 24), (-32, 32)],
    "audit": [(0, 8), (8, 2), (10, 4), (14, 4), (18, 16), (34, 8), (42, 24)],
    "bucket": [(0, 16), (16, 32)],
    "node": [(0, 8), (8, 32)],
}  # fmt: skip


class NothingToDo(Exception):
    pass


@dataclass
class State:
    """A vault's files at one time, and the rows in them; `head` has the empty key."""

    files: dict[str, bytes]
    rows: Rows = field(default_factory=dict)


@dataclass
class Target:
    """What is tampered with, and what an attacker may have besides: earlier copies, other vaults."""

    folder: Path
    now: State
    earlier: list[State]
    foreign: list[State]

    def put_back(self) -> None:
        for name in (*FILES, "vault.db-shm", "vault.db-journal"):
            (self.folder / name).unlink(missing_ok=True)
        for name, content in self.now.files.items():
            self.write(name, content)

    def read(self, name: str) -> bytearray:
        path = self.folder / name
        if not path.exists() or not path.stat().st_size:
            raise NothingToDo
        return bytearray(path.read_bytes())

    def write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(0o600)

    @contextlib.contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """A connection as an attacker has one, without any defence. What SQLite refuses to do is not done."""
        connection = sqlite3.connect(self.folder / "vault.db", isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = OFF")
            yield connection
        except sqlite3.Error:
            raise NothingToDo from None
        finally:
            connection.close()

    def set_row(self, table: str, key: bytes, value: bytes | None) -> None:
        """Writes or (None) takes away a row."""
        with self.database() as connection:
            if table == "head":
                connection.execute("DELETE FROM head")
                if value is not None:
                    connection.execute("INSERT INTO head VALUES (1, ?)", (value,))
            else:
                connection.execute(f"DELETE FROM {table} WHERE key = ?", (key,))
                if value is not None:
                    connection.execute(f"INSERT INTO {table} VALUES (?, ?)", (key, value))

    def set_table(self, table: str, rows: dict[bytes, bytes]) -> None:
        with self.database() as connection:
            connection.execute(f"DELETE FROM {table}")
            for key, value in rows.items():
                connection.execute(f"INSERT INTO {table} VALUES (?, ?)", (1 if table == "head" else key, value))


def rows_in(folder: Path, scan: str = "NOT INDEXED") -> tuple[Rows, list]:
    """Every row that the files in a folder hold, however it is looked for, and the schema. Raises where in doubt.

    Of `body` and `audit` SQLite has each key twice: in the row and in the index. `scan` is empty to read it as the index
    says, which is how rows are looked for.
    """
    found: Rows = {}
    with contextlib.closing(sqlite3.connect(folder / "vault.db")) as connection:
        header = [connection.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")]
        schema = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2").fetchall()
        for table in KEYED:
            found[table] = dict(connection.execute(f"SELECT key, value FROM {table} {scan} ORDER BY key"))
            for key, value in found[table].items():
                query = connection.execute(f"SELECT value FROM {table} WHERE key = ?", (key,)).fetchall()
                if query != [(value,)] or not isinstance(value, bytes) or not isinstance(key, bytes):
                    raise ValueError(table)
        heads = connection.execute("SELECT one, value FROM head").fetchall()
        if len(heads) != 1 or heads[0][0] != 1:
            raise ValueError("head")
        found["head"] = {b"": heads[0][1]}
    return found, [header, schema]


# MARK: Rows


def any_row(target: Target, draw: random.Random, tables: tuple[str, ...] = TABLES) -> tuple[str, bytes, bytes]:
    table = draw.choice([table for table in tables if target.now.rows[table]])
    key = draw.choice(list(target.now.rows[table]))
    return table, key, target.now.rows[table][key]


def changed(value: bytes, draw: random.Random) -> bytes:
    """The same bytes with a few of them changed: a bit, some bytes, or a run of them."""
    content = bytearray(value or b"\0")
    at, kind = draw.randrange(len(content)), draw.randrange(4)
    if kind == 0:
        content[at] ^= 1 << draw.randrange(8)
    elif kind == 1:
        content[at] = (content[at] + draw.randrange(1, 256)) % 256
    elif kind == 2:
        for _ in range(draw.randrange(2, 9)):
            content[draw.randrange(len(content))] ^= draw.randrange(1, 256)
    else:
        end = min(len(content), at + draw.randrange(1, 33))
        content[at:end] = draw.choice([bytes(end - at), b"\xff" * (end - at), draw.randbytes(end - at)])
    return bytes(content)


def bit_of_row(target: Target, draw: random.Random) -> str:
    table, key, value = any_row(target, draw)
    target.set_row(table, key, changed(value, draw))
    return f"bytes of a row of {table}"


def bit_of_key(target: Target, draw: random.Random) -> str:
    table, key, value = any_row(target, draw, KEYED)
    target.set_row(table, key, None)
    target.set_row(table, changed(key, draw), value)
    return f"the key of a row of {table}"


def length_of_row(target: Target, draw: random.Random) -> str:
    table, key, value = any_row(target, draw)
    longer = value + draw.choice([bytes(draw.randrange(1, 40)), draw.randbytes(draw.randrange(1, 40)), value])
    target.set_row(table, key, draw.choice([value[: draw.randrange(len(value) + 1)], value[1:], b"", longer]))
    return f"the length of a row of {table}"


def deleted_row(target: Target, draw: random.Random) -> str:
    table, key, _ = any_row(target, draw)
    target.set_row(table, key, None)
    return f"a row of {table} is deleted"


def deleted_rows(target: Target, draw: random.Random) -> str:
    """Several at once, as whoever wants to hide an entry would."""
    for _ in range(draw.randrange(2, 6)):
        table, key, _ = any_row(target, draw)
        target.set_row(table, key, None)
    return "several rows are deleted"


def swapped_rows(target: Target, draw: random.Random) -> str:
    table, key, value = any_row(target, draw, KEYED)
    other = draw.choice(list(target.now.rows[table]))
    target.set_row(table, key, target.now.rows[table][other])
    if draw.random() < 0.7:
        target.set_row(table, other, value)
    return f"rows of {table} are swapped"


def row_of_other_table(target: Target, draw: random.Random) -> str:
    table, key, _ = any_row(target, draw)
    target.set_row(table, key, any_row(target, draw)[2])
    return f"a row of another table is put in {table}"


def spliced_row(target: Target, draw: random.Random) -> str:
    """The beginning of one row, the end of another: of this vault, an earlier copy, another vault."""
    table, key, value = any_row(target, draw)
    others = list(draw.choice([target.now, *target.earlier, *target.foreign]).rows[table].values())
    if not others:
        raise NothingToDo
    at = draw.randrange(len(value) + 1)
    target.set_row(table, key, value[:at] + draw.choice(others)[at:])
    return f"rows of {table} are spliced"


def field_of_row(target: Target, draw: random.Random, tables: tuple[str, ...] = TABLES) -> str:
    """One field: a number that is special, or the same field of another row, earlier copy or vault."""
    table, key, value = any_row(target, draw, tables)
    at, width = draw.choice(FIELDS[table])
    at %= len(value)
    old = int.from_bytes(value[at : at + width], "little")
    others = draw.choice([target.now, *target.earlier, *target.foreign]).rows[table].values()
    other = draw.choice(list(others) or [value])
    new = draw.choice([0, 1, (1 << 8 * width) - 1, 1 << (8 * width - 1), old + 1, old - 1, draw.getrandbits(8 * width)])
    content = draw.choice([(new % (1 << 8 * width)).to_bytes(width, "little"), other[at : at + width]])
    target.set_row(table, key, value[:at] + content + value[at + width :])
    return f"the field at {at} of a row of {table}"


def field_of_head(target: Target, draw: random.Random) -> str:
    return field_of_row(target, draw, ("head",))


def new_row(target: Target, draw: random.Random) -> str:
    table, key, value = any_row(target, draw, KEYED)
    target.set_row(table, draw.choice([draw.randbytes(len(key)), key + b"\0", key[:-1], b""]), value)
    return f"a row more in {table}"


def replayed_row(target: Target, draw: random.Random) -> str:
    """A row as it was in an earlier copy, also one that has gone since."""
    old = draw.choice(target.earlier)
    table = draw.choice(TABLES)
    differing = [key for key, value in old.rows[table].items() if target.now.rows[table].get(key) != value]
    if not differing:
        raise NothingToDo
    key = draw.choice(differing)
    target.set_row(table, key, old.rows[table][key])
    return f"a row of {table} of an earlier copy"


def replayed_rows(target: Target, draw: random.Random) -> str:
    """All rows of several tables as they were: entries with their bodies, the tree, the head, the log."""
    old = draw.choice(target.earlier)
    tables = draw.sample(TABLES, draw.randrange(1, len(TABLES) + 1))
    if all(old.rows[table] == target.now.rows[table] for table in tables):
        raise NothingToDo
    for table in tables:
        target.set_table(table, old.rows[table])
    return f"of an earlier copy: {', '.join(sorted(tables))}"


def foreign_row(target: Target, draw: random.Random) -> str:
    """A row of another vault: in the place of one of this, or besides."""
    table, key, _ = any_row(target, draw)
    rows = draw.choice(target.foreign).rows[table]
    if not rows:
        raise NothingToDo
    other = draw.choice(list(rows))
    target.set_row(table, draw.choice([key, other]), rows[other])
    return f"a row of another vault in {table}"


def foreign_rows(target: Target, draw: random.Random) -> str:
    tables = draw.sample(TABLES, draw.randrange(1, len(TABLES) + 1))
    other = draw.choice(target.foreign)
    for table in tables:
        target.set_table(table, other.rows[table])
    return f"of another vault: {', '.join(sorted(tables))}"


def mended_slots(target: Target, draw: random.Random) -> str:
    """A slot that is changed, added or put back, with both checksums made right: they have no key."""
    slots = dict(target.now.rows["slot"])
    key = draw.choice(list(slots))
    kind = draw.randrange(4)
    if kind == 0:
        slots[key] = changed(slots[key][:-32], draw) + bytes(32)
    elif kind == 1:
        number = bytes([draw.randrange(4)])
        slots[number] = slots[key][:28] + number + slots[key][29:]
    elif kind == 2:
        slots.update(draw.choice([*target.earlier, *target.foreign]).rows["slot"])
    elif len(slots) > 1:
        del slots[key]
    slots = {number: row[:-32] + hashlib.blake2b(row[:-32], digest_size=32).digest() for number, row in slots.items()}
    if slots == target.now.rows["slot"]:
        raise NothingToDo
    framed = b"".join(
        struct.pack("<I", len(part)) + part for number in sorted(slots) for part in (number, slots[number])
    )
    head = target.now.rows["head"][b""]
    target.set_table("slot", slots)
    target.set_row("head", b"", head[:72] + hashlib.blake2b(framed, digest_size=32).digest() + head[104:])
    return "slots with checksums that are right"


# MARK: The schema

EVENTS = [f"{when} {what}" for when in ("BEFORE", "AFTER") for what in ("INSERT", "UPDATE", "DELETE")]
PLANTED = (
    "CREATE TRIGGER planted {event} ON {table} BEGIN DELETE FROM audit; END",
    "CREATE TRIGGER planted {event} ON {table} BEGIN UPDATE entry SET value = zeroblob(9); END",
    "CREATE TRIGGER planted {event} ON {table} BEGIN SELECT RAISE(IGNORE); END",
    "CREATE VIEW planted AS SELECT * FROM {table}",
    "CREATE VIEW planted AS SELECT load_extension('x')",
    "CREATE TABLE planted (a, b)",
    "CREATE TABLE planted AS SELECT * FROM {table}",
    "CREATE INDEX planted ON {table} (value)",
    "CREATE INDEX planted ON {table} (value) WHERE length(value) > 5",
    "CREATE INDEX planted ON {table} (hex(value))",
    "CREATE VIRTUAL TABLE planted USING fts5(a)",
    "CREATE VIRTUAL TABLE planted USING rtree(a, b, c)",
    "ALTER TABLE {table} RENAME TO planted; CREATE VIEW {table} AS SELECT * FROM planted",
    "ALTER TABLE {table} RENAME TO planted",
    "ALTER TABLE {table} RENAME COLUMN value TO planted",
    "ALTER TABLE {table} ADD COLUMN planted BLOB",
    "ALTER TABLE {table} ADD COLUMN planted BLOB AS (value)",
    "DROP TABLE {table}",
    "ANALYZE",
)
#: Of the definition of a table; `rootpage` is what no text says.
REWRITTEN = (
    "sql = replace(sql, 'STRICT', 'strict')",
    "sql = replace(sql, ' STRICT', '')",
    "sql = sql || ' '",
    "sql = sql || ' /* planted */'",
    "sql = replace(sql, 'value BLOB NOT NULL', 'value BLOB')",
    "sql = replace(sql, 'value BLOB NOT NULL', 'value BLOB NOT NULL DEFAULT (zeroblob(9))')",
    "sql = replace(sql, 'value BLOB NOT NULL', 'value BLOB NOT NULL CHECK (length(value) > 1)')",
    "sql = replace(sql, 'value BLOB NOT NULL', 'value BLOB NOT NULL COLLATE NOCASE')",
    "sql = replace(sql, ' value BLOB NOT NULL', ' value BLOB NOT NULL, other BLOB')",
    "sql = NULL",
    "type = 'view'",
    "tbl_name = 'planted'",
    "name = 'planted', tbl_name = 'planted'",
    "rootpage = (SELECT max(rootpage) FROM sqlite_schema)",
    "rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = '{other}')",
    "rootpage = 0",
    "rootpage = 1",
    "rootpage = 100000",
)
PRAGMAS = (
    "user_version = 0", "user_version = 2", "user_version = 2147483647", "user_version = -1", "application_id = 0",
    "application_id = 1", "schema_version = 77", "journal_mode = DELETE", "journal_mode = TRUNCATE",
    "journal_mode = DELETE; VACUUM", "journal_mode = DELETE; PRAGMA page_size = {size}; VACUUM",
    "journal_mode = DELETE; PRAGMA auto_vacuum = FULL; VACUUM", "wal_checkpoint(TRUNCATE)",
)  # fmt: skip


def planted_object(target: Target, draw: random.Random) -> str:
    statement = draw.choice(PLANTED).format(table=draw.choice(TABLES), event=draw.choice(EVENTS))
    with target.database() as connection:
        connection.executescript(statement)
    return statement


def schema_text(target: Target, draw: random.Random) -> str:
    table, other = draw.sample(TABLES, 2)
    statement = draw.choice(REWRITTEN).format(other=other)
    with target.database() as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(f"UPDATE sqlite_schema SET {statement} WHERE name = ?", (table,))
    return f"definition of {table}: {statement}"


def wrong_type(target: Target, draw: random.Random) -> str:
    """A text, a number or nothing where only blobs can be: written while the table was not strict."""
    table, key, value = any_row(target, draw, ("entry", "body", "slot", "node", "bucket", "audit"))
    new = draw.choice([value.decode("latin-1"), 7, None, 1.5, ""])
    with target.database() as connection:
        was = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
        loose = was.replace("STRICT, WITHOUT", "WITHOUT").replace(" STRICT", "").replace(" NOT NULL)", ")")
        version = connection.execute("PRAGMA schema_version").fetchone()[0]
        for text, step in ((loose, 1), (was, 2)):
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (text, table))
            connection.execute(f"PRAGMA schema_version = {version + step}")
            connection.execute("PRAGMA writable_schema = RESET")
            if step == 1:
                connection.execute(f"UPDATE {table} SET value = ? WHERE key = ?", (new, key))
    return f"a value of {table} is a {type(new).__name__}"


def pragma(target: Target, draw: random.Random) -> str:
    statement = draw.choice(PRAGMAS).format(size=draw.choice([512, 1024, 8192, 65536]))
    with target.database() as connection:
        connection.executescript(f"PRAGMA {statement}")
    return statement


# MARK: The files


def bytes_of_file(target: Target, draw: random.Random) -> str:
    name = draw.choice(FILES)
    target.write(name, changed(target.read(name), draw))
    return f"bytes of {name}"


def beginning_of_page(target: Target, draw: random.Random) -> str:
    """Where SQLite keeps what it navigates by: the header of a page and its pointers to cells."""
    content = target.read("vault.db")
    at = draw.randrange(len(content) // 4096) * 4096 + draw.randrange(64)
    content[at] = draw.choice([0, 1, 2, 5, 10, 13, 255, draw.randrange(256)])
    target.write("vault.db", content)
    return f"the beginning of a page, at {at}"


def header_field(target: Target, draw: random.Random) -> str:
    content = target.read("vault.db")
    at, width = draw.choice([(0, 1), (16, 2), (18, 1), (19, 1), (20, 1), (21, 1), (22, 1), (23, 1), (24, 4), (28, 4),
                             (32, 4), (36, 4), (40, 4), (44, 4), (48, 4), (52, 4), (56, 4), (60, 4), (64, 4), (68, 4),
                             (72, 20), (92, 4), (96, 4)])  # fmt: skip
    new = draw.choice([0, 1, 2, 3, 4, 255, (1 << 8 * width) - 1, draw.getrandbits(8 * width)])
    content[at : at + width] = (new % (1 << 8 * width)).to_bytes(width, "big")
    target.write("vault.db", content)
    return f"SQLite's header at {at}"


def page(target: Target, draw: random.Random) -> str:
    """A page that is emptied, scrambled, swapped, or one of an earlier copy or another vault."""
    content = target.read("vault.db")
    one, two = (draw.randrange(len(content) // 4096) * 4096 for _ in range(2))
    kept = bytes(content[one : one + 4096])
    source = draw.choice([target.now, *target.earlier, *target.foreign]).files["vault.db"]
    at = draw.choice([one, draw.randrange(max(1, len(source) // 4096)) * 4096])
    content[one : one + 4096] = draw.choice(
        [bytes(4096), draw.randbytes(4096), bytes(content[two : two + 4096]), source[at : at + 4096].ljust(4096, b"\0")]
    )
    if draw.random() < 0.3:
        content[two : two + 4096] = kept
    target.write("vault.db", content)
    return f"page {one // 4096 + 1}"


def length_of_file(target: Target, draw: random.Random) -> str:
    name = draw.choice(FILES)
    content = target.read(name)
    cut = draw.choice([draw.randrange(len(content)), draw.randrange(len(content) // 512) * 512])
    target.write(name, draw.choice([content[:cut], content + draw.randbytes(draw.choice([1, 512, 4096]))]))
    return f"the length of {name}"


def files_of_other_times(target: Target, draw: random.Random) -> str:
    """`vault.db` of one time with the `-wal` of another, or without any."""
    states = [target.now, *target.earlier, *target.foreign]
    chosen = {name: draw.choice(states).files.get(name) for name in FILES}
    if draw.random() < 0.3:
        chosen[draw.choice(FILES[1:])] = None
    for name, content in chosen.items():
        if content is None:
            (target.folder / name).unlink(missing_ok=True)
        else:
            target.write(name, content)
    return "vault.db and -wal of different times"


def wal_checksum(content: bytes, start: tuple[int, int], order: str) -> tuple[int, int]:
    one, two = start
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for left, right in zip(words[::2], words[1::2], strict=True):
        one = (one + left + two) & 0xFFFFFFFF
        two = (two + right + one) & 0xFFFFFFFF
    return one, two


def frames_of_log(target: Target, draw: random.Random) -> str:
    """Frames of the `-wal` changed, dropped, doubled or renumbered, with every checksum made right."""
    content = target.read("vault.db-wal")
    header, size = bytes(content[:32]), 24 + 4096
    frames = [bytearray(content[at : at + size]) for at in range(32, len(content) - size + 1, size)]
    frames = [frame for frame in frames if frame[8:16] == header[16:24]]
    if not frames:
        raise NothingToDo
    number, kind = draw.randrange(len(frames)), draw.randrange(5)
    if kind == 0:
        frames[number][24:] = changed(bytes(frames[number][24:]), draw)
    elif kind == 1:
        del frames[number]
    elif kind == 2:
        frames.insert(draw.randrange(len(frames) + 1), bytearray(frames[number]))
    elif kind == 3:
        frames[number][:4] = struct.pack(">I", draw.randrange(1, 60))
    else:
        frames[number][4:8] = struct.pack(">I", draw.choice([0, 1, draw.randrange(60)]))
    order = ">" if header[3] & 1 else "<"
    running = wal_checksum(header[:24], (0, 0), order)
    header = header[:24] + struct.pack(">II", *running)
    for frame in frames:
        running = wal_checksum(bytes(frame[:8]) + bytes(frame[24:]), running, order)
        frame[16:24] = struct.pack(">II", *running)
    target.write("vault.db-wal", header + b"".join(frames))
    return "frames of the -wal, with checksums that are right"


def planted_journal(target: Target, draw: random.Random) -> str:
    """A rollback journal with pages of an earlier copy: SQLite plays back what is there, and hot."""
    source = draw.choice([*target.earlier, *target.foreign]).files["vault.db"]
    now = target.read("vault.db")
    if draw.random() < 0.5:
        # Out of write-ahead mode: only then SQLite looks for a journal.
        now[18:20] = b"\1\1"
        target.write("vault.db", now)
        (target.folder / "vault.db-wal").unlink(missing_ok=True)
    nonce, pages = draw.getrandbits(32), range(len(source) // 4096)
    journal = bytes.fromhex("d9d505f920a163d7") + struct.pack(">IIIII", len(pages), nonce, len(pages), 512, 4096)
    journal = journal.ljust(512, b"\0")
    for number in pages:
        content = source[number * 4096 : number * 4096 + 4096]
        checksum = (nonce + sum(content[at] for at in range(4096 - 200, 0, -200))) & 0xFFFFFFFF
        journal += struct.pack(">I", number + 1) + content + struct.pack(">I", checksum)
    target.write("vault.db-journal", journal)
    return "a rollback journal is planted"


def shared_memory(target: Target, draw: random.Random) -> str:
    target.write("vault.db-shm", draw.choice([b"", draw.randbytes(32768), bytes(32768), draw.randbytes(136)]))
    return "the -shm is planted"


Mutation = Callable[[Target, random.Random], str]
#: How often each is drawn.
WEIGHTS: dict[Mutation, int] = {
    bit_of_row: 16, bit_of_key: 4, length_of_row: 5, deleted_row: 5, deleted_rows: 2, swapped_rows: 6,
    row_of_other_table: 2, spliced_row: 4, field_of_row: 10, field_of_head: 2, new_row: 3, replayed_row: 6,
    replayed_rows: 3, foreign_row: 4, foreign_rows: 2, mended_slots: 4, planted_object: 3, schema_text: 3, wrong_type: 2, pragma: 1,
    bytes_of_file: 8, beginning_of_page: 4, header_field: 3, page: 4, length_of_file: 2, files_of_other_times: 2,
    frames_of_log: 3, planted_journal: 1, shared_memory: 1,
}  # fmt: skip
