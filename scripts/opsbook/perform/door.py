"""Performing one request: plan, check, publish, announce; each step can be taken up again where it was cut off."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from opsbook.core.announcement import Announcement
from opsbook.core.book import Book
from opsbook.core.context import Context
from opsbook.core.errors import ForgeError, ForgeFault, ForgeUnknown, LostRace, OpsbookError, Refused
from opsbook.core.inert import github
from opsbook.core.kind import Kinds
from opsbook.core.plan import Intent, Origin, Plan
from opsbook.core.ports import Commit, Published, Receipt
from opsbook.core.request import Request
from opsbook.core.secrets import mask
from opsbook.core.tree import Overlay
from opsbook.perform.announce import Speaker, by_key, claims_of, speak
from opsbook.perform.outcome import Outcome, Said
from opsbook.perform.planning import plan_of
from opsbook.perform.saved import earlier, lay

RACES = 150
"""How often a lost race is run again before it is called a failure; each loss means that somebody else won."""

PATIENCE = 150.0
"""Seconds that a person is kept waiting in all when the forge asks to be left alone for a while."""


def preview(request: Request, context: Context) -> Plan:
    """The plan for a request, without an intent and without any effect; raises `Refused` like `performing`."""
    try:
        tree = context.forge.read(context.forge.head(request.record))
    except ForgeFault:
        tree = context.offline()
    book = lay(Book(tree, context.kinds), context.intents.saved(), context.kinds).book
    return plan_of(Intent("0" * 20, request, context.now(), context.seed()), book, context.kinds)


@contextmanager
def performing(
    request: Request, context: Context, *, origin: Origin | None = None, keep: Callable[[], bool] = lambda: False
) -> Iterator[Outcome]:
    """Perform a request; the intent is acknowledged when the block, which prints the outcome, has ended.

    It is kept when something is left to do, so that the same command or `reconcile` finishes it.

    Args:
        origin: what gives the request its key, time and ids; without one they are new.
        keep: asked after the block: whether the intent is still needed although nothing is left to do here.

    Raises:
        Refused: nothing was written and nothing was said, or the origin was used before for something else.
    """
    seed = origin.seed if origin else context.seed()
    now, key = (origin.now, origin.key) if origin else (context.now(), None)
    adopted, again, waited = False, False, 0.0
    while True:
        with context.intents.hold(request, now, seed, key=key) as intent:
            adopted = adopted or intent.seed != seed
            try:
                outcome = run(intent, context, adopted=adopted or again, elsewhere=origin is not None)
            except Refused:
                context.intents.acknowledge(intent.key)
                raise
            except BrokenPipeError:
                raise
            except (OpsbookError, OSError) as error:  # a full disk, for one: it is saved, whatever else fails
                outcome = _safe(intent, context, error)
            seconds = context.forge.rest
            waited += seconds
            if outcome.finished or not seconds or waited > PATIENCE or context.wait is None:
                yield replace(outcome, since=intent.now) if adopted else outcome
                if outcome.finished and not keep():
                    context.intents.acknowledge(intent.key)
                return
        # People have been told by now, and the request is safe: whoever leaves here loses nothing.
        context.wait(seconds)
        now, seed, key, again = intent.now, intent.seed, intent.key, True


def run(intent: Intent, context: Context, *, adopted: bool, elsewhere: bool = False) -> Outcome:
    """Take an intent as far as the forge and the sinks allow.

    Args:
        adopted: an earlier run has accepted the request, and may have published it.
        elsewhere: an earlier run may have told people on a machine that is gone, with all that it remembered.

    Raises:
        Refused: the request cannot be carried out.
    """
    done: list[str] = []
    try:
        done = _in_turn(intent, context)
        _vouch(intent, context)
        plan, published, said = _publish(intent, context)
    except ForgeFault as error:
        saved = _save(intent, context, error, adopted=adopted)
        if saved is None:
            return Outcome(id=intent.request.record or "", unpublished=_why(error))
        plan, published, said = saved
    if published.unpushed:
        said = [replace(item, unrecorded=True) for item in said]
    kept = _keep(intent, context, plan, published)
    speaker = Speaker(intent.key, intent, doubts=elsewhere, alone=not published.commit, claimed=published.claimed)
    try:
        heard = speak(by_key(said, context.sinks), speaker, context)
    except OpsbookError as error:  # what was said cannot be kept here: it is on record, and reconcile looks for it
        heard = Said(unreceipted=_why(error))
    return Outcome(
        id=plan.record,
        path=plan.path,
        branch=published.branch,
        commit=published.commit,
        url=published.url,
        next=published.next,
        shared=published.shared,
        share=published.share,
        told=heard.told,
        unpublished=published.unpushed,
        unreceipted=heard.unreceipted,
        summary=plan.summary,
        understood=plan.understood,
        then=plan.then,
        masked=_masked(intent.request, context),
        outbox=kept,
        before=tuple(done),
    )


def _masked(request: Request, context: Context) -> tuple[tuple[str, str], ...]:
    """What of the words that a person typed is not kept; of a stub nothing is, and that is said elsewhere."""
    words = {name: text for name, text in (request.stub() or request).typed().items() if mask(text)[1]}
    if not words:
        return ()
    shared, kept = Book(context.offline(), context.kinds).config.core.mailboxes, bool(request.kept)
    return tuple(
        (name, what) for name, text in words.items() for what in mask(text, shared, keep=kept and name != "keep")[1]
    )


def _in_turn(intent: Intent, context: Context) -> list[str]:
    """Finish first what was asked for on this machine before, about the same record; which requests were finished.

    Raises:
        ForgeError: one of them cannot be published, so this one cannot either.
    """
    record, done = intent.request.record, []
    cut_off = {orphan.key for orphan in context.intents.orphans()} if record is not None else set()
    if not cut_off:
        return []
    before = earlier(intent, context)
    records = lay(Book(context.offline(), context.kinds), before, context.kinds).records
    for other in before:
        if other.key not in cut_off or records.get(other.key, other.request.record) != record:
            continue
        with context.intents.hold(other.request, other.now, other.seed, key=other.key) as held:
            try:
                outcome = run(held, context, adopted=True)
            except Exception:  # noqa: S112 - `reconcile` says so; this request may be possible all the same
                continue
            if outcome.unpublished:
                raise ForgeError("An earlier request about it is not published either.", outcome.unpublished)
            done.append(f"{other.request.action} by {other.request.by}")
            if outcome.finished:
                context.intents.acknowledge(held.key)
    return done


def _safe(intent: Intent, context: Context, error: OpsbookError | OSError) -> Outcome:
    """It is saved on this machine, and that is all that could be done."""
    why = _why(error) if isinstance(error, OpsbookError) else f"{error.strerror or type(error).__name__}."
    try:
        before = lay(Book(context.offline(), context.kinds), earlier(intent, context), context.kinds).book
        id_ = intent.request.record or plan_of(intent, before, context.kinds).record
    except (OpsbookError, OSError):
        id_ = ""
    return Outcome(id=id_, path="", unpublished=why)


def _vouch(intent: Intent, context: Context) -> None:
    """Keep receipts for what was said while the forge was down, before others can see the change and say it too."""
    now = context.now()
    said = [Receipt(key, intent.key, now, reference) for key, reference in intent.attempts.items() if reference]
    if said:
        context.forge.claim(said)


_Saved = tuple[Plan, Published, Sequence[Announcement]]
"""What is written, where it is on record (without a commit it is nowhere yet), and what it says."""


def _publish(intent: Intent, context: Context) -> _Saved:
    """Plan, check and publish, again after each lost race; reads back first what an earlier run has published.

    What the change says is computed before it is published: afterwards the forge need not answer any more.
    """
    forge, kinds = context.forge, context.kinds
    for _ in range(RACES):
        head = forge.head(intent.request.record)
        before = Book(forge.read(head), kinds)
        if context.restricted and not before.config.core.security.restricted:
            raise ForgeError(
                "What should be the restricted book is none: opsbook.yml there lacks `security: restricted: true`.",
                "Name another one with OPSBOOK_SECURITY_BOOK or with security.book in opsbook.yml.",
            )
        plan = None
        record = intent.request.record
        if record is not None and before.resolve(intent.request.kind_name, record) is None:
            _not_yet(record, intent, context)
        if record is None:
            before, plan = _unused(intent, context, before)
            record = plan.record
            head = forge.head(record)._replace(main=head.main)
        published = forge.published(record, intent.key)
        if published is not None:
            plan, before, after = _again(intent, context, record, published)
        else:
            plan = plan or plan_of(intent, before, context.kinds)
            after = Book(Overlay(before.tree, plan.files), kinds)
        _rehearsals_only(record, intent.request, after, context)
        said = _announcements(record, intent.request, before, after, kinds)
        if published is None or published.unpushed:
            commit = Commit(plan, intent.key, _author(intent.request, plan), intent.now)
            try:
                published = forge.publish(head, commit, claims_of(by_key(said, context.sinks), intent, context.now()))
            except LostRace:
                continue
            except ForgeFault as error:
                published = _read_back(record, intent, context) if isinstance(error, ForgeUnknown) else None
                published = published or Published(plan.branch, commit="", unpushed=_why(error))
        return plan, published, said
    raise ForgeError("Others kept writing to the same record.", "Run the same command again.")


def _not_yet(record: str, intent: Intent, context: Context) -> None:
    """The forge does not show a record: raise ForgeError if a request that is saved here will make it."""
    if record in lay(Book(context.offline(), context.kinds), earlier(intent, context), context.kinds).unrecorded:
        raise ForgeError(f"{record} is saved on this machine, and not published yet.", "Run `opsbook reconcile`.")


def _read_back(record: str, intent: Intent, context: Context) -> Published | None:
    try:
        return context.forge.published(record, intent.key)
    except ForgeFault:
        return None


def _unused(intent: Intent, context: Context, book: Book) -> tuple[Book, Plan]:
    """The plan of a new record, whose id no open branch of somebody else has."""
    plan = plan_of(intent, book, context.kinds)
    while context.forge.head(plan.record).branch and context.forge.published(plan.record, intent.key) is None:
        book = Book(Overlay(book.tree, dict.fromkeys(plan.files, b"")), context.kinds)
        plan = plan_of(intent, book, context.kinds)
    return book, plan


def _again(intent: Intent, context: Context, record: str, done: Published) -> tuple[Plan, Book, Book]:
    """The plan that an earlier run of this intent has published, and the book before and after it."""
    before, after = (Book(tree, context.kinds) for tree in context.forge.change(done))
    found = after.resolve(intent.request.kind_name, record)
    path = found.path if found is not None else ""
    try:
        plan = plan_of(intent, before, context.kinds)
    except Refused:
        plan = None
    if plan is None or plan.record != record or plan.path != path:
        # Somebody rewrote the history: the request is done, and its words are where they are.
        plan = Plan(record, path, {}, record, record, f"Published as {done.commit}.\n")
    return plan, before, after


def _rehearsals_only(record: str, request: Request, after: Book, context: Context) -> None:
    """Raise Refused where the clock of a rehearsal would get into anything else: no figure may ever rest on it."""
    kind = context.kinds[request.kind_name]
    found = after.resolve(kind.name, record)
    if context.rehearses and (found is None or not kind.rehearsed(found)):
        raise Refused(f"{record} is no drill, and the clock of a drill is not its clock.", "Say it outside the drill.")


def _announcements(record: str, request: Request, before: Book, after: Book, kinds: Kinds) -> Sequence[Announcement]:
    """What the request says. A squash that holds it may hold edits by hand too: `announce` says those, as main's."""
    kind = request.kind_name
    said = kinds[kind].announce(before.resolve(kind, record), after.resolve(kind, record), after)
    return [item for item in said if not item.by_hand]


def _save(intent: Intent, context: Context, error: ForgeFault, *, adopted: bool) -> _Saved | None:
    """The forge is down: the durable intent is the record. What it says, as far as the book at hand knows the record.

    Args:
        adopted: it was accepted once; the book at hand may hold it already, or be an old one.
    """
    request = intent.request
    before = lay(Book(context.offline(), context.kinds), earlier(intent, context), context.kinds).book
    if request.record is not None and before.resolve(request.kind_name, request.record) is None:
        return None
    try:
        plan = plan_of(intent, before, context.kinds)
    except Refused:
        if adopted:
            return None
        raise
    after = Book(Overlay(before.tree, plan.files), context.kinds)
    _rehearsals_only(plan.record, request, after, context)
    said = _announcements(plan.record, request, before, after, context.kinds)
    return plan, Published(plan.branch, commit="", unpushed=_why(error)), said


def _why(error: OpsbookError) -> str:
    return f"{error.message} {error.remedy}".strip()


def _keep(intent: Intent, context: Context, plan: Plan, published: Published) -> tuple[str, ...]:
    """Keep the text of the request; an outbox that cannot be written to stops nothing."""
    where = "\nNot yet on record.\n"
    if published.commit:
        where = f"\nBranch `{published.branch}`, commit `{published.commit}`.\n"
    try:
        text = f"# {github(plan.title)}\n\n{plan.body}{where}"
        return (context.outbox.keep(plan.record, f"request-{intent.key}.md", text),)
    except OpsbookError:
        return ()


def _author(request: Request, plan: Plan) -> str:
    """Who acted, as a commit's author."""
    if plan.anonymous:
        return "Opsbook <opsbook@opsbook.invalid>"
    name = re.sub(r"[^A-Za-z0-9._:-]", "-", request.by)
    return f"{name} <{name.replace(':', '.')}@opsbook.invalid>"
