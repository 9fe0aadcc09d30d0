"""Plays a rehearsal: shows what happens, and carries out what people type at the moments of a clock of its own."""

from __future__ import annotations

import argparse
import io
import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from opsbook.commands import named
from opsbook.commands.options import completes
from opsbook.commands.picking import pick
from opsbook.commands.showing import present
from opsbook.core.command import Event, Play, Read, Script, Write
from opsbook.core.errors import UsageError
from opsbook.core.times import Times
from opsbook.report.screen import Screen

if TYPE_CHECKING:
    from opsbook.commands.workspace import Workspace

_STEP, _WAIT = timedelta(minutes=1), timedelta(minutes=5)
"""How long a command takes, and an empty line. No two commands have the same moment, so their order is on record."""

_BY = re.compile(r"(\S+):\s+(\S.*)")
_WAITING = re.compile(r"wait\s+([1-9][0-9]{0,3})")
_HELP = """\
Type what you would type in an incident; “oncall-b: take comms” is typed by oncall-b. A command takes a minute.
An empty line lets 5 minutes pass, “wait 20” lets 20 pass, “end” ends it."""


def arguments(parser: argparse.ArgumentParser, kind: str) -> None:
    """Which one, who types, and whether somebody types at all."""
    completes(parser.add_argument("name", nargs="?", help="which one; without a name they are listed"), kind)
    parser.add_argument("--script", metavar="FILE", help="play the lines of a file; - reads standard input")
    completes(parser.add_argument("--by", metavar="ID", help="who types, where a line does not say"), "people")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json lists them as one object")


def play(command: Play, kind: str, args: argparse.Namespace, workspace: Workspace) -> int:
    """List what can be played, or declare one and play it to its end."""
    if args.name is None:
        return present(command.listed(workspace.book), args, workspace)
    if args.format != "text":
        raise UsageError("A rehearsal is read by people: --format json only lists them.", "Leave it out.")
    record = workspace.book.resolve(kind, pick(args.name, kind, workspace))
    assert record is not None
    if args.script is None and not workspace.asks:
        raise UsageError("Nobody sits at a terminal here.", "Give a file with what people type: --script FILE")
    screen = Screen(sys.stdout, color=workspace.color)
    read = _asked if args.script is None else _given(_lines(args.script), screen)
    return _Rehearsal(command.script(record), workspace, screen, args.by).run(read)


def _lines(name: str) -> list[str]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}.", "Name a file with --script.") from None
    return [line for line in text.splitlines() if not line.startswith("#")]


def _asked(prompt: str) -> str | None:
    try:
        return input(prompt)
    except (EOFError, KeyboardInterrupt):
        print()
        return None


def _given(lines: Sequence[str], screen: Screen) -> Callable[[str], str | None]:
    """The lines of a file, each shown as if somebody had typed it."""
    left = iter(lines)

    def read(prompt: str) -> str | None:
        line = next(left, None)
        if line is not None:
            screen.line(f"{prompt}{line}".rstrip())
        return line

    return read


class _Rehearsal:
    """One that is being played.

    It begins so long ago that it ends now: no moment of it lies in the future, whatever people type.
    """

    def __init__(self, script: Script, workspace: Workspace, screen: Screen, by: str | None) -> None:
        self._script, self._workspace, self._screen = script, workspace, screen
        self._by = workspace.actor(by)
        self._ends = workspace.now()
        self._begins = self._now = self._ends - script.length
        self._times = Times(self._ends, workspace.book.config.core.timezone)
        self._left = list(script.events)
        self._about: tuple[str, str] | None = None

    def run(self, read: Callable[[str], str | None]) -> int:
        """Declare it, let people type until it is over, and show the score."""
        if code := self._declare():
            return code
        self._pass(timedelta())
        self._now += _STEP  # the declaration took a minute
        while self._now < self._ends:
            line = read(f"{self._times.hour(self._now)}> ")
            if line is None or line.strip() == "end":
                break
            self._do(line.strip())
        return self._score()

    def _declare(self) -> int:
        code, text = self._heard([*self._script.declare, "--by", self._by, "--yes", "--format", "json"])
        done = json.loads(text) if text.strip() else {}
        if not done.get("id"):
            return code or 1
        _, found = named(list(self._script.declare)) or ("", None)
        assert found is not None
        self._about = (found.module.split(".")[2], done["id"])
        begins, ends = self._times.hour(self._begins), self._times.hour(self._ends)
        told = "Told in the drill channel only." if done["told"] else "Nobody is told."
        self._screen.heading(f"DRILL {done['id'][-5:]}: {self._script.title}, {begins} to {ends}. Nothing is broken.")
        self._screen.line(told)
        self._screen.line(_HELP)
        return 0

    def _pass(self, time: timedelta) -> None:
        """Let time pass, and say what happens meanwhile."""
        self._now = min(self._now + time, self._ends)
        while self._left and self._begins + self._left[0].after <= self._now:
            event = self._left.pop(0)
            self._screen.line()
            self._screen.line(f"{self._clock(event)}  {event.who}: {event.text.strip()}", "yellow")

    def _clock(self, event: Event) -> str:
        return self._times.hour(self._begins + event.after)

    def _do(self, line: str) -> None:
        if not line or (found := _WAITING.fullmatch(line)) is not None:
            self._pass(timedelta(minutes=int(found[1])) if line and found is not None else _WAIT)
        elif line in ("help", "?"):
            self._screen.line(_HELP)
        elif (words := self._words(line)) is not None:
            self._type(words)
            self._pass(_STEP)

    def _words(self, line: str) -> list[str] | None:
        """The command of a line, with whoever types it; `None`, and why, if it is none of those that are rehearsed."""
        said = _BY.fullmatch(line)
        try:
            words = shlex.split(said[2] if said else line)
        except ValueError:
            self._screen.bad('A quotation mark has no other. Put words with an apostrophe into “"”.')
            return None
        words = words[1:] if words[:1] == ["opsbook"] else words
        found = named(words)
        command = getattr(import_module(found[1].module), "COMMAND", None) if found is not None else None
        everybody = found is not None and ".everybody." in found[1].module
        if found is None:
            self._screen.bad(f"There is no command {' '.join(words[:1])!r}. {_HELP}")
        elif isinstance(command, Write) and command.picks and not command.tells:
            end = len(found[0].split())
            return [*words[:end], "--by", said[1] if said else self._by, *words[end:]]
        elif everybody or isinstance(command, Read):
            return words
        else:
            self._screen.bad(f"{found[0]} is not for a drill: it reaches others, or is not about this incident.")
        return None

    def _type(self, words: Sequence[str]) -> int:
        sys.stdout.flush()
        return self._workspace.play(words, self._now, self._about)

    def _heard(self, words: Sequence[str]) -> tuple[int, str]:
        """Type something, and what it prints."""
        with redirect_stdout(io.StringIO()) as out:
            code = self._type(words)
        return code, out.getvalue()

    def _score(self) -> int:
        """Show the score, and keep it in the record."""
        assert self._about is not None
        kind, id_ = self._about
        code, text = self._heard([*self._script.score, id_])
        if code:
            return code
        first, _, rest = text.strip().partition("\n")
        good = list(self._good())
        self._screen.line()
        self._screen.heading(f"The drill is over. {first}")
        self._screen.line("\n".join([rest, *good]))
        self._screen.line()
        kept = "\n".join([f"Score of the drill: {first}", "", "```text", rest.strip("\n"), *good, "```"])
        code = self._type([*self._script.note, "--by", self._by, "--", kept])
        book = self._workspace.again().open_book
        record = book.resolve(kind, id_)
        if record is not None and self._workspace.kinds[kind].is_open(record):
            self._screen.line(f"It is still open: {id_} stays in `opsbook list` until somebody ends it.")
        return code

    def _good(self) -> Iterator[str]:
        """What a good team does, of what has happened."""
        happened = [event for event in self._script.events if event not in self._left and event.expect]
        if happened:
            yield ""
            yield "What a good team does:"
        for event in happened:
            yield f"  {self._clock(event)}  {event.who}: {event.expect.strip()}"
