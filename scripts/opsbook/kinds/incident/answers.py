"""What somebody who declared by a form is answered, as Markdown: nothing that people typed acts in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opsbook.core.book import Book
from opsbook.core.inert import github
from opsbook.core.text import one_line, shorten
from opsbook.core.types import spoken
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.forms import alert, link

_LIMIT = 300


def declared(
    book: Book,
    values: Mapping[str, Any],
    *,
    id_: str,
    url: str,
    told: Sequence[str],
    untold: Sequence[str],
    unpublished: str = "",
) -> str:
    """The incident is on record, or is on its way there.

    Args:
        values: of the request `incident.declare`.
        url: of the pull request; empty when there is none.
        told, untold: the channels that know, and those that do not (or perhaps do not).
        unpublished: why it is not on record yet; empty when it is.
    """
    config = book.config.section(IncidentsConfig)
    severity = next((s for s in config.severities if s.id == str(values.get("severity", "")).upper()), None)
    name = f"{severity.id} {severity.title}" if severity else str(values.get("severity", ""))
    drill = "**This is a drill.** " if values.get("drill") else ""
    rows = [("Incident", f"`{id_}`" if id_ else "not known yet"), ("Severity", _words(name))]
    rows.append(("Services", _words(", ".join(values.get("services", ())) or "none named yet")))
    rows.append(("Pull request", url or "none yet"))
    rows.append(("Told", _words(", ".join(told)) or "**nobody: tell people yourself**"))
    if untold:
        rows.append(("Not told, or perhaps not", _words(", ".join(untold))))
    table = "\n".join(["| | |", "| --- | --- |", *(f"| {label} | {value} |" for label, value in rows)])
    lead = f" within {spoken(severity.lead_within)}" if severity else ""
    if unpublished:
        first = f"{drill}**Not yet on record.** {_words(unpublished)}"
        steps = ["Run the job again when GitHub answers: it finishes what is left, and says nothing twice."]
    else:
        first = f"{drill}**Declared.**"
        steps = [
            f"Name a lead{lead}: `opsbook incident update {id_} --lead ID`",
            f"Write down what you see and do, as it happens: `opsbook incident note {id_} TEXT`",
            f"Change what is wrong in it: `opsbook incident update {id_} --help`. Editing this issue changes nothing.",
        ]
    listed = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    return f"{first}\n\n{table}\n\n**Next**\n\n{listed}\n\n{_call(book)}\n"


def refused(book: Book, message: str, remedy: str, *, again: str) -> str:
    """The form cannot be used as it is.

    Args:
        again: how the same person tries again, in a sentence.
    """
    return f"**Nothing is declared yet.** {_words(message)}\n\n{_words(remedy)} {again}\n\n{_call(book)}\n"


def not_allowed(book: Book, needed: str, has: str) -> str:
    """Whoever asks may not declare here; the issue stays open, so that their call for help is not lost.

    Args:
        needed, has: permissions on the repository.
    """
    return (
        f"**Nothing is declared.** That takes the permission `{github(needed)}` on this repository, "
        f"and you have `{github(has)}`.\n\n"
        "Ask somebody who has it to declare the incident: with a form of their own, in a terminal or in the chat. "
        f"This issue stays open until somebody has looked at it.\n\n{_call(book)}\n"
    )


def _call(book: Book) -> str:
    """Whom to turn to when it cannot wait, and first of all when it may be a breach."""
    core, config = book.config.core, book.config.section(IncidentsConfig)
    lines = []
    channel = core.channel(config.channels.incident) if config.channels.incident else None
    if channel is not None:
        lines.append(f"If it cannot wait, say it in {github(channel.name)}.")
    if config.escalation_link is not None:
        lines.append(f"Whom to call: {link(config.escalation_link)}.")
    lines.append(f"Do you suspect a security breach? Write nothing more here. {alert(core.security)}")
    return "\n".join(f"> {line}" for line in "\n".join(lines).split("\n"))


def _words(text: str) -> str:
    return github(shorten(one_line(text), _LIMIT))
