"""The console keeps the promises of every sink, and keeps its texts in the outbox."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

from opsbook.adapters.machine.console import ConsoleSink, render
from opsbook.adapters.machine.state import FileOutbox
from tests.contracts.sink import ANNOUNCEMENT, SinkContract


class Terminal:
    """A console whose prints are the messages."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stream = Printed()
        self.sink = ConsoleSink(FileOutbox(folder), self._stream, "no chat")

    def said(self) -> list[str]:
        return self._stream.texts

    def break_down(self) -> None:
        (self._folder / "outbox").write_text("a file where the folder should be")

    def is_inert(self, text: str) -> bool:
        commands = re.search(r"^\s*::|##\[|##vso\[", text, re.MULTILINE)
        return commands is None and all(char == "\n" or char.isprintable() or char == "\ufffd" for char in text)


class Printed(io.StringIO):
    """A stream that remembers each write."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def write(self, text: str) -> int:
        self.texts.append(text)
        return super().write(text)


class TestConsole(SinkContract):
    """On a stream that is no terminal."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> Terminal:
        return Terminal(tmp_path)


KEY = ANNOUNCEMENT.key("console")


def test_the_text_is_in_the_outbox_under_the_reference(tmp_path: Path) -> None:
    sent = ConsoleSink(FileOutbox(tmp_path), None, "no chat").send(ANNOUNCEMENT, KEY)
    assert sent.reference == f"outbox/{KEY}.txt"
    assert (tmp_path / sent.reference).read_text() == render(ANNOUNCEMENT)


def test_an_announcement_reads_like_a_message() -> None:
    assert render(ANNOUNCEMENT) == (
        "For ops-incidents: SEV1: Checkout is down\n"
        "  Severity: SEV1\n"
        "  Lead: team-shop\n"
        "  1. Open the runbook\n"
        "  2. Tell the tenants\n"
        "  Record: incidents/2026/x\n"
        "  -- Everybody in the company can read this channel.\n"
    )


def test_what_was_said_once_is_not_printed_again(tmp_path: Path) -> None:
    outbox = FileOutbox(tmp_path)
    first, second = io.StringIO(), io.StringIO()
    assert ConsoleSink(outbox, first, "no chat").send(ANNOUNCEMENT, KEY) == ConsoleSink(outbox, second, "no chat").send(
        ANNOUNCEMENT, KEY
    )
    assert first.getvalue()
    assert second.getvalue() == ""


def test_a_closed_terminal_loses_nothing(tmp_path: Path) -> None:
    stream = io.StringIO()
    stream.close()
    sent = ConsoleSink(FileOutbox(tmp_path), stream, "no chat").send(ANNOUNCEMENT, KEY)
    assert sent.outcome == "done"
    assert (tmp_path / sent.reference).is_file()


def test_a_stream_that_knows_no_unicode_gets_escapes(tmp_path: Path) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    announcement = replace(ANNOUNCEMENT, headline="Zahlung \u202e für alle")
    assert ConsoleSink(FileOutbox(tmp_path), stream, "no chat").send(announcement, KEY).outcome == "done"
    assert b"Zahlung \\u27e8U+202E\\u27e9 f\\xfcr alle" in raw.getvalue()
