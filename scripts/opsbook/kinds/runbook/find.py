"""Finding a runbook by what somebody tries to do or sees, in their own words."""

from __future__ import annotations

import re

from opsbook.core.book import Book
from opsbook.kinds.runbook.page import RunbookRow, row_of

_COMMON = frozenset(["the", "and", "for", "how", "not", "are", "was", "with", "when", "what", "does", "can", "have"])


def find(book: Book, words: str) -> list[tuple[RunbookRow, str]]:
    """Runbooks with what made them match, the best first; a match in a symptom or a goal outweighs one in the text."""
    wanted = _words(words)
    if not wanted:
        return []
    found: list[tuple[float, RunbookRow, str]] = []
    for ref in book.refs("runbook").values():
        record = book.record(ref)
        row = row_of(record, book)
        best, why = 0.0, ""
        for weight, label, texts in (
            (3.0, "You see: ", row.symptoms),
            (3.0, "You want to: ", row.goals),
            (2.0, "", (row.title,)),
        ):
            for text in texts:
                score = weight * len(wanted & _words(text)) / len(wanted)
                if score > best:
                    best, why = score, f"{label}{text}"
        body = record.files[""].text if "" in record.files else ""
        inside = len(wanted & _words(body)) / len(wanted)
        if best or inside > 0.5:
            found.append((best + inside, row, why or "Its text names these words."))
    return [(row, why) for _, row, why in sorted(found, key=lambda item: (-item[0], item[1].id))]


def _words(text: str) -> set[str]:
    return {_stem(word) for word in re.findall(r"\w{3,}", text.lower()) if word not in _COMMON}


def _stem(word: str) -> str:
    """Plurals and verb forms alike, roughly: `tickets` and `ticket`, `failing` and `failed`."""
    return re.sub(r"(?:ing|ed|es|s)$", "", word) if len(word) > 4 else word
