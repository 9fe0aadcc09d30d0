"""`reconcile`: finishes what was cut off, from any crash point, on any machine; nothing is lost or said twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from opsbook.core.announcement import Announcement
from opsbook.core.book import Book
from opsbook.core.context import Context
from opsbook.core.errors import ForgeError, ForgeUnknown, Refused
from opsbook.core.ids import operation_key
from opsbook.core.kind import Kind
from opsbook.core.plan import Intent
from opsbook.core.ports import LAPSED, Commit, Receipt, Sink
from opsbook.core.record import Record
from opsbook.perform.announce import UNKNOWN_AFTER, by_key, say_late
from opsbook.perform.door import run
from opsbook.perform.outcome import Outcome
from opsbook.perform.planning import operation_of, trouble
from opsbook.perform.unasked import is_lapsed, is_unasked, said_again

Also = Callable[[Intent, Outcome], bool]


@dataclass
class Reconciled:
    """What `reconcile` found and did.

    Attributes:
        resumed: requests that were cut off, and what came of them.
        delivered: keys of announcements that are said now.
        proposed: pull requests that were missing and are open now: the address, or the id of the record.
        waiting: keys that somebody claimed moments ago, and may be saying at this moment.
        unknown: keys of which nobody knows whether they were said, or that could not be said.
        lapsed: keys of reminders that were cut off, of something that is not due any more.
        tidied: branches that were deleted, because main holds them.
        refused: requests that cannot be carried out any more, each with the reason.
        problems: why the forge could not be asked.
    """

    resumed: list[Outcome] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    proposed: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    lapsed: list[str] = field(default_factory=list)
    tidied: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 when nothing is left to do; 4, 5 and 1 as for a command that is left so."""
        codes = {outcome.exit_code for outcome in self.resumed}
        if 4 in codes or self.problems:
            return 4
        if 5 in codes or self.unknown or self.waiting:
            return 5
        return 1 if self.refused else 0


def pending(context: Context) -> Sequence[Intent]:
    """The requests that were cut off here, oldest first."""
    return context.intents.orphans()


def reconcile(context: Context) -> Reconciled:
    """Finish what was cut off."""
    done = Reconciled()
    informed = True
    try:
        # First, because it brings what others did: the rest must see that.
        done.tidied += context.forge.tidy()
    except (ForgeError, ForgeUnknown) as error:
        done.problems.append(error.message)
        informed = False
    _resume(context, done)
    if informed:  # whoever does not know what others have said by now says nothing in their place
        try:
            _propose(context, done)
            _deliver(context, done)
        except (ForgeError, ForgeUnknown) as error:
            done.problems.append(error.message)
    return done


def resume(context: Context, *, also: Also | None = None) -> Reconciled:
    """Finish only the requests that were cut off here.

    Args:
        also: what follows each of them; whether its intent is not needed any more.
    """
    done = Reconciled()
    _resume(context, done, also)
    return done


def _resume(context: Context, done: Reconciled, also: Also | None = None) -> None:
    done.problems += map(str, context.intents.damaged())
    for orphan in context.intents.orphans():
        try:
            with context.intents.hold(orphan.request, orphan.now, orphan.seed, key=orphan.key) as intent:
                outcome = run(intent, context, adopted=True)
                done.resumed.append(outcome)
                settled = also is None or also(intent, outcome)
                if settled and outcome.finished:
                    context.intents.acknowledge(intent.key)
        except Refused as error:
            done.refused.append(f"{orphan.request.action} by {orphan.request.by}: {error.message}")
            context.intents.acknowledge(orphan.key)
        except Exception as error:  # each stands on its own: whatever is wrong with one stops no other
            done.problems.append(str(trouble(orphan, error)))


def _propose(context: Context, done: Reconciled) -> None:
    """Open the pull requests of branches that somebody pushed and could not open one for.

    Their own words went with the machine; the record says the same.
    """
    forge = context.forge
    for record in context.host.unproposed() if context.host is not None else ():
        head = forge.head(record)
        book = Book(forge.read(head), context.kinds)
        for kind, operation, _ in _operations(record, book):
            found = book.resolve(kind.name, record)
            assert found is not None
            # The operation is on the branch already: publishing it again does the rest. Its words name the files.
            plan = replace(kind.propose(found, book), files={file.path: file.data for file in found.files.values()})
            commit = Commit(plan, operation, "Opsbook <opsbook@opsbook.invalid>", context.now())
            published = forge.publish(head, commit)
            if published.unpushed:
                done.problems.append(f"{record}: {published.unpushed}")
            else:
                done.proposed.append(published.url or record)
            break


def _deliver(context: Context, done: Reconciled) -> None:
    """Say what others have published and not said."""
    now, own = context.now(), operation_key(context.seed())
    receipts = context.forge.receipts()
    # Claimed under a key of our own: its first claimant sees that somebody else has it, should it still be alive.
    ours = {key: Receipt(key, own, now) for key in _unclaimed(context, receipts)}
    for key, receipt in receipts.items():
        if receipt.reference:
            continue
        if now - receipt.claimed_at < UNKNOWN_AFTER:
            done.waiting.append(key)
        else:
            operation = receipt.operation if is_unasked(receipt.operation) else own
            ours[key] = replace(receipt, operation=operation, claimed_at=now)
    for key in sorted(ours):
        claim = receipts.get(key)
        found = _source(key, claim, context)
        if found is None and claim is not None and is_lapsed(claim, context):
            context.forge.receipt({key: LAPSED})
            done.lapsed.append(key)
        elif found is None:
            done.unknown.append(key)
        elif context.forge.claim([ours[key]], expecting=receipts):
            item, sink = found
            delivery = say_late(item, sink, key, context)
            if delivery.outcome == "done":
                context.forge.receipt({key: delivery.reference})
            (done.delivered if delivery.outcome == "done" else done.unknown).append(key)


def _unclaimed(context: Context, receipts: Mapping[str, Receipt]) -> Iterator[str]:
    """Keys of announcements of open records that nobody has claimed: a process ended after it had published.

    Nobody can tell where receipts are kept for one clone only, and it is that clone's intent that finishes them.
    """
    if not context.forge.shared:
        return
    for record, head in context.forge.open_records().items():
        book = Book(context.forge.read(head), context.kinds)
        for kind, _, before in _operations(record, book):
            announcements = _by_operation(kind, before, record, book)
            yield from (key for key in by_key(announcements, context.sinks) if key not in receipts)


def _source(key: str, receipt: Receipt | None, context: Context) -> tuple[Announcement, Sink] | None:
    """The announcement of a receipt, computed again from the commit that it announces."""
    forge, record = context.forge, key.partition("/")[0]
    book = Book(forge.read(forge.head(record)), context.kinds)
    operations = [receipt.operation] if receipt is not None else []
    operations += [
        operation
        for kind, operation, before in _operations(record, book)
        if key in by_key(_by_operation(kind, before, record, book), context.sinks)
    ]
    for operation in operations:
        if (found := by_key(said_again(operation, record, context), context.sinks).get(key)) is not None:
            return found
        published = forge.published(record, operation) if operation else None
        if published is None:
            continue
        old, new = (Book(tree, context.kinds) for tree in forge.change(published))
        for kind in context.kinds.values():
            said = kind.announce(old.resolve(kind.name, record), new.resolve(kind.name, record), new)
            if (found := by_key(said, context.sinks).get(key)) is not None:
                return found
    return None


def _by_operation(kind: Kind, before: Record | None, record: str, book: Book) -> list[Announcement]:
    """What the operations of a record say; what an editor changed on an open branch is said after its merge."""
    return [item for item in kind.announce(before, book.resolve(kind.name, record), book) if not item.by_hand]


def _operations(record: str, book: Book) -> Iterator[tuple[Kind, str, Record | None]]:
    """Each operation that the files of a record name, with the record as it would be without it.

    That is enough to know which announcements there are; their words come from the commit itself.
    """
    for kind in book.kinds.values():
        found = book.resolve(kind.name, record)
        if found is None:
            continue
        wrote = {name: operation_of(file) for name, file in found.files.items()}
        for operation in dict.fromkeys(filter(None, wrote.values())):
            kept = {name: file for name, file in found.files.items() if wrote[name] != operation}
            yield kind, operation, Record(found.ref, kind, kept, found.strays) if kept else None
