"""Imports at a terminal: a plan first, then the question, then files in the working tree for a person to commit."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence

from opsbook.commands.asking import yes
from opsbook.commands.generated import refresh
from opsbook.commands.workspace import Workspace
from opsbook.core import baseline
from opsbook.core.book import Book
from opsbook.core.check import examine_records
from opsbook.core.command import Bring, Brought
from opsbook.core.errors import Refused
from opsbook.core.finding import Finding
from opsbook.core.text import one_line, shorten
from opsbook.core.tree import Overlay
from opsbook.report.findings import counted
from opsbook.report.screen import Screen

SHOWN = 12
"""Lines of a list that are shown, where `-v` shows all."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where from, and whether to write."""
    parser.add_argument("source", metavar="PATH|GIT-URL", help="a folder, or the address of a repository")
    parser.add_argument("--dry-run", action="store_true", help="show the plan, and write nothing")
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")
    parser.add_argument("-v", "--verbose", action="store_true", help="list everything")


def run(command: Bring, args: argparse.Namespace, workspace: Workspace) -> int:
    """Show what would be done, ask, and do it."""
    with workspace.source(args.source) as (name, tree):
        plan = command.plan(workspace.book, tree, name, args, workspace.now())
    debts = _debts(plan, workspace)
    files = {**plan.files, **_baseline(plan, debts, workspace)}
    writes = bool(files) and not args.dry_run
    if args.format == "json":
        owed = [{**item.as_json(), "owner": plan.owners[item.path]} for item in sorted(set(debts))]
        listed = {heading: list(lines) for heading, lines in plan.listed}
        out = {"files": sorted(files), "debts": owed, "listed": listed, "written": writes and args.yes}
        Screen(sys.stdout).json(out)
    screen = Screen(sys.stderr if args.format == "json" else sys.stdout, color=workspace.color)
    if args.format == "text":
        _show(plan, sorted(set(debts)), workspace, screen)
    if not files:
        screen.good("Nothing to do: everything is here already.")
        return 0
    if args.dry_run:
        screen.line(f"Would write {counted(len(files), 'file')}")
        return 0
    if not args.yes and not (workspace.asks and yes(screen, f"Write {counted(len(files), 'file')}?", default=False)):
        raise Refused("Nothing was written.", "Give --yes to write it.")
    _write(files, workspace)
    screen.good(f"Wrote {counted(len(files), 'file')}")
    refresh(workspace.again(), screen)
    screen.line("Look at it (git diff), then: opsbook check, and commit it.")
    return 0


def _write(files: Mapping[str, bytes], workspace: Workspace) -> None:
    root = workspace.root.resolve()
    for path, data in files.items():
        target = root / path
        if not target.parent.resolve().is_relative_to(root) or target.is_symlink():
            raise Refused(f"{path} would lead out of the book.", "Remove the symbolic link on the way.")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _debts(plan: Brought, workspace: Workspace) -> list[Finding]:
    """What a check would find in the records that are written."""
    book = Book(Overlay(workspace.book.tree, plan.files), workspace.kinds)
    refs = [ref for path in plan.owners if (ref := book.at(path)) is not None]
    found = workspace.spread(lambda some: examine_records(some, book, workspace.now(), workspace.kinds), refs)
    return sorted(item for item in found if not item.allowed and item.path in plan.owners)


def _baseline(plan: Brought, debts: Sequence[Finding], workspace: Workspace) -> dict[str, bytes]:
    """The baseline of this import, with what is known of records that are not written this time."""
    path = f"{baseline.FOLDER}/{plan.name}.yaml"
    if any(item.path == path for item in baseline.ill_formed(workspace.book)):
        raise Refused(f"{path} cannot be read, and what it knows would be lost.", "Repair it: opsbook check")
    known = {
        at: entry.owed.model_dump()
        for at, entry in baseline.baseline(workspace.book).items()
        if entry.file.path == path and at not in plan.owners
    }
    for at in dict.fromkeys(item.path for item in debts):
        lines = plan.files[at].decode().split("\n")
        marks = sorted(baseline.mark(item, lines) for item in debts if item.path == at)
        known[at] = {"path": at, "owner": plan.owners[at], "known": marks}
    data = baseline.written([known[at] for at in sorted(known)])
    before = workspace.book.tree.read(path)
    return {path: data} if plan.owners and (known or before) and data != before else {}


def _show(plan: Brought, debts: Sequence[Finding], workspace: Workspace, screen: Screen) -> None:
    screen.pairs(plan.counts)
    leaks = [f"{item.path}:{item.line}: {item.message}" for item in debts if item.code == "LEK001"]
    listed = [("Looks like a credential: revoke it first, if it is one", leaks), *plan.listed]
    if debts:
        counts = Counter(item.code for item in debts)
        many, pages = counted(len(debts), "finding"), counted(len({item.path for item in debts}), "page")
        codes = [f"{code} ×{count:,}" for code, count in sorted(counts.items())]
        listed.append((f"Debts, in the baseline until they are paid: {many} in {pages}", codes))
    for heading, lines in listed:
        if not lines:
            continue
        screen.line()
        screen.heading(heading)
        shown = lines if workspace.verbose else lines[:SHOWN]
        for line in shown:
            screen.line(f"  {shorten(one_line(line), 200)}")
        if len(lines) > len(shown):
            screen.line(f"  and {len(lines) - len(shown):,} more: -v", "dim")
