"""The messages as a person meets them on a phone, drawn by a real browser from the blocks that Slack got."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.support.site import PHONE, served, visit
from tests.support.slack_page import tell

TALL = 0.72
"""How much of a phone's screen a message may fill: the rest is Slack's own bars and the field to type in."""


def test_a_message_fits_on_a_phone_without_scrolling_and_begins_with_what_is_wrong(
    browser: Browser, tmp_path: Path
) -> None:
    tell(tmp_path)
    with (
        served(tmp_path) as address,
        visit(browser, f"{address}slack.html", screen=PHONE) as seen,
    ):
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        messages = seen.page.query_selector_all(".message:not(.reply)")
        assert len(messages) == 8
        for message in messages:
            box, words = message.bounding_box(), message.inner_text()
            assert box is not None
            assert box["height"] <= PHONE[1] * TALL, words
            first = next(line for line in words.split("\n") if line not in ("O", "Opsbook APP 10:05"))
            assert first.startswith(("DRILL 🟠 P2: ", "🔴 P1: ", "🔵 P3: ", "✅ Resolved: ", "A security incident")), (
                first
            )
