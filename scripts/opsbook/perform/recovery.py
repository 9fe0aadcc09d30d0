"""`reconcile`: finishes what was cut off, from any crash point, on any machine; nothing is lost or said twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from opsbook.core.announcement import Announcement
from opsbook.core.book import Book
from opsbook.core.context import Context
from opsbook.core.errors import ForgeFault, Refused
from opsbook.core.ids import operation_key
from opsbook.core.kind import Kind, Kinds
from opsbook.core.plan import Intent
from opsbook.core.ports import LAPSED, Commit, Receipt, Sink
from opsbook.core.record import Record
from opsbook.perform.announce import Speaker, by_key, speak
from opsbook.perform.door import run
from opsbook.perform.outcome import Outcome, Reconciled
from opsbook.perform.planning import operation_of, trouble
from opsbook.perform.unasked import is_lapsed, said_again

Also = Callable[[Intent, Outcome], bool]


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
    except ForgeFault as error:
        done.problems.append(error.message)
        informed = False
    _resume(context, done)
    if informed:  # whoever does not know what others have said by now says nothing in their place
        try:
            _propose(context, done)
            _deliver(context, done)
        except ForgeFault as error:
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
        for kind, operation, _ in _operations(record, book, context.kinds):
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
    now, receipts = context.now(), context.forge.receipts()
    # A key of our own: the first claimant sees that somebody else has it, should it still be alive.
    speaker = Speaker(operation_key(context.seed()), finishes="everybody's")
    cut_off = [receipt for receipt in receipts.values() if not receipt.reference]
    stale = {receipt.key for receipt in cut_off if speaker.takes(receipt, now)}
    done.waiting += [receipt.key for receipt in cut_off if receipt.key not in stale]
    for key in sorted(stale.union(_unclaimed(context, receipts))):
        claim = receipts.get(key)
        found = _source(key, claim, context)
        if found is None and claim is not None and is_lapsed(claim, context):
            context.forge.receipt({key: LAPSED})
            done.lapsed.append(key)
        elif found is None:
            done.unknown.append(key)
        else:
            # One by one: who claims much at once may not have said the last of it in five minutes.
            said = speak({key: found}, speaker, context, receipts)
            for told in said.told:
                (done.delivered if told.ok else done.unknown).append(key)
            done.problems += filter(None, [said.unreceipted])


def _unclaimed(context: Context, receipts: Mapping[str, Receipt]) -> Iterator[str]:
    """Keys of announcements of open records that nobody has claimed: a process ended after it had published.

    Nobody can tell where receipts are kept for one clone only, and it is that clone's intent that finishes them.
    """
    if not context.forge.shared:
        return
    for record, head in context.forge.open_records().items():
        book = Book(context.forge.read(head), context.kinds)
        for kind, _, before in _operations(record, book, context.kinds):
            announcements = _by_operation(kind, before, record, book)
            yield from (key for key in by_key(announcements, context.sinks) if key not in receipts)


def _source(key: str, receipt: Receipt | None, context: Context) -> tuple[Announcement, Sink] | None:
    """The announcement of a receipt, computed again from the commit that it announces."""
    forge, record = context.forge, key.partition("/")[0]
    book = Book(forge.read(forge.head(record)), context.kinds)
    operations = [receipt.operation] if receipt is not None else []
    operations += [
        operation
        for kind, operation, before in _operations(record, book, context.kinds)
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


def _operations(record: str, book: Book, kinds: Kinds) -> Iterator[tuple[Kind, str, Record | None]]:
    """Each operation that the files of a record name, with the record as it would be without it.

    That is enough to know which announcements there are; their words come from the commit itself.
    """
    for kind in kinds.values():
        found = book.resolve(kind.name, record)
        if found is None:
            continue
        wrote = {name: operation_of(file) for name, file in found.files.items()}
        for operation in dict.fromkeys(filter(None, wrote.values())):
            kept = {name: file for name, file in found.files.items() if wrote[name] != operation}
            yield kind, operation, Record(found.ref, kind, kept, found.strays) if kept else None
