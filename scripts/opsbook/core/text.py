"""People's words: made visible and single-line where they must be, and never dropped."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d\ufe0f"
_EMOJI_JOINED = re.compile(
    "(?<=[\u2600-\u27bf\U0001f000-\U0001faff\ufe0f])\u200d(?=[\u2600-\u27bf\U0001f000-\U0001faff])"
)


def is_hidden(text: str, index: int) -> bool:
    """Whether the character at `index` cannot be seen and can mislead: bidi controls, zero-width and control characters.

    Line feed and tab are visible; a zero-width joiner inside an emoji and a variation selector after one are not hidden.
    """
    char = text[index]
    if char in "\n\t" or (char < "\x7f" and char >= " "):
        return False
    if char == "\u200d":
        return _EMOJI_JOINED.match(text, index) is None
    if char == "\ufe0f":
        return index == 0 or unicodedata.category(text[index - 1]) not in ("So", "Sk", "Po", "Nd", "Sm")
    if char in "\u2028\u2029":
        return True
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") or (
        char in "\u115f\u1160\u3164\uffa0\u034f\u180b\u180c\u180d"
    )


def hidden_characters(text: str) -> list[tuple[int, str]]:
    """Index and name (`U+202E`) of every hidden character in `text`."""
    if text.isascii() and text.isprintable():
        return []
    return [(i, f"U+{ord(c):04X}") for i, c in enumerate(text) if is_hidden(text, i)]


def visible(text: str) -> str:
    """`text` with hidden characters written out, such as `⟨U+202E⟩`, and line ends made LF. Nothing is dropped."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"⟨U+{ord(c):04X}⟩" if is_hidden(text, i) else c for i, c in enumerate(text))


def one_line(text: str) -> str:
    """`text` made visible, on one line, with runs of white space folded."""
    return " ".join(visible(text).split())


def shorten(text: str, width: int) -> str:
    """At most `width` characters, with an ellipsis where something was cut."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"
