"""How what came of a command is printed: one object for programs, or lines for people."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from opsbook.commands.workspace import Workspace, seen
from opsbook.core.announcement import PAGE, Announcement, medium_of
from opsbook.core.book import CONFIG_PATH
from opsbook.core.errors import OpsbookError
from opsbook.core.plan import Plan
from opsbook.core.secrets import PERSONAL
from opsbook.core.text import one_line, shorten
from opsbook.core.times import Times
from opsbook.core.types import write_time
from opsbook.core.unseen import absent
from opsbook.perform import Merged, Outcome, Reconciled, Result, Said, Told
from opsbook.report.screen import Screen

Lines = Iterator[tuple[str, str]]
"""Each line with its colour."""

Phrase = Callable[[Outcome], str]
"""What is said of an outcome."""

GOOD, BAD, PLAIN = "green", "red", ""

_WORDS = {
    "proposed": (GOOD, "Opened the pull request that was missing: "),
    "delivered": (GOOD, "Delivered "),
    "waiting": (BAD, "Claimed less than five minutes ago, and perhaps being said at this moment: "),
    "unknown": (BAD, "Nobody knows whether this was said: "),
    "lapsed": (PLAIN, "Let go of a reminder of what is not due any more: "),
    "tidied": (PLAIN, "Deleted the merged branch "),
    "refused": (BAD, "Cannot be done any more: "),
    "problems": (BAD, ""),
}
"""What is said of each thing in a list of `Reconciled` or `Merged`, by the name of the list."""


def show(
    result: Result,
    args: argparse.Namespace,
    workspace: Workspace,
    *,
    done: Phrase = lambda _: "",
    nothing: str = "",
    tells: bool = False,
    kept: Outcome | None = None,
) -> None:
    """Print a result, as text or as JSON.

    What is still in a buffer was not printed: an intent is forgotten only when the person can see the result.

    Args:
        done: what is said of an outcome; see `phrase`.
        nothing: what to say when nothing was done, and nothing is left to do.
        tells: whether somebody should be told by it, so that silence is worth a word.
        kept: what came of the facts that went to the restricted book.

    Raises:
        OpsbookError: it cannot be written.
    """
    screen, text = Screen(sys.stdout, color=workspace.color), _left(result, tells=tells)
    if args.format == "json":
        facts = {"facts": {name: getattr(kept, name) for name in ("branch", "commit", "url")}} if kept else {}
        screen.json({**result.as_json(), **facts, **(seen(workspace) if type(result) is Said else {})})
        screen = Screen(sys.stderr)
        text = text if isinstance(result, Outcome) else iter(())
    elif result == type(result)():
        text = iter([(PLAIN if workspace.unseen else GOOD, absent(nothing, workspace.unseen))])
    else:
        text = chain(_done(result, done, workspace), text)
    for color, line in chain(text, _facts(kept) if kept is not None else ()):
        screen.line(line, color)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OpsbookError(
            f"It is done, and the result cannot be written: {error.strerror}.", "The same command shows it again."
        ) from None


def phrase(pattern: str, title: str = "") -> Phrase:
    """What is said of an outcome, from a pattern.

    Args:
        pattern: `{record}` stands for the id, `{id}` for its end, `{changes}` for what changed,
            `{count}` for how much did.
        title: of the record, for whoever did not say which one.
    """

    def said(outcome: Outcome) -> str:
        words = {
            "record": outcome.id,
            "id": outcome.id[-5:] + (f" ({shorten(one_line(title), 60)})" if title else ""),
            "count": str(len(outcome.summary) or "All"),
            "changes": "; ".join(f"{label.lower()} {_quoted(text)}" for label, text in outcome.summary),
        }
        return re.sub(r"\{(record|id|changes|count)\}", lambda found: words[found[1]], pattern)

    return said


def _quoted(text: str) -> str:
    """A value in a sentence of ours; what is a sentence itself stands in quotation marks."""
    short = shorten(one_line(text), 60)
    return f"“{short}”" if len(short.split()) > 3 or short.endswith(".") else short


def show_plan(plan: Plan, args: argparse.Namespace, workspace: Workspace) -> None:
    """Print what would be written."""
    if args.format == "json":
        files = {path: None if data is None else data.decode() for path, data in plan.files.items()}
        Screen(sys.stdout).json({"id": plan.record, "path": plan.path, "branch": plan.branch, "files": files})
        return
    screen = Screen(sys.stdout, color=workspace.color)
    screen.pairs(plan.summary)
    screen.line()
    screen.line(
        f"Nothing is written. These files would be, on {'the branch ' + plan.branch if plan.branch else 'main'}:"
    )
    for path in plan.files:
        screen.line(f"  {path}")


def show_unsaid(
    would: Sequence[Announcement], name: str, end: str, args: argparse.Namespace, workspace: Workspace
) -> None:
    """Print what would be said: line by line with a last line, or as one object under a name."""
    screen = Screen(sys.stdout)
    if args.format == "json":
        rows = [{"id": i.record, "audience": i.audience, "headline": i.headline} for i in would]
        screen.json({name: rows, **seen(workspace)})
        return
    for item in would:
        screen.line(f"{item.record}: {item.audience}: {item.headline}")
    screen.line(end if would else absent(end, workspace.unseen))


def _done(result: Result, done: Phrase, workspace: Workspace) -> Lines:
    """What was done."""
    if isinstance(result, Outcome):
        yield from _outcome(result, done, workspace)
    elif isinstance(result, Merged):
        yield from ((GOOD, f"Merged {record}: {at.url or at.commit}") for record, at in result.merged.items())
        yield from ((PLAIN, f"{record} stays open: {why}") for record, why in result.left_open.items())
    elif isinstance(result, Reconciled):
        for outcome in result.resumed:
            if outcome.unpublished:
                yield BAD, f"Not yet on record: {outcome.id or 'a request'}. {outcome.unpublished}"
            else:
                yield GOOD, f"Finished {outcome.id} on {outcome.branch}"
                yield from ((color, f"  {line}") for color, line in _told(outcome))


def _outcome(result: Outcome, done: Phrase, workspace: Workspace) -> Lines:
    """One line on what was done, where it is and who was told; one on what to do next. The rest for who wants it."""
    core, root = workspace.book.config.core, workspace.root

    def names(told: Iterable[Told]) -> str:
        channels = [(core.channel(item.audience), item.audience.removeprefix(PAGE)) for item in told]
        *first, last = dict.fromkeys(channel.name if channel is not None else name for channel, name in channels)
        return f"{', '.join(first)} and {last}" if first else last

    heard = [item for item in result.heard if item.ok and medium_of(item.audience) == "channel"]
    paged = [item for item in result.heard if item.ok and item.audience.startswith(PAGE) and item.name == "page"]
    told = [f"Told {names(heard)}."] if heard else []
    if paged:
        told.insert(
            0, f"Paged {names(paged)} {Times(workspace.now(), core.timezone).hour(workspace.now())}; no answer yet."
        )
    unpaged = [item for item in result.unheard if item.audience.startswith(PAGE) and item.name == "page"]
    for why in dict.fromkeys(item.unheard for item in result.unheard if medium_of(item.audience) == "channel"):
        missed = [item for item in result.unheard if item.unheard == why]
        told.append(f"{names(missed)} not told: {why}." if told else f"Nobody was told: {why}.")
    told += [f"{names(unpaged)} not paged: {unpaged[0].unheard}. Call them yourself."] if unpaged else []
    stories = [item for item in result.heard if item.ok and item.ref and item.name == "declared"]
    told += [f"Story: {item.ref}." for item in stories if medium_of(item.audience) == "story"]
    yield GOOD, " ".join([f"{done(result)}{_where(result)}.", *filter(None, [result.then]), *told])
    yield from ((PLAIN, f"  {line}") for line in result.understood)
    yield from _masked(result)
    yield from ((PLAIN, f"  first finished what was saved here before: {request}") for request in result.before)
    if result.since is not None:
        yield PLAIN, f"  asked for at {write_time(result.since)} and cut off; finished now, and not done twice"
    here = Path(result.outbox[0]).parent if result.outbox else Path()
    here = here.relative_to(root) if here.is_relative_to(root) else here
    if workspace.verbose:
        yield PLAIN, f"  {result.id}  {result.path}"
        yield PLAIN, f"  on branch {result.branch}" + (f" at {result.commit[:12]}" if result.commit else "")
        for text in (*result.outbox, *(item.ref for item in result.unheard)):
            yield PLAIN, f"  words: {here / Path(text).name}"
    by_hand = result.unheard or not all(item.ok for item in result.heard)
    words = f"; the words to tell people are in {here}" if by_hand and result.outbox and not workspace.verbose else ""
    steps = (
        []
        if result.unpublished or workspace.about is not None
        else [(result.share, "shares it"), (result.next, "when it is agreed")]
    )
    for command, why in [step for step in steps if step[0]][: None if workspace.verbose else 1]:
        yield PLAIN, f"Next: {command}   ({why}{words})"


def _masked(result: Outcome) -> Lines:
    """What was not kept of the words that were typed, why, and what to do about it."""
    for what in dict.fromkeys(what for _, what in result.masked):
        if what in PERSONAL:
            remedy = (
                "a repository forgets nothing; if it may be public say it again with --keep 'why', "
                f"and list a shared mailbox under mailboxes in {CONFIG_PATH}"
            )
        else:
            remedy = "it may have been seen where you copied it from: revoke it"
        yield BAD, f"Not kept: {what} ({remedy})."


def _where(result: Outcome) -> str:
    """Where what was done is, so that whoever reads it knows who else can see it."""
    if result.unpublished:
        return ", saved on this machine"
    if result.url:
        return f": {result.url}"
    return f", pushed to {result.shared}" if result.shared else ", on this machine only"


def _left(result: Result, *, tells: bool) -> Lines:
    """Whom it reached and whom not, and what is left to do."""
    if isinstance(result, Outcome):
        if tells and all(medium_of(item.audience) == "story" for item in result.told):
            yield BAD, f"Nobody was told: {CONFIG_PATH} names no channel for it. Tell people yourself."
        if result.unpublished:
            yield BAD, f"Saved, and not yet on record: {result.unpublished}"
    if isinstance(result, Said):
        yield from _told(result)
        if result.stopped:
            yield BAD, f"Stopped, and nothing more was said: {result.stopped}"
            yield PLAIN, "  Run the same command again; nothing is said twice."
        elif result.exit_code:
            at_once = isinstance(result, Outcome) and not result.finished
            yield PLAIN, "  Finish it with: opsbook reconcile" + ("" if at_once else " (in five minutes)")
    for name, (color, lead) in _WORDS.items():
        yield from ((color, f"{lead}{item}") for item in getattr(result, name, ()))
    if isinstance(result, Reconciled) and result.waiting:
        yield PLAIN, "Run it again in five minutes."


def _told(said: Said) -> Lines:
    """Whom it did not reach, or perhaps not; and whom it did, where nothing else was done."""
    for item in said.told:
        lead = "" if isinstance(said, Outcome) else f"{item.record}: "
        if item.unheard:
            if not item.ok:
                yield BAD, f"{lead}the words for {item.audience} could not be kept: {item.error}"
            elif lead and item in said.unheard:
                yield PLAIN, f"{lead}{item.audience} not told: {item.unheard}. {item.headline}"
        elif not item.ok:
            what = "was not" if item.again else "may not have been"
            pages = item.audience.startswith(PAGE) and item.name == "page"
            who, done = (item.audience.removeprefix(PAGE), "paged") if pages else (item.audience, "told")
            yield BAD, f"{lead}{who} {what} {done} by {item.sink}: {item.error}" + " Call them yourself." * pages
        elif lead:
            yield GOOD, f"{lead}told {item.audience} by {item.sink}: {item.headline}"
    if said.unreceipted:
        yield BAD, f"Told, but nothing on record says so yet: {said.unreceipted}"


def _facts(kept: Outcome) -> Lines:
    """Where the facts of a security incident are; never what they are."""
    if kept.unpublished:
        yield BAD, f"The facts are saved on this machine, and not yet in the restricted book: {kept.unpublished}"
        yield PLAIN, "  Finish it with: opsbook reconcile"
        return
    yield GOOD, f"Facts kept in the restricted book: {kept.url or f'{kept.branch} at {kept.commit[:12]}'}"
    if kept.next:
        yield PLAIN, f"  when it is agreed, there: {kept.next}"
