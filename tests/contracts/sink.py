"""What every sink promises. A sink passes by a subclass of `SinkContract` that gives it a world."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Protocol

import pytest

from opsbook.core.announcement import Announcement
from opsbook.core.ports import Sink
from tests.support.repos import RECORD

ANNOUNCEMENT = Announcement(
    record=RECORD,
    name="declared",
    fact="declared",
    audience="ops-incidents",
    headline="SEV1: Checkout is down",
    facts=(("Severity", "SEV1"), ("Lead", "team-shop")),
    steps=("Open the runbook", "Tell the tenants"),
    links=(("Record", "incidents/2026/x"),),
    footer="Everybody in the company can read this channel.",
)

HOSTILE = [
    "::error::run this",
    "first\n::set-output name=x::y",
    "##[group]x",
    "##vso[task.complete]",
    "\x1b]0;title\x07\x1b[2J",
    "\r\x9b31m",
    "\u202etxt.exe",
    "<!channel> <@U123> @everyone",
    "`code` *bold* [link](javascript:alert(1)) <script>",
    "a" * 4000,
    "\ud800",
    "",
]


class SinkWorld(Protocol):
    """A sink, and what its audience has seen."""

    sink: Sink

    def said(self) -> list[str]:
        """Every message that the audience got, oldest first."""
        ...

    def break_down(self) -> None:
        """From now on the sink cannot deliver."""
        ...

    def is_inert(self, text: str) -> bool:
        """Whether nothing in a message acts on the medium."""
        ...


class SinkContract:
    """The promises. A subclass defines the fixture `world`.

    Attributes:
        back: what it knows of what it said: it finds it; or it may say it again, and nobody hears it twice; or neither,
            and says that nobody knows.
    """

    back: Literal["finds", "repeats", "neither"] = "finds"

    @pytest.fixture
    def key(self, world: SinkWorld) -> str:
        return ANNOUNCEMENT.key(world.sink.name)

    def test_what_was_not_said_is_not_found(self, world: SinkWorld, key: str) -> None:
        assert world.sink.find(ANNOUNCEMENT, key).outcome == ("unknown" if self.back == "neither" else "not done")
        assert world.said() == []

    def test_what_was_said_has_a_reference_and_is_found_by_it(self, world: SinkWorld, key: str) -> None:
        sent = world.sink.send(ANNOUNCEMENT, key)
        assert sent.outcome == "done"
        assert sent.reference
        found = world.sink.find(ANNOUNCEMENT, key)
        if self.back == "finds":
            assert found == sent
        elif self.back == "repeats":
            assert (found.outcome, world.sink.send(ANNOUNCEMENT, key)) == ("not done", sent)
        else:
            assert found.outcome == "unknown"
            assert found.error
        (text,) = world.said()
        for words in ("Checkout is down", "SEV1", "team-shop", "Open the runbook", "incidents/2026/x", "Everybody in"):
            assert words in text

    def test_another_announcement_of_the_record_is_another_message(self, world: SinkWorld, key: str) -> None:
        update = replace(ANNOUNCEMENT, name="update", fact="u1", headline="Payments work again")
        world.sink.send(ANNOUNCEMENT, key)
        assert world.sink.find(update, update.key(world.sink.name)).outcome != "done"
        world.sink.send(update, update.key(world.sink.name))
        assert len(world.said()) == 2

    def test_a_drill_says_so_first(self, world: SinkWorld, key: str) -> None:
        world.sink.send(replace(ANNOUNCEMENT, drill=True), key)
        (text,) = world.said()
        assert 0 <= text.index("DRILL") < text.index("Checkout is down")

    def test_what_is_not_yet_on_record_says_so(self, world: SinkWorld, key: str) -> None:
        world.sink.send(replace(ANNOUNCEMENT, unrecorded=True), key)
        (text,) = world.said()
        assert "not yet on record" in text.lower()

    @pytest.mark.parametrize("words", HOSTILE)
    def test_the_words_of_a_person_act_on_nothing(self, world: SinkWorld, key: str, words: str) -> None:
        sent = world.sink.send(
            replace(
                ANNOUNCEMENT,
                audience=words or "x",
                headline=words,
                facts=(("Label", words), (words, "value")),
                steps=(words,),
                links=((words, words),),
                footer=words,
            ),
            key,
        )
        assert sent.outcome == "done"
        (text,) = world.said()
        assert world.is_inert(text)

    def test_a_sink_that_is_down_says_so_and_does_not_raise(self, world: SinkWorld, key: str) -> None:
        world.break_down()
        sent = world.sink.send(ANNOUNCEMENT, key)
        assert sent.outcome in ("not done", "unknown")
        assert sent.error
