"""From an intent to its plan: the action is applied, and only errors that the plan itself introduces are refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pydantic import ValidationError

from opsbook.core import codes
from opsbook.core.book import Book
from opsbook.core.check import check_record, introduced, known_before
from opsbook.core.errors import OpsbookError, Refused
from opsbook.core.finding import Finding
from opsbook.core.ids import Ids
from opsbook.core.keeping import kept
from opsbook.core.kind import Kinds
from opsbook.core.plan import Intent, Plan
from opsbook.core.record import File, Record
from opsbook.core.request import Request
from opsbook.core.tree import Overlay
from opsbook.core.types import write_time
from opsbook.core.unseen import Unseen

_FORM = {code.__name__ for code in codes.FORM}


def plan_of(intent: Intent, book: Book, kinds: Kinds) -> Plan:
    """Apply the action to a book.

    Raises:
        Refused: it cannot be done there.
    """
    request, kind = intent.request, kinds[intent.request.kind_name]
    try:
        plan = kind.actions[type(request)](book, request, intent.now, Ids(intent.seed), intent.key)
    except ValidationError as error:  # a model that an action makes takes no such value
        where = error.errors(include_url=False)[0]
        raise Refused(f"{where['loc'][0]} cannot be used: {where['msg']}.", "Say it otherwise.") from None
    plan = replace(plan, straight=plan.straight or kind.published == "main", files=_kept(plan, request, book))
    after = Book(Overlay(book.tree, plan.files), book.kinds)
    ref = after.at(plan.path)
    if ref is None:  # what belongs to no record was judged by the action
        return plan
    before = book.find(ref.kind, ref.id)
    found = [_own(finding, plan) for finding in check_record(ref, after, intent.now, kinds)]
    new = introduced(known_before(before, book, intent.now, kinds), found)
    if new:
        raise Refused(f"This would break the record: {'; '.join(_said(new))}", new[0].remedy)
    return plan


def _kept(plan: Plan, request: Request, book: Book) -> Mapping[str, bytes | None]:
    """The files of a plan; where somebody says why contact details are kept, with that beside them."""
    reason = request.kept
    if not reason:
        return plan.files
    if not any(character.isalnum() for character in reason):
        raise Refused("There is no reason to keep contact details.", "Say why, like: --keep 'the hotline is public'.")
    return {
        path: kept(data, book.config.core.mailboxes, reason) if data and path.endswith(".yaml") else data
        for path, data in plan.files.items()
    }


def _said(findings: Iterable[Finding]) -> Iterator[str]:
    """Each sentence once, with its code and every place that it is about."""
    places: dict[tuple[str, str], dict[str, list[str]]] = {}
    for item in findings:
        places.setdefault((item.message, item.code), {}).setdefault(item.path, []).append(str(item.line))
    for (message, code), files in places.items():
        where = "; ".join(f"{path}:{', '.join(dict.fromkeys(lines))}" for path, lines in files.items())
        yield f"{message} ({code}, {where})"


def operation_of(file: File) -> str:
    """The operation that wrote a file; empty for one that no operation wrote."""
    value = file.document.value if file.document is not None else None
    operation = value.get("operation") if isinstance(value, dict) else None
    return operation if isinstance(operation, str) else ""


def wrote(operation: str, record: Record | None) -> bool:
    """Whether an operation is on record in these files."""
    return record is not None and any(operation_of(file) == operation for file in record.files.values())


def trouble(intent: Intent, error: Exception) -> Unseen:
    """Why a saved request is not carried out. It stands on its own: whatever is wrong with it stops no other."""
    request = intent.request
    what = f"a saved request, {request.action} by {request.by} at {write_time(intent.now)}"
    if isinstance(error, OpsbookError):
        return Unseen.of(what, error)
    return Unseen(
        what, f"This program cannot carry it out ({type(error).__name__}).", "Use the one that it comes from."
    )


def _own(finding: Finding, plan: Plan) -> Finding:
    """A file that this very plan writes has to fit its model, also while an incident is open: else nobody reads it."""
    misfit = finding.path in plan.files and finding.code in _FORM
    return replace(finding, severity="error") if misfit else finding
