"""People's words: made visible, single-line or safe to print where they must be, and never dropped.

A *hidden character* cannot be seen, or means something else on another machine, and so can mislead:

* control characters but line feed and tab; surrogates; noncharacters; private use (its look depends on a
  font);
* everything that Unicode lets a renderer leave out: zero-width and bidi controls, soft hyphen, fillers,
  line and paragraph separator, tags, variation selectors.

Some of them belong to correct writing and are not hidden in exactly that place:

* a zero-width joiner between two emoji (family, rainbow flag), and U+FE0E or U+FE0F after a symbol that has
  an emoji form, or between a digit, `#` or `*` and the keycap;
* tags in the flag of a region: U+1F3F4, three to six letters or digits, the end tag;
* joiners after a virama, and a zero-width non-joiner between Arabic letters: where RFC 5892 (A.1, A.2) lets
  them stand even in domain names, because words in Indic scripts and in Persian are misspelt without them
  (joining
  types are not looked up: any Arabic letter counts);
* one variation selector after an ideograph, which some names need.

The ranges are written out, so that every version of Python judges a record alike: a code point that is not
assigned yet, such as next year's emoji, shows as a box and is not hidden. Nor is white space of any width.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_SUSPECT: Final = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and line feed
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiner, fillers, Mongolian
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line ends, bidi
    "\u3164\ud800-\uf8ff\ufdd0-\ufdef"  # filler, surrogates and private use, noncharacters
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"  # selectors, byte order mark, annotations
    "\U00010000-\U0010ffff]"  # looked at again below: the search is eight times faster with one range up here
)
"""Every character that may be hidden; the context decides about joiners, selectors and tags."""

_ASTRAL: Final = (
    "["
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # format controls of notations
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff"  # tags and selectors, private use
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0xF0000, 0x10000))
    + "]"
)

_PICTOGRAPH: Final = (
    "\xa9\xae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf"
    "\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff\U0001fc00-\U0001fffd"
)
_IS_PICTOGRAPH: Final = f"[{_PICTOGRAPH}]"
_ENDS_EMOJI: Final = f"[{_PICTOGRAPH}][\ufe0f\U0001f3fb-\U0001f3ff]?\\Z"
_FLAG: Final = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
_FLAG_LENGTH: Final = 8
_IDEOGRAPHS: Final = (("\u3400", "\u9fff"), ("\uf900", "\ufaff"), ("\U00020000", "\U0003fffd"))
_VIRAMA: Final = 9
"""The combining class of the sign that silences a vowel."""

_COMMAND: Final = re.compile(r"^([^\S\n]*):(?=:)|##(?=\[|vso\[)", re.MULTILINE)
_CLUSTER_LIMIT: Final = 64
_WORD_LIMIT: Final = 200
_SENTENCE_LIMIT: Final = 1000
_LONG_WORD: Final = re.compile(rf"\S{{{_WORD_LIMIT},}}")


def is_hidden(text: str, index: int) -> bool:
    """Whether the character at `index` is hidden (see above). Looks at eight characters around it at most."""
    return _SUSPECT.match(text, index) is not None and _misleads(text, index)


def hidden_characters(text: str) -> list[tuple[int, str]]:
    """Index and name (`U+202E`) of every hidden character in `text`."""
    return [
        (found.start(), f"U+{ord(found[0]):04X}") for found in _SUSPECT.finditer(text) if _misleads(text, found.start())
    ]


def visible(text: str) -> str:
    """`text` with hidden characters written out (`⟨U+202E⟩`) and line ends made LF. Nothing is dropped."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SUSPECT.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩" if _misleads(text, found.start()) else found[0], text)


def one_line(text: str) -> str:
    """`text` made visible, on one line, with runs of white space folded."""
    return " ".join(visible(text).split())


def terminal(text: str) -> str:
    """`text` that is safe to print on a terminal and in the log of a workflow; several lines stay several
    lines.

    Hidden characters are made visible, so no escape sequence survives. A space breaks what a GitHub or Azure
    runner would obey: `::` at the beginning of a line (it becomes `: :`), `##[` and `##vso[` anywhere (`##
    [`). Nothing is dropped.
    """
    return _COMMAND.sub(lambda found: found[0] + " ", visible(text))


def sentence(text: str) -> str:
    """A message on one line, safe to print, in which no value that it quotes hides what it says."""
    words = _LONG_WORD.sub(lambda found: shorten(found[0], _WORD_LIMIT), one_line(text))
    return terminal(shorten(words, _SENTENCE_LIMIT))


def shorten(text: str, width: int) -> str:
    """At most `width` characters, an ellipsis where something was cut; no accent or emoji is cut in two."""
    if len(text) <= width:
        return text
    if width < 1:
        return ""
    cut = width - 1
    for _ in range(_CLUSTER_LIMIT):
        if not cut or not _inside_cluster(text, cut):
            break
        cut -= 1
    return text[:cut].rstrip() + "…"


def _misleads(text: str, index: int) -> bool:
    """Whether a suspect character is out of the places where it belongs to correct writing."""
    char = text[index]
    if char > "\uffff" and not re.match(_ASTRAL, char):
        return False
    before = text[index - 1] if index else ""
    if char in "\u200c\u200d":
        if before and unicodedata.combining(before) == _VIRAMA:
            return False
        after = text[index + 1 : index + 2]
        if char == "\u200c":
            return not (_is_arabic(before) and _is_arabic(after))
        return not (re.match(_IS_PICTOGRAPH, after) and re.search(_ENDS_EMOJI, text[max(0, index - 2) : index]))
    if "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        if char in "\ufe0e\ufe0f":
            keycap = before != "" and before in "0123456789#*" and text[index + 1 : index + 2] == "\u20e3"
            return not (keycap or re.match(_IS_PICTOGRAPH, before))
        return not any(first <= before <= last for first, last in _IDEOGRAPHS)
    if "\U000e0020" <= char <= "\U000e007f":
        start = text.rfind("\U0001f3f4", max(0, index - _FLAG_LENGTH), index)
        found = re.compile(_FLAG).match(text, start) if start >= 0 else None
        return found is None or found.end() <= index
    return True


def _is_arabic(char: str) -> bool:
    return char != "" and unicodedata.bidirectional(char) == "AL"


def _inside_cluster(text: str, cut: int) -> bool:
    """Whether the character at `cut` belongs to the one before it."""
    before, after = text[cut - 1], text[cut]
    if before in "\u200c\u200d" or after in "\u200c\u200d\u20e3" or unicodedata.category(after) in ("Mn", "Mc", "Me"):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    if not ("\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff"):
        return False
    start = cut
    while start and cut - start < _CLUSTER_LIMIT and "\U0001f1e6" <= text[start - 1] <= "\U0001f1ff":
        start -= 1
    return (cut - start) % 2 == 1


_TITLE = re.compile(r"\A\s*#[ \t][^\n]*\n?")


def untitled(markdown: str) -> str:
    """Markdown without the title in its first line: a page has the title of its record already."""
    return _TITLE.sub("", markdown, count=1)
