"""The console as a sink: an announcement as readable lines, kept in the outbox for whoever tells people by hand."""

from __future__ import annotations

from typing import TextIO

from opsbook.adapters.machine.state import FileOutbox
from opsbook.core.announcement import Announcement, Medium
from opsbook.core.errors import OpsbookError
from opsbook.core.ports import Delivery
from opsbook.core.text import one_line, terminal, visible


class ConsoleSink:
    """Keeps announcements for the person at the terminal, and prints them when it is asked to. Nobody else hears it.

    The file in the outbox is the marker: whoever creates it prints the text, so that two speakers say it once.

    Args:
        outbox: where the text is kept.
        stream: where it is printed; nowhere when there is none.
        unheard: why nobody is told by it.
        medium: see `Sink.medium`.
    """

    name = "console"
    looks_back = True

    def __init__(self, outbox: FileOutbox, stream: TextIO | None, unheard: str, *, medium: Medium = "channel") -> None:
        self._outbox = outbox
        self._stream = stream
        self.unheard = unheard
        self.medium = medium

    def send(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.send`."""
        text = render(announcement)
        try:
            reference, first = self._outbox.keep_new(announcement.record, _name(key), text)
        except OpsbookError as error:
            return Delivery("not done", error=error.message)
        if first and self._stream is not None:
            _print(self._stream, text)
        return Delivery("done", reference)

    def find(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.find`."""
        reference = self._outbox.find(announcement.record, _name(key))
        return Delivery("done", reference) if reference else Delivery("not done")


def render(announcement: Announcement) -> str:
    """The announcement as lines. No line begins with a person's words, and no character in it acts on a terminal."""
    headline = one_line(announcement.headline)
    if announcement.unrecorded:
        headline = f"Not yet on record. {headline}"
    if announcement.drill:
        headline = f"DRILL. {headline}"
    lines = [f"For {one_line(announcement.audience)}: {headline}"]
    for label, value in announcement.facts:
        lines += _lines(f"  {one_line(label)}: ", value)
    for number, step in enumerate(announcement.steps, start=1):
        lines += _lines(f"  {number}. ", step)
    for label, address in announcement.links:
        lines.append(f"  {one_line(label)}: {one_line(address)}")
    if announcement.footer:
        lines += _lines("  -- ", announcement.footer)
    return terminal("\n".join(lines)) + "\n"


def _lines(lead: str, text: str) -> list[str]:
    """A text of several lines, each further one behind a bar, so that none passes for a line of ours."""
    first, *others = visible(text).split("\n")
    return [lead + first, *(f"    | {line}" for line in others)]


def _name(key: str) -> str:
    """The name in the outbox: the part of the receipt's key after the record."""
    return key.rpartition("/")[2]


def _print(stream: TextIO, text: str) -> None:
    """Print if the stream still listens: the text is in the outbox, and a closed terminal loses nothing."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except (OSError, ValueError):
        return
