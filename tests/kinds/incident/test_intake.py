"""What somebody who declared by a form reads: what became of it and what to do, and nothing in it acts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from opsbook.core.book import Book
from opsbook.core.intake import Answer
from opsbook.core.ports import Asked
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry
from opsbook.kinds.incident.intake import IncidentIntake
from opsbook.kinds.incident.requests import Declare
from tests.support.hostile import texts
from tests.support.small_book import FILES
from tests.support.tries import tries

LINK = "  escalation_link:\n    title: Whom to call\n    url: https://intranet.example/call\nrunbooks:\n"
BOOK = Book(MemoryTree({**FILES, "opsbook.yml": FILES["opsbook.yml"].replace("runbooks:\n", LINK, 1)}), registry())
PULL = "https://github.example/example/book/pull/2"


INTAKE = IncidentIntake()
ASKED = Asked("issue-12", "issue 12", "oncall-a", "octo-fiction", 1, datetime(2026, 11, 21, tzinfo=UTC), place=12)


def declared(values: dict[str, Any], **answer: Any) -> str:
    """What whoever declared with these values is answered."""
    given = {"id": "INC-1", "url": "", "reached": [], "missed": [], **answer}
    return INTAKE.answer(BOOK, Declare(by="oncall-a", **values), Answer(**given))


def shown(text: str) -> str:
    """An answer as a reader sees it; fails when anything in it acts."""
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text)
    # GitHub also links whatever looks like an address.
    assert set(re.findall(r"(?:https?://|www\.)[^\s>]*", text)) <= {PULL, "https://intranet.example/call"}
    assert set(re.findall(r'href="([^"]*)"', html)) <= {PULL, "https://intranet.example/call"}
    tags = set(re.findall(r"</?([a-z0-9]+)", html))
    assert tags <= {
        "p",
        "strong",
        "code",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ol",
        "li",
        "blockquote",
        "a",
        "br",
    }
    for piece in re.split(r"<[^>]*>", html):
        assert not re.search(r"[@#][A-Za-z0-9]|GH-\d", unescape(piece)), piece
    return unescape(re.sub(r"<[^>]*>", "", html))


def test_it_says_what_is_on_record_who_knows_and_what_to_do_next() -> None:
    values = {"severity": "P1", "services": ["checkout", "search"]}
    text = declared(values, url=PULL, reached=["#incident"], missed=["#team"])
    seen = shown(text)
    for words in (
        "Declared.",
        "P1 Critical",
        "checkout, search",
        PULL,
        "#incident",
        "#team",
        "within 15 minutes: opsbook incident update INC-1 --lead ID",
        "opsbook incident note INC-1",
        "Whom to call",
        "The security desk",
    ):
        assert words in seen
    assert "drill" not in seen


def test_it_says_that_it_is_a_drill_and_that_nobody_was_told() -> None:
    seen = shown(declared({"severity": "P3", "drill": True}, url="", reached=[], missed=[]))
    assert seen.startswith("This is a drill.")
    assert "nobody: tell people yourself" in seen


def test_what_is_not_on_record_yet_is_not_called_declared() -> None:
    seen = shown(declared({}, url="", reached=["#team"], missed=[], unpublished="GitHub is away."))
    assert "Not yet on record. GitHub is away." in seen
    assert "Run the job again" in seen
    assert "Declared." not in seen


def test_whoever_may_not_declare_hears_what_it_takes_and_whom_to_call() -> None:
    seen = shown(INTAKE.forbid(BOOK, "write", "read"))
    for words in ("permission write", "you have read", "stays open", "#incident", "Whom to call"):
        assert words in seen


@tries(200)
@given(message=texts(), remedy=texts(), severity=texts(), services=st.lists(texts(), max_size=3), told=texts())
def test_no_words_in_an_answer_act(message: str, remedy: str, severity: str, services: list[str], told: str) -> None:
    for asked in (ASKED, ASKED._replace(record="INC-20261121-7KQ4M")):
        shown(INTAKE.refuse(BOOK, asked, message, remedy, "Edit this issue."))
    values = {"severity": severity, "services": services}
    shown(declared(values, url=PULL, reached=[told], missed=[told], unpublished=message))
