#!/usr/bin/env python3
"""Makes the man pages from the program's own declarations (--experimental-dump-help), so that they cannot tell of an option
that is not there.

usage: make_man.py PROGRAM FOLDER [DATE]    DATE is the pages' date (2026-03-01); today's where it is left out.
One page for the program, and one for each group of commands.
"""
import datetime
import json
import os
import subprocess
import sys
import textwrap

STATUSES = [
    ("0", "Done."),
    ("1", "A report found something."),
    ("64", "The command line is wrong."),
    ("65", "The vault or a file is damaged or was tampered with."),
    ("66", "Something named does not exist."),
    ("69", "The gateway or the API is not reachable."),
    ("70", "A defect of the program."),
    ("73", "Something cannot be written."),
    ("75", "Busy; try again."),
    ("76", "The other side answered something wrong, or refused."),
    ("77", "The master key is wrong, or permissions are not safe."),
    ("78", "The configuration is wrong."),
]
VARIABLES = [
    ("GATEWAY_SIGILUM_HOME", "The Sigilum home: the folder of the vault."),
    ("GATEWAY_MASTER_KEY_FILE, GATEWAY_MASTER_KEY_COMMAND, GATEWAY_MASTER_KEY",
     "A file that has the master key, a command that prints it, or the key itself."),
    ("CREDENTIALS_DIRECTORY", "Where systemd puts the credential gateway-master-key."),
    ("SIGILUM_NAMESPACE, GATEWAY_SIGILUM_NAMESPACE", "The namespace."),
    ("SIGILUM_MODE", "managed or oss-local."),
    ("SIGILUM_API_URL", "The API's base address."),
    ("SIGILUM_HOME", "Where the gateway's programs are installed."),
    ("GATEWAY_ADMIN_URL, GATEWAY_ADMIN_TOKEN", "The gateway's admin address and token."),
    ("GATEWAY_ADDR, GATEWAY_DATA_DIR", "Where a gateway that is started listens and has its data."),
    ("NO_COLOR", "No colour."),
]
FILES = [
    ("vault.db", "The vault, in the Sigilum home."),
    ("gateway-master-key", "The master key, in the Sigilum home, unless it is kept elsewhere."),
    ("~/.sigilum/config.env", "Settings: NAME=value lines."),
    ("~/.local/state/sigilum", "What this machine last saw of each vault."),
]


def text(words):
    """A text as roff takes it."""
    words = words.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("~", "\\(ti").replace("^", "\\(ha")
    words = "".join(c if ord(c) < 128 else "\\[u%04X]" % ord(c) for c in words)
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in words.split("\n"))


def prose(words):
    """A paragraph, in short lines."""
    lines = textwrap.wrap(words, 76, break_long_words=False, break_on_hyphens=False)
    return "\n".join(text(line) for line in lines)


def name_of(names):
    return ", ".join("\\fB" + text(("--" if n["kind"] == "long" else "-") + n["name"]) + "\\fR" for n in names)


def visible(items):
    return [item for item in items or [] if item.get("shouldDisplay", True)]


def option(argument):
    """The tag of an argument, and what is said of it."""
    if argument["kind"] == "positional":
        tag = "\\fI" + text(argument["valueName"].upper()) + "\\fR"
    else:
        tag = name_of(argument["names"])
        if argument["kind"] == "option":
            tag += " \\fI" + text(argument["valueName"]) + "\\fR"
    said = argument.get("abstract", "")
    if argument.get("defaultValue") not in (None, "", "false") and "default" not in said:
        said += " (default: %s)" % argument["defaultValue"]
    return tag, said or "(no more is said of it)"


def usage(path, command):
    parts = []
    for argument in visible(command.get("arguments")):
        if [n["name"] for n in argument.get("names", [])] in (["version"], ["h", "help"]):
            continue
        if argument["kind"] == "positional":
            part = "\\fI" + text(argument["valueName"].upper()) + "\\fR"
        else:
            preferred = argument["preferredName"]
            part = "\\fB" + text(("--" if preferred["kind"] == "long" else "-") + preferred["name"]) + "\\fR"
            if argument["kind"] == "option":
                part += " \\fI" + text(argument["valueName"]) + "\\fR"
        if argument["isRepeating"]:
            part += " ..."
        parts.append("[" + part + "]" if argument["isOptional"] else part)
    return ".B " + text(" ".join(path)) + ("\n" + "\n".join(parts) if parts else "")


def discussion(words):
    """Paragraphs; what follows "Example:" keeps its lines."""
    lines, out, example = words.split("\n"), [], False
    for line in lines:
        if line.strip() == "Example:":
            out += [".PP", "Example:", ".PP", ".nf", ".RS"]
            example = True
        elif example and not line.strip():
            continue
        elif example:
            out.append(text(line.strip()))
        elif line.strip():
            out.append(prose(line.strip()))
        elif out:
            out.append(".PP")
    if example:
        out += [".RE", ".fi"]
    while ".PP" in out[:1]:
        out = out[1:]
    # Two in a row would be an empty paragraph.
    return [line for index, line in enumerate(out) if line != ".PP" or out[index - 1:index] != [".PP"]]


def body(path, command, level):
    """What is said of one command, below its heading."""
    out = [usage(path, command), ".PP", prose(command.get("abstract", ""))]
    more = discussion(command.get("discussion", ""))
    if more:
        out += ([] if more[0].startswith(".PP") else [".PP"]) + more
    arguments = [
        a for a in visible(command.get("arguments"))
        if [n["name"] for n in a.get("names", [])] not in (["version"], ["h", "help"])
    ]
    for argument in arguments:
        tag, said = option(argument)
        out += [".TP", tag, prose(said)]
    return out


def leaves(path, command):
    """Every command below this one that does something, with the words that lead to it."""
    children = [c for c in visible(command.get("subcommands")) if c["commandName"] != "help"]
    if not children:
        yield path, command
    for child in children:
        yield from leaves(path + [child["commandName"]], child)


def head(name, about, date, version):
    return [
        ".\\\" Made from the program's own declarations.",
        '.TH "%s" 1 "%s" "%s" "Sigilum Vault"' % (text(name.upper()), date, version),
        ".SH NAME", "%s \\- %s" % (text(name), text(about.rstrip(".")[0].lower() + about.rstrip(".")[1:])),
    ]


def table(title, rows):
    out = [".SH " + title]
    for tag, said in rows:
        out += [".TP", "\\fB" + text(tag) + "\\fR", prose(said)]
    return out


def page(name, root, group, others, date, version):
    path = [root["commandName"]] + ([group["commandName"]] if group else [])
    command = group or root
    out = head(name, command["abstract"], date, version)
    out += [".SH SYNOPSIS"]
    if group and not visible(group.get("subcommands")):
        out += [usage(path, group)]
    else:
        out += [".B " + text(" ".join(path)), "\\fIcommand\\fR [\\fIoption\\fR ...]"]
    out += [".SH DESCRIPTION"]
    if group:
        if visible(group.get("subcommands")):
            out += [prose(group["abstract"])]
            more = discussion(group.get("discussion", ""))
            out += ([] if not more or more[0] == ".PP" else [".PP"]) + more
            out += [".SH COMMANDS"]
            for words, leaf in leaves(path, group):
                out += [".SS " + text(" ".join(words))] + body(words, leaf, 2)
        else:
            out += body(path, group, 1)[2:]
    else:
        out += [prose(root["abstract"]), ".PP"]
        out += [prose("Every command has --help with an example, and --json for one JSON document on standard output.")]
        out += discussion(root.get("discussion", ""))
        out += [".SH COMMANDS"]
        for child in visible(root["subcommands"]):
            if child["commandName"] == "help":
                continue
            out += [".TP", "\\fB" + text(child["commandName"]) + "\\fR", prose(child["abstract"])]
            if child["commandName"] in others:
                out += ["See", ".BR %s (1)." % text("sigilum-" + child["commandName"])]
        out += table("ENVIRONMENT", VARIABLES) + table("FILES", FILES)
    out += table("EXIT STATUS", STATUSES)
    also = [n for n in ["sigilum"] + ["sigilum-" + o for o in others] if n != name]
    out += [".SH SEE ALSO"] + [".BR %s (1)%s" % (text(n), "," if n != also[-1] else "") for n in also]
    return "\n".join(out) + "\n"


def main():
    program, folder = sys.argv[1:3]
    date = sys.argv[3] if len(sys.argv) > 3 else datetime.date.today().isoformat()
    run = lambda *words: subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout
    root = json.loads(run("--experimental-dump-help"))["command"]
    version = run("--version").strip()
    groups = [c for c in visible(root["subcommands"]) if c["commandName"] not in ("help", "login")]
    names = [c["commandName"] for c in groups]
    os.makedirs(folder, exist_ok=True)
    for name, group in [("sigilum", None)] + [("sigilum-" + g["commandName"], g) for g in groups]:
        with open(os.path.join(folder, name + ".1"), "w", encoding="utf-8") as out:
            out.write(page(name, root, group, names, date, version))


if __name__ == "__main__":
    main()
