"""The check: every record against its form, its model and its rules. Pure: `now` and the book are inputs.

`check_…` says what counts. `examine_…` also gives the findings that a comment in the file allows, each with its reason:
for reviewers, and to tell what a plan introduces from what was there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from datetime import datetime

from opsbook.core import codes
from opsbook.core.baseline import ill_formed, sifted
from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.code import Code, Problem
from opsbook.core.finding import Finding
from opsbook.core.kind import Kinds
from opsbook.core.record import Record, Ref
from opsbook.core.rule import ANY_KIND, BookRule
from opsbook.core.rules import BOOK_RULES, RECORD_RULES, config_file
from opsbook.core.suppression import Scope, judged, speaking


def check_record(ref: Ref, book: Book, now: datetime, kinds: Kinds) -> list[Finding]:
    """Everything that is wrong with one record.

    While the record is open (people are working on it under pressure), a defect is reported as a warning, unless its
    code is one of those that always block.
    """
    return _counting(examine_record(ref, book, now, kinds))


def check_records(refs: Iterable[Ref], book: Book, now: datetime, kinds: Kinds) -> list[Finding]:
    """`check_record` for several records, in order; no more than one of them is held in memory."""
    return _counting(examine_records(refs, book, now, kinds))


def check_book(book: Book, now: datetime, kinds: Kinds, changed: Set[str] | None = None) -> list[Finding]:
    """What is wrong with the configuration, and with the records taken together. Arguments as of `examine_book`."""
    return _counting(examine_book(book, now, kinds, changed))


def examine_record(ref: Ref, book: Book, now: datetime, kinds: Kinds) -> list[Finding]:
    """What `check_record` says, and what is allowed."""
    record, kind = book.record(ref), kinds[ref.kind]
    soften = kind.is_open(record)
    found = [*_form(record, soften=soften)]
    rules = (*RECORD_RULES, *kind.rules)
    for rule in rules:
        found += [rule.finding(problem, soften=soften) for problem in rule().check(record, book, now)]
    if files := speaking(record.files.values()):
        here = {rule.__name__ for rule in rules}
        where = f"a record of the kind {kind.name}"
        # Rules pass over what they cannot read: then nobody knows what is unused.
        scope = Scope(where, here, all_codes(kinds), here if record.complete else frozenset())
        found = judged(found, files, scope, soften=soften)
    return sorted(sifted(found, record.files.values(), book))


def examine_records(refs: Iterable[Ref], book: Book, now: datetime, kinds: Kinds) -> list[Finding]:
    """`examine_record` for several records, in order; no more than one of them is held in memory."""
    found: list[Finding] = []
    for ref in refs:
        found += examine_record(ref, book, now, kinds)
        book.forget(ref)
    return found


def examine_book(book: Book, now: datetime, kinds: Kinds, changed: Set[str] | None = None) -> list[Finding]:
    """What `check_book` says, and what is allowed.

    Args:
        changed: the kinds of which records changed, where the configuration did not; `None` when all is checked.
    """
    rules: list[type[BookRule]] = [*BOOK_RULES]
    for kind in kinds.values():
        rules += kind.book_rules
    found = [*book.config.findings, *ill_formed(book)]
    evaluated: set[str] = set()
    for rule in rules:
        if _concerns(rule, changed):
            evaluated.add(rule.__name__)
            found += [rule.finding(problem) for problem in rule().check(book, now)]
    if files := speaking([config_file(book)]):
        known = frozenset() if book.config.findings else evaluated
        scope = Scope(CONFIG_PATH, {rule.__name__ for rule in rules}, all_codes(kinds), known)
        found = judged(found, files, scope)
    return sorted(found)


def _counting(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if not (finding.allowed or finding.known)]


def _concerns(rule: type[BookRule], changed: Set[str] | None) -> bool:
    """Whether a change can make a difference to a rule."""
    if changed is None or rule.reads is None:
        return True
    return bool(changed if rule.reads == ANY_KIND else rule.reads & changed)


def all_codes(kinds: Kinds) -> dict[str, type[Code]]:
    """Every code that a finding can have, by name: forms first, then shared rules, then each kind's, by number."""
    found: list[type[Code]] = [*codes.FORM, *codes.SUPPRESSIONS, *RECORD_RULES, *BOOK_RULES]
    for kind in kinds.values():
        found += [*kind.rules, *kind.book_rules]
    families = list(dict.fromkeys(code.__name__[:3] for code in found))
    found.sort(key=lambda code: (families.index(code.__name__[:3]), code.__name__))
    return {code.__name__: code for code in found}


def known_before(ref: Ref | None, book: Book, now: datetime, kinds: Kinds) -> list[Finding]:
    """What is wrong with a record before a plan, counted or allowed: none of it is introduced by the plan.

    A plan may move a value away from the comment that allowed it; that must not stop an action.
    """
    return examine_record(ref, book, now, kinds) if ref is not None else []


def introduced(before: Sequence[Finding], after: Sequence[Finding]) -> list[Finding]:
    """The errors of `after` that were not there before: the only ones for which a plan is refused."""
    known: dict[tuple[str, str, str], int] = {}
    for finding in before:
        key = (finding.path, finding.code, finding.message)
        known[key] = known.get(key, 0) + 1
    new: list[Finding] = []
    for finding in after:
        key = (finding.path, finding.code, finding.message)
        if finding.severity != "error":
            continue
        if known.get(key, 0):
            known[key] -= 1
        else:
            new.append(finding)
    return new


def _form(record: Record, *, soften: bool) -> Iterator[Finding]:
    for path, mode in record.strays:
        if mode == "stray":
            yield codes.FIL002.finding(Problem(f"{path} belongs to no {record.shape.name}", path=path))
        else:
            what = "a symbolic link" if mode == "symlink" else "no plain file"
            yield codes.FIL001.finding(Problem(f"{path} is {what}", path=path))
    stray = {path for path, _ in record.strays}
    for part in record.shape.parts:
        missing = f"{record.path}/{part.pattern}"
        # What has a wrong name or is no plain file was reported above; a record of one file cannot miss it otherwise.
        reported = record.shape.is_file or {record.path, missing} & stray
        if part.required and part.pattern not in record.files and not reported:
            yield codes.FIL003.finding(Problem(f"{part.pattern} is missing", path=missing))
    for file in record.files.values():
        for finding in file.findings:
            if soften and finding.severity == "error" and not _always(finding.code):
                yield replace(finding, severity="warning")
            else:
                yield finding


_ALWAYS = {code.__name__ for code in codes.FORM if code.always}


def _always(code: str) -> bool:
    return code in _ALWAYS
