"""What the pages for people show: their commands, what these are said to print, and the code in their sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs/tutorial", "docs/how-to", "docs/explanation")
PAGES = ("README.md", *(str(path.relative_to(ROOT)) for at in FOLDERS for path in sorted((ROOT / at).glob("*.md"))))
"""The pages whose commands are run."""

SHELL = {"bash", "sh"}
"""Every line of such a block is a command."""

OTHER = {"yaml", "markdown", "text"}
"""What else a block may be, so that no command hides in a block that nobody reads."""


@dataclass(frozen=True)
class Block:
    """A fenced block: what follows the fence, what is in it, and the line of the page on which it begins."""

    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Shown:
    """A block of commands.

    Attributes:
        line: of the page.
        commands: each as it is typed, without a comment that stands alone.
        printed: what the page says that all of them print; `None` where it does not say.
    """

    line: int
    commands: tuple[str, ...]
    printed: str | None = None


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [
        Block(token.info, token.content, (token.map or [0])[0] + 1) for token in _tokens(page) if token.type == "fence"
    ]


def steps(page: str) -> Iterator[Shown | Block]:
    """What a reader does, in order: commands to type, and files to write.

    A block of `text` is what the commands in the block before it print.
    """
    pending: Shown | None = None
    for block in blocks(page):
        assert block.language in SHELL | OTHER, f"{page}:{block.line}: {block.language or 'a block without a language'}"
        if block.language == "text":
            assert pending is not None, f"{page}:{block.line}: no command stands before what is printed"
            yield Shown(pending.line, pending.commands, block.text)
            pending = None
            continue
        if pending is not None:
            yield pending
        pending = None
        if block.language in SHELL:
            pending = Shown(block.line, tuple(_commands(block.text)))
        else:
            yield block
    if pending is not None:
        yield pending


def spans(page: str) -> Iterator[tuple[int, str]]:
    """The code in the sentences, tables and lists of a page: the line on which its paragraph begins, and the code."""
    for token in _tokens(page):
        for child in token.children or ():
            if child.type == "code_inline":
                yield (token.map or [0])[0] + 1, child.content


@cache
def _tokens(page: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse((ROOT / page).read_text(encoding="utf-8"))


def _commands(text: str) -> Iterator[str]:
    """A command for each line; a line that ends with a backslash goes on."""
    for line in text.replace("\\\n", "").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line.strip()
