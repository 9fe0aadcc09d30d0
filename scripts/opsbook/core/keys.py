"""Private keys in any form that people paste, and what is inside base64: nothing of a key may be left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_SPACE: Final = r"(?:[ +]|%20)"
_KEY: Final = rf"(?:[A-Z0-9]{{1,20}}{_SPACE}){{0,3}}PRIVATE{_SPACE}KEY(?:{_SPACE}BLOCK)?{_SPACE}?-{{4,5}}"
_LONGEST: Final = 40_000
"""Characters of the longest key that anybody pastes; its last line is looked for no further."""

_DER: Final = (
    rb"0(?:[\x00-\x7f]|\x81[\x00-\xff]|\x82[\x00-\xff]{2})\x02\x01(?:\x00[\x020]|\x01\x04|\x030)|openssh-key-v1\x00"
)
"""How keys begin that were taken out of their lines: PKCS #1, #8 and #12, of an elliptic curve, of OpenSSH."""


_BEGIN: Final = rf"(?i:-{{4,5}} ?BEGIN{_SPACE}{_KEY}|Private-Lines: [0-9]{{1,4}})"
_END: Final = rf"(?i:-{{4,5}} ?END{_SPACE}{_KEY})"
_BODY: Final = (
    r"(?:(?:\s|\\{1,4}[rn]|%0[ADad]|[>|\"',])*+"
    r"(?:[A-Z][A-Za-z-]{2,20}: [^\n\\]{0,200}+|(?:[A-Za-z0-9+/=]|%2[BbFf]|%3[Dd]){16,}+"
    r"|(?=[A-Za-z]{0,15}[0-9+/=])[A-Za-z0-9+/=]{1,15}(?![A-Za-z0-9 ])))++"
)
"""What follows the first line of a key that has no last one: headers and lines of base64, quoted or in one line."""

_BLOB: Final = (
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{40,}+(?:[ \t>]{0,8}(?:\r?\n|\\n)[ \t>]{0,8}[A-Za-z0-9+/_-]{20,}+)*+={0,2}"
)


def private_keys(text: str, words: str) -> Iterator[tuple[int, int]]:
    """Where private keys are, from their first line to their last; without a last one as far as they look like one.

    Args:
        words: the text in lower case.
    """
    if not any(hint in words for hint in ("private key", "private+key", "private%20key", "private-lines")):
        return
    first, end = re.compile(_BEGIN), 0
    for begin in first.finditer(text):
        if begin.start() < end:
            continue
        following = first.search(text, begin.end(), begin.end() + _LONGEST)
        last = re.compile(_END).search(text, begin.end(), following.start() if following else begin.end() + _LONGEST)
        body = None if last is not None else re.compile(_BODY).match(text, begin.end())
        end = (last or body or begin).end()
        yield begin.start(), end


def encoded(text: str) -> Iterator[tuple[int, int, bytes]]:
    """Everything that may be base64 (or its form for addresses), and what it holds."""
    from binascii import a2b_base64

    for blob in re.finditer(_BLOB, text):
        plain = re.sub(r"\\n|[\s>=]", "", blob[0]).translate(_PLAIN)
        if len(plain) % 4 != 1:
            yield blob.start(), blob.end(), a2b_base64(plain + "=" * (-len(plain) % 4))


_PLAIN: Final = str.maketrans("-_", "+/")


def is_key(data: bytes) -> bool:
    """Whether bytes are those of a private key."""
    return re.match(_DER, data) is not None
