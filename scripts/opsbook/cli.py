"""The command line. Imports a command only when it is run, so that `opsbook --help` costs hardly more than Python."""

from __future__ import annotations

import gc
import os
import sys

from opsbook.commands import Found, collected, commands, named

USAGE = "usage: opsbook [-C BOOK] COMMAND …    opsbook COMMAND --help    opsbook --version"


def entry() -> None:
    """The console script: whatever becomes of the streams, there is an exit code and no traceback."""
    # Nothing that an import makes becomes garbage: looking for it at the default pace takes a tenth of the start.
    gc.set_threshold(50_000)
    _streams()
    code = 0
    try:
        try:
            code = main([_word(word) for word in sys.argv[1:]])
        except SystemExit as end:
            code = int(end.code or 0)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`): there is nobody left to tell.
        code = 141
    except OSError as error:
        if code != 3:
            print(f"opsbook: the output cannot be written: {error.strerror}.", file=sys.stderr)
        code = 3
    if code in (3, 141):
        # What could not be written is still in a buffer, and Python would try again on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(code)


def _streams() -> None:
    """A stream that the caller closed (`>&-`) reads and writes nothing; no encoding makes a traceback."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123 - it stays open to the end
    ascii_only = sys.stdin.encoding.lower() in ("ascii", "us-ascii", "ansi_x3.4-1968")
    encoding = "utf-8" if ascii_only else sys.stdin.encoding
    sys.stdin.reconfigure(encoding=encoding, errors="surrogateescape")  # type: ignore[union-attr]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]


def _word(given: str) -> str:
    """An argument as UTF-8, whatever the locale says; bytes that are none stay what Python made of them."""
    try:
        return os.fsencode(given).decode("utf-8")
    except UnicodeError:
        return given


def main(argv: list[str]) -> int:
    """Run one command; returns the exit code (design: "The outside world", exit codes)."""
    book: str | None = None
    words = list(argv)
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option in ("-h", "--help"):
            print(_overview())
            return 0
        if option == "--version":
            from opsbook import __version__

            print(f"opsbook {__version__}")
            return 0
        if option == "-C" and words:
            book = words.pop(0)
        elif option.startswith("-C") and len(option) > 2:
            book = option[2:]
        else:
            return _usage(f"There is no option {option} here.", USAGE)
    if not words:
        print(_overview(), file=sys.stderr)
        return 2
    found = named(words)
    if found is None:
        return _unknown(words, commands())
    name, command = found
    if name == "completion" and _completed(words[1:], book):
        return 0
    from opsbook.run import run

    return run(name, command, words[len(name.split()) :], book)


def _completed(words: list[str], book: str | None) -> bool:
    """Whether a shell asked, and was answered: it does so at each press of Tab, and waits for nothing else."""
    from pathlib import Path

    from opsbook.report.completion import answer

    found = answer(words, Path(book or "."))
    sys.stdout.write(found or "")
    return found is not None


def _overview() -> str:
    groups = collected()
    width = max(len(name) for found in groups.values() for name in found)
    parts = [f"opsbook: operations as code\n\n{USAGE}"]
    for group, found in groups.items():
        parts.append("\n".join([f"{group}:", *(f"  {name.ljust(width)}  {c.summary}" for name, c in found.items())]))
    return "\n\n".join(parts)


def _unknown(words: list[str], names: dict[str, Found]) -> int:
    group = [name for name in names if name.startswith(words[0] + " ")]
    if group:
        asked = len(words) == 1 or words[1] in ("-h", "--help")
        lines = "\n".join(f"  opsbook {name}  {names[name].summary}" for name in group)
        print(lines, file=sys.stdout if asked and len(words) > 1 else sys.stderr)
        if asked:
            return 0 if len(words) > 1 else 2
        return _usage(f"There is no command {words[0]} {words[1]!r}.", "The ones above exist.")
    from difflib import get_close_matches

    near = get_close_matches(words[0], [*names, *{name.split()[0] for name in names}], n=1, cutoff=0.6)
    hint = f"Did you mean: opsbook {near[0]}?" if near else "opsbook --help lists the commands."
    return _usage(f"There is no command {words[0]!r}.", hint)


def _usage(message: str, remedy: str) -> int:
    from opsbook.core.text import sentence

    print(sentence(f"opsbook: {message} {remedy}"), file=sys.stderr)
    return 2
