"""What somebody asks, as words that weigh what they tell."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import pairwise
from math import log
from typing import Final, NamedTuple

from opsbook.find.words import EMPTY, Written, stem, words

_LONGEST, _MOST, _TELLING = 20_000, 400, 10
"""How many letters and words of what was pasted are read, and how many of these, the rarest, are looked up."""

_COMMON, _FEW = 0.15, 4
"""In which share of all entries a word is that finds too many, where so many others are there to find by."""

_LAST: Final = "\U0010ffff"
"""Comes after every letter."""

_LABEL: Final = re.compile(
    r"""\b([A-Za-z_]\w*)\s?=~?\s?("[^"\n]*"|'[^'\n]*'|[^\s,;)}"']+)"""
    r"""|(?im:^[\s*•-]*(\w+)[*]*\s?:[*\s]+(.*)$)"""
)
_WHAT: Final = {"alert", "alertname", "cause", "description", "err", "error", "exception", "message", "msg", "summary"}
"""Labels whose value is what happened; those of others say where."""
_PLACES: Final = """
cluster container dashboard device endpoint env environment instance job labels name namespace node pod prometheus
region runbook runbook_url service severity silence source started status team
"""
_WHERE: Final = frozenset(_PLACES.split())
_FIRING: Final = re.compile(r"(?i)\[?\b(?:firing|resolved)(?::\s?\d+)?\b\]?:?")
_BESIDE: Final = re.compile(r"\([^()]*\)|https?://\S+")
_LITTLE: Final = 0.25

_ALIKE: Final = [
    set(map(stem, group.split()))
    for group in (
        "database db",
        "certificate cert",
        "kubernetes k8s",
        "postgres postgresql pg psql",
        "password passwd pw",
        "tls ssl",
        "down unavailable outage offline",
        "delete remove",
        "slow latency",
        "full exhausted",
        "broken failed failure",
    )
]
"""Words that people use for the same thing."""


class Want(NamedTuple):
    """A word that is looked for.

    Attributes:
        options: the words of the index that answer it, with how well, up to 1; none for a word that is nowhere.
        weight: what it tells: much when it is rare.
    """

    options: Mapping[str, float]
    weight: float


class Vocabulary:
    """The words of an index, and in how many entries each is."""

    def __init__(self, index: sqlite3.Connection) -> None:
        self._index = index
        self.size = index.execute("SELECT count(*) FROM entry").fetchone()[0]
        self._many: dict[str, int] = {}
        self._tries = 6

    def many(self, word: str) -> int:
        """In how many entries a word is."""
        if word not in self._many:
            row = self._index.execute("SELECT many FROM word WHERE word = ?", (word,)).fetchone()
            self._many[word] = row[0] if row else 0
        return self._many[word]

    def weight(self, word: str) -> float:
        """What a word tells: the less, the more entries it is in."""
        return log(1 + (self.size + 0.5) / (self.many(word) + 0.5))

    def longer(self, word: str) -> Sequence[str]:
        """The commonest words that begin with it: `repo` may mean `repositor`."""
        rows = self._index.execute(
            "SELECT word FROM word WHERE word > ? AND word < ? AND length(word) <= ? ORDER BY many DESC, word LIMIT 4",
            (word, word + _LAST, len(word) + 9),
        )
        return [found for (found,) in rows]

    def near(self, word: str) -> dict[str, float]:
        """The words of which it may be a wrong spelling; only a few words of a question are looked up."""
        most = 1 if len(word) < 7 else 2
        self._tries -= 1
        for first in dict.fromkeys(word[:2]) if self._tries >= 0 else ():
            rows = self._index.execute(
                "SELECT word, many FROM word WHERE word >= ? AND word < ? AND length(word) BETWEEN ? AND ?",
                (first, first + _LAST, len(word) - most, len(word) + most),
            )
            letters = set(word)
            near = sorted(
                (distance, -many, found)
                for found, many in rows
                if len(letters.symmetric_difference(found)) <= 2 * most
                and (distance := _distance(word, found, most)) <= most
            )
            if near:
                return {
                    found: 1 - 1.2 * distance / len(word) for distance, _, found in near[:3] if distance == near[0][0]
                }
        return {}

    def apart(self, word: str) -> Sequence[str]:
        """The words of the index that are written as one in it, fewest first; none where a rest remains."""
        fewest: dict[int, list[str]] = {len(word): []}
        for start in range(len(word) - 3, -1, -1):
            ways = [
                [part, *fewest[end]]
                for end in range(start + 3, len(word) + 1)
                if end in fewest and self.many(part := stem(word[start:end])) > 1
            ]
            if ways:
                fewest[start] = min(ways, key=len)
        return fewest.get(0, ())


class Asked:
    """What somebody asks, as words that weigh what they tell.

    Attributes:
        wants: its words, each once; options: all words of the index that answer one; telling: those of the rarest.
        pairs: words that follow each other, with what it tells that they do.
        all, squares, all_pairs: what all words tell together, their squares, and the pairs; never 0.
    """

    def __init__(self, typed: str, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._found: dict[str, Want] = {}
        told = [(word, much) for text, much in _told(typed[:_LONGEST]) for word in words(text)][:_MOST]
        told = [item for item in told if len(item[0].parts) > 1 or item[0].whole not in EMPTY]
        said = ["", *("".join(word.said) for word, _ in told), ""]
        for place, (word, much) in enumerate(told, 1):
            if len(word.parts) > 1:
                self._compound(word, much)
            else:
                self._word(word.whole, much, (stem(said[place - 1] + said[place]), stem(said[place] + said[place + 1])))
        found = self.wants = list(self._found.values())
        self.options = frozenset(option for want in found for option in want.options)
        rarest = sorted(found, key=lambda want: -want.weight)[:_TELLING]
        known = {option: vocabulary.many(option) for want in rarest for option in want.options}
        rare = {option for option, many in known.items() if many <= _COMMON * vocabulary.size}
        self.telling = sorted(rare if len(rare) >= _FEW else known)
        row = [self._found[part] for word, _ in told for part in word.parts if part in self._found]
        sure = [(max(want.options, key=lambda name: want.options[name], default=""), want.weight) for want in row]
        pairs = {f"{one} {two}": min(much, more) for (one, much), (two, more) in pairwise(sure)}
        self.pairs = list(pairs.items())
        self.all = sum(want.weight for want in found) or 1.0
        self.squares = sum(want.weight**2 for want in found) or 1.0
        self.all_pairs = sum(pairs.values()) or 1.0
        self._best: dict[str, float] = {}
        for want in found:
            for option, alike in want.options.items():
                self._best[option] = max(self._best.get(option, 0.0), alike)

    def share(self, tokens: Set[str]) -> float:
        """How much of what these words tell was asked for, from 0 to 1."""
        if self._best.keys().isdisjoint(tokens):
            return 0.0
        tell = {token: self._vocabulary.weight(token) for token in tokens}
        return sum(much * self._best.get(token, 0.0) for token, much in tell.items()) / (sum(tell.values()) or 1.0)

    def said(self, part: Set[str], title: Set[str]) -> float:
        """What a passage tells of what was asked; what its page is called counts somewhat for each passage."""
        return sum(
            want.weight
            * max(
                (
                    alike * (1.0 if option in part else 0.7 if option in title else 0.0)
                    for option, alike in want.options.items()
                ),
                default=0.0,
            )
            for want in self.wants
        )

    def _compound(self, word: Written, much: float) -> None:
        """A name of several words: it tells most as it is, and its parts find what is called nearly so."""
        vocabulary, whole = self._vocabulary, word.whole
        named = whole.isalpha() and word.cased
        options = {whole: 1.0} if vocabulary.many(whole) else vocabulary.near(whole) if named else {}
        if options or named:
            self._keep(
                whole,
                Want(
                    options,
                    much
                    * vocabulary.weight(max(options, key=vocabulary.many, default=whole))
                    * (1 if options else 0.4),
                ),
            )
        part_tells = much * (0.4 if options else 1.0 if whole.isalpha() else 0.3)
        for part in word.parts:
            if part not in EMPTY and len(part) > 1:
                self._word(part, part_tells)

    def _word(self, word: str, much: float, beside: Sequence[str] = ()) -> None:
        """A plain word, what people use for it, or what it was meant to be; `beside`: it and its neighbours as one."""
        vocabulary = self._vocabulary
        options = {name: 1.0 for name in (word, *beside) if vocabulary.many(name)}
        for name in sorted(set().union(*(group for group in _ALIKE if word in group))):
            if vocabulary.many(name):
                options.setdefault(name, 0.7)
        letters = word.isascii() and word.isalpha()
        if not letters and word.isascii():  # numbers, and names of things that come and go
            much *= 1.0 if options and not word.isdecimal() else 0.5 if options and len(word) == 3 else _LITTLE
        elif letters and not options and len(word) >= 4:
            parts = vocabulary.apart(word) if 7 <= len(word) <= 40 else ()
            for part in parts:
                self._word(part, much)
            if parts:
                return
            options = vocabulary.near(word)
        if letters and 4 <= len(word) <= 6:
            options = {**options, **{name: 0.5 for name in vocabulary.longer(word) if name not in options}}
        best = max(options, key=lambda name: (options[name], vocabulary.many(name)), default=word)
        self._keep(word, Want(options, much * vocabulary.weight(best)))

    def _keep(self, word: str, want: Want) -> None:
        if word not in self._found or self._found[word].weight < want.weight:
            self._found[word] = want


def _told(typed: str) -> Iterator[tuple[str, float]]:
    """The parts of what was asked, with what each counts: the labels of an alert say where, and not what."""
    firing = _FIRING.search(typed) is not None
    typed = _FIRING.sub(" ", typed)
    rest, at = [], 0
    for found in _LABEL.finditer(typed):
        key, value = (found[1], found[2]) if found[1] else (found[3], found[4])
        if found[1] or key.casefold() in _WHAT | _WHERE:
            rest.append(typed[at : found.start()])
            at = found.end()
            if key.casefold() in _WHAT:
                yield from _told(value)
            else:
                yield value, _LITTLE
    text = "\n".join((*rest, typed[at:]))
    if firing:
        yield from ((found[0], _LITTLE) for found in _BESIDE.finditer(text))
        text = _BESIDE.sub(" ", text)
    yield text, 1.0


def _distance(one: str, two: str, most: int) -> int:
    """How many letters must be put in, left out, changed or exchanged with the next; `most + 1` where it is more."""
    last: list[int] = []
    before, row = last, list(range(len(two) + 1))
    for i, letter in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, other in enumerate(two, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == two[j - 2] and one[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
