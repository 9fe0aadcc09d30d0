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

from opsbook.core.book import Book
from opsbook.core.config import SecurityAlert
from opsbook.core.errors import Refused
from opsbook.core.inert import github, github_line
from opsbook.core.text import one_line, shorten
from opsbook.core.types import Link
from opsbook.kinds.incident.config import IncidentsConfig, Severity
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

Values = dict[str, Any]
"""The values of a request `incident.declare`."""


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


def chooser(book: Book) -> dict[str, Any]:
    """What people see before they choose a form: where else to turn.

    Blank issues stay possible: nobody's call for help may be refused because it fits no form.
    """
    core, links = book.config.core, []
    if core.security.link is not None:
        links.append(
            {
                "name": "I suspect a security breach",
                "url": core.security.link.url,
                "about": _plain(f"Stop, and first alert {core.security.who}. Do not describe it here."),
            }
        )
    repository = core.site.repository
    home = core.site.url or (f"{repository.rstrip('/')}/blob/{core.forge.main}/docs" if repository else "")
    if home:
        page = f"{home.rstrip('/')}/help/" + ("" if core.site.url else "index.md")
        about = _plain("Nothing is broken, and you are stuck: where to ask.")
        links.append({"name": "I need help, and it is no incident", "url": page, "about": about})
    return {"blank_issues_enabled": True, **({"contact_links": links} if links else {})}


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
            "description": _plain(f"What is wrong, in one line? {stop}", 400),
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
            "description": _plain(f"Which services are affected? Names, with commas between them{example}", 400),
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


def read(title: str, body: str) -> Values | None:
    """What an issue asks for; `None` when it was not made with the form.

    Args:
        title: of the issue, which becomes the title of the incident.

    Raises:
        Refused: it was made with the form and cannot be read exactly; says which field, and what would do.
    """
    typed = _lf(body).split("\n")
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
    return _values(
        title,
        severity=values[SEVERITY],
        services=values.get(SERVICES, ""),
        summary="\n".join(typed[start + 1 :]).strip(),
        drill=_ticked(values[DRILL]),
    )


def read_inputs(given: Mapping[str, str]) -> Values:
    """What the inputs of the workflow ask for.

    Raises:
        Refused: an input cannot be used, or is none of the form's.
    """
    known = ("title", "severity", "services", "summary", "drill")
    for name in given:
        if name not in known:
            raise Refused(
                f"“{shorten(one_line(name), 40)}” is no input of this form.", f"Known are {', '.join(known)}."
            )
    drill = given.get("drill", "").strip().lower()
    if drill not in ("", "true", "false"):
        raise Refused(f"“{shorten(one_line(drill), 40)}” does not say whether it is a drill.", "Say true or false.")
    return _values(
        given.get("title", ""),
        severity=given.get("severity", "").strip(),
        services=given.get("services", "").strip(),
        summary=_lf(given.get("summary", "")).strip(),
        drill=drill == "true",
    )


def _values(title: str, *, severity: str, services: str, summary: str, drill: bool) -> Values:
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
    values: Values = {"title": title, "severity": found["id"] if found else severity}
    names = [] if services in _EMPTY else [part for part in map(str.strip, services.split(",")) if part]
    if names:
        values["services"] = [match["name"] if (match := _SERVICE.fullmatch(name)) else name for name in names]
    if summary not in ("", "_No response_"):
        values["summary"] = summary
    if drill:
        values["drill"] = True
    return values


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
    return _plain(f"{severity.id} {severity.title}: {severity.meaning}", _OPTION_LIMIT)


def _services(book: Book) -> list[str]:
    """The services as they are offered: the name, by which it is read again, and the title where it says more.

    GitHub joins several choices with a comma, so there is none inside of one.
    """
    offered = []
    for name in sorted(book.refs("service")):
        title = _plain(book.title("service", name) or name, _OPTION_LIMIT - len(name)).replace(",", ";")
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


def alert(security: SecurityAlert) -> str:
    """Whom to alert about a suspected breach, as Markdown."""
    parts = [f"First alert **{github(one_line(security.who))}**. {github(security.how.strip())}"]
    if security.link is not None:
        parts.append(link(security.link))
    return "\n\n".join(parts)


def link(target: Link) -> str:
    """A link as Markdown."""
    return f"[{github(one_line(target.title))}](<{target.url}>)"


def _plain(text: str, limit: int = 200) -> str:
    """Words of the configuration as a line of a form, which is no Markdown there and becomes some in an issue.

    GitHub reads `${{` in a workflow as the beginning of an expression.
    """
    return shorten(github_line(text).replace("${{", "$ {{"), limit)


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
