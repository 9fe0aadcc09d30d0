"""The command line. Imports a command only when it is run, so that `opsbook --help` costs hardly more than Python."""

from __future__ import annotations

import sys

MAIN = (
    ("declare", "declare an incident: in under a minute, alone or step by step"),
    ("incident list", "list incidents: the open ones, or all of them"),
    ("incident show", "show one incident: its facts, its timeline and how far its checklist is"),
    ("incident note", "add a note, a decision or a change to the timeline of an incident"),
    ("incident update", "change an incident: status, severity, roles, impact; tell tenants"),
    ("checklist show", "show the checklist of an incident and what is done"),
    ("checklist tick", "tick steps of an incident's checklist, or say why they are left out"),
    ("check", "check records, checklists, references and rules"),
    ("explain", "explain a code: what it means, why it matters and what to do"),
    ("runbook find", "find the runbook for what you try to do, or for an error you see"),
    ("new runbook", "draft a runbook: a page that somebody on call can follow"),
    ("new service", "draft a service: an entry of the catalogue, ours or not"),
    ("new book", "start a book for another team in an empty folder"),
    ("schema", "write the JSON Schemas that editors use, from the models and opsbook.yml"),
    ("site build", "build the site"),
    ("site serve", "serve the site on this machine and follow changes"),
    ("reconcile", "finish what was cut off: publish, tell, and tidy up"),
)
"""Every command and its line of help: the first line of its module's docstring, which a test compares."""

USAGE = "usage: opsbook [-C BOOK] COMMAND …    opsbook COMMAND --help    opsbook --version"


def entry() -> None:
    """The console script."""
    sys.exit(main(sys.argv[1:]))


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
    names = dict(MAIN)
    name = words[0]
    if name not in names and len(words) > 1 and f"{name} {words[1]}" in names:
        name = f"{name} {words[1]}"
    elif name not in names:
        return _unknown(words, names)
    from opsbook.run import run

    return run(name, words[len(name.split()) :], book)


def _overview() -> str:
    width = max(len(name) for name, _ in MAIN)
    lines = "\n".join(f"  {name.ljust(width)}  {text}" for name, text in MAIN)
    return f"opsbook: operations as code\n\n{USAGE}\n\n{lines}"


def _unknown(words: list[str], names: dict[str, str]) -> int:
    group = [name for name in names if name.startswith(words[0] + " ")]
    if group:
        asked = len(words) == 1 or words[1] in ("-h", "--help")
        lines = "\n".join(f"  opsbook {name}  {names[name]}" for name in group)
        print(lines, file=sys.stdout if asked and len(words) > 1 else sys.stderr)
        if asked:
            return 0 if len(words) > 1 else 2
        return _usage(f"There is no command {words[0]} {words[1]!r}.", "The ones above exist.")
    from difflib import get_close_matches

    near = get_close_matches(words[0], [*names, *{name.split()[0] for name in names}], n=1, cutoff=0.6)
    hint = f"Did you mean: opsbook {near[0]}?" if near else "opsbook --help lists the commands."
    return _usage(f"There is no command {words[0]!r}.", hint)


def _usage(message: str, remedy: str) -> int:
    print(f"opsbook: {message} {remedy}", file=sys.stderr)
    return 2
