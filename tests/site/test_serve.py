"""While a page is written, the site follows: a change is staged again, and a fault stops nothing."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from opsbook.core.errors import UsageError
from opsbook.site.serve import serve

SCRIPT = """
import sys
from pathlib import Path

from opsbook.core.errors import SiteFault
from opsbook.site.build import build
from opsbook.site.serve import serve
from tests.support.samples import Content, prose

root = Path(sys.argv[1])
work = root / "build"
work.mkdir()

def say(line):
    print(line, flush=True)

def make():
    text = (root / "records" / "a.txt").read_text()
    if "broken" in text:
        raise SiteFault("records/a.txt is broken")
    page = prose("index.md", "# Home\\n\\n" + text, "records/a.txt")
    return build(Content([page]), root, work, work / "served", on_progress=say).made

serve(make, root, work / "served", watch=["records"], address=sys.argv[2], on_progress=say)
"""


class Server:
    """`serve` in a process of its own, which says what it does line by line."""

    def __init__(self, root: Path, address: str) -> None:
        self.address = f"http://{address}/"
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(root), address],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def until(self, words: str) -> str:
        """Read on until a line has the words."""
        assert self.process.stdout is not None
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if words in line:
                return line
        raise AssertionError(f"it ended without {words!r}:\n{''.join(seen)}")

    def page(self) -> str:
        """The home page as it is served now."""
        with urllib.request.urlopen(self.address, timeout=30) as answer:
            return str(answer.read().decode())

    def changed(self) -> bool:
        """Whether a browser that waits is told of a change."""
        with urllib.request.urlopen(self.address + ".opsbook/changes", timeout=60) as answer:
            return b"data: changed" in answer.readline()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A book with one record."""
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "a.txt").write_text("first words")
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: Test\nnav: [{Home: index.md}]\ntheme: {name: material, font: false}\n"
    )
    return tmp_path


@pytest.fixture
def server(root: Path) -> Iterator[Server]:
    """A running server on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = Server(root, f"127.0.0.1:{port}")
    try:
        running.until("serving http://")
        yield running
    finally:
        running.process.terminate()
        running.process.communicate()


def test_a_change_is_seen_and_a_fault_keeps_the_last_good_site(server: Server, root: Path) -> None:
    page = server.page()
    assert "first words" in page
    assert "EventSource" in page

    (root / "records" / "a.txt").write_text("broken")
    assert "records/a.txt is broken" in server.until("not made")
    assert "first words" in server.page()

    with ThreadPoolExecutor(1) as browser:
        told = browser.submit(server.changed)
        (root / "records" / "a.txt").write_text("second words")
        server.until("made again: 1 pages")
        # The browser may have begun to wait only now: another change finds it there.
        (root / "records" / "a.txt").write_text("third words")
        server.until("made again: 1 pages")
        assert told.result(timeout=60)
    assert "third words" in server.page()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_quietly(server: Server, how: signal.Signals) -> None:
    server.process.send_signal(how)
    assert "Traceback" not in server.process.communicate(timeout=30)[0]
    assert server.process.returncode == 0


def test_an_address_that_is_taken_is_told(server: Server, root: Path) -> None:
    address = server.address.removeprefix("http://").rstrip("/")
    with pytest.raises(UsageError, match="cannot be listened on"):
        serve(lambda: 0, root, root, watch=[], address=address, on_progress=lambda _: None)
