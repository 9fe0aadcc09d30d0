"""A built site in a real browser: serve it, look at it, let axe judge it."""

from __future__ import annotations

import functools
import gzip
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import urlopen

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, Response, Route, sync_playwright

PHONE = (390, 844)
DESKTOP = (1280, 900)
SCREENS = {"phone": PHONE, "desktop": DESKTOP}
WIDTHS = (360, 390, 768, 1440)
"""Of a small phone, a phone, a tablet and a desktop."""
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}

CLIPPED = """() => {
    const wide = document.documentElement.clientWidth, found = [];
    if (document.documentElement.scrollWidth > wide) found.push("the page");
    for (const node of document.querySelectorAll("article, article *")) {
        const style = getComputedStyle(node), box = node.getBoundingClientRect();
        if (!node.clientWidth || box.width < 2 || style.visibility === "hidden") continue;
        const scrolls = node.closest(".ob-scroll[tabindex='0']");
        const cut = style.overflowX !== "visible" && node.scrollWidth > node.clientWidth + 1 && node !== scrolls;
        if (cut || (!scrolls && box.right > wide + 1)) found.push(node.outerHTML.slice(0, 120));
    }
    return found;
}"""
"""What is cut off, or reaches over the edge of the screen, outside of a region that scrolls and that keys reach."""

TALL = """() => [...document.querySelectorAll("article table")]
    .filter(table => table.rows[0].cells[0].textContent.trim() === "Step").map(table => {
        const text = document.createElement("div");
        text.style.fontSize = getComputedStyle(table.rows[1].cells[1]).fontSize;
        for (const row of table.rows) {
            const line = document.createElement("div");
            line.textContent = [...row.cells].map(cell => cell.textContent.trim()).join(" ");
            text.append(line);
        }
        document.querySelector("article").append(text);
        const times = table.getBoundingClientRect().height / text.getBoundingClientRect().height;
        text.remove();
        return times;
    })"""
"""How many times as tall as its text each table of steps is."""

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@functools.cache
def _packed(address: str) -> int:
    with urlopen(address) as answer:
        return len(gzip.compress(answer.read(), 6))


@functools.cache
def _axe() -> str:
    """The script of axe, which is half a megabyte: a page takes it once."""
    return str(Axe().axe_script)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine; yields the address, which ends in a slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine, headless."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert path, "these tests need Chromium: install the package `chromium`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """One look at one page.

    Attributes:
        page: the open page, loaded and at rest.
        strangers: addresses on other hosts that it asked for; the requests were refused.
        missing: addresses on its own host that were not there.
        errors: what its scripts complained about.
    """

    page: Page
    strangers: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def clipped(self, width: int) -> list[str]:
        """What is cut off or reaches over the edge of a screen of this width."""
        self.page.set_viewport_size({"width": width, "height": 844})
        found: list[str] = self.page.evaluate(CLIPPED)
        return found

    def weight(self) -> int:
        """Bytes that a browser fetches for the page, pictures apart, packed as servers send them."""
        fetched = "[location.href, ...performance.getEntriesByType('resource').map(entry => entry.name)]"
        addresses = {str(address).partition("#")[0] for address in self.page.evaluate(fetched)}
        return sum(_packed(address) for address in addresses if not address.endswith((".png", ".svg")))

    def axe(self) -> list[str]:
        """What axe finds against WCAG 2.2 level AA: rule, element and reason, one line each."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_axe())
        violations = self.page.evaluate("options => axe.run(options).then(found => found.violations)", AXE)
        return [
            f"{violation['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']!r}"
            for violation in violations
            for node in violation["nodes"]
        ]


_idle: dict[tuple[Browser, bool], list[Page]] = {}
"""Pages that nobody looks at, by whether they run scripts: to open one takes Chromium three times as long as a visit."""


@contextmanager
def visit(
    browser: Browser,
    address: str,
    *,
    screen: tuple[int, int] = DESKTOP,
    scheme: Scheme = "light",
    script: bool = True,
) -> Iterator[Visit]:
    """Open an address and wait until it is at rest; every request to another host is refused and noted."""
    idle = _idle.setdefault((browser, script), [])
    page = idle.pop() if idle else browser.new_context(java_script_enabled=script).new_page()
    seen, host = Visit(page), urlsplit(address).netloc

    def guard(route: Route) -> None:
        if urlsplit(route.request.url).netloc == host:
            route.continue_()
        else:
            seen.strangers.append(route.request.url)
            route.abort()

    def answered(response: Response) -> None:
        if response.status >= 400:
            seen.missing.append(response.url)

    def failed(error: Error) -> None:
        seen.errors.append(str(error))

    try:
        page.set_viewport_size({"width": screen[0], "height": screen[1]})
        page.emulate_media(media="null", color_scheme=scheme, reduced_motion="reduce", forced_colors="null")
        page.context.route("**/*", guard)
        page.on("response", answered)
        page.on("pageerror", failed)
        page.goto(address, wait_until="networkidle")
        yield seen
        page.remove_listener("response", answered)
        page.remove_listener("pageerror", failed)
        _forget(page, address)
        page.context.unroute_all()
        idle.append(page)
    except BaseException:
        page.context.close()
        raise


def _forget(page: Page, address: str) -> None:
    """Leave nothing of a visit for the next one."""
    parts = urlsplit(address)
    session = page.context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": f"{parts.scheme}://{parts.netloc}", "storageTypes": "all"})
    session.detach()
    page.mouse.move(0, 0)
    page.goto("about:blank")
