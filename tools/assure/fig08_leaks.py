"""Figure 8: secrets are nowhere but where they are meant to be.

Every command is run with values that are nowhere else (Tests/EndToEndTests/RedactionScript.swift has a line for
each). Then they are looked for, in many codes: in what was printed; in every byte that was written anywhere,
temporary files and the vault's -wal included; in all files and their names; in arguments and variables of every
process, sampled while it runs; in the program's memory, when it is about to end; and in a core file that is asked for
by SIGABRT.
"""
from __future__ import annotations

import base64
import dataclasses
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from gateway import Gateway
from lab import TOP, Deadline, Lab, Outcome
from scenes import with_defect
from watched import Watched, allow_core

FIGURE = 8
TITLE = "leaks"
SCRIPT = TOP / "Tests/EndToEndTests/RedactionScript.swift"
#: Files that have a secret by purpose, or for a moment until they have that name.
MEANT = re.compile(
    r"/(service-api-key-linear|gateway-connection-secret-linear|owner-token-johndee\.jwt|openclaw\.json|own\.secret"
    r"|(second|third|recipient|auditor)\.key)$|/\.sigilum-[0-9a-f]{8}\.tmp$|^(socket|pipe|anon_inode):"
)
SWIFT = re.compile(r'\.init\(\s*"([^"]+)"(?:,\s*(linear(?:\s*\+\s*"[^"]*")?|"[^"]*"))?((?:,\s*\w+: [^,()]+)*)\)')
@dataclasses.dataclass
class Line:
    command: str
    arguments: str = ""
    given: str = ""
    status: int = 0
    prints: bool = False
    repeated: bool = True


def session() -> list[Line]:
    """The lines of the Swift test, and some whose secrets are in the arguments."""
    source = SCRIPT.read_text()
    linear = re.search(r"static let linear =\s*\"([^\"]*)\"", source)
    body = source[source.index("static let session") : source.index("private static let linear")]
    found = SWIFT.findall(body)
    if linear is None or len(found) != body.count(".init("):
        raise RuntimeError(f"{SCRIPT.name} has lines that are not understood")
    lines = []
    for command, arguments, more in found:
        words = re.sub(r'linear\s*\+\s*"|^linear$', linear[1], arguments).replace('"', "")
        options = dict(re.findall(r"(\w+): \.?(\w+)", more))
        lines.append(Line(
            command, words, options.get("input", ""), int(options.get("status", 0)), "printsSecret" in options,
            "isRepeated" not in options,
        ))  # fmt: skip
    argued = [Line("service add", linear[1].replace("-env SECRET", " {OTHER}"), repeated=False),
              Line("vault list", "--gateway-master-key {GATEWAY_MASTER_KEY}", repeated=False),
              Line("vault audit", "--format html --out report.html", repeated=False)]  # fmt: skip
    at = next(number for number, line in enumerate(lines) if line.command == "service list")
    return lines[:at] + argued + lines[at:]


def leaves(command: dict, above: str = "") -> set[str]:
    """The commands that have none below them."""
    below = [inner for inner in command.get("subcommands", []) if inner["commandName"] != "help"]
    names = [leaves(inner, f"{above} {inner['commandName']}".strip()) for inner in below]
    return set().union(*names) if names else {above}


def forms(secret: str) -> dict[str, bytes]:
    """A secret's random part in the codes in which it could slip out."""
    core = secret.encode()[-30:]
    found = {"as it is": core, "backwards": core[::-1], "hex": core.hex().encode(),
             "HEX": core.hex().upper().encode(), "UTF-16": core.decode().encode("utf-16-le"),
             "percent": b"".join(b"%%%02X" % byte for byte in core)}  # fmt: skip
    for skip in range(3):
        whole = core[skip:]
        encoded = base64.b64encode(whole[: len(whole) // 3 * 3])
        found[f"base64, {skip}"] = encoded
        found[f"base64url, {skip}"] = base64.urlsafe_b64encode(whole[: len(whole) // 3 * 3])
    return found


class Scene:
    def __init__(self, lab: Lab) -> None:
        self.home, self.gateway, self.library = lab.home().make(), Gateway(), lab.library("watch")
        letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

        def canary(prefix: str = "") -> str:
            return prefix + "canary" + "".join(secrets.choice(letters) for _ in range(30))

        self.given = {"SECRET": canary("lin_"), "OTHER": canary("lin_"), "JWT_SECRET": canary(),
                      "GATEWAY_ADMIN_TOKEN": canary(), "secret": canary("ghp_"), "other": canary("ghp_"),
                      "GATEWAY_MASTER_KEY": secrets.token_hex(32)}  # fmt: skip
        self.needles = {name: forms(value) for name, value in self.given.items()}
        self.home.variables["GATEWAY_ADMIN_URL"] = self.gateway.url
        (self.home.work / "template").write_text("own: {{ sigilum://mine/own }}\n")

    def watch(self, line: Line, more: str, abort: bool) -> Watched:
        variables = dict(self.home.variables) | self.home.lab.variables
        arguments = line.arguments
        for name, value in self.given.items():
            argued = "{%s}" % name in arguments
            arguments = arguments.replace("{%s}" % name, value)
            # A variable that no option names is not the program's to overwrite.
            if name.isupper() and not argued and (name not in ("SECRET", "OTHER") or name in arguments):
                variables[name] = value
        given = self.given.get(line.given, "")
        if line.given == "document":
            given = json.dumps({"in/one": self.given["secret"]})
        words = f"{line.command} {arguments}".replace(" ID", " " + self.id_for(line, variables)) + more
        return Watched(
            self.library, self.home.lab.program, words.split(), self.home.work, self.home.root / "watched", given,
            variables, abort,
        )  # fmt: skip

    def id_for(self, line: Line, variables: dict[str, str]) -> str:
        if "ID" not in line.arguments:
            return ""
        of_deposit = line.command.startswith("vault deposits")
        said = self.home.run(f"vault {'deposits list' if of_deposit else 'status'} --json", variables).output.decode()
        found = re.search(r'"(?:deposit|vault_id)": "([0-9a-f]+)"', said)
        return found[1] if found else ""

    def learn(self) -> None:
        """What was made here, and not given: the keys and tokens that export files hold now."""
        token = self.home.user / ".openclaw/.sigilum/owner-token-johndee.jwt"
        for path in (self.home.sigilum / "service-api-key-linear", token):
            if path.exists() and (value := path.read_text().strip()) not in self.given.values():
                name = f"made {len(self.given)}"
                self.given[name], self.needles[name] = value, forms(value)

    def found(self, content: bytes, codes: tuple[str, ...] = (), but: tuple[str, ...] = ()) -> str | None:
        """Which secret is in the content, and in which code."""
        for name, codings in self.needles.items():
            for code, needle in codings.items():
                if (not codes or code in codes) and name not in but and needle in content:
                    return f"{name} {code}"
        return None


def judge(scene: Scene, about: str, line: Line, may_print: bool, run: Watched, outcome: Outcome) -> None:
    def expect_none(place: str, content: bytes, codes: tuple[str, ...] = ()) -> None:
        outcome.attempt()
        if what := scene.found(content, codes):
            outcome.fail(f"{about}: {place}: {what}")

    if not may_print:
        expect_none("standard output", run.output)
    elif line.prints and run.status == 0 and not scene.found(run.output):
        outcome.fail(f"{about}: it should print a secret, and does not: what would be found here?")
    expect_none("standard error", run.errors)
    for path, content in run.writes:
        if not MEANT.search(path) and not path.startswith("descriptor "):
            expect_none(f"written to {path}", content)
    # A command that is run gets what was named, and that alone.
    named = ("secret", "other") if line.command == "vault run" else ()
    outcome.attempt()
    if what := scene.found(b"\0".join(run.samples), but=named):
        outcome.fail(f"{about}: arguments and variables of a process that it started: {what}")
    outcome.count("other processes sampled", len(run.samples) // 2)
    for place, content in run.memory.items():
        kind = place if place in ("cmdline", "environ") else f"memory {place.split()[-1]}"
        what = scene.found(content, ("as it is", "UTF-16", "base64, 0", "base64, 1", "base64, 2"))
        outcome.attempt()
        if what:
            outcome.fail(f"{about}: {kind}, when it ends: {what}")


def search_files(scene: Scene, about: str, outcome: Outcome, meant: bool) -> None:
    for top, folders, names in os.walk(scene.home.root):
        for name in folders + names:
            outcome.attempt()
            path = os.path.join(top, name)
            if what := scene.found(path.encode()):
                outcome.fail(f"{about}: the name of {path}: {what}")
            if name in folders or not os.path.isfile(path) or name == "watched" or meant and MEANT.search(path):
                continue
            if what := scene.found(Path(path).read_bytes()):
                outcome.fail(f"{about}: {path}: {what}")


def measure(lab: Lab, minutes: float) -> Outcome:
    outcome, deadline, scene = Outcome(FIGURE, TITLE), Deadline(minutes), Scene(lab)
    # Else the dynamic linker leaves vector registers on the stack, on some processors more than on others.
    dynamic = subprocess.run(["readelf", "-dW", lab.program], capture_output=True, text=True, check=True).stdout
    outcome.attempt()
    if "BIND_NOW" not in dynamic:
        outcome.fail(f"{lab.program} looks symbols up when they are called")
    # A debug build has Swift's runtime in libraries of its own, which do; users have it in the program.
    if "libswiftCore.so" in dynamic:
        scene.home.variables["LD_BIND_NOW"] = "1"
    try:
        tree = json.loads(scene.home.run("--experimental-dump-help").output)["command"]
        lines = session()
        missing = leaves(tree) - {line.command for line in lines}
        if missing:
            outcome.fail(f"commands that the session lacks: {sorted(missing)}")
        outcome.facts |= {"commands": len(leaves(tree)), "a core file on this machine": can_dump()}
        # A short run goes through what it can, and repeats no line but the deposit: one is accepted, and one rejected.
        plain, number = minutes < 1, 0
        while number < len(lines) and (deadline.left or not plain or number < 6):
            line = lines[number]
            number += 1
            again = line.repeated and (not plain or line.command == "vault deposit")
            for form in ["", " --json"] if again else [""]:
                about = line.command + form
                run = scene.watch(line, form, abort=False)
                scene.learn()
                outcome.count("runs")
                if run.status != line.status:
                    said = run.errors.decode(errors="replace")
                    outcome.fail(f"{about} {line.arguments}: status {run.status}: {said}")
                judge(scene, about, line, line.prints, run, outcome)
                if line.status == 0 and not plain and line.repeated and form == "":
                    aborted(scene, line, outcome)
            if number % 20 == 0:
                search_files(scene, f"after {line.command}", outcome, meant=True)
        outcome.facts["lines"] = f"{number} of {len(lines)}"
        aborted(scene, Line("vault list"), outcome)
        # All that was delivered has been taken away at the session's end: no file has a secret by purpose any more.
        search_files(scene, "at the end", outcome, meant=number < len(lines))
    finally:
        scene.gateway.stop()
    return outcome


def aborted(scene: Scene, line: Line, outcome: Outcome) -> None:
    """The same once more; it is ended by SIGABRT, with core files allowed."""
    run = scene.watch(line, "", abort=True)
    if run.status == -signal.SIGABRT:
        outcome.attempt()
        outcome.count("ended by SIGABRT")
        if run.has_core or list(scene.home.work.glob("core*")):
            outcome.fail(f"{line.command}: a core file was made")
    for path in scene.home.work.glob("core*"):
        path.unlink()


def can_dump() -> str:
    """Whether a program that does nothing about it leaves a core here: else there is nothing to notice."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-c", "import os; os.abort()"]
        program = subprocess.Popen(words, cwd=folder, preexec_fn=allow_core, stderr=subprocess.DEVNULL)
        _, status = os.waitpid(program.pid, 0)
        program.returncode = os.waitstatus_to_exitcode(status)
    return "yes" if os.WCOREDUMP(status) else "no"


def planted(lab: Lab) -> dict[str, Outcome]:
    """A value on standard error; left in a file; copied to memory that nobody wipes; core files not forbidden."""
    names = ("leak-error", "leak-file", "leak-memory", "leak-core")
    return {name: measure(with_defect(lab, name), 0.2) for name in names}
