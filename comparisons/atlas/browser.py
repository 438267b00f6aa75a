"""Chromium, driven over its debugging pipe by the standard library alone.

    with Browser() as browser:
        browser.open("build/atlas/layer_norm.html", width=390, dark=True)
        browser.key("Tab")
        browser.js("document.activeElement.className")

Nothing here waits by a timer of the page, and every read of the pipe has a limit.
"""
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from pathlib import Path

FLAGS = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
         "--disable-sync --hide-scrollbars --force-color-profile=srgb --remote-debugging-pipe").split()
LIMIT = 30                                           # seconds that one answer may take
KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Escape": (27, ""), "ArrowUp": (38, ""), "ArrowDown": (40, ""), "/": (191, "/")}


def executable():
    """The path of a Chromium.

    Raises:
        FileNotFoundError: if there is none.
    """
    found = shutil.which("chromium")
    if found is None:
        raise FileNotFoundError("the atlas is read in Chromium, and there is no chromium on PATH (Debian: apt-get install chromium)")
    return found


class Browser:
    """One window of a headless Chromium with a profile of its own."""

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="atlas-")
        # The browser reads its file descriptor 3 and writes to 4; ours are above these, or one would be closed by the other.
        ends = (*os.pipe(), *os.pipe())
        theirs_in, self.write, self.read, theirs_out = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
        command = [executable(), *FLAGS, f"--user-data-dir={self.profile}", "about:blank"]
        silent = [(os.POSIX_SPAWN_OPEN, k, os.devnull, os.O_RDWR, 0) for k in (1, 2)]
        self.process = os.posix_spawn(command[0], command, os.environ, file_actions=[
            *silent, (os.POSIX_SPAWN_DUP2, theirs_in, 3), (os.POSIX_SPAWN_DUP2, theirs_out, 4)])
        for end in (*ends, theirs_in, theirs_out):
            os.close(end)
        self.number, self.session, self.events, self.buffer = 0, None, [], bytearray()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        self.session = None
        try:
            self.call("Browser.close")
        except (OSError, TimeoutError, EOFError):
            os.kill(self.process, signal.SIGKILL)
        self.end()
        os.close(self.read)
        os.close(self.write)
        shutil.rmtree(self.profile, ignore_errors=True)

    def end(self):
        """Wait until the process is gone; end it if it does not go."""
        limit = time.monotonic() + LIMIT
        while not os.waitpid(self.process, os.WNOHANG)[0]:
            if time.monotonic() > limit:
                os.kill(self.process, signal.SIGKILL)
            time.sleep(0.01)

    # ---- the protocol ------------------------------------------------------------------------------------------------

    def message(self):
        """The next message; all of them end in a zero byte."""
        while (end := self.buffer.find(b"\0")) < 0:
            if not select.select([self.read], [], [], LIMIT)[0]:
                raise TimeoutError(f"the browser did not answer for {LIMIT} seconds")
            piece = os.read(self.read, 1 << 20)
            if not piece:
                raise EOFError("the browser went away")
            self.buffer += piece
        text = bytes(self.buffer[:end])
        del self.buffer[:end + 1]
        return json.loads(text)

    def call(self, method, **parameters):
        """The answer to a request; events that come before it are kept in `events`."""
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters} | ({"sessionId": self.session} if self.session else {})
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.write, data):]
        while True:
            reply = self.message()
            if reply.get("id") == self.number:
                if "error" in reply:
                    raise RuntimeError(f"{method}: {reply['error']}")
                return reply["result"]
            self.events.append(reply)

    def wait(self, event):
        """Read until an event came."""
        while not any(e.get("method") == event for e in self.events):
            self.events.append(self.message())

    def js(self, text):
        """The value of an expression in the page, also where the page itself may not run scripts."""
        found = self.call("Runtime.evaluate", expression=text, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(f"{text[:200]}: {found['exceptionDetails']}")
        return found["result"].get("value")

    # ---- the window --------------------------------------------------------------------------------------------------

    def open(self, path, anchor="", scripts=True, **window):
        """Load a page anew in a window of given `width`, `dark`, ... (see `window`)."""
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.window(**window)
        self.load("about:blank")
        self.move(0, 0)
        self.events.clear()
        self.load(Path(path).resolve().as_uri() + anchor)

    def load(self, address):
        """Go to an address; gives back when it is there, with its fonts."""
        self.events = [e for e in self.events if e.get("method") != "Page.loadEventFired"]
        self.call("Page.navigate", url=address)
        self.wait("Page.loadEventFired")
        end = time.monotonic() + LIMIT
        while self.js("document.fonts.status") != "loaded" and time.monotonic() < end:
            time.sleep(0.005)

    def window(self, width=1280, height=900, scale=1, dark=False, media="", forced=False):
        """Change the window's size, its scale, the reader's theme, the medium (print) and whether colours are forced."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                  mobile=width < 700 and scale == 1)
        self.call("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"}, {"name": "forced-colors", "value": "active" if forced else "none"}])

    def tree(self):
        """The accessibility tree as (role, name) pairs of what is not ignored."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n["ignored"]]

    # ---- the reader --------------------------------------------------------------------------------------------------

    def key(self, name):
        """Press a key and let it go."""
        code, text = KEYS[name]
        for kind, said in (("keyDown", text), ("keyUp", "")):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, text=said)

    def type(self, text):
        """Write into what has the focus."""
        self.call("Input.insertText", text=text)

    def move(self, x, y):
        """Move the pointer."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def at(self, selector, k=0):
        """The middle of the k-th element's first line, scrolled into the window."""
        return self.js(f"(() => {{ const e = document.querySelectorAll({json.dumps(selector)})[{k}]; e.scrollIntoView({{block: 'center'}});"
                       "const r = e.getClientRects()[0]; return [r.x + r.width / 2, r.y + r.height / 2] })()")

    def hover(self, selector, k=0):
        """Point at an element; gives back when the page knows, which is a frame later, or a second."""
        self.move(*self.at(selector, k))
        end = time.monotonic() + 1
        while not self.js(f"document.querySelectorAll({json.dumps(selector)})[{k}].matches(':hover')") and time.monotonic() < end:
            time.sleep(0.005)

    def click(self, selector, k=0):
        """Click on an element."""
        x, y = self.at(selector, k)
        self.move(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
