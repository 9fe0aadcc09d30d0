"""Runs one command: parses its arguments, opens the workspace, and turns every failure into a sentence."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from opsbook.core.errors import ForgeError, ForgeUnknown, NothingToCheck, NotSeen, OpsbookError, UsageError
from opsbook.core.text import sentence
from opsbook.core.unseen import EXIT

if TYPE_CHECKING:
    from opsbook.commands.workspace import Workspace


ASKS_NO_BOOK = frozenset({"doctor", "explain", "new book"})
"""The commands that need no book; the doctor says that there is none."""

WRITES = frozenset({"declare", "incident note", "incident update", "checklist tick", "intake", "reconcile"})
"""The commands that write to the forge: what counts for them is whether main is a book, and the workspace asks that."""

STAYS = frozenset({"check", "schema", "forms", "explain", "site build", "site serve"})
"""The commands that never ask the remote what is new: they are about the files that are here."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors look like all others."""

    def error(self, message: str) -> NoReturn:
        """Exit code 2, one line, and where to read more."""
        message = message.replace(_WORD, "")
        remedy = f"See: {self.prog} --help"
        if message.startswith("unrecognized arguments: -"):
            remedy += "; words that begin with a dash come after --"
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", remedy)


def run(name: str, words: list[str], book: str | None) -> int:
    """Run the command `name` (`incident note`) with the rest of the line."""
    from opsbook import wiring

    try:
        module = import_module(f"opsbook.commands.{name.replace(' ', '_')}")
        parser = Parser(prog=f"opsbook {name}", description=module.__doc__, allow_abbrev=False)
        module.arguments(parser)
        args = parser.parse_intermixed_args(_words(words))
        for option, value in vars(args).items():
            setattr(args, option, _given(value))
        workspace = wiring.open_workspace(book, fetches=name not in STAYS)
        if name not in ASKS_NO_BOOK | WRITES:
            _demand_book(workspace)
        return _run(module.run, args, workspace, reads=name not in WRITES or args.dry_run)
    except OpsbookError as error:
        print(_told(error), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nopsbook: stopped. What was published stays; `opsbook reconcile` finishes the rest.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        raise
    except Exception as error:  # the last resort: a defect of ours, told in one line and kept in a file
        where = wiring.keep_traceback(error)
        print(f"opsbook: this is our fault: {type(error).__name__}. The details are in {where}.", file=sys.stderr)
        return 3


def _run(
    command: Callable[[argparse.Namespace, Workspace], int],
    args: argparse.Namespace,
    workspace: Workspace,
    *,
    reads: bool,
) -> int:
    """Run a command, and say what it could not see, whatever came of it."""
    try:
        code = int(command(args, workspace))
    except (ForgeError, ForgeUnknown, NotSeen) as error:
        # Whoever only reads, and could not look, saw nothing; whoever writes has written nothing.
        print(_told(error), file=sys.stderr)
        code = EXIT if reads else 1 if isinstance(error, NotSeen) else error.exit_code
    finally:
        for item in dict.fromkeys(workspace.unseen):
            print(sentence(f"opsbook: not seen: {item}"), file=sys.stderr)
    return EXIT if reads and not code and workspace.unseen else code


_WORD = "\0"
"""Stands before a word after `--` while arguments are read; no process can be given it."""


def _words(words: list[str]) -> list[str]:
    """The words of the line, of which those after `--` look like no option.

    `parse_intermixed_args` drops the `--` in its first pass, and takes what follows for options in its second.
    """
    if "--" not in words:
        return words
    end = words.index("--")
    return [*words[:end], *(_WORD + word for word in words[end + 1 :])]


def _given(value: object) -> object:
    """What was read, as it was typed."""
    if isinstance(value, list):
        return [_given(item) for item in value]
    return value.removeprefix(_WORD) if isinstance(value, str) else value


def _demand_book(workspace: Workspace) -> None:
    """Raise NothingToCheck where there is no book."""
    if not workspace.book.config.present:
        raise NothingToCheck(
            f"{workspace.root} is no book: there is no opsbook.yml that can be read.",
            "Go to the folder of a book or name it with -C, or start one: opsbook new book FOLDER.",
        )


def _told(error: OpsbookError) -> str:
    return sentence(f"opsbook: {error.message}") + (f"\n{sentence(error.remedy)}" if error.remedy else "")
