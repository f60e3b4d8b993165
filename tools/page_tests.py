#!/usr/bin/env python3
"""Tests of the page that `vault audit --format html` makes, in a browser: scripts/test-page starts them with the built
program. With a folder as second argument, pictures of every page are left there."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from browser import Browser, Page, find  # noqa: E402
from tally import Tally  # noqa: E402

CANARY = "canary-3c9f0a7e51d2"
SCRIPT = "<script>alert(1)</script>"
IMAGE = "\"><img src=x onerror=alert(2)>'"
TURNED = "turned-\u202egnp.exe\u2066-\u200f"
LONG = "a-long-name-" + "x" * 188
NAMES = (SCRIPT, IMAGE, TURNED, LONG, "deploy/production", "deploy/staging", "&lt;b&gt;", "{{7*7}}${7*7}")


tally = Tally()
expect = tally.expect


# MARK: Pages


def run(program: Path, home: Path, *arguments: str, stdin: str = "", status: tuple[int, ...] = (0,)) -> bytes:
    done = subprocess.run(
        [str(program), *arguments], cwd=home, input=stdin.encode(), capture_output=True, timeout=120,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "XDG_STATE_HOME": str(home / "state")},
    )  # fmt: skip
    if done.returncode not in status:
        raise SystemExit(f"the program ended with {done.returncode}: {arguments}: {done.stderr.decode()}")
    return done.stdout


def make_pages(program: Path, folder: Path) -> dict[str, Path]:
    """A vault with nothing in it, one in order, and one whose names and neighbours mean harm."""
    pages: dict[str, Path] = {}
    for name in ("empty", "fine", "hostile"):
        home = folder / name
        home.mkdir(mode=0o700)
        run(program, home, "vault", "init")
        if name == "fine":
            for number in range(3):
                run(program, home, "vault", "generate", f"own/secret-{number}", "--format", "hex")
        if name == "hostile":
            fill(program, home)
        page = folder / f"{name}.html"
        status = (1,) if name == "hostile" else (0,)
        more = ("--scan", str(home / "scan"), "--max-age-days", "90") if name == "hostile" else ()
        run(program, home, "vault", "audit", "--format", "html", "--out", str(page), *more, status=status)
        printed = run(program, home, "vault", "audit", "--format", "html", *more, status=status)
        # But for the time, which goes on.
        same = [re.sub(rb"\d+|seconds?|minutes?", b"", text).strip() for text in (printed, page.read_bytes())]
        expect(f"{name}: the page is the same in a file and on standard output", same[0] == same[1])
        expect(f"{name}: no value is in the page", CANARY.encode() not in page.read_bytes())
        pages[name] = page
    return pages


def fill(program: Path, home: Path) -> None:
    scan = home / "scan"
    scan.mkdir()
    for number, name in enumerate(NAMES):
        value = f"{CANARY}-{number:02}-{'qwZ7' * 4}{number}"
        run(program, home, "vault", "put", name, stdin=value + "\n")
        (scan / f"{number}").write_text(f"first\nKEY={value}\n")
    (scan / "0").rename(scan / "<img src=x onerror=alert(3)>.env")
    (scan / "1").rename(scan / "\"'onmouseover='alert(4)'.env")
    (scan / "2").rename(scan / "line\nend\x1b[31m\u202etxt")
    (scan / "3").rename(scan / ("y" * 250))
    run(program, home, "vault", "put", "short/word", stdin="password\n")
    for slug in ("notes", "search"):
        run(program, home, "service", "add", "--service-slug", slug, "--namespace", "johndee", "--mode", "native",
            "--offline")  # fmt: skip
    key = home / ".sigilum-workspace" / "service-api-key-notes"
    key.chmod(0o644)


# MARK: What every page must hold to


def check_quiet(name: str, page: Page) -> None:
    """Nothing was said, asked for or refused."""
    page.value("new Promise(done => setTimeout(done, 150))")
    requests = [event["request"]["url"] for event in page.events("Network.requestWillBeSent")]
    expect(f"{name}: nothing but the page is asked for", requests in ([page.url], []), requests)
    said = page.events("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Audits.issueAdded")
    expect(f"{name}: the console is silent and no policy was broken", not said, said)
    dialogs = page.events("Page.javascriptDialogOpening")
    expect(f"{name}: no script but its own ran", not dialogs, dialogs)


def check_every(name: str, browser: Browser, path: Path, pictures: Path | None) -> None:
    grounds = []
    for look, settings in {
        "light": {}, "dark": {"dark": True}, "phone": {"width": 360, "height": 780}, "tablet": {"width": 768},
        "phone-dark": {"width": 360, "height": 780, "dark": True}, "paper": {"width": 720, "media": "print"},
    }.items():  # fmt: skip
        page = browser.open(path, **settings)
        wide = page.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        expect(f"{name}, {look}: nothing is wider than the page", wide == 0, wide)
        clipped = page.value("""[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right >
            document.documentElement.clientWidth + 1 && !e.closest('.hide')).map(e => e.className || e.tagName)""")
        expect(f"{name}, {look}: nothing stands beyond the edge", clipped == [], clipped)
        if look in ("light", "dark"):
            grounds.append(page.value("getComputedStyle(document.body).backgroundColor"))
            check_contrast(f"{name}, {look}", page)
        check_quiet(f"{name}, {look}", page)
        if pictures:
            (pictures / f"{name}-{look}.png").write_bytes(page.screenshot())
        if look == "paper":
            pdf = page.pdf()
            expect(f"{name}: it can be printed", pdf.startswith(b"%PDF-") and len(pdf) > 5000, len(pdf))
            if pictures:
                (pictures / f"{name}.pdf").write_bytes(pdf)
        page.close()
    expect(f"{name}: light and dark differ", len(set(grounds)) == 2, grounds)

    page = browser.open(path)
    facts = page.value("""({lang: document.documentElement.lang, title: document.title, headings: document.querySelectorAll('h1').length,
        referrer: document.querySelector('meta[name=referrer]').content, width: !!document.querySelector('meta[name=viewport]'),
        scripts: document.scripts.length, styles: document.styleSheets.length,
        loaded: performance.getEntriesByType('resource').length, images: document.images.length,
        inline: [...document.querySelectorAll('*')].filter(e => e.getAttributeNames().some(n => n === 'style' || n.startsWith('on'))).length,
        links: [...document.links].filter(a => !a.getAttribute('href').startsWith('#')).length,
        broken: [...document.links].filter(a => !document.getElementById(a.getAttribute('href').slice(1))).length,
        policy: document.querySelector('meta[http-equiv=Content-Security-Policy]').content})""")
    policy = facts.pop("policy")
    title = facts.pop("title")
    expect(f"{name}: it has a title", title.startswith("Credential audit, 20"), title)
    expected = {
        "lang": "en", "headings": 1, "referrer": "no-referrer", "width": True, "scripts": 1, "styles": 1, "loaded": 0,
        "images": 0, "inline": 0, "links": 0, "broken": 0,
    }  # fmt: skip
    expect(f"{name}: it is what it should be", facts == expected, facts)
    digest = "'sha256-[A-Za-z0-9+/]{43}='"
    pattern = f"default-src 'none'; script-src {digest}; style-src {digest}; base-uri 'none'; form-action 'none'"
    expect(f"{name}: its policy is strict", re.fullmatch(pattern, policy) is not None, policy)
    page.close()


def check_contrast(name: str, page: Page) -> None:
    """WCAG 2.2, 1.4.3: text is at least 4.5 times as bright or dark as what it stands on, where that is one colour."""
    low = page.value("""(() => {
        const rgb = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
        const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
        const ground = (e) => {
            for (; e; e = e.parentElement) {
                const style = getComputedStyle(e);
                if (style.backgroundImage !== 'none') return null;
                const colour = rgb(style.backgroundColor);
                if (colour.length === 3) return colour;
            }
            return [255, 255, 255];
        };
        const low = [];
        for (const e of document.querySelectorAll('body *')) {
            if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.closest('svg, script, .hide')) continue;
            const back = ground(e);
            if (!back) continue;
            const [a, b] = [light(rgb(getComputedStyle(e).color)), light(back)];
            const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
            if (ratio < 4.5) low.push([e.tagName + '.' + e.className, Math.round(ratio * 100) / 100]);
        }
        return low;
    })()""")
    expect(f"{name}: text stands out", low == [], low)


# MARK: The table


def rows(page: Page, cell: str = "th .name") -> list[str]:
    """What the rows say that are shown, in their order."""
    return page.value(f"""[...document.querySelectorAll('tbody tr')].filter(r => r.offsetParent)
        .map(r => r.querySelector({cell!r}).textContent)""")


def check_table(browser: Browser, path: Path) -> None:
    page = browser.open(path)
    names = rows(page)
    count = len(NAMES) + 3
    expect("all credentials are there", len(names) == count, names)
    heads = page.value("[...document.querySelectorAll('thead th')].map(h => h.innerText.replace(/\\s*[↕↑↓]$/, '').trim())")
    expect(
        "the columns are named",
        heads == ["Status", "Credential", "Kind", "Age", "Expires", "Rotation due", "Versions", "Deployed"], heads,
    )  # fmt: skip

    def sorting() -> list[Any]:
        return page.value("[...document.querySelectorAll('thead th')].map(h => h.getAttribute('aria-sort'))")

    expect("the worst is first", sorting()[0] == "ascending", sorting())
    page.click("thead th:nth-child(2) button")
    rising = rows(page)
    expect("a click sorts by name", sorting()[1] == "ascending" and sorting().count(None) == 7, sorting())
    page.click("thead th:nth-child(2) button")
    falling = rows(page)
    expect("a second click turns the order", sorting()[1] == "descending" and falling == rising[::-1], falling)
    expect("sorting loses no row", sorted(rising) == sorted(names) and rising != falling)
    page.value("document.querySelector('thead th:nth-child(3) button').focus()")
    page.key("Enter", 13, "\r")
    kinds = rows(page, "[data-label=Kind]")
    expect("the keyboard sorts by kind", sorting()[2] == "ascending" and kinds == sorted(kinds), kinds)
    for column in range(1, 9):
        before = sorting()[column - 1]
        page.click(f"thead th:nth-child({column}) button")
        expect(f"column {column} sorts", sorting()[column - 1] not in (None, before), sorting())

    def choose(identifier: str, value: str) -> None:
        page.value(f"""(e => {{ e.value = {value!r}; e.dispatchEvent(new Event('change')); }})
            (document.getElementById({identifier!r}))""")

    page.click("#find")
    page.type("DEPLOY")
    expect("typing leaves the rows that fit", sorted(rows(page)) == ["deploy/production", "deploy/staging"], rows(page))
    shown = page.value("document.getElementById('shown').textContent")
    expect("it says how many", shown == f"2 of {count} shown", shown)
    page.type(" production")
    expect("each word must fit", rows(page) == ["deploy/production"], rows(page))
    page.type(" nothing-like-that")
    expect("no row says so", rows(page) == [] and page.value("!!document.querySelector('.none-left').offsetParent"))
    page.key("Escape", 27)
    expect("Escape shows all again", len(rows(page)) == count)
    choose("kind", "service-api-key")
    expect("a kind is chosen", sorted(rows(page)) == ["service-api-key/notes", "service-api-key/search"], rows(page))
    choose("kind", "")
    for severity in ("error", "warning", "note", "fine"):
        choose("severity", severity)
        found = page.value("[...document.querySelectorAll('tbody tr')].filter(r => r.offsetParent).map(r => r.dataset.severity)")
        expect(f"only {severity} is left", set(found) <= {severity} and len(found) < count, found)
    page.call("Emulation.setEmulatedMedia", media="print")
    expect("paper has all rows, whatever is chosen", len(rows(page)) == count, len(rows(page)))
    hidden = page.value("['.controls', '.command button'].every(s => !document.querySelector(s).offsetParent)")
    expect("paper has no controls", hidden)
    check_quiet("the table", page)
    paper = page.value("[...document.querySelectorAll('thead th')].map(h => h.innerText.trim())")
    expect("paper names the columns without buttons", paper == heads, paper)
    page.close()

    phone = browser.open(path, width=360, height=780)
    phone.value("(e => { e.value = '1'; e.dispatchEvent(new Event('change')); })(document.getElementById('order'))")
    expect("a phone sorts too", rows(phone) == rising, rows(phone))
    phone.close()


def check_copying(browser: Browser, path: Path) -> None:
    page = browser.open(path)
    browser.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    text = page.value("document.querySelector('.command code').textContent")
    page.click(".command button")
    page.value("new Promise(done => setTimeout(done, 200))")
    said = page.value("document.querySelector('.command button').textContent")
    copied = page.value("navigator.clipboard.readText()")
    expect("a click copies the command", copied == text and said == "Copied", (said, copied, text))
    expect("the command is one that can be typed", text.startswith("sigilum "), text)
    page.close()


def check_hostile(browser: Browser, path: Path) -> None:
    page = browser.open(path)
    text = page.value("document.body.textContent")
    names = page.value("[...document.querySelectorAll('tbody .name')].map(n => n.textContent)")
    for name in NAMES:
        shown = re.sub("[\u200f\u202e\u2066]", lambda found: f"\\u{{{ord(found[0]):x}}}", name)
        expect(f"{name!r} is shown as it is", shown in names, names)
    harmful = re.findall("[\x00-\x09\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    expect("no character of direction or control is left", not harmful, harmful)
    expect("a line end in a path is shown", "line\\u{a}end\\u{1b}[31m\\u{202e}txt" in text)
    expect("a long path is whole", "y" * 250 in text)
    hits = page.value("document.querySelectorAll('#r-plain-copy').length")
    places = page.value("document.querySelector('#r-plain-copy').closest('.card').querySelectorAll('li').length")
    expect("every copy is named", hits == 1 and places == len(NAMES), places)
    for selector in ("thead th:nth-child(2) button", "tbody tr:first-child", ".card li", ".card .path"):
        page.click(selector)
    check_quiet("hostile names, clicked", page)
    page.close()


def check_without_script(browser: Browser, path: Path) -> None:
    page = browser.open(path, script=False)
    expect("without scripts every row is there", len(rows(page)) == len(NAMES) + 3)
    expect("without scripts nothing offers what it cannot do",
           page.value("!document.querySelector('.controls').offsetParent && !document.querySelector('button')"))  # fmt: skip
    page.close()


def check_empty(browser: Browser, pages: dict[str, Path]) -> None:
    for name, words in {"empty": "No credentials yet", "fine": "Everything is in order"}.items():
        page = browser.open(pages[name])
        expect(f"{name}: the headline says so", page.value("document.querySelector('h1').textContent") == words)
        expect(f"{name}: nothing found", "Nothing found." in page.value("document.body.textContent"))
        page.close()


def check_watch(browser: Browser, path: Path, folder: Path) -> None:
    """That what is asserted above would be noticed: a page with a foreign script, and one with a line changed."""
    text = path.read_text()
    for name, spoilt in {
        "script": text.replace("</main>", "<script>alert(9)</script></main>"),
        "handler": text.replace("<footer", "<img src='data:,' onerror='alert(9)'><footer"),
        "changed": text.replace('"use strict";', '"use strict"; alert(9);'),
        "style": text.replace("<footer", "<footer style='color: red'"),
    }.items():
        spoilt_path = folder / f"spoilt-{name}.html"
        spoilt_path.write_text(spoilt)
        page = browser.open(spoilt_path)
        page.value("new Promise(done => setTimeout(done, 150))")
        expect(f"spoilt, {name}: the policy stops it", not page.events("Page.javascriptDialogOpening"))
        expect(f"spoilt, {name}: and says so", bool(page.events("Log.entryAdded", "Audits.issueAdded")))
        page.close()


def main(arguments: list[str]) -> int:
    program, browser_program = Path(arguments[0]).resolve(), find()
    if browser_program is None:
        print("[ERROR] There is no Chromium on this machine: nothing was tested", file=sys.stderr)
        return 78
    pictures = Path(arguments[1]) if len(arguments) > 1 else None
    with tempfile.TemporaryDirectory(prefix="sigilum-page-") as name:
        folder = Path(name).resolve()
        pages = make_pages(program, folder)
        with Browser(browser_program) as browser:
            checks: list[Callable[[], None]] = [
                *(lambda name=name: check_every(name, browser, pages[name], pictures) for name in pages),
                lambda: check_table(browser, pages["hostile"]), lambda: check_copying(browser, pages["hostile"]),
                lambda: check_hostile(browser, pages["hostile"]),
                lambda: check_without_script(browser, pages["hostile"]), lambda: check_empty(browser, pages),
                lambda: check_watch(browser, pages["fine"], folder),
            ]  # fmt: skip
            for check in checks:
                check()
    print(f"page: {tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
