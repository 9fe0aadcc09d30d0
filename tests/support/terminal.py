"""A person at a real terminal: reads what is on the screen up to a question, and types. Waits, and never sleeps."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import termios
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.desk import Desk, Word, environment
from tests.support.forkserver import Running

PATIENCE = 60.0
"""Seconds without a new character after which the program counts as stuck."""

INTERRUPT, END = "\x03", "\x04"
"""Ctrl-C and Ctrl-D."""


class Terminal:
    """The real command on a pseudo-terminal of its own, which is its controlling terminal.

    Args:
        program: what is run instead of the command.
        options: more of `Popen`.

    Attributes:
        screen: everything that it has shown so far.
    """

    def __init__(
        self,
        desk: Desk,
        *words: Word,
        environ: Mapping[str, str] | None = None,
        program: Sequence[Word] = (),
        **options: Any,
    ) -> None:
        self._master, slave = pty.openpty()
        self.screen = ""
        environ = {"TERM": "xterm", "NO_COLOR": "1", **(environ or {})}
        self._process: Running | subprocess.Popen[bytes]
        if program:
            self._process = subprocess.Popen(
                [*program, *words],
                cwd=desk.path,
                env=environment(**environ),
                stdin=slave,
                stdout=slave,
                stderr=slave,
                start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads here
                **options,
            )
        else:
            self._process = desk.begin(*words, environ=environ, terminal=slave)
        os.close(slave)

    def read_to(self, words: str) -> str:
        """Read on until these words are on the screen; what was shown since the last time."""
        start = len(self.screen)
        while words not in self.screen[start:]:
            assert self._read(), f"it ended before {words!r}:\n{self.screen}"
        return self.screen[start:]

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def answer(self, question: str, text: str) -> str:
        """Wait for a question and answer it; what was shown before."""
        shown = self.read_to(question)
        self.type(text + "\n")
        return shown

    def end(self, insist: str = "") -> int:
        """Read on to the end; the exit code.

        Args:
            insist: a key to press again as long as nothing happens: Python does not see Ctrl-C in the instant between
                the question and its waiting for the answer.
        """
        while self._read(insist):
            pass
        os.close(self._master)
        return self._process.wait(timeout=PATIENCE)

    def hang_up(self) -> None:
        """Close the window, whatever still runs in it."""
        os.close(self._master)
        self._process.wait(timeout=PATIENCE)

    def _read(self, insist: str = "") -> bool:
        for _ in range(30):
            ready, _, _ = select.select([self._master], [], [], PATIENCE / 30)
            if ready:
                break
            if insist:
                self.type(insist)
        assert ready, f"it waits for something:\n{self.screen}"
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the program and its children have closed the terminal
            return False
        self.screen += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)
