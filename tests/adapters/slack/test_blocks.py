"""Every announcement makes a valid message that pings nobody, by oracles that share no code with the escaper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given

from opsbook.adapters.slack.blocks import Shape, headline, reply
from opsbook.core.announcement import Announcement
from tests.slack_server import Message, pings, seen, styled
from tests.slack_server.limits import ALL_TEXT, UPDATE_TEXT, characters, faults, length
from tests.support.announcements import DECLARED, IDENTIFIED, RECORD, RESOLVED, SECURITY, UPDATE, announcements
from tests.support.tries import tries

FORMS: dict[str, Callable[[Announcement], Shape]] = {
    "top": headline,
    "top with news": lambda item: headline(item, news=True),
    "reply": reply,
}
OURS = {"Status:", "Do first", "Not yet on record."}


def shown(shape: Shape, call: str = "chat.postMessage", **more: Any) -> Message:
    """The message as Slack would keep it."""
    return Message("1.1", shape.text, shape.blocks, None, {**shape.arguments(), **more}, call)


@pytest.mark.parametrize("form", FORMS)
@tries(60)
@given(item=announcements())
@example(
    item=replace(DECLARED, headline="&" * 20_000, facts=(("&" * 500, "&" * 20_000),) * 14, steps=("&" * 9_000,) * 14)
)
@example(
    item=replace(DECLARED, links=(("<!channel>" * 99, "https://x/?" + "&" * 600),) * 14, footer="\U0001f534" * 3_000)
)
@example(
    item=replace(DECLARED, headline="", footer="", facts=(("", ""),), steps=("",), links=(("", ""),), standing=None)
)
@example(item=replace(DECLARED, headline="\u3000", footer=" ", facts=((" ", " "),), steps=("\n",), standing=None))
def test_any_announcement_makes_a_valid_message_that_pings_nobody(form: str, item: Announcement) -> None:
    shape = FORMS[form](item)
    assert faults(shape.blocks) == []
    assert characters(shape.blocks) <= ALL_TEXT
    assert 0 < length(shape.text) <= UPDATE_TEXT
    for call in ("chat.postMessage", "chat.update"):
        assert pings(shown(shape, call)) == []


@pytest.mark.parametrize("form", ["top with news", "reply"])
@tries(60)
@given(item=announcements())
def test_only_the_accounts_that_are_asked_are_pinged_and_each_once(form: str, item: Announcement) -> None:
    """They come from the configuration; what is no account is nobody, however it is written."""
    item = replace(item, asks=("slack:U012ABCDEF", "github:octo-fiction", "slack:<!channel>", "slack:W0123456789"))
    shape = FORMS[form](item)
    assert faults(shape.blocks) == []
    assert pings(shown(shape)) == ["@U012ABCDEF", "@W0123456789"]


@pytest.mark.parametrize("form", FORMS)
@tries(60)
@given(item=announcements())
@example(item=replace(DECLARED, facts=(("", "`x` _y_ :tada:"), ("", "> quoted\n> again")), steps=("*bold*",)))
def test_no_word_of_a_person_becomes_markup(form: str, item: Announcement) -> None:
    """Bold is only what we set in bold, and a link is only what the announcement says is a link."""
    item = replace(item, facts=tuple(("Status", value) for _, value in item.facts))
    for piece in styled(shown(FORMS[form](item))):
        if piece.kind == "link":
            assert piece.address in {" ".join(address.split()) for _, address in item.links}
        else:
            assert (piece.style, piece.text in OURS) == ("bold", True), piece


@pytest.mark.parametrize("label", ["*Status*", "a_b_c", "`x`", ":tada:", "> x", "~x~", "<b>", "x\ny"])
def test_a_label_is_words_too(label: str) -> None:
    item = replace(DECLARED, facts=((label, "value"),))
    bold = [piece.text for piece in styled(shown(headline(item))) if piece.text not in OURS and piece.kind == "words"]
    assert bold in ([], [f"{' '.join(label.split())}:"])


@tries(60)
@given(item=announcements())
def test_a_drill_and_a_missing_record_are_never_cut_away(item: Announcement) -> None:
    for form in FORMS.values():
        shape = form(replace(item, drill=True, unrecorded=True))
        for text in (seen(shown(shape)), shape.text):
            assert text.startswith("DRILL")
            assert "Not yet on record." in text


def test_the_message_at_the_top_says_what_matters_in_this_order() -> None:
    assert seen(shown(headline(DECLARED))) == (
        "🔴 P1: Checkout is down\n"
        "Severity: P1 Critical\n"
        "Status: investigating\n"
        "Lead: On-call engineer A\n"
        "Do first\n"
        "1. Look at the dashboards.\n"
        "2. Name a lead.\n"
        "3. Tell the tenants.\n"
        "🔗 Incident page\n"
        f"{RECORD} · Who can read #incident: Everybody."
    )


def test_a_phone_shows_what_happened_first() -> None:
    assert headline(DECLARED).text.startswith("P1 incident: Checkout is down\nIncident: INC-")
    assert reply(UPDATE).text == "Update on Checkout is down: We have found the cause.\nNext update by 11:30 GMT."


def test_the_conversation_says_what_happened_and_no_more() -> None:
    assert seen(shown(reply(IDENTIFIED))) == "🔴 Identified: Checkout is down"
    assert seen(shown(reply(UPDATE))) == UPDATE.headline
    assert seen(shown(reply(RESOLVED))) == "✅ Resolved: Checkout is down"
    assert seen(shown(reply(replace(RESOLVED, drill=True)))) == "DRILL. ✅ Resolved: Checkout is down"


def test_an_edit_shows_the_state_and_not_the_news_and_is_the_same_for_the_same_state() -> None:
    role = replace(RESOLVED, name="role", fact="x", headline="On-call engineer B is lead for: Checkout is down")
    assert headline(role) == headline(RESOLVED)
    assert "engineer B" in seen(shown(headline(role, news=True)))
    assert seen(shown(headline(RESOLVED))).startswith("✅ Resolved: Checkout is down\n")
    assert "Do first" not in seen(shown(headline(RESOLVED)))


def test_a_security_incident_says_whom_to_tell_and_nothing_else() -> None:
    assert seen(shown(headline(SECURITY))) == (
        "A security incident was declared\n"
        "First: The security desk: Call the number on the restricted page.\n"
        "Do first\n"
        "Do not describe it in a chat, a ticket or this book.\n"
        "INC-20261121-S3CRT · Who can read #security: The security desk."
    )


def test_what_is_cut_shows_that_it_is_cut() -> None:
    long = tuple((f"Fact {n}", "y" * 5_000) for n in range(14))
    item = replace(DECLARED, facts=long, standing=replace(DECLARED.standing, steps=tuple("z" * 900 for _ in range(9))))
    text = seen(shown(headline(item)))
    assert "yyy…" in text
    assert "zzz…" in text
    assert "… and 4 more facts in the record." in text
    assert "… and 4 more steps in the record." in text


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "incidents/2026/x", "https://x/ y", "https://x/|<!channel>", "//x", ""]
)
def test_what_is_no_address_is_words(address: str) -> None:
    message = shown(headline(replace(DECLARED, links=(("Read me", address),))))
    assert not [piece for piece in styled(message) if piece.kind == "link"]
    assert f"🔗 Read me: {address}" in seen(message)


def test_a_link_keeps_its_address() -> None:
    address = "https://ops.example/d/x?from=now-1h&to=now&var=a%7Cb#top"
    links = [
        p for p in styled(shown(headline(replace(DECLARED, links=(("Graphs <1h>", address),))))) if p.kind == "link"
    ]
    assert [(link.text, link.address) for link in links] == [("Graphs <1h>", address)]


def test_an_emoji_or_an_entity_at_the_edge_is_not_cut_in_two() -> None:
    for n in range(130, 152):
        (text,) = {
            block["text"]["text"]
            for block in headline(replace(DECLARED, standing=None, headline="x" * n + "&🔴é" * 9)).blocks[:1]
        }
        assert length(text) <= 150
        assert text.rstrip("…").endswith(("x", "&amp;", "🔴", "é"))
