#!/usr/bin/env python3
"""Tests of tools/reader.py: scripts/test-reader starts them with the built program, whose vaults they are about."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import reader  # noqa: E402
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt  # noqa: E402
from tally import Tally  # noqa: E402

TOP = Path(__file__).resolve().parent.parent
CANARY = "canary-5b7e21d4"
TABLES = ("slot", "node", "bucket", "entry", "body", "audit")
chance = random.Random(20260301)


tally = Tally()
expect = tally.expect


# MARK: Running


class Home:
    """A home folder with a vault, and the program at work in it."""

    def __init__(self, program: Path, folder: Path, key: str | None = None) -> None:
        self.folder, self.program, self.key = folder, program, key
        self.vault = folder / ".sigilum-workspace"
        self.state = folder / "state"
        folder.mkdir(mode=0o700, parents=True)

    def environment(self, **more: str) -> dict[str, str]:
        base = {"HOME": str(self.folder), "PATH": os.environ["PATH"], "XDG_STATE_HOME": str(self.state)}
        return base | ({"GATEWAY_MASTER_KEY": self.key} if self.key else {}) | more

    def run(self, *arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(self.program), *arguments], cwd=self.folder, env=self.environment(**environment), input=stdin,
            capture_output=True, timeout=120,
        )  # fmt: skip

    def must(self, *arguments: str, stdin: bytes = b"", **environment: str) -> bytes:
        done = self.run(*arguments, stdin=stdin, **environment)
        if done.returncode != 0:
            raise SystemExit(f"the program ended with {done.returncode}: {arguments}: {done.stderr.decode()}")
        return done.stdout

    @property
    def anchor(self) -> Path:
        """Where docs/format.md says that it is."""
        name = hashlib.blake2b(os.fsencode(self.vault.resolve() / "vault.db"), digest_size=32).hexdigest()
        return self.state / "sigilum" / "anchors" / name

    def read(self, *arguments: str) -> tuple[int, bytes, str]:
        """The reader within this process, which is quick."""
        with settled_environment(self.key):
            return run_reader(arguments[0], str(self.vault), *arguments[1:])

    def rows(self) -> reader.Rows:
        return reader.read_rows(self.vault / "vault.db")


@contextlib.contextmanager
def settled_environment(key: str | None) -> Iterator[None]:
    before = os.environ.pop("GATEWAY_MASTER_KEY", None)
    if key is not None:
        os.environ["GATEWAY_MASTER_KEY"] = key
    try:
        yield
    finally:
        os.environ.pop("GATEWAY_MASTER_KEY", None)
        if before is not None:
            os.environ["GATEWAY_MASTER_KEY"] = before


def run_reader(*arguments: str) -> tuple[int, bytes, str]:
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = reader.main(list(arguments))
    raw = out.buffer
    assert isinstance(raw, io.BytesIO)
    return status, raw.getvalue(), err.getvalue()


def sizes_and_times(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        path.name: (path.stat().st_size, path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).digest())
        for path in folder.iterdir()
    }


# MARK: The same as the program says


def fill(home: Home) -> None:
    """Entries of all kinds, in all ways that they come to be."""
    home.must("init")
    put(home, "ci/text", CANARY)
    put(home, "ci/binary", bytes(range(256)) * 64)
    for size in (1, 252, 256, 257, 1020, 1024, 1025, 4096, 4097, 16384):
        put(home, f"ci/size/{size}", chance.randbytes(size))
    put(home, "ci/naïve/é 日本語", "a name that is not ASCII")
    put(home, "ci/decomposed-e\u0301", "a name that becomes NFC")
    put(home, "owner-token", "a user's own, in spite of its name")
    for version in range(1, 41):
        put(home, "ci/many", f"{CANARY} {version}")
    home.must("rollback", "ci/many", "--to", "7")
    for kind in ("hex", "base64url", "passphrase"):
        home.must("generate", f"ci/generated/{kind}", "--format", kind)
    home.must("rotate", "ci/generated/hex")
    put(home, "ci/old name", CANARY)
    home.must("move", "ci/old name", "ci/new name")
    put(home, "ci/gone", CANARY)
    home.must("remove", "ci/gone", "--confirm", "ci/gone")
    home.must("export", "ci/text", "--to", str(home.folder / "exported"))
    add = ("service", "add", "--offline", "--namespace", "johndee", "--service-slug")
    home.must(*add, "native-one")
    home.must(*add, "native-two", "--service-name", "Two", "--description", "of two", "--domain", "two.example")
    upstream = ("--mode", "gateway", "--upstream-base-url", "https://api.example.org", "--upstream-secret-env", "UP")
    home.must(*add, "linear", *upstream, "--rotation-interval-days", "30", UP=f"lin_{CANARY}")
    header = ("--auth-mode", "header_key", "--upstream-header", "X-Key", "--auth-prefix", "Key ", "--no-export")
    home.must(*add, "other", *upstream, *header, UP=CANARY)
    home.must("service", "remove", "--service-slug", "native-two", "--confirm", "native-two", "--offline")
    (home.folder / "openclaw").mkdir()
    (home.folder / "openclaw" / "openclaw.json").write_text("{}\n")
    home.must(
        "auth", "login", "--mode", "oss-local", "--namespace", "johndee", "--email", "johndee@example.org",
        "--openclaw-home", "openclaw", "--token-file", "token", "--print-token", "false",
        JWT_SECRET="0123456789abcdef0123456789abcdef",
    )  # fmt: skip


def put(home: Home, name: str, value: str | bytes) -> None:
    path = home.folder / "value"
    path.write_bytes(value.encode() if isinstance(value, str) else value)
    home.must("put", name, "--from-file", str(path))


def compare(home: Home, what: str) -> None:
    """Everything that both say: entries, versions, values, the log, what is pending."""
    theirs = json.loads(home.must("list", "--json"))["entries"]
    status, out, _ = home.read("list", "--json")
    expect(f"{what}: list ends with 0", status == 0, status)
    ours = json.loads(out)
    expect(f"{what}: as many entries", len(ours["entries"]) == len(theirs), len(theirs))
    for left, right in zip(ours["entries"], theirs):
        expect(f"{what}: entry {right['name']}", left == {"facts": {}} | right, left)
    for entry in theirs:
        compare_entry(home, what, entry["name"])
    pending = [delivery["id"] for delivery in ours["deliveries"] if delivery["pending"]]
    known = json.loads(home.must("status", "--json"))
    expect(f"{what}: what is pending", sorted(pending) == sorted(known["pending"]), (pending, known["pending"]))
    if ours["services"]:
        services = json.loads(home.must("service", "list", "--json"))["services"]
        by_order = sorted(ours["services"], key=lambda service: service["ordinal"])
        found = [(service["id"], service["slug"], service["name"], service["url"]) for service in by_order]
        wanted = [(at["id"], at["slug"], at["name"], at.get("upstream_url", "")) for at in services]
        expect(f"{what}: services", found == wanted, found)
    log, records = home.must("log", "--json").decode().splitlines(), home.read("log", "--json")[1].decode().splitlines()
    expect(f"{what}: as many records", len(log) == len(records), (len(log), len(records)))
    for left, right in zip(records, log):
        expect(f"{what}: record", json.loads(left) == json.loads(right), (left, right))
    status, out, err = home.read("verify", "--json", "--anchor", str(home.anchor))
    counts = json.loads(home.must("verify", "--json"))
    expect(f"{what}: verify", status == 0, err)
    expect(f"{what}: what was proven", json.loads(out or b"{}") == counts | {"unknown_fields": 0}, out)


def compare_entry(home: Home, what: str, name: str) -> None:
    versions = json.loads(home.must("history", name, "--json"))["versions"]
    ours = json.loads(home.read("history", name, "--json")[1])["versions"]
    expect(f"{what}: history of {name}", [{k: at[k] for k in versions[0]} for at in ours] == versions, ours)
    for version in versions[-3:]:
        wanted = ("get", name, "--version", str(version["version"]), "--reveal-secrets")
        status, value, _ = home.read(*wanted)
        expect(f"{what}: {name}, version {version['version']}", (status, value) == (0, home.must(*wanted)))
    expect(f"{what}: current {name}", home.read("get", name, "--reveal-secrets")[1] == value)


# MARK: Tampering with rows


def refusal(rows: reader.Rows, key: bytes, anchor: Path | None = None) -> reader.Failure | None:
    """What verify says of these rows; nil where it finds nothing."""
    options = argparse.Namespace(json=True, anchor=anchor, export=None)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            reader.verify(reader.open_vault(rows, key), options)
    except reader.Failure as failure:
        return failure
    return None


RECORDS = (
    "slot ", "slots:", "head:", "head, audit key:", "node ", "bucket ", "entry row ", "entry ", "body ",
    "audit record ", "audit log:", "entry rows:", "anchor:",
)  # fmt: skip
Names = tuple[str, ...]


def refused(what: str, rows: reader.Rows, key: bytes, of: Names = RECORDS, anchor: Path | None = None) -> None:
    failure = refusal(rows, key, anchor)
    if failure is None:
        expect(what, False, "nothing was noticed")
        return
    expect(what, failure.status == 65 and failure.message.startswith(of), (failure.status, failure.message))
    if CANARY in failure.message:
        expect(f"{what}: no content", False, failure.message)


def changed(rows: reader.Rows, table: str, change: Callable[[reader.Table], object]) -> reader.Rows:
    """A copy with one table changed; in the order of its keys, as rows are read."""
    content = dict(getattr(rows, table))
    change(content)
    return substituted(rows, table, content)


def substituted(rows: reader.Rows, table: str, content: reader.Table) -> reader.Rows:
    copy = replace(rows)
    setattr(copy, table, dict(sorted(content.items())))
    return copy


def flipped(content: bytes, at: int, bit: int) -> bytes:
    return content[:at] + bytes((content[at] ^ 1 << bit,)) + content[at + 1 :]


# What may be named where a row of a table was changed: nothing else was touched.
NAMED: dict[str, tuple[str, ...]] = {
    "slot": ("slot ", "slots:"), "node": ("node ",), "bucket": ("bucket ",), "entry": ("entry row ",),
    "body": ("entry ", "body "), "audit": ("audit record ",),
}  # fmt: skip


def flips(rows: reader.Rows, key: bytes) -> None:
    for at in range(len(rows.head)):
        of = ("head", "slots:", "slot ")
        refused(f"head, byte {at}", replace(rows, head=flipped(rows.head, at, chance.randrange(8))), key, of)
    for table in TABLES:
        content: reader.Table = getattr(rows, table)
        for row_key, value in content.items():
            everywhere = table == "slot" or len(content) < 3
            places = range(len(value)) if everywhere else {0, len(value) - 1, *chance.choices(range(len(value)), k=6)}
            for at in places:
                row = {row_key: flipped(value, at, chance.randrange(8))}
                other_rows = changed(rows, table, lambda t: t.update(row))
                refused(f"{table} {row_key.hex()}, byte {at}", other_rows, key, NAMED[table])
            for at in range(len(row_key)):
                other = flipped(row_key, at, chance.randrange(8))
                refused(
                    f"{table} {row_key.hex()}, key",
                    changed(rows, table, lambda t: t.update({other: t.pop(row_key)})), key,
                )  # fmt: skip


def lengths(rows: reader.Rows, key: bytes) -> None:
    for table in TABLES:
        row_key, value = next(iter(getattr(rows, table).items()))
        for row in (b"", value[:-1], value[1:], value + b"\0", value + value):
            other_rows = changed(rows, table, lambda t: t.update({row_key: row}))
            refused(f"{table}: {len(row)} bytes", other_rows, key, NAMED[table])
    for row in (b"", rows.head[:-1], rows.head + b"\0"):
        refused(f"head: {len(row)} bytes", replace(rows, head=row), key)


def moves(rows: reader.Rows, key: bytes) -> None:
    """Rows deleted, swapped, doubled and added."""
    for table in TABLES:
        content: reader.Table = getattr(rows, table)
        keys = list(content)
        for at in keys:
            refused(f"{table} {at.hex()} deleted", changed(rows, table, lambda t: t.pop(at)), key)
        for one, other in zip(keys, keys[1:]):
            both = {one: content[other], other: content[one]}
            refused(f"{table} {one.hex()} and the next swapped", changed(rows, table, lambda t: t.update(both)), key)
            last = {other: content[one]}
            refused(f"{table} {one.hex()} doubled", changed(rows, table, lambda t: t.update(last)), key)
        added = {flipped(keys[-1], len(keys[-1]) - 1, 6): content[keys[-1]]}
        refused(f"{table}: one more row", changed(rows, table, lambda t: t.update(added)), key)
        refused(f"{table}: empty", changed(rows, table, lambda t: t.clear()), key)
    tail = {reader.be(len(rows.audit) + 1, 8): rows.audit[reader.be(len(rows.audit), 8)]}
    refused("audit: a row after the last", changed(rows, "audit", lambda t: t.update(tail)), key)
    refused("audit: without the last", changed(rows, "audit", lambda t: t.popitem()), key)


def mixtures(rows: reader.Rows, others: reader.Rows, what: str, key: bytes) -> None:
    """Rows, tables and the head of another state, all of which were proven there."""
    for table in TABLES:
        mine, theirs = getattr(rows, table), getattr(others, table)
        for row_key in mine.keys() & theirs.keys():
            if mine[row_key] != theirs[row_key]:
                row = {row_key: theirs[row_key]}
                refused(f"{what}: {table} {row_key.hex()}", changed(rows, table, lambda t: t.update(row)), key)
        if mine != theirs:
            refused(f"{what}: all of {table}", substituted(rows, table, theirs), key)
        more = {row_key: value for row_key, value in theirs.items() if row_key not in mine}
        if more:
            refused(f"{what}: more of {table}", changed(rows, table, lambda t: t.update(more)), key)
    refused(f"{what}: the head", replace(rows, head=others.head), key)


def forged_slot(rows: reader.Rows, key: bytes) -> None:
    """Whoever writes to the file can make a slot's checksum right again; not the head's."""
    for at in range(0, 162):
        body = flipped(rows.slot[b"\0"][:-32], at, chance.randrange(8))
        row = {b"\0": body + reader.checksum(body)}
        refused(f"slot, byte {at}, with its checksum", changed(rows, "slot", lambda t: t.update(row)), key, ("slot",))
        forged = changed(rows, "slot", lambda t: t.update(row))
        head = rows.head[:72] + reader.slots_checksum(forged.slot) + rows.head[104:]
        failure = refusal(replace(forged, head=head), key)
        # Without the data key nobody can tell this from a vault under another master key; nothing opens.
        expect(f"slot, byte {at}, with the head's as well", failure is not None and failure.status in (65, 77), failure)


def anchors(old: reader.Rows, new: reader.Rows, fork: reader.Rows, key: bytes, anchor: Path) -> None:
    copy = anchor.with_name("copy")
    shutil.copyfile(anchor, copy)
    expect("anchor: the vault agrees", refusal(new, key, copy) is None)
    expect("anchor: an older vault is sound by itself", refusal(old, key) is None)
    refused("anchor: an older vault", old, key, ("head:",), copy)
    expect("anchor: a fork is sound by itself", refusal(fork, key) is None)
    refused("anchor: a fork", fork, key, ("audit record ", "head:"), copy)
    content = anchor.read_bytes()
    seen, path = reader.Anchor.read(content), content[2 * 512 :]
    expect("anchor: two slots and the path", seen is not None and len(content) == 2 * 512 + len(path))
    older = replace(seen, generation=0, audit_number=1, audit_chain=bytes(32)).slot(path)
    for what, slots in {"first": seen.slot(path) + older, "second": older + seen.slot(path)}.items():
        copy.write_bytes(slots + path)
        expect(f"anchor: the later is the {what}", refusal(new, key, copy) is None)
        torn = slots.replace(b"audit-sequence 0", b"audit-sequence 9", 2)
        copy.write_bytes(torn + path)
        refused(f"anchor: both torn, the later the {what}", new, key, ("anchor",), copy)
    for what, other in {
        "vault": replace(seen, vault_id=bytes(16)), "generation": replace(seen, generation=seen.generation + 1),
        "number": replace(seen, audit_number=seen.audit_number + 1), "chain": replace(seen, audit_chain=bytes(32)),
    }.items():
        copy.write_bytes(2 * other.slot(path) + path)
        refused(f"anchor: another {what}", new, key, anchor=copy)
    for what, other in {
        "no path": content[: 2 * 512], "one slot": content[512:], "another path": content[:-2] + b"x\n", "more": content + b"\n",
        "without its end": content[:-1], "nothing": b"",
    }.items():
        copy.write_bytes(other)
        refused(f"anchor: {what}", new, key, ("anchor",), copy)
    one = (f"sigilum anchor 1\nvault-path /a\nvault-id {seen.vault_id.hex()}\ngeneration {seen.generation}\n"
           f"audit-sequence {seen.audit_number}\naudit-head {seen.audit_chain.hex()}\n").encode()
    copy.write_bytes(one)
    expect("anchor: of version 1", refusal(new, key, copy) is None)
    copy.write_bytes(one.replace(b"anchor 1", b"anchor 3"))
    refused("anchor: of an unknown version", new, key, ("anchor",), copy)
    copy.unlink()


# MARK: Tampering with the file, before the reader and the program


def statements(rows: reader.Rows, old: reader.Rows) -> Iterator[tuple[str, str, list[tuple[Any, ...]]]]:
    for table in TABLES:
        content: reader.Table = getattr(rows, table)
        one, other = chance.choice(list(content)), list(content)[-1]
        at = chance.randrange(len(content[one]))
        update = f"UPDATE {table} SET value = ? WHERE key = ?"
        yield f"{table}: a bit", update, [(flipped(content[one], at, 3), one)]
        yield f"{table}: a row deleted", f"DELETE FROM {table} WHERE key = ?", [(one,)]
        yield f"{table}: all deleted", f"DELETE FROM {table}", [()]
        added = flipped(other, len(other) - 1, 6)
        yield f"{table}: a row added", f"INSERT INTO {table} VALUES (?, ?)", [(added, content[other])]
        if len(content) > 1:
            both = list(content)[:2]
            yield f"{table}: swapped", update, [(content[both[1]], both[0]), (content[both[0]], both[1])]
        older: reader.Table = getattr(old, table)
        differing = [(older[at], at) for at in content if older.get(at, content[at]) != content[at]]
        if differing:
            yield f"{table}: an older row", update, differing[:1]
            yield f"{table}: older rows", update, differing
    for place in range(0, len(rows.head), 24):
        yield f"head: byte {place}", "UPDATE head SET value = ?", [(flipped(rows.head, place, 5),)]
    yield "head: an older one", "UPDATE head SET value = ?", [(old.head,)]
    yield "head: deleted", "DELETE FROM head", [()]
    yield "schema: a view", "CREATE VIEW planted AS SELECT 1", [()]
    yield "schema: a table", "CREATE TABLE planted (a)", [()]
    trigger = "CREATE TRIGGER planted AFTER INSERT ON audit BEGIN DELETE FROM audit; END"
    yield "schema: a trigger", trigger, [()]
    yield "schema: a table is gone", "DROP TABLE node", [()]
    yield "schema: an index", "CREATE INDEX planted ON body (value)", [()]
    yield "header: application", "PRAGMA application_id = 1", [()]


def tampered_files(home: Home, rows: reader.Rows, old: reader.Rows, work: Path) -> None:
    copy = Home(home.program, work / "tampered", home.key)
    for number, (what, statement, parameters) in enumerate(statements(rows, old)):
        fresh_copy(home, copy, number)
        with contextlib.closing(sqlite3.connect(copy.vault / "vault.db", isolation_level=None)) as connection:
            for values in parameters:
                connection.execute(statement, values)
        refused_by_both(copy, what)
    size = (home.vault / "vault.db").stat().st_size
    for number, page in enumerate(range(0, size, max(4096, size // 4096 // 12 * 4096)), start=1000):
        fresh_copy(home, copy, number)
        merged(copy)
        content = bytearray((copy.vault / "vault.db").read_bytes())
        content[page : page + 512] = chance.randbytes(len(content[page : page + 512]))
        (copy.vault / "vault.db").write_bytes(content)
        status, out, err = copy.read("verify")
        # A page that nothing is in is no record.
        expect(f"page {page // 4096}: damage or nothing", status == 65 or (status == 0 and not err), (status, err))
        expect(f"page {page // 4096}: the program too", copy.run("verify").returncode == status or status == 65)


def fresh_copy(home: Home, copy: Home, number: int) -> None:
    shutil.rmtree(copy.folder)
    shutil.copytree(home.vault, copy.vault)
    # Without an anchor: what was tampered with must show by itself.
    copy.state = copy.folder / f"state-{number}"


def merged(home: Home) -> None:
    with contextlib.closing(sqlite3.connect(home.vault / "vault.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def refused_by_both(copy: Home, what: str) -> None:
    for command in (("verify", "--json"), ("verify",)):
        status, out, err = copy.read(*command)
        expect(f"file, {what}: the reader", status == 65 and not out, (status, err))
        expect(f"file, {what}: no content", CANARY not in err and "Traceback" not in err, err)
    theirs = copy.run("verify")
    expect(f"file, {what}: the program", theirs.returncode == 65, (theirs.returncode, theirs.stderr))


# MARK: Auditors


class Audit:
    """A vault with an auditor, and an export of its log."""

    def __init__(self, program: Path, work: Path, name: str) -> None:
        self.home = Home(program, work / name)
        self.home.must("init")
        put(self.home, "ci/one", CANARY)
        put(self.home, "ci/two", CANARY)
        made = json.loads(self.home.must("auditor", "new", "--out", "auditor.key", "--json"))
        self.public = made["public_key"]
        self.secret = reader.read_auditor_key(self.home.folder / "auditor.key")
        self.added = json.loads(self.home.must("log", "--auditor", self.public, "--json"))
        for number in range(4):
            put(self.home, f"ci/{number}", f"{CANARY} {number}")
        self.home.must("move", "ci/0", "ci/moved")
        self.home.must("get", "ci/1", "--reveal-secrets")

    @property
    def key(self) -> bytes:
        return (self.home.vault / "gateway-master-key").read_bytes().strip()

    def export(self, name: str, home: Home | None = None) -> Path:
        home = home or self.home
        home.must("log", "--export", str(self.home.folder / name))
        return self.home.folder / name

    def theirs(self, file: Path, *more: str) -> tuple[int, str]:
        key = str(self.home.folder / "auditor.key")
        done = self.home.run("log", "--verify", str(file), "--auditor-key", key, *more)
        return done.returncode, (done.stdout + done.stderr).decode()

    def ours(self, file: Path, *more: str) -> tuple[int, str]:
        key = str(self.home.folder / "auditor.key")
        status, out, err = run_reader("verify-export", str(file), "--auditor-key", key, *more)
        return status, out.decode() + err

    def named(self, what: str, file: Path, number: int | None, *more: str) -> None:
        """Both find the same first bad record; nil: whatever it is."""
        for who, (status, said) in (("program", self.theirs(file, *more)), ("reader", self.ours(file, *more))):
            expect(f"audit, {what}: the {who}", status == 65 and CANARY not in said, (status, said))
            if number is not None:
                expect(f"audit, {what}: the {who} names {number}", f"audit record {number} " in said.replace(":", " "), said)

    def copy(self, name: str) -> Home:
        """The vault on a machine that has no anchor of it."""
        copy = Home(self.home.program, self.home.folder / name, self.key.decode())
        shutil.copytree(self.home.vault, copy.vault)
        return copy


def rewritten(export: reader.Export, rows: list[bytes], last: int | None = None) -> bytes:
    """An exported log with other rows, which who has no key can write; what its header counts is right."""
    last = len(rows) if last is None else last
    header = export.header[:48] + reader.le(last, 8) + export.header[56:]
    return header + b"".join(map(reader.framed, rows)) + export.auditors_tag + export.vault_tag


class Attack:
    """Who knows the data key and today's ratchet key, and has the file: everything is put right that can be."""

    def __init__(self, rows: reader.Rows, key: bytes) -> None:
        self.vault = reader.open_vault(rows, key)
        self.keys, self.head = self.vault.keys, self.vault.head
        self.log = list(rows.audit.values())
        data = self.keys.bound(b"audit key", reader.be(self.head.audit_number, 8))
        self.ratchet = reader.open_sealed(self.keys.ratchet, self.head.ratchet_nonce, data, self.head.ratchet_sealed, "")

    def sealed(self, number: int, row: bytes, user: int | None = None) -> bytes:
        """A row as it was, or of another user, sealed for another number."""
        old = next(at for at, mine in enumerate(self.log, start=1) if mine == row)
        data = self.keys.bound(b"audit", reader.be(old, 8), row[:42])
        plaintext = reader.open_sealed(self.keys.audit, row[42:66], data, row[66:], "")
        start = row[:10] + (row[10:14] if user is None else reader.le(user, 4)) + row[14:42]
        data = self.keys.bound(b"audit", reader.be(number, 8), start)
        nonce = chance.randbytes(24)
        return start + nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, data, nonce, self.keys.audit)

    def write(self, home: Home, rows: list[bytes]) -> None:
        chain = reader.H(self.keys.state, "audit start", self.keys.bound())
        for number, row in enumerate(rows, start=1):
            chain = reader.H(self.keys.state, "audit", chain + reader.be(number, 8) + row)
        nonce, last = chance.randbytes(24), len(rows)
        data = self.keys.bound(b"audit key", reader.be(last, 8))
        sealed = crypto_aead_xchacha20poly1305_ietf_encrypt(self.ratchet, data, nonce, self.keys.ratchet)
        covered = self.head.covered[:104] + reader.le(last, 8) + rows[-1][:8] + chain + self.head.audit_mac
        covered += nonce + sealed
        head = covered + reader.H(self.keys.state, "head", covered)
        with contextlib.closing(sqlite3.connect(home.vault / "vault.db", isolation_level=None)) as connection:
            connection.execute("BEGIN")
            connection.execute("DELETE FROM audit")
            numbered = [(reader.be(number, 8), row) for number, row in enumerate(rows, start=1)]
            connection.executemany("INSERT INTO audit VALUES (?, ?)", numbered)
            connection.execute("UPDATE head SET value = ?", (head,))
            connection.execute("COMMIT")


def auditors(program: Path, work: Path) -> None:
    audit = Audit(program, work, "audited")
    home, first = audit.home, audit.added["first_record"]
    compare(home, "audited")
    file = audit.export("log-1")
    expect("audit: mode", file.stat().st_mode & 0o777 == 0o600)
    expect("audit: no value", CANARY.encode() not in file.read_bytes())
    export = reader.read_export(file)
    last = export.last
    for more in ((), ("--fingerprint", audit.added["fingerprint"]), ("--anchor", str(file))):
        for status, said in (audit.theirs(file, *more, "--json"), audit.ours(file, *more, "--json")):
            expect(f"audit: {more}", status == 0 and audit.added["fingerprint"] in said, said)
    facts, ours = json.loads(audit.theirs(file, "--fingerprint", audit.added["fingerprint"], "--json")[1]), json.loads(
        audit.ours(file, "--json")[1]
    )
    expect("audit: the same facts", {name: facts[name] for name in ours} == ours, (facts, ours))
    audit.named("another fingerprint", file, None, "--fingerprint", "00" * 16)
    expect("audit: the vault goes on from it", home.read("verify", "--export", str(file))[0] == 0)
    in_transit(audit, export, first)
    resealed(audit, file, first, last)
    # A second auditor, and the first goes on with the same key.
    second = json.loads(home.must("auditor", "new", "--out", "second.key", "--json"))["public_key"]
    added = json.loads(home.must("log", "--auditor", second, "--json"))
    put(home, "ci/one", f"{CANARY} again")
    later = audit.export("log-2")
    expect("audit: two epochs", json.loads(audit.ours(later, "--json", "--anchor", str(file))[1])["epochs"] == 2)
    expect("audit: two epochs, the program", audit.theirs(later, "--anchor", str(file))[0] == 0)
    for who, (status, said) in (
        ("program", (home.run("log", "--verify", str(later), "--auditor-key", "second.key").returncode, "")),
        ("reader", run_reader("verify-export", str(later), "--auditor-key", str(home.folder / "second.key"))[:2]),
    ):
        expect(f"audit: the second auditor, the {who}", status == 0, said)
    expect("audit: from their first record", added["first_record"] == reader.read_export(later).last, added)
    audit.named("an older export", file, last + 1, "--anchor", str(later))
    in_transit(audit, reader.read_export(later), first, few=True)
    compare(home, "two auditors")
    expect("audit: still goes on", home.read("verify", "--export", str(file))[0] == 0)
    expect("audit: the program too", home.run("verify", "--anchor", str(file)).returncode == 0)


def in_transit(audit: Audit, export: reader.Export, first: int, few: bool = False) -> None:
    """Who has no key and changes the file on its way."""
    last, forged = export.last, audit.home.folder / "forged"

    def check(what: str, content: bytes, number: int | None) -> None:
        forged.write_bytes(content)
        audit.named(what, forged, number)
        theirs = audit.home.run("verify", "--anchor", str(forged))
        expect(f"audit, {what}: the vault", theirs.returncode == 65, theirs.stderr)

    for number in (first, last - 2) if few else (1, first - 1, first, (first + last) // 2, last):
        rows, row = list(export.rows), export.rows[number - 1]
        for place in (9, 50, len(row) - 1):
            rows[number - 1] = flipped(row, place, 0)
            check(f"record {number}, byte {place}", rewritten(export, rows), number)
        dropped = export.rows[: number - 1] + export.rows[number:]
        check(f"record {number} dropped", rewritten(export, dropped), number)
        check(f"cut before {number}", rewritten(export, export.rows[: number - 1]), number)
        check(f"cut before {number}, the count kept", rewritten(export, export.rows[: number - 1], last), number)
        if number < last:
            swapped = [*export.rows[: number - 1], export.rows[number], row, *export.rows[number + 1 :]]
            check(f"records {number} and the next swapped", rewritten(export, swapped), number)
    whole = rewritten(export, export.rows)
    for place in (16, 20, 40, 44, 60, 70, 100, 130, 136, 170, 300, len(whole) - 40, len(whole) - 70):
        forged.write_bytes(flipped(whole, place, 0))
        for who, (status, said) in (("program", audit.theirs(forged)), ("reader", audit.ours(forged))):
            expect(f"audit, byte {place} of the file: the {who}", status in (65, 77), (place, status, said))
    forged.write_bytes(flipped(whole, len(whole) - 1, 0))
    expect("audit: the vault's tag", audit.home.run("verify", "--anchor", str(forged)).returncode == 65)


def resealed(audit: Audit, older: Path, first: int, last: int) -> None:
    """Who knows today's keys writes another past; the program then writes on, and exports it."""
    for number in (first, (first + last) // 2, last):
        for what in ("edited", "sealed again", "dropped", "swapped", "cut"):
            if what == "swapped" and number == last:
                continue
            home = audit.copy(f"{what} {number}")
            attack = Attack(home.rows(), audit.key)
            rows, row = list(attack.log), attack.log[number - 1]
            if what == "edited":
                rows[number - 1] = attack.sealed(number, row, user=4711)
            elif what == "sealed again":
                rows[number - 1] = attack.sealed(number, row)
            elif what == "dropped":
                rows = rows[: number - 1] + [attack.sealed(at, rows[at]) for at in range(number, last)]
            elif what == "swapped":
                rows[number - 1 : number + 1] = [attack.sealed(number, rows[number]), attack.sealed(number + 1, row)]
            else:
                rows = rows[: number - 1]
            attack.write(home, rows)
            expect(f"audit, {what} {number}: sound by itself", home.read("verify")[0] == 0)
            theirs = home.run("verify", "--anchor", str(older))
            said = theirs.stderr.decode()
            expect(f"audit, {what} {number}: the vault names it",
                   theirs.returncode == 65 and f"audit record {number} " in said, said)  # fmt: skip
            for _ in range(2):
                put(home, "ci/on", f"{CANARY} {chance.random()}")
            forged = audit.export("forged", home)
            audit.named(f"{what} {number}", forged, number)
            audit.named(f"{what} {number}, with an older export", forged, number, "--anchor", str(older))
    # An older copy of the vault that goes another way is a log like any other, but for an older export.
    home = audit.copy("older copy")
    put(audit.home, "ci/one", f"{CANARY} here")
    put(home, "ci/one", f"{CANARY} elsewhere")
    kept, other = audit.export("kept"), audit.export("other", home)
    expect("audit, another way: by itself", audit.theirs(other)[0] == 0 and audit.ours(other)[0] == 0)
    audit.named("another way", other, last + 1, "--anchor", str(kept))
    status = home.run("verify", "--anchor", str(kept))
    expect("audit, another way: the vault names it", f"audit record {last + 1} ".encode() in status.stderr, status.stderr)


# MARK: Keys


def keys_changed(full: Home, program: Path, work: Path) -> None:
    """Several slots, and data keys after the first: everything is proven as before, and by every key."""
    (full.folder / "phrase").write_text("correct horse battery\n")
    full.must("key", "add", "--new-key-file", str(full.folder / "second"))
    full.must("key", "add", "--passphrase", "--from-file", str(full.folder / "phrase"))
    compare(full, "three slots")
    for name in ("second", "phrase"):
        (full.folder / name).chmod(0o600)
        status, _, err = full.read("verify", "--key-file", str(full.folder / name))
        expect(f"keys: opened by {name}", status == 0, err)
    full.must("key", "remove", "1", "--confirm", "1")
    expect("keys: removed", full.read("verify", "--key-file", str(full.folder / "second"))[0] == 77)
    full.must("rekey", "--gateway-loses-them")
    compare(full, "another master key")
    for epoch in (2, 3):
        full.must("rekey", "--compromised", "--gateway-loses-them")
        compare(full, f"data key {epoch}")
        put(full, "ci/after", f"under data key {epoch}")
        compare(full, f"data key {epoch}, written on")
    status, out, err = full.read("verify", "--json", "--anchor", str(full.anchor))
    expect("keys: nothing is unknown", status == 0 and json.loads(out)["unknown_fields"] == 0, (out, err))

    audit = Audit(program, work / "rekeyed", "audited")
    home, first = audit.home, audit.added["first_record"]
    early, old = audit.export("early"), home.rows()
    home.must("rekey", "--compromised")
    put(home, "ci/one", f"{CANARY} under the second data key")
    late = json.loads(home.must("auditor", "new", "--out", "late.key", "--json"))["public_key"]
    added = json.loads(home.must("log", "--auditor", late, "--json"))
    put(home, "ci/one", f"{CANARY} for both auditors")
    home.must("rekey", "--compromised")
    put(home, "ci/one", f"{CANARY} under the third data key")
    file = audit.export("late")
    for who, (status, said) in (("program", audit.theirs(file, "--anchor", str(early))),
                                ("reader", audit.ours(file, "--anchor", str(early)))):  # fmt: skip
        expect(f"keys: an auditor from before, the {who}", status == 0, said)
    theirs = home.run("log", "--verify", str(file), "--auditor-key", "late.key", "--json")
    status, out, err = run_reader("verify-export", str(file), "--auditor-key", str(home.folder / "late.key"), "--json")
    expect("keys: an auditor from after", status == 0 and theirs.returncode == 0, (err, theirs.stderr))
    ours = json.loads(out)
    expect("keys: the same facts", {name: json.loads(theirs.stdout)[name] for name in ours} == ours, ours)
    expect("keys: from their first record", ours["proven_from"] == added["first_record"], ours)
    for older in (early, file):
        expect("keys: the vault goes on from it", home.read("verify", "--export", str(older))[0] == 0)
        expect("keys: the program too", home.run("verify", "--anchor", str(older)).returncode == 0)
    in_transit(audit, reader.read_export(file), first, few=True)
    compare(home, "auditors over three data keys")
    mixtures(home.rows(), old, "before other data keys", audit.key)

    small = Home(program, work / "renewed")
    small.must("init")
    put(small, "ci/one", CANARY)
    small.must("key", "add", "--new-key-file", str(small.folder / "second"))
    before = small.rows()
    small.must("rekey", "--compromised")
    small.must("key", "add", "--new-key-file", str(small.folder / "third"))
    put(small, "ci/one", f"{CANARY} again")
    rows, key = small.rows(), (small.vault / "gateway-master-key").read_bytes().strip()
    flips(rows, key)
    lengths(rows, key)
    moves(rows, key)
    mixtures(rows, before, "before another data key", key)


# MARK: Manners


def manners(home: Home, work: Path) -> None:
    """Nothing is written, and no secret is said that was not asked for."""
    commands = (("list",), ("list", "--json"), ("history", "ci/many"), ("log",), ("verify",), ("get", "ci/text"))
    temporary = work / "tmp"
    temporary.mkdir()
    before, tempfile.tempdir = sizes_and_times(home.vault), str(temporary)
    for command in commands:
        status, out, err = home.read(*command)
        expect(f"manners: {command} ends with 0", status == 0, err)
        expect(f"manners: {command} tells no secret", CANARY.encode() not in out and CANARY not in err)
        expect(f"manners: {command} says nothing besides", err == "", err)
    expect("manners: nothing was written beside the vault", sizes_and_times(home.vault) == before)
    for what, gone in (("no -shm", ("-shm",)), ("no -wal", ("-shm", "-wal"))):
        copy = Home(home.program, work / what, home.key)
        shutil.copytree(home.vault, copy.vault)
        if "-wal" in gone:
            merged(copy)
        for ending in gone:
            (copy.vault / f"vault.db{ending}").unlink(missing_ok=True)
        before = sizes_and_times(copy.vault)
        copy.vault.chmod(0o500)
        expect(f"manners: {what}: verify", copy.read("verify")[0] == 0)
        expect(f"manners: {what}: nothing new", sizes_and_times(copy.vault) == before)
        copy.vault.chmod(0o700)
        with settled_environment(copy.key):
            expect(f"manners: {what}: vault.db itself", run_reader("verify", str(copy.vault / "vault.db"))[0] == 0)
    expect("manners: nothing is left in the folder for temporary files", not list(temporary.iterdir()))
    tempfile.tempdir = None


def statuses(home: Home, program: Path, work: Path) -> None:
    other = Home(program, work / "other key")
    other.must("init")
    key_file = str(other.vault / "gateway-master-key")
    vault = str(home.vault)
    for status, code, arguments in (
        (77, "wrong-key", ("verify", vault, "--key-file", key_file, "--json")),
        (66, "no-entry", ("history", vault, "ci/nothing", "--json")),
        (66, "no-vault", ("list", str(work / "nowhere"), "--json")),
        (66, "no-anchor", ("verify", vault, "--anchor", str(work / "nowhere"), "--json")),
        (78, "no-key", ("list", vault, "--key-file", str(work / "nowhere"), "--json")),
        (64, "usage", ("list", vault, "--everything", "--json")),
        (64, "usage", ("--json",)),
    ):
        found, out, err = run_reader(*arguments)
        said = json.loads(err)["error"]["code"]
        expect(f"status {status}", (found, said, out) == (status, code, b""), (found, err))
    expect("status 66: a version", home.read("get", "ci/text", "--version", "9", "--reveal-secrets")[0] == 66)
    expect("status 66: version 0", home.read("get", "ci/text", "--version", "0", "--reveal-secrets")[0] == 66)
    with settled_environment("no key at all"):
        expect("status 77: a passphrase for a random key", run_reader("list", vault)[0] == 77)
    os.chmod(key_file, 0o640)
    expect("status 77: a key file that others may read", run_reader("list", str(other.vault))[0] == 77)
    with contextlib.closing(sqlite3.connect(other.vault / "vault.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 2")
    os.chmod(key_file, 0o600)
    expect("status 78: a newer version", run_reader("list", str(other.vault))[0] == 78)
    hidden = subprocess.run(
        [sys.executable, "-S", "-I", str(TOP / "tools" / "reader.py"), "--help"], capture_output=True, text=True
    )
    said = hidden.stderr
    expect("status 78: without PyNaCl", hidden.returncode == 78 and "pip install pynacl" in said, said)
    whole = subprocess.run(
        [sys.executable, str(TOP / "tools" / "reader.py"), "verify", vault], capture_output=True, text=True,
        # PyNaCl may have been installed for the user, under the home that this run does not see.
        env=home.environment(PYTHONPATH=os.pathsep.join(filter(None, sys.path))),
    )  # fmt: skip
    expect("by itself: verify", whole.returncode == 0 and whole.stdout.startswith("[ok] proven: "), whole.stderr)


def live(home: Home) -> None:
    """While somebody writes, every reading is one state."""
    loop = 'for i in {1..40}; do echo "$i" | "$0" put ci/live >/dev/null || exit 1; done'
    with subprocess.Popen(
        ["bash", "-c", loop, str(home.program)],
        cwd=home.folder, env=home.environment(),
    ) as writer:  # fmt: skip
        while writer.poll() is None:
            status, _, err = home.read("verify")
            expect("live: verify", status == 0, (status, err))
        expect("live: the writer was not disturbed", writer.returncode == 0, writer.returncode)
    expect("live: the last value", home.read("get", "ci/live", "--reveal-secrets")[1] == b"40\n")


# MARK: Vectors


def vectors(work: Path) -> None:
    for path in sorted((TOP / "docs" / "vectors").glob("*.txt")):
        folder = work / path.stem
        folder.mkdir(mode=0o700)
        key, secrets = vector_vault(path, folder)
        with settled_environment(key):
            status, _, err = run_reader("verify", str(folder))
            expect(f"{path.name}: verify", status == 0, err)
            names = {name for name, _, _ in secrets}
            listed = json.loads(run_reader("list", str(folder), "--json")[1])["entries"]
            expect(f"{path.name}: names", {entry["name"] for entry in listed} == names, listed)
            for name, version, value in secrets:
                status, out, _ = run_reader("get", str(folder), name, "--version", version, "--reveal-secrets")
                expect(f"{path.name}: {name} {version}", (status, out) == (0, value.encode() + b"\n"), out)
            expect(f"{path.name}: log", run_reader("log", str(folder))[0] == 0)
        with settled_environment("another " + key):
            expect(f"{path.name}: another key", run_reader("verify", str(folder))[0] == 77)
    expect("vectors: there are two", len(list((TOP / "docs" / "vectors").glob("*.txt"))) == 2)


def vaults_of_the_past(work: Path) -> None:
    """The whole files of Tests/Vectors: see tools/make_vector.py."""
    folders = sorted(path for path in (TOP / "Tests" / "Vectors").iterdir() if path.is_dir())
    expect("vaults of the past: there are some", len(folders) >= 2, folders)
    for path in folders:
        folder = work / path.name
        folder.mkdir(mode=0o700)
        shutil.copyfile(path / "vault.db", folder / "vault.db")
        contents = json.loads((path / "contents.json").read_text())
        with settled_environment((path / "key").read_text()):
            status, out, err = run_reader("verify", str(folder), "--json")
            expect(f"{path.name}: verify", status == 0, err)
            proven = json.loads(out or b"{}")
            expect(f"{path.name}: counts", contents["proven"].items() <= proven.items(), proven)
            listed = json.loads(run_reader("list", str(folder), "--json")[1])["entries"]
            expect(f"{path.name}: names", {entry["name"] for entry in listed} == contents["entries"].keys(), listed)
            for name, versions in contents["entries"].items():
                for version, digest in versions.items():
                    out = run_reader("get", str(folder), name, "--version", version, "--reveal-secrets")[1]
                    expect(f"{path.name}: {name} {version}", hashlib.sha256(out[:-1]).hexdigest() == digest)


def vector_vault(path: Path, folder: Path) -> tuple[str, list[tuple[str, str, str]]]:
    """Makes the vault of a page of vectors with nothing but the page and the schema."""
    key, secrets = "", []
    with contextlib.closing(sqlite3.connect(folder / "vault.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for definition in reader.DEFINITIONS.values():
            connection.execute(definition)
        connection.execute(f"PRAGMA application_id = {0x53474C56}")
        connection.execute("PRAGMA user_version = 1")
        for line in path.read_text().splitlines():
            word, _, rest = line.partition(" ")
            if word == "key":
                key = rest
            elif word == "secret":
                name, version, value = rest.split(" ", 2)
                secrets.append((name, version, value))
            elif word == "head":
                connection.execute("INSERT INTO head VALUES (1, ?)", (bytes.fromhex(rest.removeprefix("- ")),))
            elif word in TABLES:
                connection.execute(f"INSERT INTO {word} VALUES (?, ?)", tuple(map(bytes.fromhex, rest.split(" "))))
    return key, secrets


# MARK: All of it


def tampering(program: Path, work: Path) -> None:
    """A small vault in three states: an older one, the last one, and one that went another way after the older."""
    home = Home(program, work / "small")
    home.must("init")
    for name in ("one", "two", "three"):
        put(home, f"ci/{name}", f"{CANARY} {name}")
        put(home, f"ci/{name}", f"{CANARY} {name} again")
    home.must("service", "add", "--offline", "--namespace", "johndee", "--service-slug", "native-one")
    old = home.rows()
    forked = Home(program, work / "forked")
    shutil.copytree(home.vault, forked.vault)
    for at in (home, forked):
        # One of them twice: of the version between nothing but the entry's history says which way it belongs to.
        for turn, name in enumerate(("one", "three", "one")):
            put(at, f"ci/{name}", f"{CANARY} {name} at last, {at.folder.name} {turn}")
        at.must("sync", "--offline")
        # One event on the fork's side is the missing anchor.
        at.must("get", "ci/one", "--reveal-secrets")
    new, fork = home.rows(), forked.rows()
    key = (home.vault / "gateway-master-key").read_bytes().strip()
    expect("tampering: the vault as it is", refusal(new, key) is None)
    flips(new, key)
    lengths(new, key)
    moves(new, key)
    forged_slot(new, key)
    mixtures(new, old, "older", key)
    mixtures(new, fork, "fork", key)
    stranger = Home(program, work / "stranger", key.decode())
    stranger.must("init")
    put(stranger, "ci/one", CANARY)
    mixtures(new, stranger.rows(), "another vault under the same key", key)
    anchors(old, new, fork, key, home.anchor)
    tampered_files(home, new, old, work)


# MARK: Backups and deposits


def backups(program: Path, work: Path) -> None:
    """Backups are read with the master key and a recipient's, and refused by both wherever they were tampered with."""
    full = Home(program, work / "backed-up")
    fill(full)
    made = json.loads(full.must("recipient", "new", "--out", "recipient.key", "--json"))
    full.must("recipient", "new", "--out", "other.key")
    file, recipient = full.folder / "one", str(full.folder / "recipient.key")
    facts = json.loads(full.must("backup", str(file), "--recipient", made["public_key"], "--json"))
    key = str(full.vault / "gateway-master-key")
    content = file.read_bytes()
    expect("backup: no value", CANARY.encode() not in content and b"ci/text" not in content)
    expect("backup: more than one chunk", len(content) > reader.CHUNK)
    vault = json.loads(full.read("list", "--json")[1])
    for how in (("--key-file", key), ("--recipient-key", recipient)):
        status, out, err = run_reader("verify", str(file), "--json", "--fingerprint", facts["fingerprint"], *how)
        expect(f"backup: verify {how[0]}", status == 0, err)
        ours = json.loads(out)
        theirs = {"entries": facts["entries"], "versions": facts["versions"], "audit_records": facts["audit_records"]}
        expect(f"backup: the same facts {how[0]}", theirs == {name: ours[name] for name in theirs}, (ours, facts))
        expect(f"backup: the same entries {how[0]}", json.loads(run_reader("list", str(file), "--json", *how)[1]) == vault)
        out = run_reader("get", str(file), "ci/text", "--reveal-secrets", *how)[1]
        expect(f"backup: a value {how[0]}", out == CANARY.encode() + b"\n")
    for how, status in (
        (("--recipient-key", str(full.folder / "other.key")), 77), (("--recipient-key", key), 77),
        (("--recipient-key", str(full.folder / "none")), 66),
        (("--key-file", key, "--fingerprint", "00" * 16), 65),
    ):  # fmt: skip
        found = run_reader("verify", str(file), *how)
        expect(f"backup: {how[0]} {how[1][-12:]} is {status}", found[0] == status, found)
    small = Home(program, work / "backup-small", "5a" * 32)
    small.must("init")
    put(small, "ci/one", CANARY)
    small.must("backup", "one", "--recipient", made["public_key"])
    tampered_backup(small, (small.folder / "one").read_bytes(), reader.read_recipient_key(Path(recipient)))
    cut_backup(full, content, Path(key).read_bytes().strip())
    restored(program, work, file, recipient)


def backup_refusal(content: bytes, key: bytes | None, recipient: bytes | None = None) -> reader.Failure | None:
    try:
        vault = reader.open_backup(content, key, recipient)
        options = argparse.Namespace(json=True, anchor=None, export=None)
        with contextlib.redirect_stdout(io.StringIO()):
            reader.verify(vault, options)
    except reader.Failure as failure:
        return failure
    return None


def tampered_backup(home: Home, content: bytes, recipient: bytes) -> None:
    key = (home.key or "").encode()
    expect("small backup: as it is", backup_refusal(content, key) is None)
    expect("small backup: for its recipient", backup_refusal(content, None, recipient) is None)
    for at in range(len(content)):
        forged = flipped(content, at, chance.randrange(8))
        for who, failure in (
            ("key", backup_refusal(forged, key)), ("recipient", backup_refusal(forged, None, recipient))
        ):  # fmt: skip
            # A slot's checksum, or the recipient's own public key, can be what is another now.
            found = failure is not None and failure.status in (65, 77)
            expect(f"small backup, byte {at}: {who}", found, failure)
    for at in range(0, len(content), 61):
        forged = home.folder / "forged"
        forged.write_bytes(flipped(content, at, chance.randrange(8)))
        theirs = home.run("restore", str(forged), "--check")
        expect(f"small backup, byte {at}: the program", theirs.returncode in (65, 77), theirs.stderr)


def cut_backup(home: Home, content: bytes, key: bytes) -> None:
    start = len(content) - len(reader.read_backup(content).stream)
    ends = list(range(start, len(content), reader.CHUNK_SEALED))
    chunks = [content[at : at + reader.CHUNK_SEALED] for at in ends]
    header = content[:start]
    forged = {f"cut at {at + more}": content[: at + more] for at in ends for more in (-1, 0, 1, 17)}
    forged |= {
        "cut at the end": content[:-1], "longer": content + b"\0", "one more chunk": content + chunks[0],
        "swapped": header + b"".join([chunks[1], chunks[0], *chunks[2:]]),
        "without the first": header + b"".join(chunks[1:]), "the last alone": header + chunks[-1],
        "doubled": header + b"".join([chunks[0], *chunks]), "empty": b"",
    }  # fmt: skip
    file = home.folder / "forged"
    for what, bad in forged.items():
        failure = backup_refusal(bad, key)
        expect(f"backup, {what}: the reader", failure is not None and failure.status == 65, failure)
        file.write_bytes(bad)
        theirs = home.run("restore", str(file), "--check")
        expect(f"backup, {what}: the program", theirs.returncode == 65, theirs.stderr)


def restored(program: Path, work: Path, file: Path, recipient: str) -> None:
    other = Home(program, work / "backup-restored")
    other.must("restore", str(file), "--recipient-key", recipient)
    compare(other, "restored")
    put(other, "ci/later", CANARY)
    again = other.folder / "again"
    other.must("backup", str(again))
    expect("restored: backed up again", run_reader("verify", str(again), "--key-file", str(other.vault / "gateway-master-key"))[0] == 0)
    audit = Audit(program, work, "backup-audit")
    kept, backup = audit.export("kept"), audit.home.folder / "backup"
    audit.home.must("backup", str(backup))
    elsewhere = Home(program, work / "backup-elsewhere", audit.key.decode())
    elsewhere.must("restore", str(backup))
    put(elsewhere, "ci/one", f"{CANARY} later")
    export = audit.export("after", elsewhere)
    for who, (status, said) in (
        ("program", audit.theirs(export, "--anchor", str(kept))), ("reader", audit.ours(export, "--anchor", str(kept)))
    ):  # fmt: skip
        expect(f"restored: the auditor goes on, the {who}", status == 0 and "restored from a backup" in said, said)
    last = reader.read_export(export).last
    whole = reader.read_export(export)
    for number in (last - 2, last - 1, last):
        rows = list(whole.rows)
        rows[number - 1] = flipped(rows[number - 1], 9, 0)
        forged = audit.home.folder / "forged"
        forged.write_bytes(rewritten(whole, rows))
        audit.named(f"restored, record {number}", forged, number)


def deposits(program: Path, work: Path) -> None:
    home = Home(program, work / "deposits", "5a" * 32)
    home.must("init")
    text = json.loads(home.must("deposits", "key", "--json"))["deposit_key"]
    with settled_environment(home.key):
        vault = reader.open_vault(home.rows(), (home.key or "").encode())
    expect("deposit: the same key", reader.deposit_key_text(vault.keys) == text)
    stranger = Home(program, work / "stranger-deposits")
    value = f"{CANARY} deposited".encode()
    stranger.must("deposit", "ci/naïve/é", "--for", text, "--out", "one", stdin=value)
    content = (stranger.folder / "one").read_bytes()
    expect("deposit: no value", CANARY.encode() not in content)
    deposit = reader.read_deposit(vault.keys, content)
    expect("deposit: what it says", (deposit.name, deposit.value, deposit.base) == ("ci/naïve/é", value, 0))
    (home.vault / "deposits").mkdir(mode=0o700)
    shutil.copyfile(stranger.folder / "one", home.vault / "deposits" / "anything.deposit")
    for at in range(len(content)):
        try:
            reader.read_deposit(vault.keys, flipped(content, at, chance.randrange(8)))
            expect(f"deposit, byte {at}", False)
        except reader.Failure as failure:
            expect(f"deposit, byte {at}", failure.status in (65, 76), failure)
    def facts() -> dict[str, Any]:
        with settled_environment(home.key):
            status, out, err = run_reader("deposit", str(stranger.folder / "one"), "--vault", str(home.vault), "--json")
        expect("deposit: shown", status == 0 and CANARY.encode() not in out, err)
        return dict(json.loads(out))
    before = facts()
    listed = json.loads(home.must("deposits", "list", "--json"))["deposits"][0]
    same = ("deposit", "name", "base_version", "made_at", "expires_at")
    expect("deposit: the same facts", {n: listed[n] for n in same} == {n: before[n] for n in same}, (listed, before))
    home.must("deposits", "accept", before["deposit"])
    expect("deposit: finished", facts()["was"] == "finished")
    compare(home, "with a deposit")


def main() -> int:
    program, names = Path(sys.argv[1]).resolve(), {field.name for field in fields(reader.Rows)}
    expect("every table is tampered with", names == {*TABLES, "head"}, names)
    with tempfile.TemporaryDirectory(prefix="reader-tests-") as folder:
        work = Path(folder)
        # Under this name the program takes its commands without a first word.
        vault = work / "vault"
        vault.symlink_to(program)
        vectors(work)
        vaults_of_the_past(work)
        empty = Home(vault, work / "empty")
        empty.must("init")
        compare(empty, "empty")
        full = Home(vault, work / "full")
        fill(full)
        compare(full, "full")
        manners(full, work)
        statuses(full, vault, work)
        live(full)
        keys_changed(full, vault, work)
        phrase = Home(vault, work / "phrase", "correct horse battery")
        phrase.must("init")
        put(phrase, "ci/one", CANARY)
        compare(phrase, "passphrase")
        tampering(vault, work)
        auditors(vault, work)
        backups(vault, work)
        deposits(vault, work)
        deep = Home(vault, work / "deep")
        deep.must("init")
        for number in range(300):
            deep.must("put", f"ci/deep/{number}", stdin=f"value {number}".encode())
        status, out, err = deep.read("verify", "--json", "--anchor", str(deep.anchor))
        expect("deep: verify", status == 0 and json.loads(out)["entries"] == 300, err)
        listed = json.loads(deep.read("list", "--json")[1])["entries"]
        theirs = json.loads(deep.must("list", "--json"))["entries"]
        expect("deep: list", [{"facts": {}} | entry for entry in theirs] == listed)
    print(f"reader: {tally.passed} passed, {tally.failed} failed")
    return 0 if tally.failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
