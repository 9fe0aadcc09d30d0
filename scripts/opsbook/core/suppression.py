"""Suppressions: comments that allow a finding on a line, and why.

    reviewed: 2026-05-01 # opsbook: allow RUN001 because the exercise is in January

In YAML a comment, in Markdown `<!-- opsbook: allow RUN004 because … -->`; at the end of the line that has the finding,
or on a line of its own just above it. A text of several lines is one thing: what stands above it counts for all of it.
What stands above the first value of a file also counts for findings about the
file as a whole, which lie on its first line. Several codes are separated by commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import Final, NamedTuple

from opsbook.core.code import Code, Problem
from opsbook.core.codes import SUP001, SUP002
from opsbook.core.comment import SIGN, Comment, allows
from opsbook.core.finding import Finding
from opsbook.core.record import File
from opsbook.core.text import shorten

_BYTES: Final = SIGN.encode()
_BECAUSE: Final = re.compile(r"(?:^|\s)because(?:\s|$)")
_MOST: Final = 10
"""Codes that one comment may name: a line that breaks more rules needs no comment but another line."""
_SEPARATOR: Final = re.compile(r"[\s,]+")


class Scope(NamedTuple):
    """What can be found in a file.

    Attributes:
        where: what the file belongs to, for messages: `an incident`.
        here: every code that a check may find in it.
        every: every code that there is.
        evaluated: the codes that this run looked for; an unused suppression of another one says nothing.
    """

    where: str
    here: Set[str]
    every: Mapping[str, type[Code]]
    evaluated: Set[str]


class Suppression(NamedTuple):
    """One code that one comment allows, and on which lines of which file."""

    path: str
    comment: Comment
    code: str
    reason: str
    lines: frozenset[int]


def speaking(files: Iterable[File]) -> list[File]:
    """The files that may hold a suppression: a search for bytes, because nearly no file does."""
    return [file for file in files if file.data is not None and _BYTES in file.data]


def judged(found: Sequence[Finding], files: Iterable[File], scope: Scope, *, soften: bool = False) -> list[Finding]:
    """The findings, those that are allowed with the reason, and what is wrong with the suppressions.

    A file that cannot be read has no suppressions: nobody can tell what is a comment in it.

    Args:
        files: those that `speaking` names.
        soften: people are working on the record under pressure.
    """
    allowed: dict[tuple[str, int, str], Suppression] = {}
    extra: list[Finding] = []
    written: list[Suppression] = []
    for file in files:
        if _unreadable(file):
            continue
        for comment in _comments(file):
            suppressions, faults = _read(comment, file, scope)
            written += suppressions
            extra += [_finding(SUP002, file.path, comment, f"this suppression {fault}", soften) for fault in faults]
            for suppression in suppressions:
                for line in suppression.lines:
                    allowed.setdefault((file.path, line, suppression.code), suppression)
    used: set[Suppression] = set()
    result: list[Finding] = []
    for finding in found:
        by = allowed.get((finding.path, finding.line, finding.code))
        if by is not None:
            used.add(by)
            finding = replace(finding, allowed=by.reason)
        result.append(finding)
    for suppression in written:
        if suppression not in used and suppression.code in scope.evaluated:
            comment = suppression.comment
            message = f"there is no {suppression.code} on {'the line below' if comment.alone else 'this line'}"
            extra.append(_finding(SUP001, suppression.path, comment, message, soften))
    return [*result, *extra]


def _unreadable(file: File) -> bool:
    return bool((file.document and file.document.faults) or (file.markdown and file.markdown.faults))


def _comments(file: File) -> Iterator[Comment]:
    if file.document is not None:
        yield from (comment for comment in file.document.comments() if allows(comment.text) is not None)
    if file.markdown is not None:
        yield from file.markdown.comments


def _read(comment: Comment, file: File, scope: Scope) -> tuple[list[Suppression], list[str]]:
    """What a comment allows, and what is wrong with it: the end of a sentence about it."""
    if comment.torn:
        return [], ["is not one comment at the end of its line, or may be code"]
    names, because, reason = _split(allows(comment.text) or "")
    if not names:
        return [], ["names no code"]
    if len(names) > _MOST:
        return [], [f"names more than {_MOST} codes"]
    if not because:
        return [], ["has no “because” and reason behind its codes"]
    if not any(character.isalnum() for character in reason):
        return [], ["has no reason behind “because”"]
    lines = frozenset(range(comment.about, max(comment.about, comment.ends) + 1)) | (
        {1} if _heads(comment, file) else set()
    )
    found: list[Suppression] = []
    faults: list[str] = []
    for name in names:
        fault = _fault(name, scope)
        if fault:
            faults.append(fault)
        else:
            found.append(Suppression(file.path, comment, name, reason, lines))
    return found, faults


def _split(text: str) -> tuple[list[str], bool, str]:
    """Codes, whether there is a `because`, and the reason."""
    found = _BECAUSE.search(text)
    codes, reason = (text[: found.start()], text[found.end() :].strip()) if found else (text, "")
    return list(dict.fromkeys(filter(None, _SEPARATOR.split(codes)))), found is not None, reason


def _fault(name: str, scope: Scope) -> str:
    code = scope.every.get(name)
    if code is None:
        return f"names “{shorten(name, 20)}”, which is no code"
    if not code.may_be_suppressed():
        return f"names {name}, which cannot be suppressed" + (": it blocks always" if code.always else "")
    return "" if name in scope.here else f"names {name}, which is never found in {scope.where}"


def _heads(comment: Comment, file: File) -> bool:
    """Whether a comment stands alone above everything else in its file."""
    if file.document is not None:
        first = file.document.place(())[0]
    else:
        first = file.markdown.first_line if file.markdown is not None else 0
    return comment.alone and comment.about == first


def _finding(code: type[Code], path: str, comment: Comment, message: str, soften: bool) -> Finding:
    return code.finding(Problem(message, path=path, line=comment.line, column=comment.column), soften=soften)
