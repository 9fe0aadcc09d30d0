"""A person's shell at a terminal, in a home folder of its own: types what a page shows, and answers what is asked."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support import forkserver
from tests.support.desk import Desk, environment
from tests.support.terminal import Terminal

END = re.compile(r"\x1e(\d+)\x1e")
"""Stands behind what a command printed, around its exit code."""

GITCONFIG = """\
[user]
	name = Somebody
	email = somebody@example.invalid
[color]
	ui = never
[init]
	defaultBranch = main
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what was on the screen by then, with the answers that were typed."""

    code: int
    screen: str


class Shell:
    """A real shell on a real terminal; it keeps its folder and its variables from one command to the next.

    Args:
        root: an empty folder, for all that the shell may touch.
        folder: where it begins.
        more: variables of its environment.
    """

    def __init__(self, root: Path, folder: Path, more: Mapping[str, str]) -> None:
        self._take, give = os.pipe()
        self._type = os.fdopen(give, "w")
        self._terminal = Terminal(
            Desk(folder),
            environ=self.variables(root, more),
            program=("bash", "--noprofile", "--norc", f"/dev/fd/{self._take}"),
            pass_fds=(self._take,),
        )

    @staticmethod
    def variables(root: Path, more: Mapping[str, str]) -> dict[str, str]:
        """The environment of a person whose machine is all below a folder."""
        home, programs = root / "home", root / "programs"
        return environment(
            HOME=str(home),
            GIT_CONFIG_GLOBAL=str(home / ".gitconfig"),
            PATH=os.pathsep.join((str(programs), os.environ["PATH"])),
            OPSBOOK_BY="",  # who acts is what a page says: `git config opsbook.by`
            GIT_EDITOR="true",  # whoever is shown a message of Git's saves it as it is
            GIT_PAGER="cat",
            NO_COLOR="1",
            **more,
        )

    @staticmethod
    def settle(root: Path) -> None:
        """Make the home folder, and put the program where the shell finds it."""
        (root / "home").mkdir()
        (root / "home" / ".gitconfig").write_text(GITCONFIG)
        (root / "programs").mkdir()
        program = root / "programs" / "opsbook"
        program.write_text(forkserver.shared().program())
        program.chmod(0o755)

    def run(self, command: str, answers: Sequence[tuple[str, str]] = ()) -> Ended:
        """Type a command, and answer each question in turn."""
        start = len(self._terminal.screen)
        self._type.write(f"{command}\nprintf '\\036%d\\036' $?\n")
        self._type.flush()
        for question, answer in answers:
            self._terminal.answer(question, answer)
        while not (end := END.search(self._terminal.screen, start)):
            self._terminal.read_to("\x1e")
        return Ended(int(end[1]), self._terminal.screen[start : end.start()])

    def close(self) -> None:
        """Close its window."""
        self._type.close()
        os.close(self._take)
        self._terminal.hang_up()
