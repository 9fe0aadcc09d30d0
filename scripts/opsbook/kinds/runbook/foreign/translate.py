"""The body of a page for another program as Markdown of GitHub: outside of code, and nothing is dropped unseen.

What cannot be translated stays where it was, as code, and is noted.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from opsbook.core import gfm
from opsbook.core.page_migration import ALERTS, alerts
from opsbook.core.text import one_line, shorten
from opsbook.kinds.runbook.foreign.collection import Collection, Page

_DEEPEST: Final = 5
"""How deep parts may include parts."""

_CODE: Final = re.compile(r"(?<!`)(`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)\1(?!`)", re.DOTALL)
_RUBY: Final = re.compile(r"<%(?P<kind>[=#-]?)(?P<code>(?:(?!%>|<%).)*?)-?%>", re.DOTALL)
_PART: Final = re.compile(r"(?:partial|render)[ (]\s*:?[\"']?([\w./-]+)[\"']?\s*\)?")
_SAID: Final = re.compile(r"(warning_text|inset_text)[ (]\s*(?:text:\s*)?([\"'])(.*)\2\s*\)?", re.DOTALL)
_CHILDREN: Final = re.compile(
    r"<% *current_page\.children(?:\.sort_by[^%]*)?\.each do \|(\w+)\| *-?%>\n?((?:(?!<%[^=]).)*?)<% *end *-?%>\n?",
    re.DOTALL,
)
_LINK: Final = re.compile(r"link_to[ (]\s*([\"'])(.*?)\1\s*,\s*([\"'])(\S*?)\3\s*\)?")
_IMAGE: Final = re.compile(r"image_tag[ (]\s*([\"'])(\S*?)\1(?:.*\balt:\s*([\"'])(.*?)\3)?.*", re.DOTALL)
_SHORT: Final = re.compile(r"\{\{([<%])\s*(?P<end>/?)(?P<name>[\w/-]+)\s*(?P<rest>[^{}]*?)\s*/?[>%]\}\}")
_VALUES: Final = re.compile(r"(?:(\w+)\s*=\s*)?(?:\"([^\"]*)\"|`([^`]*)`|([^\s\"`]+))")
_KINDS: Final = {**ALERTS, **dict.fromkeys(("note", "info", "primary", "hint", "notice", "alert", "callout"), "NOTE")}


def translated(page: Page, collection: Collection) -> str:
    """The body of a page. What was left is noted in the page."""
    body = page.body
    for _ in range(_DEEPEST):
        before = body
        if collection.dialect in ("MkDocs", "Docusaurus"):
            body = _included(body, page, collection)
        if page.erb and "<%" in body:
            body = _outside(body, lambda text: _CHILDREN.sub(lambda found: _children(found, page, collection), text))
            body = _outside(body, lambda text: _RUBY.sub(_ruby(page, collection), text))
        if body == before:
            break
    if collection.dialect == "MkDocs":
        body = _tabs("\n".join(alerts(body.split("\n"), _code(body, "fence"))), page)
    if "{{" in body or ":::" in body:
        body = _blocks(body)
        body = _outside(body, lambda text: _SHORT.sub(_shortcode(page, collection), text))
    if collection.dialect == "Docusaurus":
        body = _outside(body, lambda text: re.sub(r"\{/\*(.*?)\*/\}", r"<!--\1-->", text, flags=re.DOTALL))
    return body.strip("\n") + "\n"


@lru_cache(maxsize=8)
def _code(body: str, *kinds: str) -> frozenset[int]:
    """The rows of blocks of code: `fence`, `code_block`."""
    found = [token.map for token in gfm.parsed(body).tokens if token.type in kinds and token.map]
    return frozenset(row for start, end in found for row in range(start, end))


def _outside(body: str, change: Callable[[str], str]) -> str:
    """The text with everything changed that is no code, in pieces of lines that belong together."""
    code, done = _code(body, "fence", "code_block"), []
    rows: list[str] = []

    def finish() -> None:
        text, at, parts = "\n".join(rows), 0, []
        for span in _CODE.finditer(text):
            parts += [change(text[at : span.start()]), span[0]]
            at = span.end()
        done.extend(["".join([*parts, change(text[at:])])] if rows else [])
        rows.clear()

    for row, line in enumerate(body.split("\n")):
        if row in code:
            finish()
            done.append(line)
        else:
            rows.append(line)
    finish()
    return "\n".join(done)


def _as_code(text: str) -> str:
    """A piece of another language, visible as it was."""
    if "\n" in text:
        return f"\n\n```text\n{text.strip()}\n```\n\n"
    ticks = "`" * (1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    space = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def _left(page: Page, found: re.Match[str]) -> str:
    page.note(f"{shorten(one_line(found[0]), 120)} stays as it is", found[0].split("\n")[0])
    inside = found.string[max(0, found.start() - 2) : found.start()]
    if inside == "](":  # with its signs it would make a link of it
        return found[0].replace("<", "&lt;").replace(">", "&gt;")
    return found[0] if inside in ('="', "='") else _as_code(found[0])


def _ruby(page: Page, collection: Collection) -> Callable[[re.Match[str]], str]:
    """What Ruby in a page would have said, where that can be told without running it."""

    def said(found: re.Match[str]) -> str:
        code = found["code"].strip()
        if found["kind"] == "#":
            return f"<!-- {code} -->" if "--" not in code and "`" not in code else _left(page, found)
        if value := re.fullmatch(r"current_page\.data\.(\w+)", code):
            given = page.title if value[1] == "title" else page.front.get(value[1])
            return str(given) if isinstance(given, (str, int)) else _left(page, found)
        if part := _PART.fullmatch(code):
            there = collection.included(part[1], page, (".", collection.root, f"{collection.root}/partials"))
            return there if there is not None else _left(page, found)
        if words := _SAID.fullmatch(code):
            text = re.sub(r"\\([\"'])", r"\1", words[3])
            kind = "WARNING" if words[1] == "warning_text" else "NOTE"
            return f"> [!{kind}]\n" + "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
        if link := _LINK.fullmatch(code):
            return f"[{link[2]}]({link[4]})"
        if image := _IMAGE.fullmatch(code):
            return f"![{image[4] or ''}]({image[2]})"
        return _left(page, found)

    return said


def _children(found: re.Match[str], page: Page, collection: Collection) -> str:
    """A list of the pages below a page, as it is now; where more is said of each than its title it stays Ruby."""
    title, url = (re.compile(rf"<%= *{found[1]}\.{name} *%>") for name in (r"data\.title", "url"))
    if "<%" in url.sub("", title.sub("", found[2])) or not page.index:
        return found[0]
    folder, parts = posixpath.dirname(page.path), []
    for path, other in sorted(collection.pages.items()):
        if other is not page and posixpath.dirname(posixpath.dirname(path) if other.index else path) == folder:
            text = title.sub(lambda _, other=other: other.title, found[2])
            parts.append(url.sub(lambda _, other=other: f"/{other.place}", text))  # type: ignore[misc]
    return "".join(parts)


def _shortcode(page: Page, collection: Collection) -> Callable[[re.Match[str]], str]:
    """What a shortcode of Hugo would have said; links are resolved with all others."""

    def said(found: re.Match[str]) -> str:
        values = [(name, quoted or ticked or bare) for name, quoted, ticked, bare in _VALUES.findall(found["rest"])]
        named, plain = dict(values), [value for name, value in values if not name]
        if found["name"] in ("ref", "relref") and (plain or "path" in named) and not found["end"]:
            return str((plain or [named["path"]])[0]).replace(" ", "%20")
        if found["name"] == "param" and plain:
            value: Any = page.front.get(plain[0], collection.settings.get("params"))
            for step in plain[0].split(".") if isinstance(value, dict) else ():
                value = value.get(step) if isinstance(value, dict) else None
            if isinstance(value, (str, int, float)):
                return str(value)
        if found["name"] == "figure" and "src" in named:
            shown = f"![{named.get('alt', '')}]({named['src']})"
            words = [f"**{named['title']}**"] if named.get("title") else []
            return "\n\n".join([shown, *words, *([named["caption"]] if named.get("caption") else [])])
        return _left(page, found)

    return said


_OPEN: Final = re.compile(
    r"[ \t]*(?:\{\{[<%]\s*(?P<short>[\w-]+)\s*(?P<rest>[^}/]*?)\s*[>%]\}\}"
    r"|:::+[ \t]*(?P<colon>[a-z]+)[ \t]*(?P<title>.*?))[ \t]*"
)


_CLOSE: Final = re.compile(r"[ \t]*(?:\{\{[<%]\s*/\s*(?P<short>[\w-]+)\s*[>%]\}\}|:::+)[ \t]*")


def _blocks(body: str) -> str:
    """Notes and code that begin with a line and end with another, as alerts and fences."""
    lines, code = body.split("\n"), _code(body, "fence")
    opened: dict[str, list[tuple[int, re.Match[str]]]] = {}
    blocks: dict[int, tuple[int, re.Match[str]]] = {}
    for row, line in enumerate(lines):
        if row in code:
            continue
        if (found := _OPEN.fullmatch(line)) and (found["short"] or found["colon"]) in (*_KINDS, "highlight"):
            opened.setdefault(found["short"] or ":", []).append((row, found))
        elif (end := _CLOSE.fullmatch(line)) and (begun := opened.get(end["short"] or ":")):
            begin, found = begun.pop()
            blocks[begin] = (row, found)

    def printed(row: int, stop: int, depth: int) -> Iterator[str]:
        while row < stop:
            end, found = blocks.get(row, (stop, None))
            if found is None or end >= stop or depth > _DEEPEST:
                yield lines[row]
                row += 1
                continue
            yield from _block(found, lines[row + 1 : end], "\n".join(printed(row + 1, end, depth + 1)))
            row = end + 1
            if row < stop and lines[row].strip():
                yield ""

    return "\n".join(printed(0, len(lines), 0))


def _block(found: re.Match[str], lines: list[str], body: str) -> Iterator[str]:
    """One block: its lines as they are, and translated."""
    words = [quoted or ticked or bare for _, quoted, ticked, bare in _VALUES.findall(found["rest"] or "")]
    if found["short"] == "highlight":
        yield from (f"```{words[0] if words else ''}", *lines, "```")
        return
    name = found["colon"] or next((word for word in words if word in _KINDS), found["short"])
    title = (found["title"] or "").strip("[] ") or " ".join(word for word in words if word not in _KINDS)
    yield f"> [!{_KINDS.get(name, 'NOTE')}]"
    yield from (f"> **{title}**", ">") if title else ()
    yield from (f"> {line}".rstrip() for line in body.strip("\n").split("\n"))


def _tabs(body: str, page: Page) -> str:
    """Tabs of MkDocs one below the other, each with its name."""
    code, inside = _code(body, "fence"), False
    done: list[str] = []
    for row, line in enumerate(body.split("\n")):
        if row not in code and (found := re.fullmatch(r"===[!+]? +\"(.*)\" *", line)):
            done, inside = [*done, f"**{found[1]}**"], True
        elif row not in code and line.strip() == "[TOC]":
            page.note("[TOC] is left out: every page has its contents", "[TOC]")
        else:
            inside = inside and (not line or line.startswith("    "))
            done.append(line.removeprefix("    ") if inside else line)
    return "\n".join(done)


def _included(body: str, page: Page, collection: Collection) -> str:
    """The text of the parts that a page names: snippets of MkDocs, imported pages of Docusaurus."""
    code, done, parts = _code(body, "fence"), [], dict[str, str]()
    for row, line in enumerate(body.split("\n")):
        name = ""
        if row in code:
            pass
        elif collection.dialect == "MkDocs" and (found := re.fullmatch(r"\s*--8<--\s+[\"'](.+?)[\"']\s*", line)):
            name = found[1]
        elif collection.dialect == "Docusaurus" and (
            found := re.fullmatch(r"import\s+(\w+)\s+from\s+[\"'](.+?)[\"'];?\s*", line)
        ):
            parts[found[1]] = found[2].removeprefix("@site/")
            continue
        elif found := re.fullmatch(r"\s*<(\w+)\s*/>\s*", line):
            name = parts.get(found[1], "")
        there = collection.included(name, page, (".", collection.root, "")) if name else None
        if name and there is None:
            page.note(f"{shorten(line.strip(), 120)} stays as it is: there is no such file", line)
        done.append(there if there is not None else _as_code(line.strip()) if name else line)
    for part, path in parts.items():
        if not re.search(rf"<{part}\s*/>", page.body):
            page.note(f"import {part} from {path} is left out", f"import {part} ")
    return "\n".join(done)
