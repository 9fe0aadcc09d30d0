"""The two forms by which an incident is declared without a terminal, and how what was typed into them is read.

Both are made from the book, as data: an issue form, whose title is the incident's title, and the inputs of a workflow.
Reading is exact: a value is what stands behind its heading, or the form is refused with a sentence that says which one.
The free text comes last in the issue, so that whatever it holds is its value and can pass for no other field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from opsbook.core.alert import alert
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.inert import plain
from opsbook.core.ports import Asked
from opsbook.core.text import one_line, shorten
from opsbook.kinds.incident.config import IncidentsConfig, Severity
from opsbook.kinds.incident.requests import Declare
from opsbook.kinds.incident.words import TEXT_LIMIT, TITLE_LIMIT

TEMPLATE = "declare-an-incident.yml"
"""The name of the issue form's file, and so the end of its address."""

SEVERITY = "How bad is it?"
SERVICES = "Which services are affected?"
DRILL = "Is it a drill?"
SUMMARY = "What do you see?"
"""The headings of an issue, in this order. They are the program's own words, so that a form is known by them."""

_OPTION_LIMIT = 160
_EMPTY = frozenset({"", "_No response_", "None"})
"""What GitHub writes for a field that was left alone."""

_OFFERED = 250
"""So many services are offered in a list; with more of them people type the names."""

_BOX = re.compile(r"- \[(?P<tick>[ xX])\](?: .*)?")
_SEVERITY = re.compile(r"(?P<id>[A-Z][A-Z0-9]{0,9})(?: .*)?")
_SERVICE = re.compile(r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)(?: \(.*\))?")


def issue_form(book: Book) -> dict[str, Any]:
    """The issue form, as GitHub's syntax for issue forms has it.

    Raises:
        Refused: no severity is offered.
    """
    severities, services = _severities(book), _services(book)
    body: list[dict[str, Any]] = [
        {"type": "markdown", "attributes": {"value": _warning(book)}},
        {
            "type": "dropdown",
            "id": "severity",
            "attributes": {
                "label": SEVERITY,
                "description": "Choose the worse one if you are not sure: it can be lowered later.",
                "options": severities,
                "default": 0,
            },
            "validations": {"required": True},
        },
    ]
    if services:
        body.append(_services_field(services))
    body += [
        {
            "type": "checkboxes",
            "id": "drill",
            "attributes": {"label": DRILL, "options": [{"label": "This is a rehearsal. Nothing in it is real."}]},
        },
        {
            "type": "textarea",
            "id": "summary",
            "attributes": {
                "label": SUMMARY,
                "description": "A few sentences, or nothing yet. No passwords, and no names of people.",
            },
        },
    ]
    return {
        "name": "Declare an incident",
        "description": "Something is broken, or about to break. It is on record in a minute, and people are told.",
        "body": body,
    }


def inputs(book: Book) -> dict[str, Any]:
    """The inputs of the workflow form, as `on.workflow_dispatch.inputs` has them.

    Raises:
        Refused: no severity is offered.
    """
    security, severities = book.config.core.security, _severities(book)
    names = sorted(book.refs("service"))[:6]
    example = f", for example {', '.join(names)}" if names else ""
    stop = f"(Do you suspect a security breach? Stop: first alert {security.who}. This form cannot declare one.)"
    return {
        "title": {
            "description": plain(f"What is wrong, in one line? {stop}", 400),
            "required": True,
            "type": "string",
        },
        "severity": {
            "description": SEVERITY + " Choose the worse one if you are not sure.",
            "required": True,
            "type": "choice",
            "default": severities[0],
            "options": severities,
        },
        "services": {
            "description": plain(f"Which services are affected? Names, with commas between them{example}", 400),
            "required": False,
            "type": "string",
        },
        "summary": {
            "description": SUMMARY + " No passwords, and no names of people.",
            "required": False,
            "type": "string",
        },
        "drill": {
            "description": "This is a rehearsal. Nothing in it is real.",
            "required": False,
            "type": "boolean",
            "default": False,
        },
    }


def read(asked: Asked) -> Declare | None:
    """What somebody asks for with one of the forms; `None` when it is neither.

    Raises:
        Refused: it was made with a form and cannot be read exactly; says which field, and what would do.
    """
    return _read_issue(asked) if asked.inputs is None else _read_inputs(asked.by, asked.inputs)


def _read_issue(asked: Asked) -> Declare | None:
    """What an issue asks for. Its title becomes the title of the incident."""
    typed = _lf(asked.body).split("\n")
    lines = [line.rstrip() for line in typed]
    first, last = f"### {SEVERITY}", f"### {SUMMARY}"
    if first not in lines or last not in lines:
        return None
    start = lines.index(first)
    if any(lines[:start]):
        raise Refused(f"There are words above “{SEVERITY}”.", f"Move them below “{SUMMARY}”.")
    # A form without any service to choose from has no such heading.
    before_last = lines.index(last)
    headings = [SEVERITY, *([SERVICES] if f"### {SERVICES}" in lines[:before_last] else []), DRILL, SUMMARY]
    values = {}
    for heading, following in pairwise(headings):
        try:
            end = lines.index(f"### {following}", start + 1)
        except ValueError:
            raise Refused(
                f"The heading “{following}” is missing, or not in its place.", "Put it back as it was."
            ) from None
        values[heading] = "\n".join(typed[start + 1 : end]).strip()
        start = end
    return _request(
        asked.by,
        asked.title,
        severity=values[SEVERITY],
        services=values.get(SERVICES, ""),
        summary="\n".join(typed[start + 1 :]).strip(),
        drill=_ticked(values[DRILL]),
    )


def _read_inputs(by: str, given: Mapping[str, str]) -> Declare:
    """What the inputs of the workflow ask for."""
    known = ("title", "severity", "services", "summary", "drill")
    for name in given:
        if name not in known:
            raise Refused(
                f"“{shorten(one_line(name), 40)}” is no input of this form.", f"Known are {', '.join(known)}."
            )
    drill = given.get("drill", "").strip().lower()
    if drill not in ("", "true", "false"):
        raise Refused(f"“{shorten(one_line(drill), 40)}” does not say whether it is a drill.", "Say true or false.")
    return _request(
        by,
        given.get("title", ""),
        severity=given.get("severity", "").strip(),
        services=given.get("services", "").strip(),
        summary=_lf(given.get("summary", "")).strip(),
        drill=drill == "true",
    )


def _request(by: str, title: str, *, severity: str, services: str, summary: str, drill: bool) -> Declare:
    title = one_line(title)
    if not title:
        raise Refused("The title is empty.", "Say in it, in one line, what is wrong.")
    if len(title) > TITLE_LIMIT:
        raise Refused(
            f"The title has {len(title)} characters; {TITLE_LIMIT} are allowed.",
            f"Shorten it, and put the rest below “{SUMMARY}”.",
        )
    if severity in _EMPTY:
        raise Refused(f"“{SEVERITY}” is not answered.", "Write the severity below it, for example P1.")
    if len(summary) > TEXT_LIMIT:
        raise Refused(
            f"“{SUMMARY}” has {len(summary):,} characters; {TEXT_LIMIT:,} are allowed.",
            "Keep what matters most; the rest can be added to the incident later.",
        )
    # What does not look like an option of ours goes on as it is: the declaration refuses it by its name.
    found = _SEVERITY.fullmatch(severity)
    names = [] if services in _EMPTY else [part for part in map(str.strip, services.split(",")) if part]
    return Declare(
        by=by,
        title=title,
        severity=found["id"] if found else severity,
        services=tuple(match["name"] if (match := _SERVICE.fullmatch(name)) else name for name in names),
        summary=summary if summary not in ("", "_No response_") else None,
        drill=drill,
    )


def _ticked(text: str) -> bool:
    """Whether the only box of a field is ticked."""
    if text in _EMPTY:
        return False
    found = _BOX.fullmatch(text)
    if found is None:
        raise Refused(f"“{DRILL}” cannot be read.", "Write “- [x] yes” for a drill and “- [ ] no” for none.")
    return found["tick"] != " "


def _severities(book: Book) -> list[str]:
    """The severities as they are offered, the worst first. Each begins with its id, by which it is read again."""
    offered = [item for item in book.config.section(IncidentsConfig).severities if item.retired is None]
    if not offered:
        raise Refused("opsbook.yml offers no severity.", "Take the date `retired` from one of them.")
    return [_option(severity) for severity in offered]


def _option(severity: Severity) -> str:
    return plain(f"{severity.id} {severity.title}: {severity.meaning}", _OPTION_LIMIT)


def _services(book: Book) -> list[str]:
    """The services as they are offered: the name, by which it is read again, and the title where it says more.

    GitHub joins several choices with a comma, so there is none inside of one.
    """
    offered = []
    for name in sorted(book.refs("service")):
        title = plain(book.title("service", name) or name, _OPTION_LIMIT - len(name)).replace(",", ";")
        same = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") == name
        offered.append(name if same else f"{name} ({title})")
    return offered


def _services_field(services: Sequence[str]) -> dict[str, Any]:
    if len(services) > _OFFERED:
        attributes = {"label": SERVICES, "description": "Their names, with commas between them. Or nothing."}
        return {"type": "input", "id": "services", "attributes": attributes}
    return {
        "type": "dropdown",
        "id": "services",
        "attributes": {
            "label": SERVICES,
            "description": "As many as you know of. Or none: it can be added later.",
            "multiple": True,
            "options": list(services),
        },
    }


def _warning(book: Book) -> str:
    security = book.config.core.security
    return (
        f"### Do you suspect a security breach? Stop.\n\n{alert(security)}\n\n"
        "**This form cannot declare one:** whoever can see this repository can read what you write here.\n\n"
        "---\n\n"
        "For everything else: say in the **title** what is wrong, in one line. That is enough to begin with.\n"
    )


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
