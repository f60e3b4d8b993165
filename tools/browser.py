"""A Chromium without a window, driven over a pipe by the DevTools protocol. Standard library only."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find() -> str | None:
    """The program of a browser; nil where this machine has none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class BrowserError(Exception):
    """The browser went away, did not answer, or refused a command."""


class Browser:
    """One process with a profile of its own. What pages say and ask for is kept in `events`."""

    def __init__(self, program: str, timeout: float = 60) -> None:
        self.timeout = timeout
        self.events: list[dict[str, Any]] = []
        self.profile = tempfile.mkdtemp(prefix="sigilum-page-")
        self.number = 0
        self.pending = b""
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()
        # The protocol is on descriptors 3 and 4 of the browser.
        high_read, high_write = (os.dup(os.dup(end)) for end in (to_read, to_write))

        def place() -> None:
            os.dup2(high_read, 103)
            os.dup2(high_write, 104)
            os.dup2(103, 3)
            os.dup2(104, 4)

        arguments = [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
            "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--no-proxy-server", "--remote-debugging-pipe", f"--user-data-dir={self.profile}",
        ]  # fmt: skip
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            close_fds=False, preexec_fn=place,
            env={"HOME": self.profile, "PATH": os.environ["PATH"], "TZ": "UTC", "LANG": "C.UTF-8"},
        )  # fmt: skip
        for end in (to_read, to_write, high_read, high_write):
            os.close(end)

    def close(self) -> None:
        os.close(self.to)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.back)
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive(self.timeout)
            if answer is None:
                raise BrowserError(f"{method}: no answer")
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error'].get('message')}")
                return answer["result"]

    def receive(self, seconds: float) -> dict[str, Any] | None:
        """The next message; events are kept. nil where none came in time."""
        end = time.monotonic() + seconds
        while b"\0" not in self.pending:
            rest = end - time.monotonic()
            if rest <= 0 or not select.select([self.back], [], [], rest)[0]:
                return None
            more = os.read(self.back, 1 << 20)
            if not more:
                raise BrowserError("the browser ended")
            self.pending += more
        text, self.pending = self.pending.split(b"\0", 1)
        message = json.loads(text)
        if "method" in message:
            self.events.append(message)
        return message

    def open(self, path: Path, **settings: Any) -> Page:
        return Page(self, path, **settings)


class Page:
    """A page that was opened from a file."""

    def __init__(
        self, browser: Browser, path: Path, width: int = 1280, height: int = 900, dark: bool = False,
        media: str = "", script: bool = True,
    ) -> None:  # fmt: skip
        self.browser, self.url = browser, path.resolve().as_uri()
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.call(
            "Emulation.setEmulatedMedia", media=media,
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )  # fmt: skip
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.call("Page.navigate", url=self.url)
        while not self.events("Page.loadEventFired"):
            if browser.receive(browser.timeout) is None:
                raise BrowserError("the page did not load")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.browser.call(method, self.session, **parameters)

    def events(self, *methods: str) -> list[dict[str, Any]]:
        return [
            event["params"] for event in self.browser.events
            if event["method"] in methods and event.get("sessionId") == self.session
        ]  # fmt: skip

    def value(self, expression: str) -> Any:
        """What an expression of JavaScript is, run beside the page's own script."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise BrowserError(str(result["exceptionDetails"].get("exception", {}).get("description")))
        return result["result"].get("value")

    def click(self, selector: str) -> None:
        """A click of the mouse in the middle of an element."""
        name = json.dumps(selector)
        self.value(f"document.querySelector({name}).scrollIntoView({{block: 'center'}})")
        box = self.value(
            f"(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector({name}).getBoundingClientRect())"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def key(self, key: str, code: int, text: str = "") -> None:
        more = {"text": text} if text else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **more)

    def screenshot(self, whole: bool = True, **clip: float) -> bytes:
        if whole and not clip:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"]}
        more = {"clip": {**clip, "scale": 1}} if clip else {}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, **more)
        return base64.b64decode(shot["data"])

    def pdf(self) -> bytes:
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"])

    def close(self) -> None:
        self.browser.call("Target.closeTarget", targetId=self.target)
