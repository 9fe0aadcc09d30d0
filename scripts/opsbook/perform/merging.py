"""Merges declarations that pass the check, because nobody may wait for a reviewer to have an incident on record.

What may be merged so, and whether at all, is read from main and never from the branch that wants to be merged.
"""

from __future__ import annotations

from collections.abc import Sequence

from opsbook.core.book import Book
from opsbook.core.check import check_record
from opsbook.core.context import Context
from opsbook.core.errors import ForgeFault, LostRace, Refused
from opsbook.core.ports import Host
from opsbook.perform.outcome import Merged

_RACES = 5


def merge_declarations(records: Sequence[str], context: Context, host: Host) -> Merged:
    """Merge the open declarations among `records`, or among all open records.

    A record that changed while it was checked is checked again.
    """
    done = Merged()
    try:
        wanted = list(dict.fromkeys(records)) or sorted(context.forge.open_records())
    except ForgeFault as error:
        done.problems.append(f"{error.message} {error.remedy}".strip())
        return done
    for record in wanted:
        for _ in range(_RACES):
            try:
                _merge(record, context, host, done)
            except LostRace:
                continue
            except Refused as error:
                done.left_open[record] = error.message
            except ForgeFault as error:
                done.problems.append(f"{record}: {error.message} {error.remedy}".strip())
            break
        else:
            done.problems.append(f"{record}: others kept writing to it. Run the same command again.")
    return done


def _merge(record: str, context: Context, host: Host, done: Merged) -> None:
    forge = context.forge
    head = forge.head(record)
    main = Book(forge.read(forge.head(None)), context.kinds)
    if main.config.core.forge.merge == "never":
        done.left_open[record] = "opsbook.yml does not say `merge: declarations` under `forge`."
        return
    if head.branch is None:
        done.left_open[record] = "It is merged already, or there is no open record of this id."
        return
    book = Book(forge.read(head), context.kinds)
    for kind in context.kinds.values():
        after = book.resolve(kind.name, record)
        if after is None:
            continue
        why = kind.needs_people(main.resolve(kind.name, record), after)
        found = check_record(after.ref, book, context.now(), context.kinds)
        errors = [item for item in found if item.severity == "error"]
        if not why and errors:
            first = errors[0]
            why = f"The check finds {len(errors)}: {first.path}:{first.line}: {first.message} ({first.code})"
        if why:
            done.left_open[record] = why
            return
        done.merged[record] = host.merge(record, head, after.path)
        done.since = done.since or head.main
        return
    done.left_open[record] = "It is no record of this book."
