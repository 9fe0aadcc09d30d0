"""check records, checklists, references and rules"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import quote

from opsbook.commands.naming import about, kinds_of, records_at, whole
from opsbook.commands.workspace import Workspace
from opsbook.core import navigation
from opsbook.core.baseline import BAS002, grown, shrunk
from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.check import all_codes, examine_book, examine_records
from opsbook.core.errors import NothingToCheck, UsageError
from opsbook.core.finding import Finding
from opsbook.core.pages import FOLDER
from opsbook.core.record import Ref
from opsbook.core.redirects import OPERATIONS, RDR001, vanished
from opsbook.core.tree import below
from opsbook.core.types import parse_time
from opsbook.report.findings import FORMATS, Result, write
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to check, and how to report it."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="records or folders; the whole book without any")
    parser.add_argument("--since", metavar="REV", help="only what changed since a revision, like origin/main")
    parser.add_argument("--format", choices=sorted(FORMATS), default="text", help="how findings are printed")
    parser.add_argument("--baseline", action="store_true", help="list the old findings that a baseline knows, too")
    parser.add_argument("--shrink", action="store_true", help="take out of the baselines what no longer occurs")
    parser.add_argument("--now", metavar="TIME", help="check as if it were this time, like 2026-11-21T10:05:00Z")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Check, report, and return 0 or 1; 6 when there is nothing to check."""
    book, kinds, now = workspace.book, workspace.kinds, _now(args.now, workspace)
    if args.since and args.paths:
        raise UsageError("--since and paths do not go together.", "Leave one of them out.")
    named = records_at(args.paths, book, workspace)
    refs, changed = _scope(args, named, book, workspace)
    findings = examine_book(book, now, kinds, changed)
    if named and not whole(named):
        findings = [item for item in findings if about(item.path, named)]
    if args.since:
        answering = _pages(book, *workspace.changed(args.since))
        findings = [item for item in findings if not _is_written(item.path) or item.path in answering]
    findings += workspace.spread(lambda some: examine_records(some, book, now, kinds), refs)
    if not refs and not findings and not args.since and not args.paths:
        raise NothingToCheck("The book has no record yet.", "Declare an incident, or run: opsbook new service.")
    if args.shrink:
        return _shrink(args, findings, workspace)
    if args.since:
        findings += _since(args.since, book, workspace)
    result = Result(sorted(set(findings)), len(refs), all_codes(kinds), book.config.core.site.url, args.baseline)
    write(args.format, result, Screen(sys.stdout, color=workspace.color))
    return 1 if result.errors else 0


def _since(revision: str, after: Book, workspace: Workspace) -> Iterator[Finding]:
    """What only a comparison tells: an address that is no longer kept, a baseline that grew."""
    written, deleted = workspace.changed(revision)
    if not any(below(path, OPERATIONS) for path in (*written, *deleted)):
        return
    before = Book(workspace.revision(revision), workspace.kinds)
    yield from (RDR001.finding(problem) for problem in vanished(before, after))
    yield from (BAS002.finding(problem) for problem in grown(before, after))


def _shrink(args: argparse.Namespace, findings: Sequence[Finding], workspace: Workspace) -> int:
    """Write the baselines without what no longer occurs."""
    if args.since or args.paths:
        raise UsageError("--shrink is about the whole book.", "Run it alone: opsbook check --shrink")
    screen, files = Screen(sys.stdout, color=workspace.color), shrunk(workspace.book, set(findings))
    for path, data in files.items():
        (workspace.root / path).write_bytes(data)
        screen.line(f"changed {path}")
    if not files:
        screen.good("Every entry of the baselines still stands for something.")
    return 0


def _scope(
    args: argparse.Namespace, named: Mapping[str, list[Ref]], book: Book, workspace: Workspace
) -> tuple[list[Ref], Set[str] | None]:
    """The records to check, and the kinds of which records changed: `None` when the change may concern all."""
    if args.since:
        written, deleted = workspace.changed(args.since)
        if CONFIG_PATH in written or CONFIG_PATH in deleted:
            return list(book.everything()), None
        return _touched(book, written, deleted), kinds_of((*written, *deleted), book)
    if named and not whole(named):
        return list(dict.fromkeys(ref for refs in named.values() for ref in refs)), kinds_of(named, book)
    return list(book.everything()), None


def _touched(book: Book, written: Sequence[str], deleted: Sequence[str]) -> list[Ref]:
    """The records that a change answers for: those it wrote, and those that name what it deleted or wrote.

    Other records are read only when something is gone, and other runbooks only when a page changed: a link may lead to
    a heading of it.
    """
    found = {ref: None for path in written if (ref := book.at(path)) is not None}
    gone: set[str] = set()
    for path in deleted:
        ref = book.at(path)
        if ref is not None and any(True for _ in book.tree.paths(ref.path)):
            found[ref] = None
        else:
            gone |= {PurePosixPath(path).name} if ref is None else {PurePosixPath(ref.path).name, ref.id}
    pages = {PurePosixPath(path).name for path in (*written, *deleted) if path.endswith(".md") and _is_page(path, book)}
    if gone:
        found.update(dict.fromkeys(_naming(gone, book.everything(), book)))
    if pages - gone:
        runbooks = [ref for kind in book.kinds.values() if kind.is_page for ref in book.refs(kind.name).values()]
        found.update(dict.fromkeys(_naming(pages - gone, runbooks, book)))
    return list(found)


def _pages(book: Book, written: Sequence[str], deleted: Sequence[str]) -> set[str]:
    """The pages of no record that a change answers for: those it wrote, and those that name one that it touched."""
    names = {PurePosixPath(path).name for path in (*written, *deleted)}
    wanted = [form.encode() for name in names for form in (name, quote(name))]
    naming = {
        path
        for path, mode in (*book.tree.paths(FOLDER), (navigation.PATH, "file"))
        if mode == "file" and path.endswith((".md", ".yml"))
        for data in [book.tree.read(path) or b""]
        if any(name in data for name in wanted)
    }
    return naming | set(written)


def _is_written(path: str) -> bool:
    return path == navigation.PATH or path.startswith(FOLDER + "/")


def _is_page(path: str, book: Book) -> bool:
    ref = book.at(path)
    return ref is None or book.kinds[ref.kind].is_page


def _naming(names: Iterable[str], refs: Iterable[Ref], book: Book) -> Iterable[Ref]:
    """Those of the records whose files hold one of the names, as it is or as an address has it."""
    wanted = {form.encode() for name in names for form in (name, quote(name))}
    for ref in refs:
        for path, mode in book.tree.paths(ref.path):
            data = book.tree.read(path) if mode == "file" else None
            if data is not None and any(name in data for name in wanted):
                yield ref
                break


def _now(given: str | None, workspace: Workspace) -> datetime:
    if given is None:
        return workspace.now()
    try:
        return parse_time(given)
    except ValueError as error:
        raise UsageError(f"--now: {error}.") from None
