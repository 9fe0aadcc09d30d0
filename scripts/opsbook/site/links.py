"""Links in the HTML of pages, which MkDocs does not follow: does each lead to a page?"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from posixpath import normpath

from opsbook.site.page import address

_LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"([^>]*)>')
_CODE = re.compile(r"^ *(```+|~~~+).*?^ *\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)
_TYPED_BY_PEOPLE = "nofollow"


def addresses(path: str, markdown: str) -> Iterator[str]:
    """The places, in lower case, below the root of the site to which the HTML of the page `path` links.

    What people typed (`safe.rich` marks it) is left out: a note with a dead link must not stop the site.
    """
    for target, attributes in _LINK.findall(_CODE.sub("", markdown)):
        target = html.unescape(target)
        if _TYPED_BY_PEOPLE in attributes or _ELSEWHERE.match(target):
            continue
        bare = re.split(r"[?#]", target, maxsplit=1)[0]
        found = normpath(f"/{address(path)}{bare}").strip("/")
        folder = not found or bare.endswith(("/", ".."))
        yield (f"{found}/".lstrip("/") if folder else found).casefold()
