"""Raw HTML in a text: every tag, comment and scripting attribute, rather too many than too few."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Final

_MARK: Final = re.compile(
    r"<(?:(?P<comment>!--(?:(?!-?>)(?:(?!<!--|--!?>)[^`])*+--!?>)?)|(?P<other>[!?])"
    r"|(?P<slash>/?)(?P<name>[a-zA-Z][^\s\"'<>/=@]*+)"
    r"(?P<attributes>(?:[^<>\"']|\"[^\"<]{0,4000}+\"|'[^'<]{0,4000}+')*+)>?)",
    re.DOTALL,
)
"""A comment without an end, or with another one or code in it, is only its sign: what follows may be live."""
_ATTRIBUTE: Final = re.compile(r"([^\s\"'<>/=]++)\s*+(?:=\s*+(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+)))?")
_ADDRESSES: Final = frozenset(("href", "src", "action", "formaction", "poster", "data", "xlink:href"))


HARMLESS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(
        ("b", "br", "dd", "del", "dl", "dt", "em", "hr", "i", "ins", "kbd", "p", "s", "samp", "small", "strong"),
        frozenset[str](),
    ),
    **dict.fromkeys(("sub", "summary", "sup", "u", "var", "wbr"), frozenset[str]()),
    "a": frozenset(("href", "id", "name", "title")),
    "details": frozenset(("open",)),
    "img": frozenset(("src", "alt", "width", "height")),
}
"""Tags that can only say something, with the attributes that they may have. GitHub shows them too."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One piece of raw HTML.

    Attributes:
        offset: where it begins in the text.
        what: `<div>`, `</div>`, `<!--`, `<!`, `<?` or `onclick attribute`.
        id: the anchor that it sets, or nothing.
        address: what it points to, or nothing; `alt`: the alternative text of an image.
    """

    offset: int
    what: str
    id: str = ""
    address: str = ""
    alt: str = ""


def marks(text: str) -> Iterator[Mark]:
    """Every piece of raw HTML in the order of the text; a tag with several facts comes several times."""
    at = 0
    while found := _MARK.search(text, at):
        offset = found.start()
        at = found.end()
        if found["comment"]:
            yield Mark(offset, "<!--")
        elif found["other"]:
            yield Mark(offset, f"<{found['other']}")
        else:
            yield from _tag(found)


def _tag(found: re.Match[str]) -> Iterator[Mark]:
    name, offset = found["name"].lower(), found.start()
    yield Mark(offset, f"<{found['slash']}{name}>")
    values = {
        attribute[1].lower(): unescape(attribute[2] or attribute[3] or attribute[4] or "")
        for attribute in reversed(list(_ATTRIBUTE.finditer(found["attributes"])))
    }
    for attribute, value in reversed(values.items()):
        if attribute.startswith("on"):
            yield Mark(offset, f"{attribute} attribute")
        elif value and (attribute == "id" or (attribute == "name" and name == "a")):
            yield Mark(offset, "", id=value)
        elif value and attribute in _ADDRESSES:
            yield Mark(offset, "", address=value, alt=values.get("alt", ""))
