"""Ciphertexts that open under two keys, and vaults that are proven again around them: by whoever has all keys, for
figure 6.

XChaCha20-Poly1305 does not commit to its key: of a ciphertext one block can be chosen so that the tag is right under
a second key as well ("invisible salamanders"). Poly1305 is a polynomial modulo 2^130 - 5, so that block is the
solution of one linear equation.
"""
from __future__ import annotations

import hashlib
import secrets
import sqlite3
import struct
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import reader
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt as seal
from reader import H, be, checksum, framed, le

P = (1 << 130) - 5


# MARK: XChaCha20-Poly1305, as far as libsodium does not give it away


def chacha_rounds(state: list[int]) -> list[int]:
    def quarter(a: int, b: int, c: int, d: int) -> None:
        for one, two, three, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[one] = (x[one] + x[two]) & 0xFFFFFFFF
            turned = x[three] ^ x[one]
            x[three] = (turned << bits | turned >> (32 - bits)) & 0xFFFFFFFF

    x = list(state)
    for _ in range(10):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for column in range(4):
            quarter(column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
    return x


def words(content: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(content) // 4}I", content))


CONSTANT = words(b"expand 32-byte k")


def keystream(key: bytes, nonce: bytes, blocks: int) -> bytes:
    """Block 0, which is the key of the tag, and those that the plaintext is combined with."""
    inner = chacha_rounds(CONSTANT + words(key) + words(nonce[:16]))
    subkey, stream = inner[:4] + inner[12:], b""
    for counter in range(blocks):
        state = CONSTANT + subkey + [counter, 0] + words(nonce[16:])
        mixed = zip(chacha_rounds(state), state, strict=True)
        stream += struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in mixed))
    return stream


@dataclass
class TagKey:
    """What Poly1305 makes tags with."""

    r: int
    s: int

    @staticmethod
    def of(key: bytes, nonce: bytes) -> TagKey:
        block = keystream(key, nonce, 1)
        clamped = int.from_bytes(block[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
        return TagKey(clamped, int.from_bytes(block[16:32], "little"))

    def sum(self, blocks: list[int]) -> int:
        total = 0
        for block in blocks:
            total = (total + block) * self.r % P
        return total

    def tag(self, blocks: list[int]) -> bytes:
        return ((self.sum(blocks) + self.s) % (1 << 128)).to_bytes(16, "little")


def tagged_blocks(data: bytes, ciphertext: bytes) -> list[int]:
    content = data + bytes(-len(data) % 16) + ciphertext + bytes(-len(ciphertext) % 16)
    content += le(len(data), 8) + le(len(ciphertext), 8)
    return [int.from_bytes(content[at : at + 16] + b"\1", "little") for at in range(0, len(content), 16)]


def for_two_keys(one: bytes, other: bytes, nonce: bytes, data: bytes, ciphertext: bytes, free: int) -> bytes | None:
    """The ciphertext and a tag that both keys accept, its block `free` (of 16 bytes) being replaced; None where there is
    no such block: then some other byte has to be another."""
    left, right = TagKey.of(one, nonce), TagKey.of(other, nonce)
    at = free * 16
    blocks = tagged_blocks(data, ciphertext[:at] + bytes(16) + ciphertext[at + 16 :])
    place = (len(data) + 15) // 16 + free
    blocks[place] = 0
    power = len(blocks) - place
    slope = (pow(left.r, power, P) - pow(right.r, power, P)) % P
    rest = left.sum(blocks) - right.sum(blocks)
    for turn in range(-4, 4):
        wanted = (right.s - left.s) % (1 << 128) + (turn << 128)
        block = (wanted - rest) * pow(slope, -1, P) % P
        # A whole block has a one after its last byte.
        if block >> 128 != 1:
            continue
        blocks[place] = block
        if left.tag(blocks) == right.tag(blocks):
            chosen = (block & ((1 << 128) - 1)).to_bytes(16, "little")
            return ciphertext[:at] + chosen + ciphertext[at + 16 :] + left.tag(blocks)
    return None


def combined(key: bytes, nonce: bytes, content: bytes) -> bytes:
    """Content with the key stream: ciphertext to plaintext and back, without a tag."""
    stream = keystream(key, nonce, 1 + (len(content) + 63) // 64)[64:]
    return bytes(a ^ b for a, b in zip(content, stream))


# MARK: A vault that is proven again


def padded(content: bytes) -> bytes:
    size = next(size for size in reader.PADDED_SIZES if size >= len(content))
    return le(len(content), 4) + content + bytes(size - len(content))


def field_map(fields: dict[str, bytes]) -> bytes:
    parts = [le(len(name), 1) + name.encode() + framed(value) for name, value in sorted(fields.items())]
    return le(len(parts), 2) + b"".join(parts)


class Forger:
    """A vault with one entry or none, its rows in memory, and everything that its keys can make."""

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        self.rows = reader.read_rows(path)
        self.slot = reader.read_slot(b"\0", self.rows.slot[b"\0"])
        data_key = reader.open_slot(self.slot, key.encode())
        if data_key is None:
            raise ValueError("another key")
        self.keys = reader.subkeys(data_key, self.slot.vault_id, self.slot.epoch)

    def commitment(self, keys: reader.Keys, data: bytes, nonce: bytes, sealed: bytes) -> bytes:
        return H(keys.commit, "commitment", framed(data) + nonce + sealed)

    def entry(self) -> reader.Entry:
        [(tag, row)] = self.rows.entry.items()
        return reader.read_entry(self.keys, tag, row)

    def set_body(self, nonce: bytes, sealed: bytes, commitment: bytes, value: bytes) -> None:
        """The current and only version, with digest and history, and an overview that has the value's fingerprint."""
        entry = self.entry()
        key = entry.id + be(1, 4)
        row = self.rows.body[key][:9] + nonce + sealed + commitment
        self.rows.body = {key: row}
        digest = H(self.keys.state, "body", key + row)
        history = H(self.keys.state, "history", bytes(32) + be(1, 4) + digest)
        fields = dict(entry.fields) | {"fingerprint": H(self.keys.prints, "fingerprint", value)}
        nonce, data = secrets.token_bytes(24), self.overview_data()
        sealed = seal(padded(le(entry.kind, 1) + field_map(fields)), data, nonce, self.keys.overviews)
        tail = nonce + sealed + self.commitment(self.keys, data, nonce, sealed)
        self.set_entry(self.rows.entry[entry.tag][:32] + digest + history + tail)

    def body_data(self) -> bytes:
        key, row = next(iter(self.rows.body.items()))
        time, origin = int.from_bytes(row[:8], "little"), row[8]
        return self.keys.bound(b"value", key[:16], key[16:], be(time, 8), le(origin, 1))

    def overview_data(self) -> bytes:
        entry = self.entry()
        return self.keys.bound(b"overview", entry.tag, entry.id, be(entry.revision, 8))

    def set_overview(self, nonce: bytes, sealed: bytes, commitment: bytes) -> None:
        [row] = self.rows.entry.values()
        self.set_entry(row[:96] + nonce + sealed + commitment)

    def set_entry(self, row: bytes) -> None:
        """Puts the row in its place, and proves it up to the head."""
        [tag] = self.rows.entry
        self.rows.entry = {tag: row}
        digits, state = reader.digits_of(tag), self.keys.state
        bucket = tag + H(state, "entry", tag + row)
        below = H(state, "bucket", le(3, 1) + digits + bucket)
        self.rows.bucket, self.rows.node = {digits: bucket}, {}
        for level in (2, 1, 0):
            node = le(1 << digits[level], 8) + below
            key = le(level, 1) + digits[:level]
            self.rows.node[key] = node
            below = H(state, "node", key + node)
        self.set_head(self.rows.head[:40] + below + self.rows.head[72:256])

    def set_head(self, covered: bytes) -> None:
        self.rows.head = covered + H(self.keys.state, "head", covered)

    def take_data_key(self, data_key: bytes, slot: bytes) -> None:
        """Makes this vault, in which there is no entry yet, one with another data key and slot: its log anew."""
        old = self.keys
        keys = reader.subkeys(data_key, self.slot.vault_id, self.slot.epoch)
        chain = H(keys.state, "audit start", keys.bound())
        for key, row in self.rows.audit.items():
            data = keys.bound(b"audit", key, row[:42])
            payload = reader.open_sealed(old.audit, row[42:66], data, row[66:], "audit")
            row = row[:66] + seal(payload, data, row[42:66], keys.audit)
            self.rows.audit[key] = row
            chain = H(keys.state, "audit", chain + key + row)
        self.rows.slot, self.keys = {b"\0": slot}, keys
        slots = checksum(framed(b"\0") + framed(slot))
        nonce, number = secrets.token_bytes(24), self.rows.head[104:112][::-1]
        ratchet = seal(secrets.token_bytes(32), keys.bound(b"audit key", number), nonce, keys.ratchet)
        head = self.rows.head
        self.set_head(head[:72] + slots + head[104:120] + chain + bytes(32) + nonce + ratchet)

    def write(self) -> None:
        """Puts the rows into the file."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            for table in ("slot", "node", "bucket", "entry", "body", "audit"):
                connection.execute(f"DELETE FROM {table}")
                connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", getattr(self.rows, table).items())
            connection.execute("UPDATE head SET value = ?", (self.rows.head,))
            connection.execute("COMMIT")


def slot_row(header: bytes, nonce: bytes, sealed: bytes, committing: bytes) -> bytes:
    row = header + nonce + sealed
    row += H(committing, "slot commitment", row)
    return row + hashlib.blake2b(row, digest_size=32).digest()
