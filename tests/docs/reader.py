"""Somebody who does what a page says, from its first command to its last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.docs.compare import ID, Names
from tests.docs.reading import ROOT, blocks
from tests.docs.shell import Ended, Shell
from tests.support.clock import machine
from tests.support.desk import Desk, configure

BOOK = (".", ":!tests", ":!scripts", ":!benchmarks")
"""What a clone of this repository holds, but for what no command of a page looks at."""


class Reader:
    """A person with an empty home folder and an empty folder to work in.

    Attributes:
        page: the path of the page.
        root: the folder that holds everything; home and work: the two folders.
        stack: what is closed when the person is done.
    """

    def __init__(self, page: str, root: Path, stack: ExitStack) -> None:
        self.page, self.root, self.stack = page, root, stack
        self.home, self.work = root / "home", root / "work"
        Shell.settle(root)
        self.work.mkdir()
        real = [ID.match(path.name) for path in (ROOT / "incidents").glob("*/*")]
        self.names = Names(found[0] for found in real if found)
        self._shell = Shell(root, self.work, {})
        stack.callback(self._shell.close)

    def run(self, command: str, answers: Sequence[tuple[str, str]] = ()) -> Ended:
        """Type a command."""
        return self._shell.run(command, answers)

    def do(self, *commands: str) -> str:
        """Type what no page shows, because it comes before; what the last one printed."""
        screen = ""
        for command in commands:
            done = self.run(command)
            assert done.code == 0, f"{command}: {done}"
            screen = done.screen
        return screen.strip()

    def block(self, beginning: str) -> str:
        """The text of the page's block that begins so."""
        (found,) = [block.text for block in blocks(self.page) if block.text.startswith(beginning)]
        return found

    def here(self) -> Path:
        """The folder in which the shell is."""
        return Path(self.do("pwd"))


@contextmanager
def reading(page: str, root: Path) -> Iterator[Reader]:
    """Sit down with a page."""
    with ExitStack() as stack:
        yield Reader(page, root, stack)


@cache
def this_book() -> Path:
    """A bare repository with this book on main, as it is kept well: every runbook was reviewed of late.

    Otherwise what the check says would depend on the day. Nobody is out of hours in it, or what a declaration says would
    depend on the hour.
    """
    root = Path(mkdtemp(prefix="opsbook-pages-"))
    bare, clone = Desk(root / "bare"), Desk(root / "clone")
    bare.path.mkdir()
    bare.git("init", "--quiet", "--bare", "--template=", "--initial-branch=main")
    at = (f"--git-dir={bare.path}", f"--work-tree={ROOT}")
    Desk(ROOT).git(*at, "add", "--", *BOOK)
    configure(bare).git(*at, "commit", "--quiet", "--message=Our book")
    Desk(root).git("clone", "--quiet", "--template=", str(bare.path), "clone")
    today = f"reviewed: {machine().date()}"
    books = {
        path: re.sub(r"(?m)^reviewed: .*$", today, path.read_text()) for path in clone.path.glob("runbooks/*/*.md")
    }
    config = clone.path / "opsbook.yml"
    books[config] = re.sub(r"(?m)^hours:\n(?: .*\n)+", "", config.read_text())
    configure(clone).commit({str(path.relative_to(clone.path)): text for path, text in books.items()}, "Review it all")
    clone.git("push", "--quiet", "origin", "main")
    return bare.path


def put(path: Path, block: str) -> None:
    """Put a section of YAML, as a page shows it, into a file that may have the section already."""
    section, *lines = block.rstrip("\n").split("\n")
    text = path.read_text()
    for line in lines:
        text = re.sub(rf"(?m)^{re.escape(line.partition(':')[0])}:.*\n", "", text)
    if f"\n{section}\n" in text:
        text = text.replace(f"\n{section}\n", "\n" + "\n".join([section, *lines]) + "\n", 1)
    else:
        text = text.rstrip("\n") + f"\n{block}"
    path.write_text(text)


Answers = Mapping[str, Sequence[tuple[str, str]]]
"""What is typed when a command asks: a part of each question, and the answer."""
