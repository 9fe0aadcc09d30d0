"""What answers a question: the records and pages that say most of what was asked, or none."""

from __future__ import annotations

import re
import sqlite3
from typing import Final, NamedTuple

from opsbook.core.entry import Entry, Passage
from opsbook.find.asked import Asked, Vocabulary
from opsbook.find.index import entry_of
from opsbook.find.words import indexed

SHOWN: Final = 5
"""How many answers there are at most: more is a list to read, and no answer."""

_LOOKED_AT: Final = 40
"""How many entries, the best by SQLite's own ranking (bm25), are looked at more closely."""
_RANK: Final = "bm25(6.0, 6.0, 3.0, 1.0)"
"""What a word counts there among signs, title, headings and text."""

_TITLE, _SIGN, _NAME, _HEADING = 1.2, 1.6, 0.7, 0.4
"""What a word counts more that is not only in the text."""
_CALLED, _TOGETHER, _PAIR = 0.8, 0.6, 0.4
"""What counts besides: how much of a title or sign was asked, how much one passage says, words side by side."""
_USUAL: Final = 600
"""Words of a usual page: what a longer one says once tells less of what it is about."""

_ENOUGH: Final = 1.99
"""From where on an answer is worth showing: between 0, nothing in common, and about 5.5, the words of its title.

Measured with questions that pages of other teams answer, and with others that none does (`python -m benchmarks.find`).
"""
_REST, _ALSO = 0.45, 0.75
"""What the others must be, beside the best one's score and beside `_ENOUGH`."""


class Answer(NamedTuple):
    """A record or a page that answers.

    Attributes:
        source: the record's path, or the page's; kind: the name of its kind, empty of a page of `docs/`.
        sign: the symptom or goal that was asked for, as it stands there.
        heading: of the part that says most of it; text: the line or the step of it that does, without markup.
        path, line: where that stands, from 1.
    """

    source: str
    kind: str
    entry: Entry
    sign: str
    heading: str
    text: str
    path: str
    line: int


class _Judged(NamedTuple):
    """How well an entry answers; its rows in the order of `score`."""

    score: float
    sure: float
    id: int
    passage: int
    sign: int


def answers(index: sqlite3.Connection, typed: str, kind: str = "") -> list[Answer]:
    """The best first, at most five; nothing where nothing fits.

    Args:
        typed: a question, a goal, an error, an alert, in any form.
        kind: the name of a kind whose records alone may answer.
    """
    asked = Asked(typed, Vocabulary(index))
    if not asked.options:
        return []
    match = " OR ".join(f'"{option}"' for option in asked.telling)
    rows = index.execute(
        "SELECT e.id, e.weight, w.signs, w.title, w.headings, w.body FROM words w JOIN entry e ON e.id = w.rowid "
        "WHERE w.rowid IN (SELECT rowid FROM words WHERE words MATCH ? AND rank MATCH ? "
        "AND (? = '' OR rowid IN (SELECT id FROM entry WHERE kind = ?)) ORDER BY rank LIMIT ?)",
        (match, _RANK, kind, kind, _LOOKED_AT),
    )
    judged = sorted((_judged(asked, *row) for row in rows.fetchall()), key=lambda found: (-found.score, found.id))
    if not any(found.sure >= _ENOUGH for found in judged[:3]):
        return []
    return [
        _answer(
            asked, found, *index.execute("SELECT source, kind, data FROM entry WHERE id = ?", (found.id,)).fetchone()
        )
        for found in judged[:SHOWN]
        if found.score >= judged[0].score * _REST and found.sure >= _ENOUGH * _ALSO
    ]


def _judged(asked: Asked, id_: int, weight: float, signs: str, title: str, headings: str, body: str) -> _Judged:
    """How well an entry answers, from its words as the index holds them."""
    names, heads = (set(line.split()) for line in headings.split("\n"))
    lines = [line.split() for line in body.split("\n")]
    there = [asked.options & set(line) for line in lines]
    length = sum(map(len, lines))
    damp = 0.36 + 0.84 * length / _USUAL
    titles = set(title.split())
    signed = [set(line.split()) for line in signs.split("\n")]
    worth = dict.fromkeys(asked.options & heads, _HEADING) | dict.fromkeys(asked.options & names, _NAME)
    worth |= dict.fromkeys(asked.options & titles, _TITLE)
    worth |= dict.fromkeys(asked.options & set().union(*signed), _SIGN)
    called = {option for option, much in worth.items() if much >= _NAME}

    score = named = rarely = 0.0
    for want in asked.wants:
        best = has = calls = 0.0
        for option, alike in want.options.items():
            count = sum(line.count(option) for line, part in zip(lines, there, strict=True) if option in part)
            if count or option in worth:
                best = max(best, alike * (count / (count + damp) + worth.get(option, 0.0)))
                has = max(has, alike)
                calls = max(calls, alike if option in called else 0.0)
        score += want.weight * best
        named += want.weight * calls
        rarely += want.weight**2 * (has + calls)

    sign = max(range(len(signed)), key=lambda number: asked.share(signed[number]))
    whole = max(asked.share(titles), asked.share(signed[sign])) if called else 0.0
    outside = f" {title} \n " + signs.replace("\n", " \n ") + " "
    passage, most, together, pairs = 0, -1.0, 0.0, 0.0
    for number, part in enumerate(there):
        said = asked.said(part, titles.union(*signed))
        text = f" {' '.join(lines[number])} " if said > 0 else ""
        paired = sum(much for pair, much in asked.pairs if f" {pair} " in text or f" {pair} " in outside)
        if said + _PAIR * paired > most:
            passage, most, together, pairs = number, said + _PAIR * paired, said, paired
    score = weight * (score + _CALLED * whole * named + _TOGETHER * max(most, 0.0)) / asked.all
    sure = (together + named) / asked.all + rarely / asked.squares + 0.5 * whole + 1.1 * pairs / asked.all_pairs
    return _Judged(score, sure, id_, passage, sign)


def _answer(asked: Asked, found: _Judged, source: str, kind: str, data: str) -> Answer:
    """An entry with the place in it that answers."""
    entry = entry_of(data)
    sign = entry.signs[found.sign] if entry.signs else ""
    if asked.share(set(indexed(sign).split())) <= 0.5:
        sign = ""
    if not entry.passages:
        return Answer(source, kind, entry, sign, "", "", entry.path, 1)
    passage = entry.passages[found.passage]
    line, text = _place(asked, passage)
    return Answer(source, kind, entry, sign, passage.heading, text, passage.path or entry.path, line)


_STEP: Final = re.compile(r"( *)(?:([0-9]+)[.)]|\| *([0-9]+) *\|) +(?=\S)")
_MARKUP: Final = re.compile(
    r"^\s*(?:(?:```|~~~).*|[-:|\s]+)$|!?\[([^\[\]]*)\]\([^()\s]*\)|^\s*(?:[#>*+|-]+\s+|\|)|[*_`]{2,}|`|<[^<>\n]*>|\|\s*$"
)


def _place(asked: Asked, passage: Passage) -> tuple[int, str]:
    """The line that says most of what was asked, or the step that it belongs to; the heading where no line does."""
    lines = passage.text.split("\n")
    likely = re.compile("|".join(re.escape(option[:4]) for option in asked.options))
    said = [
        asked.said(asked.options.intersection(indexed(line).split()), set())
        if not line.isascii() or likely.search(line.casefold())
        else 0.0
        for line in lines
    ]
    best = max(range(len(lines)), key=lambda number: said[number])
    heading = asked.said(asked.options.intersection(indexed(passage.heading).split()), set())
    if not said[best] or said[best] < heading / 2:
        return max(passage.line, 1), next(filter(None, map(_read, lines)), "")
    indent = len(lines[best]) - len(lines[best].lstrip())
    for number in range(best, -1, -1):
        step = _STEP.match(lines[number])
        if step is not None and (number == best or len(step[1]) < indent):
            return passage.line + 1 + number, f"Step {step[2] or step[3]}: {_read(lines[number][step.end() :])}"
        if number != best and lines[number].strip() and not lines[number].startswith(" "):
            break
    return passage.line + 1 + best, _read(lines[best])


def _read(line: str) -> str:
    """A line of Markdown as people read it."""
    return " ".join(
        _MARKUP.sub(lambda found: found[1] or " " * (found[0][0] in "<|"), line).replace(" | ", " · ").split()
    )
