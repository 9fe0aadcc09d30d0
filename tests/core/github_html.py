"""HTML of two printers as what it says, so that they can be compared."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import unquote

import cmarkgfm
from cmarkgfm.cmark import Options

from opsbook.core import gfm

_OPTIONS = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
_KEPT = ("href", "src", "start", "alt", "title", "type")


def github(text: str) -> list[object]:
    """What GitHub's own program makes of a text."""
    return said(cmarkgfm.github_flavored_markdown_to_html(text, options=_OPTIONS))


def ours(text: str) -> list[object]:
    """What ours makes of it."""
    return said(str(gfm.parser().render(text)))


def said(html: str) -> list[object]:
    """Elements with the attributes that mean something, and words."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    words = ((" ".join(item.split()) if isinstance(item, str) else item) for item in reader.found)
    return [item for item in words if item]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[object] = []
        self._mark = self._back = False  # in the mark of a footnote, or in the way back from it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if "footnotes-sep" in (values.get("class") or ""):
            return
        if "footnote-backref" in (values.get("class") or ""):
            self._back = True
        elif self._back:
            return
        elif tag == "sup":
            self._mark = True
            self.found.append(("mark",))
        elif not self._mark:
            kept = {name: unquote(values[name] or "") for name in _KEPT if name in values}
            align = values.get("align") or (values.get("style") or "").rpartition(":")[2]
            kept |= {"align": align} if align else {}
            kept |= {"checked": ""} if "checked" in values else {}
            if kept.get("start") == "1":
                del kept["start"]
            self.found.append(({"s": "del"}.get(tag, tag), *sorted(kept.items())))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._back:
            self._back = False
        elif tag == "sup":
            self._mark = False
        elif self._back:
            return
        elif tag not in ("br", "hr", "img", "input") and not self._mark:
            self.found.append(("end", {"s": "del"}.get(tag, tag)))

    def handle_data(self, data: str) -> None:
        if not self._mark and not self._back:
            if self.found and isinstance(self.found[-1], str):
                self.found[-1] += data
            else:
                self.found.append(data)
