"""Texts as words that can be compared: the same for what is indexed and for what is asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

_WORD: Final = (
    "[0-9A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u2c00-\u2dff\u2e80-\u2fff"
    "\u3005-\u3007\u3021-\ud7ff\uf900-\ufdff\ufe70-\ufefe\uff66-\uffdc\U00010000-\U0001efff\U00020000-\U0003fffd]"
)
"""Letters, digits and the marks on them. What is left out is punctuation, signs, emoji and what cannot be encoded."""

_RUN: Final = re.compile(rf"{_WORD}+(?:[_-]{_WORD}+)*")
_PIECE: Final = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^\x00-\x7f]+")
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]+"
)
"""Scripts that put no space between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""

_MOST_PARTS: Final = 8
_LONGEST: Final = 60

_ENDINGS: Final = re.compile(r"(?:ations?|ings?|ions?|(?<!e)ed|als?|ments?|ly|ures?|[ey])$")
_LAST: Final = re.compile("[ey]$")
_DOUBLED: Final = re.compile(r"([bdgklmnprt])\1$")


class Written(NamedTuple):
    """A word as it was written.

    Attributes:
        whole: it, without signs inside; parts: the words that it is made of, `kube`, `pod` of `KubePod`.
            of a plain word it is the only part.
        said: its parts with their endings, as they must be to be joined with others.
        cased: whether capitals alone show where its parts begin, as in the name of an alert.
    """

    whole: str
    parts: tuple[str, ...]
    said: tuple[str, ...]
    cased: bool = False


def words(text: str) -> Iterator[Written]:
    """The words of a text, in order."""
    flat = unicodedata.normalize("NFKD", text.replace("’", "'"))
    flat = unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]|(?<=[A-Za-z])'(?=[a-z])", "", flat))
    for found in _RUN.finditer(flat):
        yield from _written(found[0])


@lru_cache(maxsize=1 << 16)
def _written(run: str) -> tuple[Written, ...]:
    if not run.isascii():
        return tuple(_of_other_scripts(run))
    pieces = [piece for name in re.split("[_-]", run) for piece in _pieces(name)]
    whole = stem(re.sub("[_-]", "", run)[:_LONGEST])
    if 1 < len(pieces) <= _MOST_PARTS:
        said = tuple(piece.casefold() for piece in pieces)
        return (Written(whole, tuple(map(stem, pieces)), said, not re.search("[_-]", run)),)
    return tuple(_plain(piece[:_LONGEST]) for piece in pieces if len(piece) > 1)


def _plain(word: str) -> Written:
    return Written(stem(word), (stem(word),), (word.casefold(),))


def _pieces(name: str) -> list[str]:
    """The words in a name; one whose pieces say nothing alone, such as `F5` or `k8s`, is one word."""
    pieces = _PIECE.findall(name)
    return (
        pieces
        if all(len(piece) > 1 for piece in pieces) and not re.search("[A-Za-z]{1,2}[0-9]|[0-9][a-z]", name)
        else [name]
    )


def _of_other_scripts(run: str) -> Iterator[Written]:
    """Where no space shows where words end, each two characters that stand together are a word, and each one."""
    at = 0
    run = run.casefold()
    for found in (*_UNSPACED.finditer(run), None):
        start, end = found.span() if found is not None else (len(run), len(run))
        for word in re.split("[_-]+", run[at:start]):
            if word:
                yield _plain(word[:_LONGEST])
        for place in range(start, end):
            pair = run[place : min(place + 2, end)]
            if len(pair) == 2 or end - start == 1:
                yield _plain(pair)
        at = end


def stem(word: str) -> str:
    """A word without its endings, roughly: `renewal`, `renews` and `renewed` are `renew`, and `VMs` is `vm`."""
    if word[-1:] == "s" and word[:-1].isupper() and len(word) > 2:
        return word[:-1].casefold()
    word = word.casefold()
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and word[-2] not in "siu":
        word = word[:-1]
    for endings in (_ENDINGS, _LAST):  # `deployment` is `deploy`, and that is `deplo`
        short, verb = endings.sub("", word), word.endswith(("ed", "ing"))
        if len(short) >= (3 if verb or word.endswith("e") else 4):
            word = _DOUBLED.sub(r"\1", short) if verb and short != word else short
    return word


def indexed(text: str) -> str:
    """A text as the index holds it: its words and their parts, with single spaces."""
    found: list[str] = []
    for word in words(text):
        if len(word.parts) > 1:
            found += (*word.parts, word.whole)
        elif word.whole not in EMPTY:
            found.append(word.whole)
            if len(word.whole) == 2 and _UNSPACED.fullmatch(word.whole):
                found += word.whole
    return " ".join(found)


def joined(text: str) -> str:
    """Each two words that stand together in a word of a text, as one: people write `coredns` for `CoreDNSErrors`."""
    pairs = [zip(word.said, word.said[1:], strict=False) for word in words(text) if len(word.parts) > 2]
    return " ".join(stem(one + two) for pair in pairs for one, two in pair)


_SAYS_NOTHING: Final = """
a about after again all also am an and another any anybody anyone are as at be because been being both but by can
cannot cant could did do does doesnt doing dont during each every few for from get gets getting give go going got
had has hasnt have havent having he help her here him his how i if im in into is isnt it its ive just know let like
look looking many me more most much my need needs no nobody not now of off on one only or other our out over please
really she should so some somebody someone something still than that the their them then there these they thing
this those to too try trying up us use used using very want wants was we well were what whats when where which
while who why will with without wont would you your
"""
EMPTY: Final = frozenset(map(stem, _SAYS_NOTHING.split()))
"""Words that say nothing about what is looked for, and are in no index."""
