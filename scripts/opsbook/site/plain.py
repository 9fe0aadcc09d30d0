"""Pages as Markdown, for programs that read what people read: each at its address plus `.md`, and a list of all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import unescape
from typing import Final

from opsbook.site.page import ROOT, Page, address

LIST: Final = "llms.txt"
"""The list of all pages; see https://llmstxt.org."""

_BLOCKS: Final = frozenset(("p", "div", "section", "ul", "ol", "dl", "table", "blockquote", "pre", "details", "nav"))
_MARKS: Final = {"strong": "**", "b": "**", "em": "*", "i": "*", "s": "~~", "del": "~~"}
_MARK: Final = re.compile(r" *(?:-|[0-9]+\.) +")
"""The beginning of an item, behind which its first paragraph follows."""
_TOKEN: Final = re.compile(
    r"([^<]+|<(?![a-z/!]))|<!--.*?-->"
    r"|<(/?)([a-z][a-z0-9]*)((?:[^\"'<>]|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL | re.IGNORECASE,
)
"""Words, a comment or a tag. A page is ours: it was printed by a closed list, and all of its tags end."""
_ATTRIBUTE: Final = re.compile(r"([^\s=\"'/]+)(?:=(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+)))?")
_SILENT: Final = frozenset(("progress", "svg", "button"))


def place(path: str) -> str:
    """Where the Markdown of a page lies: the page `a/b/` is at `a/b.md` too."""
    return (address(path).rstrip("/") or "index") + ".md"


def markdown(page: Page) -> str:
    """What a page says, as Markdown."""
    words = "\n".join(_Reader(page).lines()).strip()
    title = "" if words.startswith("# ") else f"# {page.title}\n\n"
    return f"{title}{words}\n"


def listing(pages: Iterable[Page], name: str) -> str:
    """The list of all pages, section by section."""
    sections: dict[str, list[Page]] = {}
    for page in sorted(pages, key=lambda page: page.path):
        sections.setdefault(page.path.partition("/")[0] if "/" in page.path else "", []).append(page)
    lines = [f"# {name}", ""]
    for section, some in sections.items():
        lines += [f"## {section.replace('-', ' ').capitalize() or 'Start'}", ""]
        lines += [
            f"- [{page.title}]({place(page.path)})" + (f": {page.description}" if page.description else "")
            for page in some
        ]
        lines.append("")
    return "\n".join(lines)


class _Reader:
    """Writes what it reads: the HTML of our own pages, in which every element ends."""

    def __init__(self, page: Page) -> None:
        self._up = "../" * place(page.path).count("/")
        self._lines: list[str] = []
        self._line = ""
        self._lists: list[tuple[str, int]] = []
        self._row: list[str] | None = None
        self._links: list[str] = []
        self._code = self._silent = 0
        self._quoted = 0
        self._bold = False
        for words, ends, tag, attributes in _TOKEN.findall(page.html):
            if words:
                self._words(unescape(words) if "&" in words else words)
            elif ends:
                self._ends(tag.lower())
            elif tag:
                values = {name: unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(attributes)}
                self._begins(tag.lower(), values)

    def lines(self) -> list[str]:
        """What was read, without empty lines in a row or at the end."""
        self._end()
        found: list[str] = []
        for line in self._lines:
            if line.strip("> ") or (found and found[-1].strip("> ")):
                found.append(line)
        while found and not found[-1].strip("> "):
            found.pop()
        return found

    def _begins(self, tag: str, values: Mapping[str, str]) -> None:
        if tag in _SILENT or values.get("class") == "headerlink":
            self._silent += 1
        elif tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self._gap()
            self._line = "#" * int(tag[1]) + " "
        elif tag == "tr":
            self._row = []
        elif tag in ("td", "th"):
            self._line = ""
        elif tag == "li":
            self._end()
            kind, number = self._lists.pop() if self._lists else ("ul", 0)
            self._lists.append((kind, number + 1))
            self._line = "  " * (len(self._lists) - 1) + ("- " if kind == "ul" else f"{number + 1}. ")
        elif tag in ("ul", "ol"):
            self._end() if self._lists else self._gap()
            self._lists.append((tag, 0))
        elif tag == "pre":
            self._gap()
            self._code += 1
            self._lines.append("```")
        elif tag == "code" and not self._code:
            self._line += "`"
        elif tag == "a":
            href = values.get("href", "")
            self._links.append(self._markdown(href) if href else "")
            self._line += "[" if href else ""
        elif tag == "img":
            self._line += f"![{values.get('alt', '')}]({values.get('src', '').replace(ROOT, self._up)})"
        elif tag in _MARKS:
            self._line += _MARKS[tag]
        elif tag == "br":
            self._line += " "
        elif tag == "dt":
            self._end()
        elif tag == "input":
            self._line += "[x] " if "checked" in values else "[ ] "
        elif tag in _BLOCKS and self._row is None:
            if not _MARK.fullmatch(self._line):
                self._end()
            self._quoted += tag == "blockquote"
            if values.get("class") == "ob-heading":
                self._line += "**"
                self._bold = True

    def _ends(self, tag: str) -> None:
        if self._silent:
            self._silent -= tag in _SILENT or tag == "a"
        elif tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self._gap()
        elif tag in ("td", "th"):
            if self._row is not None:
                self._row.append(" ".join(self._line.split()).replace("|", "\\|"))
            self._line = ""
        elif tag == "tr" and self._row is not None:
            self._lines.append(f"| {' | '.join(self._row)} |")
            self._row = None
        elif tag == "thead" and self._lines:
            self._lines.append("|---" * self._lines[-1].replace("\\|", "").count(" | ") + "|---|")
        elif tag in ("ul", "ol"):
            self._end()
            self._lists and self._lists.pop()
            if not self._lists:
                self._gap()
        elif tag == "pre":
            self._lines += [*self._line.rstrip("\n").split("\n"), "```", ""]
            self._line = ""
            self._code -= 1
        elif tag == "code" and not self._code:
            self._line += "`"
        elif tag == "a":
            link = self._links.pop() if self._links else ""
            self._line += f"]({link})" if link else ""
        elif tag in _MARKS:
            self._line += _MARKS[tag]
        elif tag == "dt":
            self._line += ": "
        elif tag == "dd":
            self._end()
        elif tag in _BLOCKS and self._row is None:
            if self._bold:
                self._line += "**"
                self._bold = False
            self._end() if self._lists else self._gap()
            self._quoted -= tag == "blockquote"

    def _words(self, data: str) -> None:
        if not self._silent:
            self._line += data if self._code else (data if data.strip() else " ")

    def _markdown(self, href: str) -> str:
        """A link to a page, as one to its Markdown."""
        if not href.startswith(ROOT):
            return href
        where, mark, fragment = href[len(ROOT) :].partition("#")
        inside = f"{where.rstrip('/') or 'index'}.md" if where.endswith("/") or not where else where
        return f"{self._up}{inside}{mark}{fragment}"

    def _end(self) -> None:
        if self._code:
            return
        indent = self._line[: len(self._line) - len(self._line.lstrip(" "))] if self._lists else ""
        words = " ".join(self._line.split())
        if words:
            self._lines.append("> " * self._quoted + indent + words)
        self._line = ""

    def _gap(self) -> None:
        self._end()
        self._lines.append("> ".rstrip() * self._quoted)
