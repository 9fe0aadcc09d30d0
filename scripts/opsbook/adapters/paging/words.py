"""What a pager is given of an announcement: plain values, in which no character acts on anything."""

from __future__ import annotations

from typing import Any

from opsbook.core.announcement import PAGE, Announcement
from opsbook.core.text import one_line, shorten, visible


def summary(announcement: Announcement) -> str:
    """One line, which a pager reads aloud or sends as a text message."""
    lead = "DRILL. " if announcement.drill else ""
    lead += "Not yet on record. " if announcement.unrecorded else ""
    return shorten(lead + one_line(announcement.headline), 1000) or "Opsbook"


def target(announcement: Announcement) -> str:
    """Whom to wake, as the pager knows it."""
    return shorten(one_line(announcement.audience.removeprefix(PAGE)), 100)


def details(announcement: Announcement) -> dict[str, str]:
    """Label and value of everything else, in reading order."""
    pairs = [*announcement.facts, *((f"{number}", step) for number, step in enumerate(announcement.steps, 1))]
    pairs += [*announcement.links, *([("", announcement.footer)] if announcement.footer else [])]
    return {shorten(one_line(label), 100) or "Note": shorten(visible(value).strip(), 2000) for label, value in pairs}


def links(announcement: Announcement) -> list[tuple[str, str]]:
    """Name and address of what can be opened."""
    found = [(shorten(one_line(label), 100) or "Link", one_line(url)) for label, url in announcement.links]
    return [(label, url) for label, url in found if url.startswith(("https://", "http://")) and len(url) <= 1000]


def severity(announcement: Announcement) -> str:
    """How bad it is, in the words of the Events API."""
    tones: dict[Any, str] = {"warning": "error", "notice": "warning", "over": "info"}
    return tones.get(announcement.standing.tone if announcement.standing is not None else None, "critical")
