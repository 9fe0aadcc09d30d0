"""What may follow on a command line, for the shells that ask at each press of Tab.

Nothing of the program that is slow to import is used here: the commands come from `words.json`, which is written from
their parsers (`tests/report/completion_words.py`) and compared by a test; ids come from the names of folders and
branches, and people and other words from `opsbook.yml`, without a look into any record.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

SHELLS = ("bash", "zsh", "fish")

FOLDER = Path(__file__).parent

Found = dict[str, str]
"""What may be typed, and what each is."""


def script(shell: str) -> str:
    """What the shell reads once, so that it asks here."""
    return (FOLDER / f"opsbook.{shell}").read_text("utf-8")


def offered(line: Sequence[str], here: Path) -> Found:
    """What may follow.

    Args:
        line: the words after the name of the program; the last of them is being typed, and may be empty.
        here: the folder in which it is typed.
    """
    table = json.loads((FOLDER / "words.json").read_text("utf-8"))
    words, here = _in_book([word for word in line[:-1] if word != "="], here)
    typed, lead = line[-1].removeprefix("=") if line else "", ""
    name = next((name for count in (2, 1) if (name := " ".join(words[:count])) in table["commands"]), None)
    if name is None:
        return _starting(_commands(table["commands"], words), typed)
    command = table["commands"][name]
    if typed.startswith("--") and "=" in typed:
        option, _, typed = typed.partition("=")
        words, lead = [*words, option], f"{option}="
    found = _here(command, words[len(name.split()) :], typed, _Values(table, here))
    return {lead + word: meaning for word, meaning in _starting(found, typed).items()}


def _in_book(words: list[str], here: Path) -> tuple[list[str], Path]:
    """The words without `-C BOOK`, and the folder that they are about."""
    while words[:1] and words[0].startswith("-C"):
        named = words[0][2:] or "".join(words[1:2])
        words, here = words[1 if words[0][2:] else 2 :], here / named
    return words, here


def _commands(commands: Mapping[str, Any], words: Sequence[str]) -> Found:
    """The next word of every command that begins with these."""
    found: Found = {}
    for name, command in sorted(commands.items()):
        parts = name.split()
        if parts[: len(words)] == list(words):
            whole = len(parts) == len(words) + 1
            found.setdefault(parts[len(words)], command["help"] if whole else f"{name}, …")
    return found


def _here(command: Mapping[str, Any], words: Sequence[str], typed: str, values: _Values) -> Found:
    """What the command takes where the cursor is."""
    options: Mapping[str, Any] = command["options"]
    waiting, given, ended = None, 0, False
    for word in words:
        if waiting is not None:
            waiting = None
        elif word == "--":
            ended = True
        elif word.startswith("-") and word != "-" and not ended:
            option = options.get(word.partition("=")[0], {})
            waiting = option if option.get("takes") and "=" not in word else None
        else:
            given += 1
    if waiting is not None:
        return values.of(waiting)
    if typed.startswith("-") and not ended:
        return {name: option["help"] for name, option in options.items()}
    arguments = command["words"]
    if given < len(arguments):
        return values.of(arguments[given])
    return values.of(arguments[-1]) if arguments and arguments[-1].get("many") else {}


def _starting(found: Found, typed: str) -> Found:
    """Those that begin with what was typed, else those that hold it: an id is known by its last characters."""
    begin = {word: meaning for word, meaning in found.items() if word.startswith(typed)}
    wanted = typed.casefold()
    return begin or {word: meaning for word, meaning in found.items() if wanted in word.casefold()}


class _Values:
    """The words that an argument may be, in the book around a folder."""

    def __init__(self, table: Mapping[str, Any], here: Path) -> None:
        self._table = table
        here = Path(os.path.abspath(here))  # noqa: PTH100 - no link is followed: that is where the person is
        self._root = next((folder for folder in (here, *here.parents) if (folder / "opsbook.yml").is_file()), here)

    def of(self, argument: Mapping[str, Any]) -> Found:
        """What it may be, with what each is."""
        if "choices" in argument:
            return dict(argument["choices"])
        what, kinds = argument.get("of", ""), self._table["kinds"]
        if what == "record":
            return {id_: text for kind in kinds.values() if kind["branches"] for id_, text in self._ids(kind).items()}
        return self._ids(kinds[what]) if what in kinds else self._entries(self._table["vocabularies"].get(what, ()))

    def _ids(self, kind: Mapping[str, Any]) -> Found:
        """The records of a kind: those on branches first, then the newest."""
        pattern, level = re.compile(kind["path"]), [(self._root / kind["folder"], "")]
        for _ in range(kind["depth"]):
            level = [(at / name, f"{lead}{name}/") for at, lead in level for name in _names(at)]
        found: Found = {}
        for name in sorted((lead.rstrip("/") for _, lead in level), reverse=kind["branches"]):
            if match := pattern.fullmatch(name):
                found[match["id"]] = (
                    name.rpartition("/")[2].removeprefix(match["id"]).strip("-") if kind["branches"] else ""
                )
        open_ = {id_: found.pop(id_, "") for id_ in _branches(self._root)} if kind["branches"] else {}
        return {**open_, **found}

    def _entries(self, places: Sequence[Sequence[str]]) -> Found:
        """The entries of lists of `opsbook.yml` that are not retired."""
        found: Found = {}
        for place in places:
            value = self._config
            for step in place:
                value = value.get(step) if isinstance(value, dict) else None
            for entry in value if isinstance(value, list) else ():
                id_ = entry.get("id") if isinstance(entry, dict) else None
                # What is offered is put on the line as it is: no word of a book may be more than a word there.
                if isinstance(id_, str) and _WORD.fullmatch(id_) and not entry.get("retired"):
                    found[id_] = str(entry.get("title") or entry.get("name") or "")
        return found

    @cached_property
    def _config(self) -> Any:
        from opsbook.core.yaml import load

        try:
            return load((self._root / "opsbook.yml").read_bytes(), limit=1 << 20).value
        except OSError:
            return None


_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in os.scandir(folder) if not entry.name.startswith(".")]
    except OSError:
        return []


def _branches(root: Path) -> Iterator[str]:
    """The records that have a branch here or at a remote, as Git keeps them in files; most are open."""
    at = root / ".git"
    try:
        if at.is_file():  # a worktree, whose repository is elsewhere
            at = root / at.read_text("utf-8").partition(":")[2].strip()
            at /= (at / "commondir").read_text("utf-8").strip()
        packed = (at / "packed-refs").read_text("utf-8").split() if (at / "packed-refs").is_file() else []
    except OSError:
        return
    loose = [str(path) for path in at.glob("refs/heads/opsbook/*")]
    loose += [str(path) for path in at.glob("refs/remotes/*/opsbook/*")]
    for name in sorted((*loose, *packed), reverse=True):
        if found := re.search(r"/opsbook/([A-Z]{3}-[0-9]{8}-[0-9A-Z]{5})$", name):
            yield found[1]


def printed(found: Found) -> str:
    """Each on a line, with what it is behind a tab: nothing that somebody wrote acts on a terminal."""
    return "".join(f"{word}\t{_HIDDEN.sub(' ', meaning)}".rstrip() + "\n" for word, meaning in found.items())


_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def answer(words: Sequence[str], here: Path) -> str | None:
    """What `opsbook completion` prints; `None` for words that only its parser understands."""
    if len(words) == 1 and words[0] in SHELLS:
        return script(words[0])
    return printed(offered(words[2:], here)) if words[:1] and words[0] in SHELLS and words[1] == "--" else None
