"""A headless Chromium, driven over its own protocol (https://chromedevtools.github.io/devtools-protocol/)."""

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websocket import WebSocket, create_connection

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# It runs pages of our own only, and as root it starts in no other way; the rest keeps it from calling home.
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    *("--disable-dev-shm-usage", "--remote-debugging-port=0"),
    # Whatever a page asks for, no name is looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
PATIENCE_S = 30


def find_chromium() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One tab. `complaints` gathers what the page's console and the network had to complain about."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._calls = 0
        self.complaints: list[str] = []
        self.requested: list[str] = []
        self.sent_headers: list[dict[str, str]] = []
        self._loaded = 0
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._calls += 1
        self._socket.send(json.dumps({"id": self._calls, "method": method, "params": params}))
        while True:
            heard = self._hear()
            if heard.get("id") == self._calls:
                assert "error" not in heard, (method, heard)
                return heard["result"]

    def open(self, address: str) -> None:
        loaded = self._loaded
        self.call("Page.navigate", url=address)
        self.wait_for_load(loaded)

    def wait_for_load(self, loaded: int) -> None:
        ends = time.monotonic() + PATIENCE_S
        while self._loaded == loaded:
            assert time.monotonic() < ends, "the page did not load"
            self._hear()

    def wait_for_request(self) -> None:
        ends = time.monotonic() + PATIENCE_S
        while not self.requested:
            assert time.monotonic() < ends, "nothing was asked for"
            self._hear()

    def press_and_wait(self, key: str) -> None:
        """Press a key that sends a form or follows a link."""
        loaded = self._loaded
        self.press(key)
        self.wait_for_load(loaded)

    def press(self, key: str) -> None:
        codes = {"Tab": 9, "Enter": 13, "ArrowDown": 40}
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key], **text)
            text = {}

    def type(self, words: str) -> None:
        self.call("Input.insertText", text=words)

    def tab_to(self, selector: str) -> None:
        """Press Tab until the element has the focus, as a person without a mouse does."""
        for _ in range(60):
            if self.ask(f"document.activeElement.matches({json.dumps(selector)})"):
                return
            self.press("Tab")
        raise AssertionError(f"{selector} is not reached with the keyboard")

    def wait_for(self, script: str) -> Any:
        """What the script gives once it gives something: pages that draw themselves are not there when they load."""
        ends = time.monotonic() + PATIENCE_S
        while not (found := self.ask(script)):
            assert time.monotonic() < ends, f"never came: {script}"
            time.sleep(0.1)
        return found

    def click(self, element: str) -> None:
        """Press the mouse in the middle of what this script gives, as soon as it is there."""
        middle = f"(() => {{ const at = ({element})?.getBoundingClientRect();"
        x, y = self.wait_for(f"{middle} return at?.width ? [at.x + at.width / 2, at.y + at.height / 2] : null }})()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def ask(self, script: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def look(self, width: int, height: int, dark: bool, mobile: bool) -> None:
        """Show pages at this size, in light or dark."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, path: Path) -> None:
        """Write the whole page as PNG."""
        taken = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(taken["data"]))

    def _hear(self) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads(self._socket.recv())
        method, params = heard.get("method"), heard.get("params", {})
        if method == "Page.loadEventFired":
            self._loaded += 1
        elif method == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])
            self.sent_headers.append(params["request"]["headers"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(str(params["args"]))
        elif method == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        return heard


@contextmanager
def open_browser(chromium: str) -> Iterator[Browser]:
    with tempfile.TemporaryDirectory(prefix="auscult-browser-", ignore_cleanup_errors=True) as folder:
        command = [chromium, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            socket = create_connection(_tab(Path(folder)), timeout=PATIENCE_S, suppress_origin=True)
            try:
                yield Browser(socket)
            finally:
                socket.close()
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _tab(folder: Path) -> str:
    ends = time.monotonic() + PATIENCE_S
    port_file = folder / "DevToolsActivePort"
    while time.monotonic() < ends:
        if port_file.is_file() and (lines := port_file.read_text().split()):
            with urllib.request.urlopen(f"http://127.0.0.1:{lines[0]}/json/list", timeout=PATIENCE_S) as answer:
                tabs = [tab for tab in json.load(answer) if tab["type"] == "page"]
            if tabs:
                return str(tabs[0]["webSocketDebuggerUrl"])
        time.sleep(0.1)
    raise AssertionError("Chromium did not start")
