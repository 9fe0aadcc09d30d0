"""Finds what must never be in a record: credentials, and somebody's own contact details."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

# The shapes are those that the vendors publish for their tokens, so that a match is hardly ever wrong. Every repetition
# is bounded, or ends at a character that it cannot hold, so that no text takes longer than its length deserves. Before
# each are words of which it contains one, in lower case: a text without any of them is not searched for the shape.
_NAME = r"(?:password|passwd|pwd|secret|token|(?:api|access|secret)[_-]?key)"
_CREDENTIALS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "a private key",
        ("private key",),
        (
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:[A-Za-z0-9+/=\s]*-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
        ),
    ),
    ("an AWS access key", ("akia", "asia"), r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    (
        "a GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255})\b",
    ),
    ("a GitLab token", ("glpat-",), r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("a Slack token", ("xox", "xapp-"), r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-[0-9]-[A-Za-z0-9-]{10,}"),
    (
        "a Slack webhook",
        ("hooks.slack",),
        r"(?i:https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{10,})",
    ),
    ("a Google API key", ("aiza",), r"\bAIza[0-9A-Za-z_-]{35}\b"),
    ("a Stripe key", ("k_live_",), r"\b[rs]k_live_[0-9A-Za-z]{16,}\b"),
    ("an npm or PyPI token", ("npm_", "pypi-"), r"\bnpm_[A-Za-z0-9]{36}\b|\bpypi-[A-Za-z0-9_-]{50,}"),
    ("an Azure key", ("accountkey", "sharedaccesskey"), r"(?i:\b(?:Account|SharedAccess)Key=[A-Za-z0-9+/]{40,}={0,2})"),
    ("a JSON web token", ("eyj",), r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("a password in an address", ("@",), r"(?<=://)[^\s/:@<>\"']{1,64}:[^\s/@<>\"']{3,128}(?=@[A-Za-z0-9.-])"),
    (
        "a bearer token",
        ("authorization",),
        r"(?i:\bauthorization[\"']?[ \t]*[:=][ \t]*[\"']?(?:bearer|basic|token)[ \t]+[A-Za-z0-9+/=._~-]{16,})",
    ),
    (
        "a password",
        ("passw", "pwd", "secret", "token", "api_key", "api-key", "apikey", "access_key", "access-key", "accesskey"),
        rf"(?i:{_NAME}[\"']?[ \t]*[:=][ \t]*[\"']?(?=[^\s\"'<>{{}}$]{{0,127}}[0-9])[^\s\"'<>{{}}$]{{8,128}})",
    ),
)
_HINTS = tuple((hint, index) for index, (_, hints, _) in enumerate(_CREDENTIALS) for hint in hints)
_MAIL = r"(?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"
_NUMBER = r"(?:[0-9][ .-]?){8,11}[0-9](?![\w-])"
_PHONE = (
    # It looks back after its first character and not before it: so the search leaps from one +, 0 or ( to the next.
    rf"\+(?<![\w.+-]\+)(?<![0-9]:\+)[0-9]{{1,3}}[ .-]?(?:\(0\)[ .-]?)?{_NUMBER}"
    # No date (03-11-2026 09:42) and no fraction of a second (00:00:01.000000001).
    rf"|0(?<![\w.+-]0)(?<![0-9]:0)(?![0-9][ .-][0-9]{{2}}[ .-](?:19|20)[0-9]{{2}}\b){_NUMBER}"
    r"|\(0[0-9]{2,4}\)[ -]?[0-9]{3,4}[ -]?[0-9]{3,4}(?![\w-])"
)

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


def credentials(text: str) -> Iterator[Leak]:
    """Everything in `text` that has the shape of a credential."""
    words = text.lower() if text.isascii() else _folded(text)
    likely = {index for hint, index in _HINTS if hint in words}
    for match in _one_of(tuple(sorted(likely))).finditer(text) if likely else ():
        index = int((match.lastgroup or "c0")[1:])
        yield Leak(match.start(), match.end(), _CREDENTIALS[index][0])


@cache
def _one_of(shapes: tuple[int, ...]) -> re.Pattern[str]:
    """Some of the shapes as one, so that the first that fits at a place counts and none is found inside another."""
    return re.compile("|".join(f"(?P<c{i}>{_CREDENTIALS[i][2]})" for i in shapes))


def _folded(text: str) -> str:
    """In lower case as regular expressions see it: the dotless and the dotted i of Turkish are an i too."""
    return text.casefold().replace("\u0131", "i").replace("i\u0307", "i")


def contacts(text: str, shared: Iterable[str] = ()) -> Iterator[Leak]:
    """Mail addresses and phone numbers in `text`, but for `shared` mailboxes and unreachable addresses."""
    known = {address.lower() for address in shared}
    for match in (_CONTACT if "@" in text else _PHONE_ALONE).finditer(text):
        if match["phone"] is not None:
            yield Leak(match.start(), match.end(), "a phone number")
        elif match["mail"].lower() not in known and _NO_ONE.search(match["mail"]) is None:
            yield Leak(match.start(), match.end(), "a mail address")


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
