"""Runs one command: parses its arguments, opens the workspace, and turns every failure into a sentence."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import NoReturn

from opsbook.core.errors import OpsbookError, UsageError
from opsbook.core.text import terminal


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors look like all others."""

    def error(self, message: str) -> NoReturn:
        """Exit code 2, one line, and where to read more."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", f"See: {self.prog} --help")


def run(name: str, words: list[str], book: str | None) -> int:
    """Run the command `name` (`incident note`) with the rest of the line."""
    from opsbook import wiring

    for stream in (sys.stdout, sys.stderr):
        # A terminal without UTF-8 gets replacements and never a traceback.
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        module = import_module(f"opsbook.commands.{name.replace(' ', '_')}")
        parser = Parser(prog=f"opsbook {name}", description=module.__doc__, allow_abbrev=False)
        module.arguments(parser)
        args = parser.parse_intermixed_args(words)
        code = module.run(args, wiring.open_workspace(book))
        sys.stdout.flush()
    except OpsbookError as error:
        print(_told(error), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nopsbook: stopped. What was published stays; `opsbook reconcile` finishes the rest.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`); there is nobody left to tell.
        sys.stderr.close()
        return 141
    except Exception as error:  # the last resort: a defect of ours, told in one line and kept in a file
        where = wiring.keep_traceback(error)
        print(f"opsbook: this is our fault: {type(error).__name__}. The details are in {where}.", file=sys.stderr)
        return 3
    return int(code)


def _told(error: OpsbookError) -> str:
    return terminal(f"opsbook: {error.message}" + (f"\n{error.remedy}" if error.remedy else ""))
