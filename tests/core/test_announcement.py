"""Every speaker computes the same key for the same announcement, and it is safe as the path of a receipt."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from opsbook.core.announcement import Announcement

PLAIN = Announcement("INC-20261121-7KQ4M", "update", "20261121T103000Z-eeeee.yaml", "incident", "Update")


def test_a_key_says_what_it_is_the_receipt_of() -> None:
    assert re.fullmatch(r"INC-20261121-7KQ4M/update-incident-console-[0-9a-f]{12}", PLAIN.key("console"))


@given(st.text(), st.text(), st.text(), st.text(), st.text())
def test_a_key_is_a_safe_path_whatever_it_is_made_of(
    record: str, name: str, fact: str, audience: str, sink: str
) -> None:
    key = Announcement(record, name, fact, audience, "Something").key(sink)
    assert re.fullmatch(r"[A-Za-z0-9-]*/[A-Za-z0-9-]+", key)


@given(st.text(), st.text())
def test_words_drills_and_the_state_of_the_forge_do_not_change_a_key(headline: str, footer: str) -> None:
    other = replace(PLAIN, headline=headline, footer=footer, drill=True, unrecorded=True, facts=(("a", "b"),))
    assert other.key("console") == PLAIN.key("console")


@given(st.text(), st.text())
def test_another_fact_is_another_key(first: str, second: str) -> None:
    one, two = (replace(PLAIN, fact=fact).key("console") for fact in (first, second))
    assert (one == two) == (first == second)


def test_another_audience_sink_name_or_record_is_another_key() -> None:
    others = [
        replace(PLAIN, audience="team").key("console"),
        replace(PLAIN, name="status").key("console"),
        replace(PLAIN, record="INC-20261121-7KQ4N").key("console"),
        PLAIN.key("slack"),
    ]
    assert len({PLAIN.key("console"), *others}) == 5
