#!/usr/bin/env python3
"""A second reader of vaults, written from docs/format.md alone: it shares no code with the program.

It needs Python 3.11 and PyNaCl, and works on a copy of the vault in a folder of its own: it writes nothing beside the
vault and cannot change it. A value that it shows is therefore not recorded in the vault's log, and memory that held one
is not wiped, as the program would: it is for checks and for emergencies.

    tools/reader.py list VAULT
    tools/reader.py verify VAULT --anchor ~/.local/state/sigilum/anchors/…
    tools/reader.py verify-export FILE --auditor-key auditor.key
    tools/reader.py deposit FILE --vault VAULT

VAULT is vault.db, its folder, or a backup, which --recipient-key opens too. The master key comes from --key-file, from GATEWAY_MASTER_KEY, or from the file
gateway-master-key beside the vault. Exit statuses are those of docs/exit-codes.md.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import sqlite3
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NoReturn

try:
    from nacl.bindings import (
        crypto_aead_xchacha20poly1305_ietf_decrypt,
        crypto_box_seal_open,
        crypto_scalarmult_base,
    )
    from nacl.exceptions import CryptoError
    from nacl.pwhash import argon2id
except ImportError:
    print(f"[ERROR] PyNaCl is missing\n  run:  {sys.executable} -m pip install pynacl", file=sys.stderr)
    sys.exit(78)

EXIT_USAGE, EXIT_DAMAGED, EXIT_MISSING, EXIT_DEFECT, EXIT_CANNOT_WRITE = 64, 65, 66, 70, 73
EXIT_BUSY, EXIT_REFUSED, EXIT_UNSAFE, EXIT_CONFIGURATION = 75, 76, 77, 78


class Failure(Exception):
    """What ends the reader: an exit status, its code for --json, a message without any content, and hints."""

    def __init__(self, status: int, code: str, message: str, *hints: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.hints = status, code, message, hints


class Damage(Failure):
    """A record that is not what the format, the head or a commitment says."""

    def __init__(self, record: str, problem: str) -> None:
        super().__init__(EXIT_DAMAGED, "damaged", f"{record}: {problem}")


# MARK: Primitives

FORMAT, SUITE = 1, 1
ZEROS = bytes(32)
PADDED_SIZES = (256, 1024, 4096, 16384, 65536, 1048576)
SEALED_SIZES = tuple(4 + size + 16 for size in PADDED_SIZES)
MAX_FIELDS, MAX_FIELD = 4096, 1 << 20


def derive(key: bytes, purpose: str, salt: bytes, message: bytes, size: int) -> bytes:
    """BLAKE2b; Python pads the salt and the purpose with zeros to 16 bytes."""
    return hashlib.blake2b(message, key=key, salt=salt, person=purpose.encode("ascii"), digest_size=size).digest()


def H(key: bytes, purpose: str, message: bytes) -> bytes:
    return derive(key, purpose, b"", message, 32)


def checksum(message: bytes) -> bytes:
    return hashlib.blake2b(message, digest_size=32).digest()


def same(left: bytes, right: bytes) -> bool:
    return hmac.compare_digest(left, right)


def le(number: int, width: int) -> bytes:
    return number.to_bytes(width, "little")


def be(number: int, width: int) -> bytes:
    return number.to_bytes(width, "big")


def framed(content: bytes) -> bytes:
    return le(len(content), 4) + content


def open_sealed(key: bytes, nonce: bytes, data: bytes, sealed: bytes, record: str) -> bytes:
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, data, nonce, key)
    except CryptoError:
        raise Damage(record, "does not open") from None


def unpadded(padded: bytes, record: str) -> bytes:
    size = int.from_bytes(padded[:4], "little")
    wanted = next((at for at in PADDED_SIZES if at >= size), None)
    if wanted is None or len(padded) != 4 + wanted or any(padded[4 + size :]):
        raise Damage(record, "its padding is wrong")
    return padded[4 : 4 + size]


class Cursor:
    """Takes bytes from the front of a row; what is missing or left over is damage."""

    def __init__(self, content: bytes, record: str) -> None:
        self.content, self.at, self.record = content, 0, record

    @property
    def left(self) -> int:
        return len(self.content) - self.at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise Damage(self.record, "is too short")
        self.at += count
        return self.content[self.at - count : self.at]

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "little")

    def end(self) -> None:
        if self.left:
            raise Damage(self.record, "is too long")

    def sealed(self, after: int) -> bytes:
        """The sealed bytes in front of the last `after` bytes."""
        if self.left - after not in SEALED_SIZES:
            raise Damage(self.record, "its sealed bytes are of a width that there is not")
        return self.take(self.left - after)

    def format_and_suite(self) -> None:
        if (self.number(2), self.number(2)) != (FORMAT, SUITE):
            raise Damage(self.record, "an unknown format or suite")


def text(content: bytes, record: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Damage(record, "has text that is not UTF-8") from None


class FieldMap(dict[str, bytes]):
    """A field map, with the name of the record that it is of."""

    def __init__(self, cursor: Cursor) -> None:
        super().__init__()
        self.record = cursor.record
        count, last = cursor.number(2), None
        if count > MAX_FIELDS:
            raise Damage(self.record, "has too many fields")
        for _ in range(count):
            name = cursor.take(cursor.number(1))
            if last is not None and name <= last:
                raise Damage(self.record, "its fields are not in order")
            last, size = name, cursor.number(4)
            if size > MAX_FIELD:
                raise Damage(self.record, "a field is too long")
            self[text(name, self.record)] = cursor.take(size)
        cursor.end()

    def text(self, name: str) -> str:
        return text(self[name], self.record) if name in self else ""

    def number(self, name: str) -> int:
        if len(self[name]) != 8:
            raise Damage(self.record, f"its field {name} is no number")
        return int.from_bytes(self[name], "little")

    def starting(self, prefix: str) -> dict[str, str]:
        """The fields whose names begin so, without that beginning."""
        return {name.removeprefix(prefix): self.text(name) for name in self if name.startswith(prefix)}

    def lacks(self, required: set[str]) -> str | None:
        return next(iter(sorted(required - self.keys())), None)

    def unknown(self, known: set[str]) -> set[str]:
        """The fields that are not known; of `fact.…` and the like the beginning is. They are no damage."""
        return {name for name in self if name not in known and re.sub(r"\..*", ".", name) not in known}


# MARK: The file

COLUMNS = "(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)"
DEFINITIONS = {
    **{name: f"CREATE TABLE {name} {COLUMNS} STRICT, WITHOUT ROWID" for name in ("slot", "node", "bucket", "entry")},
    **{name: f"CREATE TABLE {name} {COLUMNS} STRICT" for name in ("body", "audit")},
    "head": "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), value BLOB NOT NULL) STRICT",
}
# As SQLite lists it: the tables, and the indexes that it makes itself for keys of tables with row ids.
SCHEMA = {("table", name, name, sql) for name, sql in DEFINITIONS.items()} | {
    ("index", f"sqlite_autoindex_{name}_1", name, None) for name in ("body", "audit")
}

Table = dict[bytes, bytes]


@dataclass
class Rows:
    """Every row of a vault, as it is stored; tables are in the order of their keys."""

    slot: Table = field(default_factory=dict)
    node: Table = field(default_factory=dict)
    bucket: Table = field(default_factory=dict)
    entry: Table = field(default_factory=dict)
    body: Table = field(default_factory=dict)
    audit: Table = field(default_factory=dict)
    head: bytes = b""


def read_steady(path: Path) -> tuple[bytes, bytes | None]:
    """vault.db and its -wal as they were at one time: read until two readings in turn agree."""
    wal = path.with_name(path.name + "-wal")

    def reading() -> tuple[bytes, bytes | None]:
        try:
            return path.read_bytes(), wal.read_bytes() if wal.exists() else None
        except FileNotFoundError:
            # The last program that closes a vault takes the -wal away.
            return path.read_bytes(), None

    before = reading()
    for _ in range(50):
        after = reading()
        if after == before:
            return after
        before = after
    raise Failure(EXIT_BUSY, "busy", "the vault changes all the time", "run the same command again")


def read_rows(path: Path) -> Rows:
    """Reads a copy: SQLite opens a -wal only with a -shm beside it, which must not appear beside the vault."""
    database, wal = read_steady(path)
    with tempfile.TemporaryDirectory(prefix="sigilum-reader-") as folder:
        copy = Path(folder) / "vault.db"
        copy.write_bytes(database)
        if wal is not None:
            copy.with_name("vault.db-wal").write_bytes(wal)
        try:
            with closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True)) as connection:
                return rows_of(connection)
        except sqlite3.Error:
            # SQLite's own message may quote what is stored.
            raise Damage("vault.db", "SQLite cannot read it") from None


def rows_of(connection: sqlite3.Connection) -> Rows:
    def one(pragma: str) -> Any:
        return connection.execute(f"PRAGMA {pragma}").fetchone()[0]

    connection.execute("PRAGMA trusted_schema = OFF")
    if one("application_id") != 0x53474C56:
        raise Damage("vault.db", "is not a vault")
    if one("user_version") > 1:
        raise Failure(EXIT_CONFIGURATION, "newer-format", "the vault is of a version that this reader does not know")
    objects = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema")
    if one("user_version") != 1 or set(objects) != SCHEMA:
        raise Damage("vault.db", "its schema is not a vault's")
    if one("integrity_check") != "ok":
        raise Damage("vault.db", "SQLite finds it inconsistent")
    tables: dict[str, Table] = {}
    for name in ("slot", "node", "bucket", "entry", "body", "audit"):
        tables[name] = dict(connection.execute(f"SELECT key, value FROM {name} ORDER BY key"))
    heads = connection.execute("SELECT value FROM head").fetchall()
    if len(heads) != 1:
        raise Damage("head", "is missing")
    return Rows(head=heads[0][0], **tables)


# MARK: Key slots


@dataclass(frozen=True)
class Slot:
    vault_id: bytes
    epoch: int
    kdf: int
    passes: int
    memory: int
    salt: bytes
    header: bytes
    nonce: bytes
    sealed: bytes
    commitment: bytes
    record: str


def read_slot(key: bytes, row: bytes) -> Slot:
    record = f"slot {key.hex()}"
    cursor = Cursor(row, record)
    if not same(checksum(row[:-32]), row[-32:]):
        raise Damage(record, "its checksum is wrong")
    if cursor.take(8) != b"sigilum\0":
        raise Damage(record, "is no slot")
    cursor.format_and_suite()
    vault_id, number, epoch, kdf = cursor.take(16), cursor.take(1), cursor.number(4), cursor.number(1)
    passes, memory, salt = cursor.number(4), cursor.number(4), cursor.take(16)
    header = row[: cursor.at]
    nonce, sealed, commitment = cursor.take(24), cursor.take(48), cursor.take(32)
    slot = Slot(vault_id, epoch, kdf, passes, memory, salt, header, nonce, sealed, commitment, record)
    cursor.take(32)
    cursor.end()
    if number != key or number[0] > 3 or epoch < 1:
        raise Damage(record, "has another number")
    random_key = kdf == 0 and passes == 0 and memory == 0
    passphrase = kdf == 1 and 2 <= passes <= 4 and 65536 <= memory <= 1048576
    if not (random_key or passphrase):
        raise Damage(record, "its key derivation is not accepted")
    return slot


def random_root(master_key: bytes) -> bytes | None:
    """The 32 bytes that a random key's text stands for; nil where it stands for none."""
    if re.fullmatch(rb"[0-9a-fA-F]{64}", master_key):
        return bytes.fromhex(master_key.decode("ascii"))
    if len(master_key) == 44:
        try:
            root = base64.b64decode(master_key, validate=True)
        except binascii.Error:
            return None
        # Bits that stand for nothing must be zeros.
        return root if len(root) == 32 and base64.b64encode(root) == master_key else None
    return None


def slot_root(slot: Slot, master_key: bytes) -> bytes | None:
    if slot.kdf == 0:
        return random_root(master_key)
    try:
        return argon2id.kdf(32, master_key, slot.salt, opslimit=slot.passes, memlimit=slot.memory * 1024)
    except (CryptoError, MemoryError):
        raise Failure(EXIT_BUSY, "busy", "not enough memory for the passphrase") from None


def open_slot(slot: Slot, master_key: bytes) -> bytes | None:
    """The data key; nil where the master key is not this slot's."""
    root = slot_root(slot, master_key)
    if root is None:
        return None
    keys = derive(root, "sigilum1.slot", slot.salt, slot.header, 64)
    if not same(H(keys[32:], "slot commitment", slot.header + slot.nonce + slot.sealed), slot.commitment):
        return None
    return open_sealed(keys[:32], slot.nonce, slot.header, slot.sealed, slot.record)


def slots_checksum(slots: Table) -> bytes:
    return checksum(b"".join(framed(key) + framed(value) for key, value in slots.items()))


# MARK: Head


@dataclass(frozen=True)
class Head:
    vault_id: bytes
    epoch: int
    generation: int
    entries: int
    top: bytes
    slots: bytes
    audit_number: int
    audit_time: int
    audit_chain: bytes
    audit_mac: bytes
    ratchet_nonce: bytes
    ratchet_sealed: bytes
    covered: bytes
    mac: bytes


def read_head(row: bytes) -> Head:
    cursor = Cursor(row, "head")
    cursor.format_and_suite()
    head = Head(
        vault_id=cursor.take(16), epoch=cursor.number(4), generation=cursor.number(8), entries=cursor.number(8),
        top=cursor.take(32), slots=cursor.take(32), audit_number=cursor.number(8), audit_time=cursor.number(8),
        audit_chain=cursor.take(32), audit_mac=cursor.take(32), ratchet_nonce=cursor.take(24),
        ratchet_sealed=cursor.take(48), covered=row[: cursor.at], mac=cursor.take(32),
    )  # fmt: skip
    cursor.end()
    return head


# MARK: Subkeys


@dataclass(frozen=True)
class Keys:
    """The keys that follow from the data key, and what everything sealed is bound to."""

    names: bytes
    state: bytes
    overviews: bytes
    bodies: bytes
    commit: bytes
    prints: bytes
    audit: bytes
    ratchet: bytes
    backup: bytes
    deposit: bytes
    vault: bytes

    def bound(self, *parts: bytes) -> bytes:
        return bound(self.vault, *parts)

    def check_commitment(self, data: bytes, nonce: bytes, sealed: bytes, commitment: bytes, record: str) -> None:
        if not same(H(self.commit, "commitment", framed(data) + nonce + sealed), commitment):
            raise Damage(record, "its commitment is wrong")


def subkeys(data_key: bytes, vault_id: bytes, epoch: int) -> Keys:
    vault = vault_id + le(epoch, 4)

    def key(purpose: str) -> bytes:
        return derive(data_key, f"sigilum1.{purpose}", b"", vault, 32)

    return Keys(
        names=key("names"), state=key("state"), overviews=key("entries"), bodies=key("bodies"), commit=key("commit"),
        prints=key("prints"), audit=key("audit"), ratchet=key("ratchet"), backup=key("backup"), deposit=key("deposit"),
        vault=vault,
    )  # fmt: skip


# MARK: Entries

SECRET, SERVICE, DELIVERY, SETTING = 1, 2, 3, 4
NAMED_BY = {SECRET: "name", SERVICE: "slug", DELIVERY: "id", SETTING: "name"}
REQUIRED_FIELDS = {
    SECRET: {"name", "created", "updated", "prefix", "fingerprint", "deliveries"},
    SERVICE: {"slug", "namespace", "id", "name", "summary", "domain", "email", "created", "ordinal"},
    DELIVERY: {"id", "entries", "state"},
    SETTING: {"value"},
}
OPTIONAL_FIELDS = {
    SECRET: {"generator", "rotate-days", "rotate-with", "fact."},
    SERVICE: {"url", "auth-mode", "header", "prefix", "secret-key", "rotate-days", "removed",
              "connection-file"},
    DELIVERY: {"service", "applied", "retire", "receipt.", "setting."},
    SETTING: {"name"},
}
KINDS = {("owner-token", 2), ("service-api-key", 2), ("upstream-secret", 3), ("local-jwt-secret", 1)}


@dataclass(frozen=True)
class Entry:
    tag: bytes
    id: bytes
    revision: int
    first: int
    current: int
    digest: bytes
    history: bytes
    kind: int
    fields: FieldMap

    @property
    def name(self) -> str:
        return self.fields.text(NAMED_BY.get(self.kind, ""))

    @property
    def record(self) -> str:
        return f"entry {shown(self.name)}" if self.kind == SECRET else f"entry row {self.tag.hex()}"

    @property
    def kind_name(self) -> str:
        parts = self.name.split("/")
        return parts[0] if (parts[0], len(parts)) in KINDS else "user-secret"

    @property
    def deliveries(self) -> list[str]:
        joined = self.fields.text("deliveries")
        return joined.split("\0") if joined else []

    @property
    def rotation_due(self) -> int | None:
        if "rotate-days" not in self.fields:
            return None
        return self.fields.number("updated") + self.fields.number("rotate-days") * 86_400_000


def tag_of(keys: Keys, kind: int, name: str) -> bytes:
    return H(keys.names, "tag", le(kind, 1) + name.encode("utf-8"))[:16]


def read_entry(keys: Keys, tag: bytes, row: bytes) -> Entry:
    record = f"entry row {tag.hex()}"
    cursor = Cursor(row, record)
    entry_id, revision, first, current = cursor.take(16), cursor.number(8), cursor.number(4), cursor.number(4)
    digest, history, nonce = cursor.take(32), cursor.take(32), cursor.take(24)
    sealed, commitment = cursor.sealed(after=32), cursor.take(32)
    data = keys.bound(b"overview", tag, entry_id, be(revision, 8))
    keys.check_commitment(data, nonce, sealed, commitment, record)
    overview = Cursor(unpadded(open_sealed(keys.overviews, nonce, data, sealed, record), record), record)
    kind, fields = overview.number(1), FieldMap(overview)
    entry = Entry(tag, entry_id, revision, first, current, digest, history, kind, fields)
    check_entry(keys, entry)
    return entry


def check_entry(keys: Keys, entry: Entry) -> None:
    """What an entry says of itself agrees: its fields with its class, its name with its tag, its versions."""
    record = f"entry row {entry.tag.hex()}"
    if entry.kind not in REQUIRED_FIELDS:
        raise Damage(record, "is of an unknown class")
    lacking = entry.fields.lacks(REQUIRED_FIELDS[entry.kind])
    if lacking is not None:
        raise Damage(record, f"lacks the field {lacking}")
    # A setting that an older program wrote says its name nowhere but in its tag.
    named = entry.kind != SETTING or "name" in entry.fields
    if named and entry.tag != tag_of(keys, entry.kind, entry.name):
        raise Damage(record, "its tag is not that of its name")
    has_bodies = 1 <= entry.first <= entry.current
    without = (entry.first, entry.current, entry.digest, entry.history) == (0, 0, ZEROS, ZEROS)
    if entry.revision < 1 or not (has_bodies if entry.kind == SECRET else without):
        raise Damage(record, "its versions are not possible")


# MARK: Bodies

ORIGINS = ("given", "generated", "rolled back", "adopted", "issued")
MAX_VALUE = 16384


@dataclass(frozen=True)
class Version:
    number: int
    time: int
    origin: int
    value: bytes = field(repr=False)


def read_body(keys: Keys, entry: Entry, number: int, row: bytes) -> Version:
    record = f"{entry.record}, version {number}"
    cursor = Cursor(row, record)
    time, origin, nonce = cursor.number(8), cursor.number(1), cursor.take(24)
    sealed, commitment = cursor.sealed(after=32), cursor.take(32)
    data = keys.bound(b"value", entry.id, be(number, 4), be(time, 8), le(origin, 1))
    keys.check_commitment(data, nonce, sealed, commitment, record)
    value = unpadded(open_sealed(keys.bodies, nonce, data, sealed, record), record)
    if len(value) > MAX_VALUE or origin >= len(ORIGINS):
        raise Damage(record, "is too long, or of an unknown origin")
    return Version(number, time, origin, value)


def read_history(keys: Keys, entry: Entry, bodies: Table) -> list[Version]:
    """Every kept version, each proven by the entry's history before anything of it is opened."""
    history, digest = ZEROS, ZEROS
    for number in range(entry.first, entry.current + 1):
        key = entry.id + be(number, 4)
        if key not in bodies:
            raise Damage(f"{entry.record}, version {number}", "is missing")
        digest = H(keys.state, "body", key + bodies[key])
        history = H(keys.state, "history", history + be(number, 4) + digest)
    if not same(digest, entry.digest):
        raise Damage(f"{entry.record}, version {entry.current}", "is not the one that the entry has the digest of")
    if not same(history, entry.history):
        raise Damage(entry.record, "its older versions are not those of its history")
    numbers = range(entry.first, entry.current + 1)
    versions = [read_body(keys, entry, number, bodies[entry.id + be(number, 4)]) for number in numbers]
    if not same(H(keys.prints, "fingerprint", versions[-1].value), entry.fields["fingerprint"]):
        raise Damage(entry.record, "its fingerprint is not that of its value")
    return versions


# MARK: Tree

MISSING, CHANGED = "is missing", "is not what the tree has the hash of"


def prove_tree(keys: Keys, head: Head, rows: Rows) -> None:
    """Every row of nodes, buckets and entries is what the head's top hash stands for, and there is none besides."""
    nodes, buckets, entries = set[bytes](), set[bytes](), set[bytes]()

    def prove_node(digits: bytes, expected: bytes) -> None:
        key = le(len(digits), 1) + digits
        record = f"node {key.hex()}"
        row = rows.node.get(key)
        if row is None or not same(H(keys.state, "node", key + row), expected):
            raise Damage(record, MISSING if row is None else CHANGED)
        nodes.add(key)
        cursor = Cursor(row, record)
        bitmap = cursor.number(8)
        if bitmap == 0:
            raise Damage(record, "is empty")
        for digit in range(64):
            if bitmap >> digit & 1:
                child = digits + le(digit, 1)
                (prove_bucket if len(child) == 3 else prove_node)(child, cursor.take(32))
        cursor.end()

    def prove_bucket(digits: bytes, expected: bytes) -> None:
        record = f"bucket {digits.hex()}"
        row = rows.bucket.get(digits)
        if row is None or not same(H(keys.state, "bucket", le(3, 1) + digits + row), expected):
            raise Damage(record, MISSING if row is None else CHANGED)
        buckets.add(digits)
        cursor, last = Cursor(row, record), b""
        while cursor.left or not last:
            tag, hash_of_row = cursor.take(16), cursor.take(32)
            if tag <= last or digits_of(tag) != digits:
                raise Damage(record, "its tags are not in order, or of another bucket")
            last = tag
            prove_entry(tag, hash_of_row)

    def prove_entry(tag: bytes, expected: bytes) -> None:
        row = rows.entry.get(tag)
        if row is None or not same(H(keys.state, "entry", tag + row), expected):
            raise Damage(f"entry row {tag.hex()}", MISSING if row is None else CHANGED)
        entries.add(tag)

    if head.entries or head.top != ZEROS:
        prove_node(b"", head.top)
    for name, table, proven in (
        ("node", rows.node, nodes), ("bucket", rows.bucket, buckets), ("entry row", rows.entry, entries)
    ):  # fmt: skip
        for key in table.keys() - proven:
            raise Damage(f"{name} {key.hex()}", "is not in the tree")
    if len(entries) != head.entries:
        raise Damage("head", "counts other entries than the tree has")


def digits_of(tag: bytes) -> bytes:
    bits = int.from_bytes(tag[:3], "big") >> 6
    return bytes((bits >> 12, bits >> 6 & 63, bits & 63))


# MARK: Audit log

OPERATIONS = dict(enumerate((
    "vault created", "version stored", "released", "entry removed", "entry moved", "service saved", "service removed",
    "delivery declared", "delivered", "withdrawn", "anchor accepted", "anchor missing", "released unrecorded",
    "setting changed", "entry adopted", "auditor added", "versions pruned", "key added", "key removed",
    "master key changed", "data key changed", "backed up", "restored", "deposit accepted", "deposit rejected",
    "secret tried",
), start=1))  # fmt: skip


DATA_KEY_CHANGED = 21


@dataclass(frozen=True)
class AuditRecord:
    number: int
    time: int
    operation: str
    user_id: int
    process_id: int
    entry_id: bytes
    generation: int
    fields: FieldMap

    @property
    def facts(self) -> dict[str, str]:
        return {name: self.fields.text(name) for name in self.fields if name not in ("program", "name", "proof")}


def bound(vault: bytes, *parts: bytes) -> bytes:
    """`vault` is the vault's id and the epoch of its data key."""
    return le(FORMAT, 2) + le(SUITE, 2) + vault + b"".join(map(framed, parts))


def read_audit_record(audit_key: bytes, vault: bytes, key: bytes, row: bytes) -> AuditRecord:
    number = int.from_bytes(key, "big")
    record = f"audit record {number}"
    cursor = Cursor(row, record)
    time, operation, user, process = cursor.number(8), cursor.number(2), cursor.number(4), cursor.number(4)
    entry_id, generation, nonce = cursor.take(16), cursor.number(8), cursor.take(24)
    sealed = cursor.sealed(after=0)
    padded = open_sealed(audit_key, nonce, bound(vault, b"audit", key, row[:42]), sealed, record)
    fields = FieldMap(Cursor(unpadded(padded, record), record))
    if operation not in OPERATIONS or "program" not in fields:
        raise Damage(record, "is of an unknown operation, or lacks its program")
    return AuditRecord(number, time, OPERATIONS[operation], user, process, entry_id, generation, fields)


@dataclass(frozen=True)
class LogKeys:
    """What the rows up to `last` are proven and opened with; None for the rows of the current data key."""

    last: int | None
    state: bytes
    audit: bytes
    vault: bytes


def log_keys(keys: Keys, entries: list[Entry]) -> list[LogKeys]:
    """Of every data key that the vault had, in their order; the last is the current one."""
    all_keys, settings = list[LogKeys](), {entry.tag: entry for entry in entries if entry.kind == SETTING}
    for epoch in range(1, int.from_bytes(keys.vault[16:], "little")):
        name = f"audit-keys/{epoch}"
        entry = settings.get(tag_of(keys, SETTING, name))
        found = re.fullmatch(r"([0-9]{1,20}) ([0-9a-f]{208})", entry.fields.text("value")) if entry else None
        if found is None:
            raise Damage(f"setting {name}", "is missing, or none")
        last, sealed = int(found[1]), bytes.fromhex(found[2])
        data = keys.bound(b"audit keys", be(epoch, 4), be(last, 8))
        both = open_sealed(keys.ratchet, sealed[:24], data, sealed[24:], f"setting {name}")
        if all_keys and last <= (all_keys[-1].last or 0):
            raise Damage(f"setting {name}", "ends before the one before")
        all_keys.append(LogKeys(last, both[:32], both[32:], keys.vault[:16] + le(epoch, 4)))
    return [*all_keys, LogKeys(None, keys.state, keys.audit, keys.vault)]


def keys_at(all_keys: list[LogKeys], number: int) -> LogKeys:
    return next(keys for keys in all_keys if keys.last is None or number <= keys.last)


def read_audit_log(
    keys: Keys, all_keys: list[LogKeys], head: Head, audit: Table
) -> tuple[list[AuditRecord], dict[int, bytes]]:
    """The records, and the chain's value after each, which have been proven to arrive at the head's."""
    records, chain, value = [], dict[int, bytes](), H(all_keys[0].state, "audit start", bound(all_keys[0].vault))
    for number, (key, row) in enumerate(audit.items(), start=1):
        if key != be(number, 8):
            raise Damage(f"audit record {number}", "is missing")
        # Opened first: what it is sealed with is bound to its number, so that this names the record that was changed.
        mine = keys_at(all_keys, number)
        records.append(read_audit_record(mine.audit, mine.vault, key, row))
        chain[number] = value = H(mine.state, "audit", value + key + row)
    if len(records) != head.audit_number or not records:
        raise Damage(f"audit record {min(len(records), head.audit_number) + 1}", "is missing, or later than the head")
    if not same(value, head.audit_chain):
        raise Damage("audit log", "its chain does not arrive at the head's")
    if records[-1].time != head.audit_time:
        raise Damage(f"audit record {head.audit_number}", "has another time than the head says")
    if head.ratchet_sealed:  # a backup has none
        data = keys.bound(b"audit key", be(head.audit_number, 8))
        open_sealed(keys.ratchet, head.ratchet_nonce, data, head.ratchet_sealed, "head, audit key")
    return records, chain


# MARK: Audit epochs

BOX = 260


@dataclass(frozen=True)
class AuditEpoch:
    """What an auditor is told of an epoch of the log."""

    vault: bytes
    number: int
    last: int
    time: int
    rows: bytes
    mac: bytes
    first_key: bytes
    audit_key: bytes

    @property
    def fingerprint(self) -> str:
        return H(self.first_key, "audit epoch", self.vault[:16] + le(self.number, 4))[:16].hex()


def open_epoch(secret: bytes, box: bytes, vault: bytes, number: int) -> AuditEpoch:
    record = f"audit epoch {number}"
    try:
        plaintext = crypto_box_seal_open(box, crypto_scalarmult_base(secret), secret)
    except (CryptoError, ValueError):
        raise Damage(record, "is not sealed to this auditor") from None
    cursor = Cursor(plaintext, record)
    if cursor.take(8) != b"auditor\0":
        raise Damage(record, "is none")
    cursor.format_and_suite()
    found_vault, found_number, last, time = cursor.take(20), cursor.number(4), cursor.number(8), cursor.number(8)
    rows, _, mac = cursor.take(32), cursor.take(32), cursor.take(32)
    epoch = AuditEpoch(found_vault, found_number, last, time, rows, mac, cursor.take(32), cursor.take(32))
    cursor.end()
    later = int.from_bytes(found_vault[16:], "little") > int.from_bytes(vault[16:], "little")
    if (found_vault[:16], found_number) != (vault[:16], number) or later:
        raise Damage(record, "is of another vault or another epoch")
    return epoch


def digest_step(digest: bytes, row: bytes) -> bytes:
    return checksum(digest + framed(row))


def without_proof(record: AuditRecord) -> bytes:
    fields = sorted((name.encode(), value) for name, value in record.fields.items() if name != "proof")
    rest = b"".join(le(len(name), 1) + name + framed(value) for name, value in fields)
    return le(len(fields), 2) + rest


# MARK: Exported log


@dataclass
class Export:
    """An exported log as it lies in its file. Rows that are not there are not here."""

    vault: bytes
    generation: int
    last: int
    time: int
    chain: bytes
    mac: bytes
    epochs: list[tuple[bytes, int, bytes]]
    header: bytes
    rows: list[bytes]
    auditors_tag: bytes
    vault_tag: bytes


def read_export(path: Path) -> Export:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise Failure(EXIT_MISSING, "no-export", f"no exported log here: {shown(str(path))}") from None
    cursor = Cursor(content, "exported log")
    if cursor.take(16) != b"sigilum log" + bytes(5):
        raise Damage("exported log", "is none")
    cursor.format_and_suite()
    vault, generation, last, time = cursor.take(20), cursor.number(8), cursor.number(8), cursor.number(8)
    chain, mac, count = cursor.take(32), cursor.take(32), cursor.number(4)
    if count > 4096:
        raise Damage("exported log", "counts too many epochs")
    epochs = [(cursor.take(32), cursor.number(4), cursor.take(BOX)) for _ in range(count)]
    header, rows = content[: cursor.at], list[bytes]()
    for number in range(1, last + 1):
        cursor.record = f"audit record {number}"
        rows.append(cursor.take(cursor.number(4)))
    cursor.record = "exported log"
    export = Export(
        vault, generation, last, time, chain, mac, epochs, header, rows, cursor.take(32), cursor.take(32)
    )  # fmt: skip
    cursor.end()
    return export


@dataclass
class Proven:
    records: list[AuditRecord]
    first: int
    epochs: int
    fingerprint: str
    restored: list[int]


def is_named(epoch: AuditEpoch, record: AuditRecord, last: int, time: int, rows: bytes, mac: bytes | None) -> bool:
    """Whether an epoch is the one that this record says, after a row of this number and time."""
    said = (epoch.last, epoch.time, epoch.rows, str(epoch.number), epoch.fingerprint)
    facts = record.facts
    return said == (last, time, rows, facts.get("epoch"), facts.get("fingerprint")) and mac in (None, epoch.mac)


def prove_export(export: Export, secret: bytes, older: Export | None = None) -> Proven:
    """All that an auditor can prove, in the order of docs/format.md."""
    public = crypto_scalarmult_base(secret)
    mine = sorted((number, box) for key, number, box in export.epochs if key == public)
    if not mine:
        raise Failure(EXIT_UNSAFE, "wrong-key", "nothing in the log is sealed to this auditor's key")
    waiting = [open_epoch(secret, box, export.vault, number) for number, box in mine]
    start = waiting[0]
    records, digest, now = list[AuditRecord](), ZEROS, 0
    mac, K, restored = None, b"", list[int]()
    current, data_key = start, 1
    for number, row in enumerate(export.rows, start=1):
        key, name = be(number, 8), f"audit record {number}"
        if len(row) < 66:
            raise Damage(name, "is too short")
        if int.from_bytes(row[:8], "little") < now:
            raise Damage(name, "is older than the one before")
        time_before, digest_before = now, digest
        now, digest = int.from_bytes(row[:8], "little"), digest_step(digest, row)
        if older is not None and number <= older.last and older.rows[number - 1] != row:
            raise Damage(name, "is not the one in the older export")
        if mac is None and data_key < int.from_bytes(start.vault[16:], "little"):
            # Sealed under a data key from before the auditor's: under its digest alone.
            if number >= start.last:
                raise Damage(f"audit epoch {start.number}", "begins before its data key")
            data_key += int.from_bytes(row[8:10], "little") == DATA_KEY_CHANGED
            continue
        record = read_audit_record(current.audit_key, current.vault, key, row)
        records.append(record)
        if mac is not None and record.operation == "restored":
            epoch = waiting.pop(0) if waiting else None
            if epoch is None or not is_named(epoch, record, number - 1, time_before, digest_before, mac):
                raise Damage(f"audit epoch after record {number - 1}", "is missing, or begins otherwise than the log says")
            if epoch.vault != current.vault:
                raise Damage(f"audit epoch {epoch.number}", "is of another data key than the log says")
            current, K = epoch, epoch.first_key
            restored.append(number)
        if mac is not None:
            wanted = H(K, "audit proof", mac + key + row[:66] + without_proof(record))[:16]
            if not same(record.fields.get("proof", b""), wanted):
                raise Damage(name, "was not written when it says")
            mac, K = H(K, "audit mac", mac + key + row), derive(K, "audit ratchet", b"", b"", 32)
        begins = mac is not None and record.operation in ("auditor added", "data key changed")
        if (mac is None and number == start.last) or begins:
            if not waiting or not (begins or record.operation == "auditor added"):
                raise Damage(f"audit epoch after record {number}", "is missing")
            epoch = waiting.pop(0)
            step = int(record.operation == "data key changed")
            if int.from_bytes(epoch.vault[16:], "little") != int.from_bytes(current.vault[16:], "little") + step:
                raise Damage(f"audit epoch {epoch.number}", "is of another data key than the log says")
            current = epoch
            if not is_named(epoch, record, number, now, digest, mac):
                raise Damage(f"audit epoch {epoch.number}", "begins otherwise than the log says")
            mac, K = epoch.mac, epoch.first_key
    # Every record so far is proven: where they do not lead to the end, the next one is missing.
    if waiting or (mac, now, current.vault) != (export.mac, export.time, export.vault):
        raise Damage(f"audit record {export.last + 1}", "is missing, or the end that the file says is another")
    if not same(H(K, "audit export", checksum(export.header) + digest), export.auditors_tag):
        raise Damage("exported log", "its tag for auditors is wrong")
    if older is not None:
        if older.vault[:16] != export.vault[:16]:
            raise Damage("exported log", "is of another vault than the older one")
        if older.last > export.last or older.generation > export.generation:
            raise Damage(f"audit record {export.last + 1}", "is missing: the older export has it")
    return Proven(records, start.last + 1, len(mine), start.fingerprint, restored)


def check_export(all_keys: list[LogKeys], head: Head, audit: Table, export: Export) -> None:
    """That the vault wrote this file, and goes on from it."""
    if export.vault[:16] != head.vault_id:
        raise Damage("exported log", "is of another vault")
    writer = next((keys for keys in all_keys if keys.vault == export.vault), None)
    if writer is None:
        raise Damage("exported log", "is of a data key that the vault never had")
    digest, first = ZEROS, 0
    for number, row in enumerate(export.rows, start=1):
        digest = digest_step(digest, row)
        if first == 0 and audit.get(be(number, 8)) != row:
            first = number
    tag = H(writer.state, "audit export", checksum(export.header) + digest + export.auditors_tag)
    if not same(tag, export.vault_tag):
        raise Damage("exported log", "was not written by this vault, or not so")
    if first != 0:
        raise Damage(f"audit record {first}", "is not the one that was exported")
    if export.generation > head.generation:
        raise Damage("head", "the vault is older than the exported log")
    chain = export.chain
    for number in range(export.last + 1, head.audit_number + 1):
        state = keys_at(all_keys, number).state
        chain = H(state, "audit", chain + be(number, 8) + audit[be(number, 8)])
    if not same(chain, head.audit_chain):
        raise Damage("audit log", "does not lead from the exported one to the head")


def read_secret_key(path: Path, prefix: bytes, whose: str) -> bytes:
    try:
        if path.stat().st_mode & 0o077:
            raise Failure(EXIT_UNSAFE, "unsafe", f"others may use the key file: {shown(str(path))}", "chmod 600 it")
        content = path.read_bytes()
    except FileNotFoundError:
        raise Failure(EXIT_MISSING, "no-key", f"no such key file: {shown(str(path))}") from None
    found = re.fullmatch(prefix + rb"([0-9a-fA-F]{64})\n?", content)
    if found is None:
        raise Failure(EXIT_UNSAFE, "wrong-key", f"not {whose} key: {shown(str(path))}")
    return bytes.fromhex(found[1].decode("ascii"))


def read_auditor_key(path: Path) -> bytes:
    return read_secret_key(path, b"auditor-secret-", "an auditor's")


def read_recipient_key(path: Path) -> bytes:
    return read_secret_key(path, b"recipient-secret-", "a recipient's")


def verify_export(options: argparse.Namespace) -> None:
    secret = read_auditor_key(Path(options.auditor_key))
    older = None if options.anchor is None else read_export(Path(options.anchor))
    export = read_export(Path(options.file))
    proven = prove_export(export, secret, older)
    if options.fingerprint not in (None, proven.fingerprint):
        raise Damage("audit log", "begins with another key than the fingerprint's")
    facts = {
        "vault_id": export.vault[:16].hex(), "fingerprint": proven.fingerprint, "records": export.last,
        "proven_from": proven.first, "epochs": proven.epochs,
    }  # fmt: skip
    for number in proven.restored:
        print(f"[warn] record {number} says that the vault was restored from a backup: ask the owner", file=sys.stderr)
    if options.json:
        print_json(facts)
        return
    print("[ok] proven: " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items()))


# MARK: Deliveries


def told_fields(target: str, service: FieldMap | None) -> list[str]:
    """What a target is told of its service."""
    if service is None or target in ("export-file", "openclaw") or (target == "gateway" and "url" not in service):
        return []
    mode = "gateway" if "url" in service else "native"
    if target == "sigilum-api":
        return [service.text(name) for name in ("name", "summary", "domain")]
    if target == "local-api":
        return [service.text(name) for name in ("namespace", "name", "summary", "domain", "email")] + [mode]
    days = str(service.number("rotate-days")) if "rotate-days" in service else ""
    return [service.text(name) for name in ("name", "url", "auth-mode", "header", "prefix", "secret-key")] + [days]


def delivered_entries(delivery: Entry, secrets: dict[str, Entry]) -> list[Entry]:
    return [secrets[name] for name in delivery.fields.text("entries").split("\n") if name in secrets]


def desired(
    keys: Keys, delivery: Entry, entries: list[Entry], service: FieldMap | None, gateway_key: str | None
) -> bytes:
    """What the field `applied` is when what should be there is there."""
    target, own = delivery.name.split(":")[0], delivery.fields.starting("setting.")
    if target == "gateway":
        own.pop("master_key", None)
        own |= {} if gateway_key is None else {"master_key": gateway_key}
    settings = sorted(own.items())
    told = told_fields(target, service)
    parts = [delivery.name, *told, *(f"{name}={value}" for name, value in settings)]
    message = b"".join(framed(part.encode("utf-8")) for part in parts)
    message += b"".join(framed(entry.name.encode("utf-8")) + entry.fields["fingerprint"] for entry in entries)
    return H(keys.prints, "desired", message)


def is_pending(vault: Vault, delivery: Entry, secrets: dict[str, Entry], services: dict[str, Entry]) -> bool:
    fields, entries = delivery.fields, delivered_entries(delivery, secrets)
    service = services.get(fields.text("service"))
    wanted = desired(vault.keys, delivery, entries, service.fields if service else None, vault.gateway_key())
    withdrawn = "w" in fields.text("state")
    differs = bool(entries) and not same(wanted, fields.get("applied", b""))
    wants_credential = not withdrawn and fields.get("setting.operation") not in (None, fields.get("receipt.operation"))
    retires = "retire" in fields and fields.number("retire") <= time.time() * 1000
    return withdrawn or differs or wants_credential or retires


# MARK: Anchor


@dataclass
class Anchor:
    """What a machine last saw of a vault."""

    vault_id: bytes
    generation: int
    audit_number: int
    audit_chain: bytes

    NAMES = ("vault-id", "generation", "audit-sequence", "audit-head")
    SLOT = 512

    def slot(self, path: bytes) -> bytes:
        """One of the two slots of an anchor's file; `path` is the file's last line."""
        text = (f"sigilum anchor 2\nvault-id {self.vault_id.hex()}\ngeneration {self.generation:020}\n"
                f"audit-sequence {self.audit_number:020}\naudit-head {self.audit_chain.hex()}\n").encode()  # fmt: skip
        return (text + b"checksum " + checksum(text + path).hex().encode() + b"\n").ljust(self.SLOT - 1) + b"\n"

    def file(self, path: str) -> bytes:
        """A whole file, for the vault with this path."""
        line = b"vault-path " + path.replace("\\", "\\\\").replace("\n", "\\n").encode() + b"\n"
        return 2 * self.slot(line) + line

    @classmethod
    def of(cls, values: dict[str, str]) -> Anchor:
        return cls(bytes.fromhex(values["vault-id"]), int(values["generation"]), int(values["audit-sequence"]),
                   bytes.fromhex(values["audit-head"]))  # fmt: skip

    @classmethod
    def in_slot(cls, slot: bytes, path: bytes) -> Anchor | None:
        lines = [line.split(" ", 1) for line in slot.decode("latin-1").splitlines()]
        if [line[0] for line in lines[1:5]] != list(cls.NAMES):
            return None
        try:
            anchor = cls.of({line[0]: line[-1] for line in lines[1:5]})
        except ValueError:
            return None
        return anchor if anchor.slot(path) == slot else None

    @classmethod
    def read(cls, content: bytes) -> Anchor | None:
        """The later of both slots; of version 1, which had none, its six lines. None for what is no anchor."""
        path = content[2 * cls.SLOT :]
        if path.startswith(b"vault-path ") and path.find(b"\n") == len(path) - 1:
            slots = [content[: cls.SLOT], content[cls.SLOT : 2 * cls.SLOT]]
            found = [anchor for slot in slots if (anchor := cls.in_slot(slot, path))]
            return max(found, key=lambda anchor: anchor.audit_number, default=None)
        lines = [line.split(" ", 1) for line in content.decode("utf-8", "replace").splitlines()]
        if [line[0] for line in lines] != ["sigilum", "vault-path", *cls.NAMES] or lines[0][-1] != "anchor 1":
            return None
        try:
            return cls.of({line[0]: line[-1] for line in lines})
        except ValueError:
            return None


def check_anchor(path: Path, head: Head, chain: dict[int, bytes]) -> None:
    try:
        anchor = Anchor.read(path.read_bytes())
    except OSError:
        raise Failure(EXIT_MISSING, "no-anchor", f"cannot read the anchor: {shown(str(path))}") from None
    if anchor is None:
        raise Damage("anchor", "is not one, or of an unknown version")
    if anchor.vault_id != head.vault_id:
        raise Damage("head", "this is another vault than the anchor's")
    if anchor.generation > head.generation or anchor.audit_number > head.audit_number:
        raise Damage("head", "the vault is older than the anchor")
    if anchor.audit_number == head.audit_number and anchor.generation != head.generation:
        raise Damage("head", "the vault went another way than the anchor")
    if not same(chain.get(anchor.audit_number, b""), anchor.audit_chain):
        raise Damage(f"audit record {anchor.audit_number}", "its chain is not the anchor's: the vault went another way")


# MARK: An open vault


@dataclass
class Vault:
    """A vault whose slots, head, tree and entries are proven."""

    rows: Rows
    head: Head
    keys: Keys
    entries: list[Entry]

    def named(self, kind: int) -> dict[str, Entry]:
        return {entry.name: entry for entry in sorted(self.entries, key=lambda entry: entry.name) if entry.kind == kind}

    @property
    def secrets(self) -> dict[str, Entry]:
        return self.named(SECRET)

    def secret(self, name: str) -> Entry:
        entry = self.secrets.get(unicodedata.normalize("NFC", name))
        if entry is None:
            raise Failure(EXIT_MISSING, "no-entry", f"no such entry: {shown(name)}")
        return entry

    def history(self, entry: Entry) -> list[Version]:
        return read_history(self.keys, entry, self.rows.body)

    @property
    def log_keys(self) -> list[LogKeys]:
        return log_keys(self.keys, self.entries)

    def log(self) -> tuple[list[AuditRecord], dict[int, bytes]]:
        return read_audit_log(self.keys, self.log_keys, self.head, self.rows.audit)

    def gateway_key(self) -> str | None:
        """The id of the master key that the gateway should have."""
        tag = tag_of(self.keys, SETTING, "gateway-key")
        return next((entry.fields.text("value") for entry in self.entries if entry.tag == tag), None)


def check_slots(rows: Rows, head: Head) -> list[Slot]:
    # Without a key: tells damage of the slots from a wrong master key.
    if not same(slots_checksum(rows.slot), head.slots):
        raise Damage("slots", "are not those that the head has the checksum of")
    slots = [read_slot(key, row) for key, row in rows.slot.items()]
    for slot in slots:
        if (slot.vault_id, slot.epoch) != (head.vault_id, head.epoch):
            raise Damage(slot.record, "is of another vault than the head")
    return slots


def open_slots(slots: list[Slot], master_key: bytes) -> bytes:
    data_key = next((key for key in (open_slot(slot, master_key) for slot in slots) if key is not None), None)
    if data_key is None:
        raise Failure(EXIT_UNSAFE, "wrong-key", "the master key is not this vault's")
    return data_key


def proven_vault(rows: Rows, head: Head, keys: Keys) -> Vault:
    prove_tree(keys, head, rows)
    return Vault(rows, head, keys, [read_entry(keys, tag, row) for tag, row in rows.entry.items()])


def open_vault(rows: Rows, master_key: bytes) -> Vault:
    head = read_head(rows.head)
    data_key = open_slots(check_slots(rows, head), master_key)
    keys = subkeys(data_key, head.vault_id, head.epoch)
    if not same(H(keys.state, "head", head.covered), head.mac):
        raise Damage("head", "its MAC is wrong")
    return proven_vault(rows, head, keys)


# MARK: Backups

BACKUP_MAGIC = b"sigilum backup" + bytes(2)
CHUNK, CHUNK_SEALED = 65536, 65536 + 16
BACKUP_HEAD = 184
TABLES_IN_BACKUP = {1: "node", 2: "bucket", 3: "entry", 4: "body", 5: "audit"}


@dataclass(frozen=True)
class Backup:
    """A backup's header, and what follows it."""

    vault: bytes
    id: bytes
    slots: Table
    nonce: bytes
    sealed_key: bytes
    recipients: dict[bytes, bytes]
    header: bytes
    tag: bytes
    stream: bytes


def read_backup(content: bytes) -> Backup:
    cursor = Cursor(content, "backup")
    if cursor.take(16) != BACKUP_MAGIC:
        raise Damage("backup", "is none")
    cursor.format_and_suite()
    count = cursor.number(4)
    if count > 16384:
        raise Damage("backup", "its header is too long")
    end = cursor.at + count
    vault, backup_id, _ = cursor.take(20), cursor.take(16), cursor.take(8)
    slot_count, slots = cursor.number(1), Table()
    if not 1 <= slot_count <= 4:
        raise Damage("backup", "has no slot, or too many")
    for _ in range(slot_count):
        key, value = cursor.take(cursor.number(4)), cursor.take(cursor.number(4))
        if slots and key <= max(slots):
            raise Damage("backup", "its slots are not in order")
        slots[key] = value
    nonce, sealed_key, recipient_count = cursor.take(24), cursor.take(48), cursor.number(1)
    if recipient_count > 16:
        raise Damage("backup", "has too many recipients")
    recipients = [(cursor.take(32), cursor.take(112)) for _ in range(recipient_count)]
    if cursor.at != end:
        raise Damage("backup", "its header is of another length")
    header, tag = content[:end], cursor.take(32)
    # Of two boxes for one key the first is meant.
    boxes = dict(reversed(recipients))
    return Backup(vault, backup_id, slots, nonce, sealed_key, boxes, header, tag, content[cursor.at :])


def backup_keys(backup: Backup, master_key: bytes | None, recipient: bytes | None) -> tuple[bytes, Keys]:
    """The stream key, which has been proven, and the vault's keys."""
    vault_id, epoch = backup.vault[:16], int.from_bytes(backup.vault[16:], "little")
    if recipient is not None:
        box = backup.recipients.get(crypto_scalarmult_base(recipient))
        if box is None:
            raise Failure(EXIT_UNSAFE, "wrong-key", "the backup was not made for this recipient's key")
        try:
            both = crypto_box_seal_open(box, crypto_scalarmult_base(recipient), recipient)
        except (CryptoError, ValueError):
            raise Damage("backup", "what is sealed to the recipient does not open") from None
        stream_key, keys = both[:32], subkeys(both[32:], vault_id, epoch)
    else:
        slots = [read_slot(key, row) for key, row in backup.slots.items()]
        if any((slot.vault_id, slot.epoch) != (vault_id, epoch) for slot in slots):
            raise Damage("backup", "has a slot of another vault")
        keys = subkeys(open_slots(slots, master_key or b""), vault_id, epoch)
        data = keys.bound(b"backup key", backup.id)
        stream_key = open_sealed(keys.backup, backup.nonce, data, backup.sealed_key, "backup")
    if not same(H(stream_key, "backup header", backup.header), backup.tag):
        raise Damage("backup", "its header is not as it was written")
    return stream_key, keys


def open_stream(backup: Backup, key: bytes) -> bytes:
    chunks = [backup.stream[at : at + CHUNK_SEALED] for at in range(0, len(backup.stream), CHUNK_SEALED)] or [b""]
    opened = list[bytes]()
    for number, chunk in enumerate(chunks):
        last = number == len(chunks) - 1
        nonce = le(number, 8) + le(int(last), 1) + bytes(15)
        if len(chunk) <= 16:
            raise Damage("backup", "is cut off")
        opened.append(open_sealed(key, nonce, backup.tag, chunk, f"backup, chunk {number}"))
    return b"".join(opened)


def open_backup(content: bytes, master_key: bytes | None, recipient: bytes | None = None) -> Vault:
    backup = read_backup(content)
    stream_key, keys = backup_keys(backup, master_key, recipient)
    cursor = Cursor(open_stream(backup, stream_key), "backup")
    head = read_head(cursor.take(BACKUP_HEAD) + bytes(24 + 48 + 32))
    head = replace(head, ratchet_nonce=b"", ratchet_sealed=b"", mac=b"")
    if head.vault_id + le(head.epoch, 4) != backup.vault:
        raise Damage("backup", "its head is of another vault")
    rows, order = Rows(slot=backup.slots), list[tuple[str, bytes]]()
    check_slots(rows, head)
    while cursor.left:
        name = TABLES_IN_BACKUP.get(cursor.number(1))
        if name is None:
            raise Damage("backup", "has a row of no table")
        key, value = cursor.take(cursor.number(4)), cursor.take(cursor.number(4))
        table: Table = getattr(rows, name)
        if key in table:
            raise Damage("backup", "has a row twice")
        table[key] = value
        order.append((name, key))
    vault = proven_vault(rows, head, keys)
    if order != proof_order(vault):
        raise Damage("backup", "its rows are in another order")
    return vault


def proof_order(vault: Vault) -> list[tuple[str, bytes]]:
    """The order in which a proof comes to the rows: depth first, each entry's versions after it, then the log."""
    by_tag, order = {entry.tag: entry for entry in vault.entries}, list[tuple[str, bytes]]()

    def visit(digits: bytes) -> None:
        if len(digits) == 3:
            order.append(("bucket", digits))
            for tag in sorted(tag for tag in by_tag if digits_of(tag) == digits):
                entry = by_tag[tag]
                order.append(("entry", tag))
                if entry.current:
                    order.extend(("body", entry.id + be(at, 4)) for at in range(entry.first, entry.current + 1))
            return
        order.append(("node", le(len(digits), 1) + digits))
        below = {digits_of(tag)[: len(digits) + 1] for tag in by_tag if digits_of(tag).startswith(digits)}
        for child in sorted(below):
            visit(child)

    if vault.rows.node:
        visit(b"")
    return order + [("audit", be(number, 8)) for number in range(1, vault.head.audit_number + 1)]


def vault_fingerprint(keys: Keys) -> str:
    return H(keys.state, "vault print", b"")[:16].hex()


def is_backup(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == BACKUP_MAGIC


# MARK: Deposits


@dataclass(frozen=True)
class Deposit:
    id: bytes
    made: int
    end: int
    base: int
    name: str
    value: bytes = field(repr=False)


def deposit_key_text(keys: Keys) -> str:
    content = keys.vault[:16] + crypto_scalarmult_base(keys.deposit)
    return "deposit-" + (content + checksum(b"deposit-" + content)[:4]).hex()


def read_deposit(keys: Keys, content: bytes) -> Deposit:
    cursor = Cursor(content, "deposit")
    if cursor.take(16) != b"sigilum deposit\0":
        raise Damage("deposit", "is none")
    cursor.format_and_suite()
    vault_id, public = cursor.take(16), cursor.take(32)
    if vault_id != keys.vault[:16] or public != crypto_scalarmult_base(keys.deposit):
        raise Failure(EXIT_REFUSED, "other-vault", "the deposit is for another vault, or for an older key of it")
    try:
        padded = crypto_box_seal_open(content[cursor.at :], public, keys.deposit)
    except (CryptoError, ValueError):
        raise Damage("deposit", "does not open") from None
    inner = Cursor(unpadded(padded, "deposit"), "deposit")
    if inner.take(16) != vault_id:
        raise Damage("deposit", "is of another vault than it says")
    deposit_id, made, end, base = inner.take(16), inner.number(8), inner.number(8), inner.number(4)
    name, value = text(inner.take(inner.number(4)), "deposit"), inner.take(inner.number(4))
    inner.end()
    if not 1 <= len(name.encode()) <= 200 or not 1 <= len(value) <= MAX_VALUE:
        raise Damage("deposit", "has no name or value that can be")
    return Deposit(deposit_id, made, end, base, name, value)


def show_deposit(vault: Vault, options: argparse.Namespace) -> None:
    content = Path(options.file).read_bytes()
    deposit = read_deposit(vault.keys, content)
    mark = next((entry for entry in vault.entries if entry.kind == SETTING
                 and entry.tag == tag_of(vault.keys, SETTING, f"deposit/{deposit.id.hex()}")), None)  # fmt: skip
    facts = {
        "deposit": checksum(content)[:16].hex(), "name": deposit.name, "base_version": deposit.base or None,
        "made_at": instant(deposit.made), "expires_at": instant(deposit.end),
        "was": None if mark is None else mark.fields.text("value"),
    }  # fmt: skip
    if options.json:
        print_json(facts)
        return
    print(f"{shown(deposit.name)}  base {deposit.base or 'new'}  {HIDDEN}  {facts['was'] or 'not accepted'}")


def vault_path(given: str) -> Path:
    path = Path(given)
    path = path / "vault.db" if path.is_dir() else path
    if not path.is_file():
        raise Failure(EXIT_MISSING, "no-vault", f"no vault here: {shown(str(path))}")
    return path


def read_master_key(path: Path, key_file: str | None) -> bytes:
    """Its text, without white space around it."""
    from_environment = os.environ.get("GATEWAY_MASTER_KEY")
    if key_file is None and from_environment is not None:
        return os.fsencode(from_environment).strip()
    source = Path(key_file) if key_file is not None else path.with_name("gateway-master-key")
    try:
        if source.stat().st_mode & 0o077:
            hint = f"chmod 600 {shown(str(source))}"
            raise Failure(EXIT_UNSAFE, "unsafe", f"others may use the key file: {shown(str(source))}", hint)
        return source.read_bytes().strip()
    except FileNotFoundError:
        hint = "give --key-file, or set GATEWAY_MASTER_KEY"
        raise Failure(EXIT_CONFIGURATION, "no-key", f"no master key: {shown(str(source))} is not there", hint) from None


# MARK: Commands

HIDDEN = "****** (hidden)"


def shown(name: str) -> str:
    """Untrusted text for people: nothing in it may control a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode("ascii") for c in name)


def instant(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=milliseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def print_json(document: object, indent: int | None = 2) -> None:
    print(json.dumps(document, indent=indent, ensure_ascii=False))


def entry_facts(entry: Entry) -> dict[str, Any]:
    fields = entry.fields
    return {
        "name": entry.name, "kind": entry.kind_name, "version": entry.current,
        "created_at": instant(fields.number("created")), "updated_at": instant(fields.number("updated")),
        "rotation_due_at": instant(entry.rotation_due), "deliveries": entry.deliveries,
        "value": f"{fields.text('prefix')}{HIDDEN}", "facts": fields.starting("fact."),
    }  # fmt: skip


def list_entries(vault: Vault, options: argparse.Namespace) -> None:
    entries = [entry_facts(entry) for entry in vault.secrets.values()]
    services = [service_facts(entry.fields) for entry in vault.named(SERVICE).values()]
    deliveries = [delivery_facts(vault, entry) for entry in vault.named(DELIVERY).values()]
    if options.json:
        print_json({"entries": entries, "services": services, "deliveries": deliveries})
        return
    for entry in entries:
        facts = "".join(f" {shown(name)}={shown(value)}" for name, value in entry["facts"].items())
        places = ", ".join(map(shown, entry["deliveries"]))
        print(f"{shown(entry['name'])}  {entry['kind']}  {entry['version']}  [{places}]{facts}")


def service_facts(fields: FieldMap) -> dict[str, Any]:
    names = ("slug", "namespace", "id", "name", "summary", "domain", "email", "url", "auth-mode", "secret-key")
    return {name: fields.text(name) for name in names} | {"ordinal": fields.number("ordinal")}


def delivery_facts(vault: Vault, delivery: Entry) -> dict[str, Any]:
    pending = is_pending(vault, delivery, vault.secrets, vault.named(SERVICE))
    return {"id": delivery.name, "state": delivery.fields.text("state"), "pending": pending}


def get(vault: Vault, options: argparse.Namespace) -> None:
    entry = vault.secret(options.name)
    versions = {version.number: version for version in vault.history(entry)}
    version = versions.get(entry.current if options.version is None else options.version)
    if version is None:
        raise Failure(EXIT_MISSING, "no-version", f"no version {options.version} of {entry.record}")
    if not options.reveal_secrets:
        print(f"{shown(entry.fields.text('prefix'))}{HIDDEN}")
        return
    print("[i] this reader writes nothing: the vault's log does not say that the value was shown", file=sys.stderr)
    sys.stdout.buffer.write(version.value + b"\n")


def history(vault: Vault, options: argparse.Namespace) -> None:
    entry = vault.secret(options.name)
    versions: list[dict[str, Any]] = [
        {"version": version.number, "created_at": instant(version.time), "current": version.number == entry.current,
         "origin": ORIGINS[version.origin]}
        for version in vault.history(entry)
    ]  # fmt: skip
    if options.json:
        print_json({"name": entry.name, "versions": versions})
        return
    for version in versions:
        mark = "  current" if version["current"] else ""
        print(f"{version['version']}  {version['created_at']}  {version['origin']}{mark}")


def log(vault: Vault, options: argparse.Namespace) -> None:
    for record in vault.log()[0]:
        name = record.fields.text("name") if "name" in record.fields else None
        document = {
            "sequence": record.number, "time": instant(record.time), "operation": record.operation, "entry": name,
            "user_id": record.user_id, "process_id": record.process_id, "program": record.fields.text("program"),
            "facts": record.facts,
        }  # fmt: skip
        if options.json:
            print_json(document, indent=None)
            continue
        facts = "".join(f"  {shown(fact)}={shown(value)}" for fact, value in record.facts.items())
        print(f"{record.number}  {document['time']}  {record.operation}  {shown(name or '-')}{facts}")


def unknown_fields(entry: Entry) -> int:
    return len(entry.fields.unknown(REQUIRED_FIELDS[entry.kind] | OPTIONAL_FIELDS[entry.kind]))


def verify(vault: Vault, options: argparse.Namespace) -> None:
    """What is left after a vault was opened: every version, the log, the anchor, and that there is nothing besides."""
    secrets, proven = vault.secrets, set[bytes]()
    for entry in secrets.values():
        for version in vault.history(entry):
            proven.add(entry.id + be(version.number, 4))
    for key in vault.rows.body.keys() - proven:
        raise Damage(f"body {key.hex()}", "is a version of no entry")
    if len({entry.id for entry in vault.entries}) != len(vault.entries):
        raise Damage("entry rows", "two have the same id")
    records, chain = vault.log()
    if getattr(options, "fingerprint", None) not in (None, vault_fingerprint(vault.keys)):
        raise Damage("head", "the vault is another than the fingerprint's")
    if options.anchor is not None:
        check_anchor(Path(options.anchor), vault.head, chain)
    if options.export is not None:
        check_export(vault.log_keys, vault.head, vault.rows.audit, read_export(Path(options.export)))
    counts = {
        "entries": len(secrets), "versions": len(proven), "records": len(vault.entries) - len(secrets),
        "audit_records": len(records), "unknown_fields": sum(map(unknown_fields, vault.entries)),
    }  # fmt: skip
    if options.json:
        print_json(counts)
        return
    print("[ok] proven: " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()))


Command = Callable[[Vault, argparse.Namespace], None]
COMMANDS: dict[str, tuple[Command, str]] = {
    "list": (list_entries, "entries, their values hidden"),
    "get": (get, "a value alone, with --reveal-secrets"),
    "history": (history, "the versions of an entry, oldest first"),
    "log": (log, "who did what to which entry when"),
    "verify": (verify, "proves every row of the vault"),
}


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Failure(EXIT_USAGE, "usage", message, f"{self.prog} --help")


def parser() -> Parser:
    main_parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = main_parser.add_subparsers(dest="command", required=True)
    for name, (_, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        command.add_argument("vault", help="vault.db or its folder")
        command.add_argument("--key-file", help="the file that has the master key")
        command.add_argument("--recipient-key", help="of a backup: the file that has a recipient's secret key")
        if name in ("get", "history"):
            command.add_argument("name", help="the entry's name")
        if name == "get":
            command.add_argument("--version", type=int, help="which version; the current one where none is given")
            command.add_argument("--reveal-secrets", action="store_true", help="print the value itself")
        else:
            command.add_argument("--json", action="store_true", help="print JSON instead of text")
        if name == "verify":
            command.add_argument("--fingerprint", help="what the owner said that the vault's data key is named")
            command.add_argument("--anchor", help="the anchor's file, to compare the vault with")
            command.add_argument("--export", help="an exported log, which the vault must go on from")
    summary = "what a deposit says, the value hidden"
    deposit = commands.add_parser("deposit", help=summary, description=summary)
    deposit.add_argument("file", help="the deposit")
    deposit.add_argument("--vault", required=True, help="vault.db, its folder, or a backup")
    deposit.add_argument("--key-file", help="the file that has the master key")
    deposit.add_argument("--recipient-key", help="of a backup: the file that has a recipient's secret key")
    deposit.add_argument("--json", action="store_true", help="print JSON instead of text")
    summary = "proves an exported log with an auditor's key, without the vault"
    export = commands.add_parser("verify-export", help=summary, description=summary)
    export.add_argument("file", help="the exported log")
    export.add_argument("--auditor-key", required=True, help="the file of the auditor's secret key")
    export.add_argument("--anchor", help="an older export, which this one must go on from")
    export.add_argument("--fingerprint", help="what the owner said that the log begins with")
    export.add_argument("--json", action="store_true", help="print JSON instead of text")
    return main_parser


def open_either(path: Path, options: argparse.Namespace) -> Vault:
    if not is_backup(path):
        if options.recipient_key is not None:
            raise Failure(EXIT_USAGE, "usage", "--recipient-key is for backups")
        return open_vault(read_rows(path), read_master_key(path, options.key_file))
    if options.recipient_key is not None:
        return open_backup(path.read_bytes(), None, read_recipient_key(Path(options.recipient_key)))
    return open_backup(path.read_bytes(), read_master_key(path, options.key_file))


def main(arguments: list[str]) -> int:
    os.umask(0o077)
    try:
        options = parser().parse_args(arguments)
        if options.command == "verify-export":
            verify_export(options)
            sys.stdout.flush()
            return 0
        vault = open_either(vault_path(options.vault), options)
        command = show_deposit if options.command == "deposit" else COMMANDS[options.command][0]
        command(vault, options)
        sys.stdout.flush()
        return 0
    except Failure as failure:
        if "--json" in arguments:
            error = {"code": failure.code, "message": failure.message, "hints": failure.hints}
            print(json.dumps({"error": error}), file=sys.stderr)
        else:
            print(f"[ERROR] {failure.message}", *(f"  {hint}" for hint in failure.hints), sep="\n", file=sys.stderr)
        return failure.status
    except PermissionError as error:
        print(f"[ERROR] no permission: {shown(str(error.filename))}", file=sys.stderr)
        return EXIT_UNSAFE
    except OSError as error:
        print(f"[ERROR] {error.strerror}", file=sys.stderr)
        return EXIT_CANNOT_WRITE
    except Exception as error:  # noqa: BLE001 - its text or its traceback could have content in it
        print(f"[ERROR] a defect of this reader: {type(error).__name__}", file=sys.stderr)
        return EXIT_DEFECT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
