"""The one door through which anything is written or said.

check the overlay → durable intent → publish to the forge → announce to the sinks → receipts (design: "The house").
A run may be cut off between any two of these steps: the same command, or `reconcile` on any machine, takes it up where
it stopped, because each step leaves a marker that can be read back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from opsbook.core.announcement import Announcement
from opsbook.core.book import Book
from opsbook.core.check import check_record, introduced
from opsbook.core.context import Context
from opsbook.core.errors import ForgeError, ForgeUnknown, LostRace, OpsbookError, Refused
from opsbook.core.ids import Ids
from opsbook.core.plan import Intent, Plan, Request
from opsbook.core.ports import Commit, Delivery, Published, Receipt, Sink
from opsbook.core.tree import Overlay, Tree

RACES = 50
"""How often a lost race is run again before it is called a failure; each loss means that somebody else won."""

UNKNOWN_AFTER = timedelta(minutes=5)
"""How old a claim without a reference is before somebody else than its claimant looks at it (design: "Announce")."""


@dataclass(frozen=True)
class Told:
    """How telling one audience through one sink ended."""

    sink: str
    audience: str
    ok: bool
    ref: str = ""
    error: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of a request.

    Attributes:
        id: the record; path: its folder or file; branch, commit, url: where it is published.
        next: what a person may run next.
        told: one entry for each audience and sink.
        unpublished: why it is not published yet; empty when it is.
    """

    id: str
    path: str
    branch: str = ""
    commit: str = ""
    url: str = ""
    next: str = ""
    told: tuple[Told, ...] = ()
    unpublished: str = ""
    summary: tuple[tuple[str, str], ...] = ()
    outbox: tuple[str, ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """0 fine, 4 saved and told but not published, 5 published but not everyone told."""
        if self.unpublished:
            return 4
        return 0 if all(item.ok for item in self.told) else 5

    def as_json(self) -> dict[str, Any]:
        """The object of the contract (design, section 9)."""
        return {
            "id": self.id,
            "path": self.path,
            "branch": self.branch,
            "commit": self.commit,
            "url": self.url,
            "told": [{"sink": t.sink, "ok": t.ok, "ref": t.ref, "error": t.error} for t in self.told],
        }


def preview(request: Request, context: Context) -> Plan:
    """The plan for a request, without an intent and without any effect; raises `Refused` like `performing`."""
    tree = context.forge.read(context.forge.head(request.record))
    return _plan(Intent("0" * 20, request, context.now(), context.seed()), Book(tree, context.kinds))


@contextmanager
def performing(request: Request, context: Context) -> Iterator[Outcome]:
    """Perform a request; the intent is acknowledged when the block, which prints the outcome, has ended.

    Raises:
        Refused: nothing was written and nothing was said.
    """
    with context.intents.hold(request, context.now(), context.seed()) as intent:
        try:
            outcome = _run(intent, context)
        except Refused:
            context.intents.acknowledge(intent.key)
            raise
        yield outcome
        if not outcome.unpublished:
            context.intents.acknowledge(intent.key)


@dataclass(frozen=True)
class Reconciled:
    """What `reconcile` found and did."""

    resumed: tuple[Outcome, ...]
    delivered: tuple[str, ...]
    unknown: tuple[str, ...]
    tidied: tuple[str, ...]
    refused: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 when nothing is left to do."""
        worst = max((outcome.exit_code for outcome in self.resumed), default=0)
        return worst or (5 if self.unknown else 0)


def reconcile(context: Context) -> Reconciled:
    """Finish what was cut off, from any crash point, on any machine: nothing is lost and nothing is said twice."""
    resumed: list[Outcome] = []
    refused: list[str] = []
    for orphan in context.intents.orphans():
        with context.intents.hold(orphan.request, orphan.now, orphan.seed) as intent:
            try:
                outcome = _run(intent, context)
            except Refused as error:
                refused.append(f"{intent.request.action} by {intent.request.by}: {error.message}")
                context.intents.acknowledge(intent.key)
                continue
            resumed.append(outcome)
            if not outcome.unpublished:
                context.intents.acknowledge(intent.key)
    delivered: list[str] = []
    unknown: list[str] = []
    now = context.now()
    for key, receipt in sorted(context.forge.receipts().items()):
        if receipt.reference or now - receipt.claimed_at < UNKNOWN_AFTER:
            continue
        (delivered if _settle(key, receipt, context) else unknown).append(key)
    return Reconciled(tuple(resumed), tuple(delivered), tuple(unknown), tuple(context.forge.tidy()), tuple(refused))


def _run(intent: Intent, context: Context) -> Outcome:
    try:
        plan, published, before, after = _publish(intent, context)
    except (ForgeError, ForgeUnknown) as error:
        return _saved(intent, context, error)
    kept = context.outbox.keep(plan.record, f"request-{intent.key}", _request_text(plan, published))
    announcements = _announcements(plan.record, intent.request, before, after)
    try:
        told = _announce(announcements, intent, context)
    except (ForgeError, ForgeUnknown) as error:
        told = tuple(
            Told(sink.name, item.audience, ok=False, error=f"no receipt could be kept: {error.message}")
            for item in announcements
            for sink in context.sinks
        )
    return Outcome(
        id=plan.record,
        path=plan.path,
        branch=published.branch,
        commit=published.commit,
        url=published.url,
        next=published.next,
        told=told,
        unpublished=published.unpushed,
        summary=plan.summary,
        outbox=(kept,),
    )


def _publish(intent: Intent, context: Context) -> tuple[Plan, Published, Book, Book]:
    """Plan, check and publish, again after each lost race; reads back first what an earlier run has published."""
    forge, record = context.forge, intent.request.record
    for _ in range(RACES):
        head = forge.head(record)
        book = Book(forge.read(head), context.kinds)
        if record is not None and (done := forge.published(record, intent.key)) is not None:
            return _again(intent, context, record, done)
        plan = _plan(intent, book)
        if record is None:
            # A new record: its id is known only now, and an earlier run or another record may hold its branch.
            if (done := forge.published(plan.record, intent.key)) is not None:
                return _again(intent, context, plan.record, done)
            head = replace(forge.head(plan.record), main=head.main)
            if head.branch is not None:
                book = Book(forge.read(head), context.kinds)
                plan = _plan(intent, book)
                head = replace(forge.head(plan.record), main=head.main)
        commit = Commit(plan, intent.key, _author(intent.request, plan), intent.now)
        try:
            published = forge.publish(head, commit)
        except LostRace:
            continue
        except ForgeUnknown:
            done = forge.published(plan.record, intent.key)
            if done is None:
                raise
            published = done
        return plan, published, book, Book(Overlay(book.tree, plan.files), context.kinds)
    raise ForgeError("Others kept writing to the same record.", "Run the same command again.")


def _again(intent: Intent, context: Context, record: str, done: Published) -> tuple[Plan, Published, Book, Book]:
    """What an earlier run of this intent has published: its plan is what its commit changed."""
    before, after = (Book(tree, context.kinds) for tree in context.forge.change(done))
    found = after.resolve(intent.request.action.partition(".")[0], record)
    path = found.path if found is not None else ""
    plan = Plan(record, path, {}, "", f"{record}", f"Published before as {done.commit}.\n")
    return plan, done, before, after


def _plan(intent: Intent, book: Book) -> Plan:
    """Apply the action, and refuse only errors that the plan itself introduces."""
    kind, _, verb = intent.request.action.partition(".")
    action = book.kinds[kind].actions[verb]
    plan = action(book, intent.request, intent.now, Ids(intent.seed), intent.key)
    after = Book(Overlay(book.tree, plan.files), book.kinds)
    ref = after.at(plan.path)
    assert ref is not None, plan.path
    before = book.find(ref.kind, ref.id)
    found = check_record(ref, after, intent.now)
    known = check_record(before, book, intent.now) if before is not None else []
    new = introduced(known, found)
    if new:
        raise Refused(
            "This would break the record: " + "; ".join(f"{item.message} ({item.code})" for item in new),
            new[0].remedy,
        )
    return plan


def _announcements(record: str, request: Request, before: Book, after: Book) -> Sequence[Announcement]:
    kind = request.action.partition(".")[0]
    return after.kinds[kind].announce(before.resolve(kind, record), after.resolve(kind, record), after)


def _announce(announcements: Sequence[Announcement], intent: Intent, context: Context) -> tuple[Told, ...]:
    """Claim every announcement in one commit, speak, and keep the references as receipts."""
    forge = context.forge
    todo: dict[str, tuple[Announcement, Sink]] = {
        item.key(sink.name): (item, sink) for item in announcements for sink in context.sinks
    }
    if not todo:
        return ()
    now = context.now()
    claimed = forge.claim([Receipt(key, intent.key, now, intent.told.get(key, "")) for key in todo])
    found: Mapping[str, Receipt] = forge.receipts(announcements[0].record) if claimed != set(todo) else {}
    told: list[Told] = []
    references: dict[str, str] = {}
    for key, (item, sink) in todo.items():
        if key in claimed:
            if intent.told.get(key):
                told.append(Told(sink.name, item.audience, ok=True, ref=intent.told[key]))
                continue
            # A key in `told` without a reference: a run without a forge was cut off while speaking.
            delivery = _find_or_send(item, sink, key) if key in intent.told else sink.send(item, key)
        else:
            receipt = found.get(key)
            if receipt is None or receipt.reference or receipt.operation != intent.key:
                # Told before, or being told by somebody who reached the same fact on another way.
                told.append(Told(sink.name, item.audience, ok=True, ref=receipt.reference if receipt else ""))
                continue
            # Claimed by this very intent, whose process is gone, or it would hold the intent's lock.
            if not forge.claim([replace(receipt, claimed_at=now)], expecting={key: receipt}):
                told.append(Told(sink.name, item.audience, ok=True))
                continue
            delivery = _find_or_send(item, sink, key)
        if delivery.outcome == "done":
            references[key] = delivery.reference
        told.append(Told(sink.name, item.audience, delivery.outcome == "done", delivery.reference, delivery.error))
    if references:
        forge.receipt(references)
    return tuple(told)


def _find_or_send(item: Announcement, sink: Sink, key: str) -> Delivery:
    """Read back first; speak only when the sink knows that it was not said."""
    delivery = sink.find(item, key)
    return sink.send(item, key) if delivery.outcome == "not done" else delivery


def _settle(key: str, receipt: Receipt, context: Context) -> bool:
    """Settle a claim whose claimant is gone: read back, and speak if it is known not to have been said."""
    record = key.partition("/")[0]
    done = context.forge.published(record, receipt.operation)
    if done is None:
        return False
    before, after = (Book(tree, context.kinds) for tree in context.forge.change(done))
    for kind in context.kinds.values():
        for item in kind.announce(before.resolve(kind.name, record), after.resolve(kind.name, record), after):
            for sink in context.sinks:
                if item.key(sink.name) != key:
                    continue
                if not context.forge.claim([replace(receipt, claimed_at=context.now())], expecting={key: receipt}):
                    return True
                delivery = _find_or_send(item, sink, key)
                if delivery.outcome == "done":
                    context.forge.receipt({key: delivery.reference})
                return delivery.outcome == "done"
    return False


def _saved(intent: Intent, context: Context, error: OpsbookError) -> Outcome:
    """The forge is down: the durable intent is the record, and people are told that it is not yet on record."""
    tree: Tree = context.offline()
    before = Book(tree, context.kinds)
    plan = _plan(intent, before)
    after = Book(Overlay(tree, plan.files), context.kinds)
    kept = context.outbox.keep(plan.record, f"request-{intent.key}", f"# {plan.title}\n\n{plan.body}")
    told: list[Told] = []
    known = dict(intent.told)
    for item in _announcements(plan.record, intent.request, before, after):
        item = replace(item, unrecorded=True)
        for sink in context.sinks:
            key = item.key(sink.name)
            if known.get(key):
                told.append(Told(sink.name, item.audience, ok=True, ref=known[key]))
                continue
            attempted = key in known
            known[key] = ""
            context.intents.told(intent.key, known)
            delivery = _find_or_send(item, sink, key) if attempted else sink.send(item, key)
            if delivery.outcome == "done":
                known[key] = delivery.reference
                context.intents.told(intent.key, known)
            told.append(Told(sink.name, item.audience, delivery.outcome == "done", delivery.reference, delivery.error))
    return Outcome(
        id=plan.record,
        path=plan.path,
        branch=plan.branch,
        told=tuple(told),
        unpublished=f"{error.message} {error.remedy}".strip(),
        summary=plan.summary,
        outbox=(kept,),
    )


def _author(request: Request, plan: Plan) -> str:
    """Who acted, as a commit's author; a security incident's stub does not say who declared it."""
    if plan.subject.endswith("(security)"):
        return "Opsbook <opsbook@opsbook.invalid>"
    name = re.sub(r"[^A-Za-z0-9._:-]", "-", request.by)
    return f"{name} <{name.replace(':', '.')}@opsbook.invalid>"


def _request_text(plan: Plan, published: Published) -> str:
    where = f"Branch `{published.branch}`, commit `{published.commit}`."
    return f"# {plan.title}\n\n{plan.body}\n{where}\n"
