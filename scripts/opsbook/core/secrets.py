"""Finds what must never be in a record: credentials, and somebody's own contact details.

Tokens of vendors are in `core.tokens`. Here is what has no vendor: private keys in any form that people paste,
passwords, and contact data, which is judged by what stands around it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from opsbook.core.tokens import SHAPES

_NAMED = r"(?:password|passwd|passphrase|pwd)"
_VALUE = r"[^\s\"'<>{}$`]"
_CREDENTIALS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    *SHAPES,
    ("a password in an address", ("@",), r"(?<=://)[^\s/:@<>\"']{0,64}:[^\s/@<>\"'{}$*]{2,128}(?=@[A-Za-z0-9.\[-])"),
    (
        "a bearer token",
        ("authorization",),
        (
            r"(?i:\bauthorization[\"']?[ \t]*[:=][ \t]*[\"']?(?:bearer|basic|token|geniekey|apikey|splunk)"
            r"[ \t]+(?:token=)?[A-Za-z0-9+/=._~-]{16,})"
        ),
    ),
    ("a password", ("curl", "wget"), rf"(?<=\s)(?:-u|--user)[ =]?[\"']?[^\s:\"'<>{{}}$]{{1,64}}:{_VALUE}{{3,128}}"),
    (
        "a password",
        ("passw", "pwd"),
        (
            # After an equals sign, or in quotes, anything is one; after a colon words may follow: "password: changed".
            rf"(?i:{_NAMED}(?:=[\"']?|\\?[\"']?[ \t]*[:=][ \t]*\\?[\"']))(?![*xX.]{{3,}}){_VALUE}{{6,128}}"
            rf"|(?i:{_NAMED}[\"']?[ \t]*[:=][ \t]*)(?={_VALUE}{{0,127}}[0-9]){_VALUE}{{6,128}}"
        ),
    ),
    (
        "a secret",
        ("secret", "token", "api_key", "api-key", "apikey", "access_key", "access-key", "accesskey"),
        (
            rf"(?i:(?:secret|token|(?:api|access|secret)[_-]?key)[\"']?[ \t]*[:=][ \t]*[\"']?)"
            # Not the place of a secret (`prod/db-2`), nor the id of a record.
            rf"(?![a-z]+(?:[./_-][a-z]+)*[./_-][a-z]*[0-9]{{0,4}}(?!{_VALUE})|[A-Z]{{3}}-[0-9]{{8}}-[0-9A-Z]{{5}})"
            rf"(?={_VALUE}{{0,127}}[0-9]){_VALUE}{{8,128}}"
        ),
    ),
)
_HINTS = tuple((hint, index) for index, (_, hints, _) in enumerate(_CREDENTIALS) for hint in hints)
_EMPTY = re.compile(r"[A-Z_]{2,}|x{3,}|\.{3}|(?i:pass(?:word)?|secret)", re.ASCII)
"""What documentation writes where a password goes: `postgres://USER:PASSWORD@HOST/db`."""

_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|Private-Lines: [0-9]{1,4}", re.IGNORECASE)
_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----", re.IGNORECASE)
_BODY = re.compile(
    r"(?:(?:\s|\\r|\\n|[>|\"',])*"
    r"(?:[A-Z][A-Za-z-]{2,20}: [^\n\\]{0,200}|[A-Za-z0-9+/=]{16,}"
    r"|(?=[A-Za-z]{0,15}[0-9+/=])[A-Za-z0-9+/=]{1,15}(?![A-Za-z0-9 ])))+"
)
"""What follows the first line of a key that has no last one: headers and lines of base64, quoted or in one line."""

_KEY_LENGTH = 40_000
_BLOB = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40,}(?:[ \t]{0,8}\r?\n[ \t]{0,8}[A-Za-z0-9+/]{20,})*={0,2}")
_NESTED = 2
"""How often base64 in base64 is looked into: a configuration of Kubernetes holds keys that are encoded already."""

_MAIL = r"(?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"
_NUMBER = r"(?:[0-9][ .-]?){8,11}[0-9](?![\w-])"
_PHONE = (
    # It looks back after its first character and not before it: so the search leaps from one +, 0 or ( to the next.
    rf"\+(?<![\w.+-]\+)(?<![0-9]:\+)[0-9]{{1,3}}[ .-]?(?:\(0\)[ .-]?)?{_NUMBER}"
    # No date (03-11-2026 09:42) and no fraction of a second (00:00:01.000000001).
    rf"|0(?<![\w.+-]0)(?<![0-9]:0)(?![0-9][ .-][0-9]{{2}}[ .-](?:19|20)[0-9]{{2}}\b){_NUMBER}"
    r"|\(0[0-9]{2,4}\)[ -]?[0-9]{3,4}[ -]?[0-9]{3,4}(?![\w-])"
)
_COUNTED = re.compile(
    r"(?i:\b(?:build|job|run|order|release|revision|rev|case|invoice|ticket|version|pid|uid|gid|id|offset|ref|commit|"
    r"serial|asset|account|port|size|bytes|epoch|timestamp)(?: (?:id|no\.?|number))?[ \t]*[:=#]{0,2}[ \t]*#?)\Z"
)
"""What makes a run of digits a number of something, right before it."""

_NOT_MAIL = re.compile(
    r"@(?:"
    r"v?[0-9]+(?:\.[0-9]+)*[.-][A-Za-z0-9.-]*"  # a version of a package: nginx@4.11.3.tgz
    r"|(?:[A-Za-z0-9-]+\.)*(?:service|socket|timer|target|mount|automount|swap|path|slice|scope|device)"  # systemd
    r"|(?:[A-Za-z0-9-]+\.)*svc(?:\.[A-Za-z0-9.-]*)?"  # Kubernetes
    r"|(?:[A-Za-z0-9-]+\.)+(?:png|jpe?g|gif|svg|webp|tgz|gz|jar|whl|rpm|deb|ya?ml|json|txt|log|conf|cfg|ini)"  # files
    r")\Z"
)
_REMOTE_SHELL = re.compile(r"\b(?:ssh|scp|sftp|rsync|mosh|sshfs|ssh-copy-id|psql|mysql|rsh)\b[^|;&\n]{0,200}\Z")
_PLACE = re.compile(r":[/~.\w]")
"""What follows the host in a place on another machine: `backup@nas.local:/v`."""

MAIL, PHONE = "a mail address", "a phone number"
PERSONAL = frozenset({MAIL, PHONE})
"""What may be kept where it is public or shared; a credential never may."""

_PASSES = 10
"""How often a text is searched while it is masked: what a leak was glued to may be one by itself. What is left after
that is found by the check."""

_CONTACT = re.compile(f"(?P<mail>{_MAIL})|(?P<phone>{_PHONE})")
_PHONE_ALONE = re.compile(f"(?P<phone>{_PHONE})")
_NO_ONE = re.compile(
    r"(?:^|[@.])(?:example\.(?:com|org|net)|[A-Za-z0-9-]+\.(?:example|invalid|test|localhost))$|^git@|noreply"
)


@dataclass(frozen=True, slots=True)
class Leak:
    """One thing that must not be there: where (character offsets), and what it looks like."""

    start: int
    end: int
    what: str


def credentials(text: str, *, depth: int = 0) -> Iterator[Leak]:
    """Everything in `text` that is a private key or has the shape of a credential."""
    yield from _private_keys(text, depth)
    words = text.lower() if text.isascii() else _folded(text)
    likely = {index for hint, index in _HINTS if hint in words}
    for match in _one_of(tuple(sorted(likely))).finditer(text) if likely else ():
        what = _CREDENTIALS[int((match.lastgroup or "c0")[1:])][0]
        if not what.startswith("a password in") or not _EMPTY.fullmatch(match[0].rpartition(":")[2]):
            yield Leak(match.start(), match.end(), what)


def _private_keys(text: str, depth: int) -> Iterator[Leak]:
    """Private keys, in whatever form they were pasted: nothing of one may be left."""
    folded = text.lower()
    end = 0
    for begin in _BEGIN.finditer(text) if "private key" in folded or "private-lines" in folded else ():
        if begin.start() < end:
            continue
        following = _BEGIN.search(text, begin.end(), begin.end() + _KEY_LENGTH)
        stop = following.start() if following is not None else begin.end() + _KEY_LENGTH
        last = _END.search(text, begin.end(), stop)
        body = None if last is not None else _BODY.match(text, begin.end())
        end = last.end() if last is not None else body.end() if body is not None else begin.end()
        yield Leak(begin.start(), end, "a private key")
    for blob in _BLOB.finditer(text) if depth < _NESTED else ():
        try:
            inside = base64.b64decode("".join(blob[0].split()) + "==").decode("latin-1")
        except (binascii.Error, ValueError):
            continue
        # A key, or a file with one in it; what has no words in it is no text, and is not searched.
        if any(leak.what == "a private key" for leak in _private_keys(inside, depth + 1)):
            yield Leak(blob.start(), blob.end(), "a private key")


@cache
def _one_of(shapes: tuple[int, ...]) -> re.Pattern[str]:
    """Some of the shapes as one, so that the first that fits at a place counts and none is found inside another."""
    return re.compile("|".join(f"(?P<c{i}>{_CREDENTIALS[i][2]})" for i in shapes))


def _folded(text: str) -> str:
    """In lower case as regular expressions see it: the dotless and the dotted i of Turkish are an i too."""
    return text.casefold().replace("\u0131", "i").replace("i\u0307", "i")


def contacts(text: str, shared: Iterable[str] = ()) -> Iterator[Leak]:
    """Mail addresses and phone numbers in `text`, but for `shared` mailboxes and unreachable addresses.

    What stands around it decides: a unit of systemd, a package with its version, a place on another machine and the
    number of an order are not somebody's.
    """
    known = {address.lower() for address in shared}
    for match in (_CONTACT if "@" in text else _PHONE_ALONE).finditer(text):
        before = text[max(0, match.start() - 240) : match.start()]
        if match["phone"] is not None:
            if _COUNTED.search(before[-40:]) is None:
                yield Leak(match.start(), match.end(), PHONE)
        elif match["mail"].lower() not in known and _NO_ONE.search(match["mail"]) is None:
            elsewhere = _PLACE.match(text, match.end()) or before.endswith("://") or _REMOTE_SHELL.search(before)
            if not elsewhere and _NOT_MAIL.search(match["mail"]) is None:
                yield Leak(match.start(), match.end(), MAIL)


def mask(text: str, shared: Iterable[str] = ()) -> tuple[str, list[str]]:
    """`text` with every leak replaced by what it was, and the list of what was replaced."""
    known = tuple(shared)
    seen: list[str] = []
    for _ in range(_PASSES):
        leaks = sorted([*credentials(text), *contacts(text, known)], key=lambda leak: (leak.start, -leak.end))
        if not leaks:
            break
        out: list[str] = []
        end = 0
        for leak in leaks:
            if leak.end > end:
                # One may begin inside another and reach beyond it: a key, and a mail address right behind it.
                out += [text[end : max(leak.start, end)], f"[{leak.what} was removed]"]
                seen.append(leak.what)
                end = leak.end
        text = "".join([*out, text[end:]])
    return text, seen
