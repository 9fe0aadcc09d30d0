"""No shape costs more than linear time: counted in steps of a matcher, so that no busy machine changes the result."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from opsbook.core import keys, secrets

SHAPES = {f"{what} ({hints[0]})": shape for what, hints, shape in secrets._CREDENTIALS} | {
    "the first line of a key": keys._BEGIN,
    "the last line of a key": keys._END,
    "the lines of a key": keys._BODY,
    "base64": keys._BLOB,
    "contact data": secrets._CONTACT,
}
AROUND = {
    name: getattr(secrets, name) for name in ("_COUNTED", "_NOT_MAIL", "_ELSEWHERE", "_COPIED", "_PLACE", "_NO_ONE")
}
"""What is looked for in a few letters before or behind something that was found."""
PUMPED = 300
"""How long the texts are that a repetition is tried with."""
ONE = (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN)
LETTERS = "aA0x1-./:= \n\"'@%<>+&~_$|,;"


def fits(op: Any, av: Any, letter: str) -> bool:
    """Whether one part of a shape takes a letter; small and capital letters are the same here."""
    if op is sre.ANY:
        return letter != "\n"
    if op is sre.IN:
        kind = {sre.CATEGORY_DIGIT: r"\d", sre.CATEGORY_SPACE: r"\s", sre.CATEGORY_WORD: r"\w"}
        kind |= {sre.CATEGORY_NOT_SPACE: r"\S", sre.CATEGORY_NOT_WORD: r"\W", sre.CATEGORY_NOT_DIGIT: r"\D"}
        hit = False
        for what, value in av:
            for each in (letter.lower(), letter.upper()):
                hit |= what is sre.LITERAL and value == ord(each)
                hit |= what is sre.RANGE and value[0] <= ord(each) <= value[1]
                hit |= what is sre.CATEGORY and re.match(kind[value], each) is not None
        return hit != (av[0][0] is sre.NEGATE)
    return (ord(letter.lower()) == ord(chr(av).lower())) == (op is sre.LITERAL)


class Matcher:
    """Matches as Python does, by trying and going back, and counts each letter that it looks at."""

    def __init__(self, text: str) -> None:
        self.text, self.steps = text, 0

    def all(self, parts: Any, at: int, which: int = 0) -> Iterator[int]:
        """Each place at which the parts from `which` on may end."""
        if which == len(parts):
            yield at
            return
        for end in self.one(*parts[which], at):
            yield from self.all(parts, end, which + 1)

    def one(self, op: Any, av: Any, at: int) -> Iterator[int]:
        """Each place at which one part may end."""
        self.steps += 1
        if op in ONE:
            if at < len(self.text) and fits(op, av, self.text[at]):
                yield at + 1
        elif op is sre.BRANCH:
            for branch in av[1]:
                yield from self.all(branch, at)
        elif op is sre.SUBPATTERN:
            yield from self.all(av[3], at)
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            ends = self.repeated(av, at, 0, lazy=op is sre.MIN_REPEAT)
            yield from ends
        elif op in (sre.POSSESSIVE_REPEAT, sre.ATOMIC_GROUP):
            ends = self.repeated(av, at, 0) if op is sre.POSSESSIVE_REPEAT else self.all(av, at)
            yield from islice(ends, 1)
        elif op in (sre.ASSERT, sre.ASSERT_NOT) and av[0] > 0:
            if (next(self.all(av[1], at), None) is not None) == (op is sre.ASSERT):
                yield at
        else:  # what stands before it, and the ends of words: free, and taken for true
            yield at

    def repeated(self, av: Any, at: int, done: int, *, lazy: bool = False) -> Iterator[int]:
        """Each place at which a repetition may end, the longest first."""
        low, high, parts = av
        if len(parts) == 1 and parts[0][0] in ONE:
            most = 0
            while most < high and next(self.one(*parts[0], at + most), None) is not None:
                most += 1
            ends = range(at + low, at + most + 1)
            for end in ends if lazy else reversed(ends):
                self.steps += 1
                yield end
            return
        if lazy and done >= low:
            yield at
        if done < high:
            for end in self.all(parts, at):
                if end > at:
                    yield from self.repeated(av, end, done + 1, lazy=lazy)
        if not lazy and done >= low:
            yield at


def sample(parts: Any, most: int) -> str:
    """A text that the parts take, with repetitions as long as `most`."""
    text = ""
    for op, av in parts:
        if op in ONE:
            text += chr(av) if op is sre.LITERAL else next((each for each in LETTERS if fits(op, av, each)), "é")
        elif op is sre.BRANCH:
            text += max((sample(branch, most) for branch in av[1]), key=len)
        elif op is sre.SUBPATTERN:
            text += sample(av[3], most)
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            text += sample(av[2], most) * min(max(av[0], most if len(av[2]) == 1 else 4), int(av[1]))
    return text


@pytest.mark.parametrize("name", [*SHAPES, *AROUND])
def test_a_shape_looks_at_each_letter_a_few_times_however_hostile_the_text(name: str) -> None:
    parts = parser.parse((SHAPES | AROUND)[name])
    long, short = sample(parts, PUMPED), sample(parts, 0)
    for text in (long + "\n\n", long[:-1] + "\n\n", long * 3, short * 40, short[:-1] * 40, long[: len(long) // 2] * 4):
        matcher = Matcher(text)
        next(matcher.all(parts, 0), None)
        assert matcher.steps < 60 * len(text) + 3_000, text[:80]


def repetitions(parts: Any) -> Iterator[Any]:
    """Every repetition that may go back, inside others too."""
    for op, av in parts:
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            yield av
        if op in ONE or not isinstance(av, (tuple, parser.SubPattern)):
            continue
        for inner in av[1] if op is sre.BRANCH else [av, *av]:
            if isinstance(inner, parser.SubPattern):
                yield from repetitions(inner)


@pytest.mark.parametrize("name", SHAPES)
def test_what_a_shape_tries_at_one_place_does_not_grow_with_the_text(name: str) -> None:
    unbounded = [av for av in repetitions(parser.parse(SHAPES[name])) if av[1] is sre.MAXREPEAT]
    assert unbounded == [], "give it a bound, or let it never go back (`{10,}+`)"


def test_the_matcher_counts_what_python_does() -> None:
    for shape, text in (("(?:a|aa)+b", "a" * 20), (r"(?:\w+\s?)+:", "a" * 14)):
        matcher = Matcher(text)
        assert next(matcher.all(parser.parse(shape), 0), None) is None
        assert matcher.steps > 60 * len(text) + 3_000
    for shape, text in (
        ("a{2,3}b|c", "aaab"),
        ("a*?b", "aab"),
        ("(?=ab)a", "ab"),
        ("(?!b)a++", "aaa"),
        ("[^x]y", "ay"),
    ):
        found = re.match(shape, text)
        assert found is not None
        assert next(Matcher(text).all(parser.parse(shape), 0)) == found.end()
