"""Figure 6: a ciphertext that opens under two keys is refused under the one that it was not committed to.

Each round crafts one where an attacker could place it, in a vault whose every other byte is right: a key slot that
opens under two master keys; the value, and the overview, of a record that opens under the data keys of two vaults.
Committed to the other key it must be refused; that it is taken when committed to this one shows that nothing else was
the reason.
"""
from __future__ import annotations

import secrets
import shutil

from forge import Forger, combined, field_map, for_two_keys, padded, slot_row
from lab import Deadline, Home, Lab, Outcome
from reader import derive, le, subkeys
from scenes import anchor_file, anchor_of, with_defect

FIGURE = 6
TITLE = "a ciphertext that opens under two keys"
#: A long run ends after so many.
ENOUGH = 999


class Bench:
    """A vault that is put back before each ciphertext is placed in it."""

    def __init__(self, lab: Lab, entry: str | None) -> None:
        self.home, self.key = lab.home().make(), secrets.token_hex(32)
        self.home.variables["GATEWAY_MASTER_KEY"] = self.key
        lab.new_vault(self.home, {entry: "a value"} if entry else {})
        self.kept = {path.name: path.read_bytes() for path in self.home.sigilum.glob("vault.db*")}

    def forger(self) -> Forger:
        for path in self.home.sigilum.glob("vault.db*"):
            path.unlink()
        for name, content in self.kept.items():
            (self.home.sigilum / name).write_bytes(content)
        return Forger(self.home.database, self.key)

    def place(self, forger: Forger) -> None:
        forger.write()
        anchor_file(self.home).write_bytes(anchor_of(forger.rows.head, self.home))


def slot(bench: Bench, home: Home, outcome: Outcome) -> None:
    """The data key, sealed so that a second master key opens it too (to another data key)."""
    other = secrets.token_hex(32)
    sealed = None
    while sealed is None:
        forger = bench.forger()
        header = forger.slot.header[:42] + secrets.token_bytes(16)
        nonce = secrets.token_bytes(24)
        roots = [bytes.fromhex(key) for key in (bench.key, other)]
        mine, theirs = (derive(root, "sigilum1.slot", header[42:], header, 64) for root in roots)
        sealed = for_two_keys(mine[:32], theirs[:32], nonce, header, secrets.token_bytes(32), 1)
    data_key = combined(mine[:32], nonce, sealed[:32])
    forger.take_data_key(data_key, slot_row(header, nonce, sealed, mine[32:]))
    bench.place(forger)
    refused = home.run("vault verify", {"GATEWAY_MASTER_KEY": other}, seconds=10)
    if refused.status != 77:
        outcome.fail(f"a slot was opened with a key that it is not committed to: {refused.text}")
    taken = home.run("vault verify", seconds=10)
    if taken.status != 0:
        outcome.fail(f"a slot that is committed to its key was not opened: {taken.text}")


def record(bench: Bench, home: Home, outcome: Outcome, is_value: bool) -> None:
    """What is sealed of a record, made so that it opens under another vault's data key too."""
    what, filler = "value" if is_value else "overview", secrets.token_hex(300).encode()
    for is_ours in (False, True):
        forger = bench.forger()
        elsewhere = subkeys(secrets.token_bytes(32), forger.slot.vault_id, forger.slot.epoch)
        if is_value:
            data, mine, theirs, content = forger.body_data(), forger.keys.bodies, elsewhere.bodies, filler[:256]
        else:
            data, mine, theirs = forger.overview_data(), forger.keys.overviews, elsewhere.overviews
            entry = forger.entry()
            # A field that no reader knows is no damage: the block that is chosen lies in it.
            content = le(entry.kind, 1) + field_map(dict(entry.fields) | {"zz": filler})
        sealed = None
        while sealed is None:
            nonce = secrets.token_bytes(24)
            sealed = for_two_keys(
                mine, theirs, nonce, data, combined(mine, nonce, padded(content)), len(content) // 16 - 8
            )
        commitment = forger.commitment(forger.keys if is_ours else elsewhere, data, nonce, sealed)
        value = combined(mine, nonce, sealed[:-16])[4:260] if is_value else b""
        if is_value:
            forger.set_body(nonce, sealed, commitment, value)
        else:
            forger.set_overview(nonce, sealed, commitment)
        bench.place(forger)
        # A value is given without its overview having been opened.
        result = home.run("vault get ci/one" + (" --reveal-secrets" if is_value else ""), seconds=10)
        if is_ours and (result.status != 0 or is_value and result.output != value + b"\n"):
            outcome.fail(f"a {what} that is committed to its key was not given: {result.text}")
        if not is_ours and (result.status, result.output) != (65, b""):
            outcome.fail(f"a {what} was opened with a key that it is not committed to: {result.text}")


def measure(lab: Lab, minutes: float) -> Outcome:
    outcome, deadline = Outcome(FIGURE, TITLE), Deadline(minutes)
    empty, full = Bench(Lab(lab.program, lab.scratch), None), Bench(Lab(lab.program, lab.scratch), "ci/one")
    for bench in (empty, full):
        bench.home.lab = lab
    while deadline.left and outcome.tried < ENOUGH and not outcome.failures:
        slot(empty, empty.home, outcome)
        record(full, full.home, outcome, is_value=True)
        record(full, full.home, outcome, is_value=False)
        outcome.attempt(3)
        for place in ("key slots", "values", "overviews"):
            outcome.count(place)
    for bench in (empty, full):
        shutil.rmtree(bench.home.root)
    return outcome


def planted(lab: Lab) -> dict[str, Outcome]:
    """Nothing is compared at all; no commitment is: of slots, of records."""
    found = {"nothing-compared": measure(with_defect(lab, "nothing-compared"), 0.2)}
    return found | {name: measure(lab.planted(name), 0.2) for name in ("two-keys-slot", "two-keys-record")}
