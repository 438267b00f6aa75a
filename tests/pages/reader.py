"""A reader of the pages."""
import json
from pathlib import Path

from comparisons.atlas.browser import Browser

INSPECT = (Path(__file__).parent / "inspect.js").read_text(encoding="utf-8")
SPOKEN = ("Runtime.exceptionThrown", "Network.loadingFailed")


class Reader(Browser):
    """A Browser with `inspect.js` in every page, which loads a page again only if somebody left a trace in it."""

    here = None

    def look(self, page, scripts=True, **window):
        """Have a page open as it is when it was just loaded, in a window of this kind, nothing pointed at."""
        if self.here == (page, scripts):
            self.window(**window)
            self.move(2, 2)
        else:
            self.load_again(page, scripts=scripts, **window)
            self.here = page, scripts

    def load_again(self, page, anchor="", scripts=True, **window):
        """Load a page, to leave traces in it."""
        self.here = None
        self.open(page, anchor, scripts, **window)
        self.js(INSPECT)

    def ask(self, name, *arguments):
        """What a function of `inspect.js` gives."""
        return self.js(f"inspect.{name}({', '.join(map(json.dumps, arguments))})")

    def complaints(self):
        """What the page asked of the network and what it said in the console, since it was loaded or asked for this."""
        found, events = [], self.events
        self.events = []
        for event in events:
            method, what = event.get("method"), event.get("params", {})
            if method == "Network.requestWillBeSent" and not what["request"]["url"].startswith(("file:", "data:", "about:")):
                found.append(f"asks the network for {what['request']['url']}")
            elif method == "Runtime.consoleAPICalled" and what["type"] in ("error", "warning", "assert"):
                found.append(f"console: {what['args'][0].get('value')}")
            elif method == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
                found.append(f"console: {what['entry']['text']} {what['entry'].get('url', '')}")
            elif method in SPOKEN:
                found.append(f"{method}: {json.dumps(what)[:300]}")
        return found
