"""declare an incident: in under a minute, alone or step by step"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opsbook.core.book import Book
from opsbook.core.command import Dialogue, Question, Write
from opsbook.core.errors import Refused
from opsbook.core.text import one_line
from opsbook.kinds.incident.config import IncidentsConfig, Severity
from opsbook.kinds.incident.requests import Declare
from opsbook.kinds.incident.similar import similar
from opsbook.kinds.incident.vocabulary import SECURITY_TITLE
from opsbook.kinds.incident.words import person, sentence


class _Dialogue(Dialogue):
    heading = "Open incidents that look the same:"
    columns = ("incident", "severity", "title")

    def first(self, book: Book) -> Question:
        return Question("title", "What is wrong, in one line?", lambda text: sentence(book, text, "title"))

    def alike(self, book: Book, values: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
        found = similar(book, one_line(values["title"]), values.get("services", ()))
        again = bool(values.get("drill"))  # a drill that is played once more looks the same, and is another one
        return [(facts.id, facts.severity or "", facts.title) for facts in found if not (again and facts.drill)]

    def instead(self, id_: str) -> str:
        return f"opsbook note -i {id_[-5:]} 'what you see'"

    def rest(self, book: Book, by: str) -> Iterator[Question]:
        offered = _offered(book)
        yield Question(
            "severity",
            "How bad is it? (you can downgrade later)",
            lambda text: _one_of(text, offered),
            default=offered[0].id,
            before=[f"{item.id}  {item.title}: {one_line(item.meaning)}" for item in offered],
        )
        services = {name: book.title("service", name) or name for name in sorted(book.refs("service"))}
        yield Question(
            "services",
            "Which services? (several with spaces, or nothing)",
            lambda text: _known(text, services),
            default="",
            before=[", ".join(services)],
        )
        people = [someone.id for someone in book.config.core.people if someone.retired is None]
        known = [", ".join(sorted(people, key=lambda id_: id_ != by))] if people else []
        yield Question("lead", "Who leads?", lambda text: person(book, text, "lead"), default=by, before=known)

    def secret(self, book: Book) -> Question:
        text = "What is wrong, in one line? It is kept in the restricted book:"
        return Question("title", text, str, default=SECURITY_TITLE)

    def completed(self, book: Book) -> Mapping[str, Any]:
        offered = _offered(book)
        return {"title": SECURITY_TITLE, "severity": offered[0].id if offered else ""}


def _offered(book: Book) -> list[Severity]:
    return [severity for severity in book.config.section(IncidentsConfig).severities if severity.retired is None]


def _one_of(text: str, offered: Sequence[Severity]) -> str:
    if text.lower() not in {severity.id.lower() for severity in offered}:
        raise Refused(f"Please choose one of {', '.join(severity.id for severity in offered)}.")
    return text


def _known(text: str, services: Mapping[str, str]) -> tuple[str, ...]:
    names = tuple(text.replace(",", " ").split())
    for name in names:
        if name not in services:
            said = name.casefold()
            near = [known for known, title in services.items() if said in known or said in title.casefold()]
            near = (near or difflib.get_close_matches(said, services, n=3, cutoff=0.5))[:3]
            hint = f"Did you mean {' or '.join(near)}?" if near else ""
            raise Refused(f"{one_line(name)} is not in the catalogue.", hint)
    return names


COMMAND = Write(
    Declare,
    done=lambda request: "Drill {id} declared" if request.drill else "{id} declared",
    tells=True,
    need=("The title is missing.", "Say in one line what is wrong: --title 'Checkout returns errors'."),
    dialogue=_Dialogue(),
)
