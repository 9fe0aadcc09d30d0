"""While a page is written, the site follows: a change is staged again, and a fault stops nothing."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = """
import sys
from pathlib import Path
from opsbook.core.errors import SiteFault
from opsbook.site.page import Page
from opsbook.site.serve import serve

root = Path(sys.argv[1])

def pages():
    text = (root / "records" / "a.txt").read_text()
    if "broken" in text:
        raise SiteFault("records/a.txt is broken")
    yield Page("index.md", "# Home\\n\\n" + text + "\\n", "records/a.txt")

def say(line):
    print(line, flush=True)

serve(pages, root, root / "build", watch=["records"], address=sys.argv[2], on_progress=say)
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

    def after_change(self, page: str) -> str:
        """The page once MkDocs built again: the long poll of its live reload answers then."""
        epoch, request = re.findall(r"livereload\((\d+), (\d+)\)", page)[0]
        with urllib.request.urlopen(f"{self.address}livereload/{epoch}/{request}", timeout=60) as answer:
            answer.read()
        return self.page()


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
        running.until("Serving on")
        yield running
    finally:
        running.process.terminate()
        running.process.communicate()


def test_a_change_is_seen_and_a_fault_keeps_the_last_good_site(server: Server, root: Path) -> None:
    page = server.page()
    assert "first words" in page

    (root / "records" / "a.txt").write_text("broken")
    assert "records/a.txt is broken" in server.until("not staged")
    assert "first words" in server.page()

    (root / "records" / "a.txt").write_text("second words")
    server.until("staged again: 1 written, 0 removed")
    assert "second words" in server.after_change(page)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_end_ends_mkdocs_too_and_quietly(server: Server, how: signal.Signals) -> None:
    server.process.send_signal(how)
    assert "Traceback" not in server.process.communicate(timeout=30)[0]
    assert server.process.returncode == 0
