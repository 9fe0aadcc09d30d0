"""Runs one command: parses its arguments, opens the workspace, and turns every failure into a sentence."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from opsbook import wiring
from opsbook.commands import Found, named
from opsbook.commands.helping import add_arguments
from opsbook.core.command import Write
from opsbook.core.errors import ForgeFault, NothingToCheck, NotSeen, OpsbookError, UsageError
from opsbook.core.text import sentence
from opsbook.core.unseen import EXIT

if TYPE_CHECKING:
    from opsbook.commands.workspace import Workspace


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors look like all others."""

    def error(self, message: str) -> NoReturn:
        """Exit code 2, one line, and where to read more."""
        message = message.replace(_WORD, "")
        remedy = f"See: {self.prog} --help"
        if message.startswith("unrecognized arguments: -"):
            remedy += "; words that begin with a dash come after --"
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", remedy)


def run(name: str, found: Found, words: list[str], book: str | None, opened: Workspace | None = None) -> int:
    """Run the command `name` (`incident note`) with the rest of the line.

    Args:
        opened: where it runs, instead of in `book`.
    """
    try:
        module = import_module(found.module)
        parser = Parser(prog=f"opsbook {name}", description=module.__doc__, allow_abbrev=False)
        add_arguments(module, parser, helping=not {"-h", "--help"}.isdisjoint(words))
        args = parser.parse_intermixed_args(_words(words))
        for option, value in vars(args).items():
            setattr(args, option, _given(value))
        fetches = getattr(module, "FETCHES", True)
        workspace = opened or wiring.open_workspace(book, fetches=fetches, runs=_typed)
        workspace.verbose = getattr(args, "verbose", False)
        if getattr(args, "yes", False) or getattr(args, "format", "text") != "text":
            workspace.asks = False
        command = getattr(module, "COMMAND", None)
        writes = isinstance(command, Write) or getattr(module, "WRITES", False)
        # What counts for a command that writes is whether main is a book, and the workspace asks that.
        if getattr(module, "NEEDS_BOOK", not writes):
            _demand_book(workspace)

        def carry_out() -> int:
            if command is not None:
                from opsbook.commands import described

                return described.run(command, found.module.split(".")[2], args, workspace)
            return int(module.run(args, workspace))

        return _run(carry_out, workspace, reads=not writes or getattr(args, "dry_run", False))
    except OpsbookError as error:
        print(_told(error), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nopsbook: stopped. What was published stays; `opsbook reconcile` finishes the rest.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        raise
    except Exception as error:
        return _fault(error, name)


def _typed(words: list[str], workspace: Workspace) -> int:
    """Run what somebody types within a command, as if it stood on a line of its own."""
    found = named(words)
    if found is None:
        raise UsageError(f"There is no command {words[0]!r}.", "opsbook --help lists the commands.")
    try:
        return run(*found, words[len(found[0].split()) :], None, workspace)
    except SystemExit as end:  # of a parser that was asked for help
        return int(end.code or 0)


def _run(command: Callable[[], int], workspace: Workspace, *, reads: bool) -> int:
    """Run a command, and say what it could not see, whatever came of it."""
    try:
        code = command()
    except (ForgeFault, NotSeen) as error:
        # Whoever only reads, and could not look, saw nothing; whoever writes has written nothing.
        print(_told(error), file=sys.stderr)
        code = EXIT if reads else 1 if isinstance(error, NotSeen) else error.exit_code
    finally:
        for item in dict.fromkeys(workspace.unseen):
            print(sentence(f"opsbook: not seen: {item}"), file=sys.stderr)
    return EXIT if reads and not code and workspace.unseen else code


def _fault(error: Exception, name: str) -> int:
    """What is not installed, or else a defect of ours: told in one line and kept in a file."""
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("opsbook"):
        print(f"opsbook: {name} needs {error.name}. Install it: pip install 'opsbook[site]'", file=sys.stderr)
        return UsageError.exit_code
    from opsbook.wiring.log import keep_traceback

    where = keep_traceback(error)
    print(f"opsbook: this is our fault: {type(error).__name__}. The details are in {where}.", file=sys.stderr)
    return 3


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
