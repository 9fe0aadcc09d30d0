"""The forms of an incident as the rest of the program sees them, and what whoever filled one in is answered.

Answers are Markdown, and nothing that people typed acts in it.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, ClassVar

from opsbook.core.alert import alert, link
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.inert import github
from opsbook.core.intake import Answer, Intake
from opsbook.core.ports import Asked
from opsbook.core.record import Record
from opsbook.core.request import Request
from opsbook.core.text import one_line, shorten
from opsbook.core.types import spoken
from opsbook.kinds.incident import forms
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.declare import PREFIX
from opsbook.kinds.incident.requests import Agree, Declare
from opsbook.kinds.incident.view import IncidentView

_LIMIT = 300


class IncidentIntake(Intake):
    """How an incident is declared without a terminal."""

    template: ClassVar[str] = forms.TEMPLATE
    workflow: ClassVar[str] = "declare.yml"

    def issue_form(self, book: Book) -> dict[str, Any]:
        """See `Intake.issue_form`."""
        return forms.issue_form(book)

    def inputs(self, book: Book) -> dict[str, Any]:
        """See `Intake.inputs`."""
        return forms.inputs(book)

    def read(self, asked: Asked) -> Request | None:
        """See `Intake.read`: a form declares, a comment agrees."""
        return forms.read(asked) if not asked.record else _agreed(asked)

    def first_id(self, ids: Ids, now: datetime) -> str:
        """See `Intake.first_id`."""
        return ids.record(PREFIX, now)

    def asked_for(self, record: Record) -> Declare | None:
        """See `Intake.asked_for`."""
        facts = IncidentView(record).facts
        if facts is None or facts.declared_by is None:
            return None
        return Declare(
            by=facts.declared_by,
            title=facts.title,
            severity=facts.severity or "",
            services=facts.services,
            summary=facts.summary,
            drill=facts.drill,
        )

    def done(self, request: Any) -> str:
        """See `Intake.done`."""
        if isinstance(request, Agree):
            return "Agreed in {record}"
        return "Drill {record} declared" if request.drill else "{record} declared"

    def answer(self, book: Book, request: Any, answer: Answer) -> str:
        """See `Intake.answer`."""
        if isinstance(request, Agree):
            if answer.unpublished:
                return f"**Not yet on record.** {_words(answer.unpublished)} Run the job again when GitHub answers.\n"
            who = book.config.core.person_name(request.by)
            return f"**On record:** {_words(who)} agrees. The page of the incident says whom else it is asked of.\n"
        severity = book.config.section(IncidentsConfig).severity(request.severity.upper())
        name = f"{severity.id} {severity.title}" if severity else request.severity
        drill = "**This is a drill.** " if request.drill else ""
        rows = [("Incident", f"`{answer.id}`" if answer.id else "not known yet"), ("Severity", _words(name))]
        rows.append(("Services", _words(", ".join(request.services) or "none named yet")))
        rows.append(("Pull request", answer.url or "none yet"))
        rows.append(("Told", _words(", ".join(answer.reached)) or "**nobody: tell people yourself**"))
        if answer.missed:
            rows.append(("Not told, or perhaps not", _words(", ".join(answer.missed))))
        if answer.masked:
            rows.append(("Not kept", f"{_words(', '.join(answer.masked))}; this form still shows it: edit it"))
        table = "\n".join(["| | |", "| --- | --- |", *(f"| {label} | {value} |" for label, value in rows)])
        lead = f" within {spoken(severity.lead_within)}" if severity else ""
        if answer.unpublished:
            first = f"{drill}**Not yet on record.** {_words(answer.unpublished)}"
            steps = ["Run the job again when GitHub answers: it finishes what is left, and says nothing twice."]
        else:
            first = f"{drill}**Declared.**"
            update = f"opsbook incident update {answer.id}"
            steps = [
                f"Name a lead{lead}: `{update} --lead ID`",
                f"Write down what you see and do, as it happens: `opsbook incident note {answer.id} TEXT`",
                f"Change what is wrong in it: `{update} --help`. Editing this issue changes nothing.",
            ]
        listed = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
        return f"{first}\n\n{table}\n\n**Next**\n\n{listed}\n\n{_call(book)}\n"

    def refuse(self, book: Book, asked: Asked, message: str, remedy: str, again: str) -> str:
        """See `Intake.refuse`."""
        if asked.record:
            return f"**Nothing is recorded.** {_words(message)}\n\n{_words(remedy)} {again}\n"
        return f"**Nothing is declared yet.** {_words(message)}\n\n{_words(remedy)} {again}\n\n{_call(book)}\n"

    def forbid(self, book: Book, needed: str, has: str) -> str:
        """See `Intake.forbid`. The issue stays open, so that the call for help is not lost."""
        return (
            f"**Nothing is declared.** That takes the permission `{github(needed)}` on this repository, "
            f"and you have `{github(has)}`.\n\n"
            "Ask somebody who has it to declare the incident: with a form of their own, in a terminal or in the chat. "
            f"This issue stays open until somebody has looked at it.\n\n{_call(book)}\n"
        )


def _agreed(asked: Asked) -> Agree | None:
    """What a comment agrees to: `/agree`, `/agree resolve`, and words below it."""
    first, _, rest = asked.body.replace("\r\n", "\n").partition("\n")
    found = re.fullmatch(r"/agree(?:\s+(\S+))?\s*", first)
    if found is None:
        return None
    if found[1] is not None and found[1] not in ("resolve", "downgrade", "close"):
        raise Refused(f"“{shorten(found[1], 40)}” is nothing that is agreed to.", "Write /agree, or /agree resolve.")
    values = {"to": found[1], "text": rest.strip() or None, "attested": True}
    return Agree.model_validate({"by": asked.by, "record": asked.record, **values})


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
