"""Finds what must never be in a record: credentials, and somebody's own contact details."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

# The shapes are those that the vendors publish for their tokens, so that a match is hardly ever wrong. Before each are
# words of which it contains one, in lower case: a text without any of them is not searched for the shape.
_CREDENTIALS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "a private key",
        ("private key",),
        (
            r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----"
            r"(?:[A-Za-z0-9+/=\s]*-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----)?"
        ),
    ),
    ("an AWS access key", ("akia", "asia"), r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    (
        "a GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255})\b",
    ),
    ("a GitLab token", ("glpat-",), r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("a Slack token", ("xox", "xapp-"), r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{10,}"),
    (
        "a Slack webhook",
        ("hooks.slack",),
        r"https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{10,}",
    ),
    ("a Google API key", ("aiza",), r"\bAIza[0-9A-Za-z_-]{35}\b"),
    ("a Stripe key", ("k_live_",), r"\b[rs]k_live_[0-9A-Za-z]{16,}\b"),
    ("an npm or PyPI token", ("npm_", "pypi-"), r"\bnpm_[A-Za-z0-9]{36}\b|\bpypi-[A-Za-z0-9_-]{50,}"),
    ("an Azure key", ("accountkey",), r"\bAccountKey=[A-Za-z0-9+/]{40,}={0,2}"),
    ("a JSON web token", ("eyj",), r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("a password in an address", ("@",), r"(?<=://)[^\s/:@<>\"']{1,64}:[^\s/@<>\"']{3,128}(?=@[A-Za-z0-9.-]+)"),
    ("a bearer token", ("authorization",), r"\bauthorization:\s*(?:bearer|basic|token)\s+[A-Za-z0-9+/=._~-]{16,}"),
    (
        "a password",
        ("passw", "pwd", "secret", "api_key", "api-key", "apikey", "token"),
        (
            r"\b(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?token|client[_-]?secret)\s*[=:]\s*[\"']?"
            r"(?=[^\s\"']*\d)[^\s\"'<>{}$]{8,128}"
        ),
    ),
)
_MAIL = r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}"
# It looks back after its first character and not before it: the search can then leap from one + or 0 to the next.
_PHONE = (
    r"(?:\+(?<![\w.+-]\+)\d{1,3}[ .-]?(?:\(0\)[ .-]?)?|0(?<![\w.+-]0))"
    r"(?:\d[ .-]?){8,11}\d(?![\w-])"
)

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
    likely = tuple(i for i, (_, hints, _) in enumerate(_CREDENTIALS) if any(hint in words for hint in hints))
    for match in _one_of(likely).finditer(text) if likely else ():
        index = int((match.lastgroup or "c0")[1:])
        yield Leak(match.start(), match.end(), _CREDENTIALS[index][0])


@cache
def _one_of(shapes: tuple[int, ...]) -> re.Pattern[str]:
    """Some of the shapes as one, so that the first that fits at a place counts and none is found inside another."""
    return re.compile("|".join(f"(?P<c{i}>{_CREDENTIALS[i][2]})" for i in shapes), re.IGNORECASE)


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
    leaks = sorted([*credentials(text), *contacts(text, shared)], key=lambda leak: (leak.start, -leak.end))
    out: list[str] = []
    seen: list[str] = []
    end = 0
    for leak in leaks:
        if leak.start < end:
            continue
        out += [text[end : leak.start], f"[{leak.what} was removed]"]
        seen.append(leak.what)
        end = leak.end
    return "".join([*out, text[end:]]), seen
