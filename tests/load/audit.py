"""The auditor: reads a bare repository with Git alone, and says what is missing or there twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.support.desk import Desk

RECORD = re.compile(r"(INC-\d{8}-[0-9A-Z]{5})")


class Book:
    """What a bare repository holds.

    Attributes:
        main: path to text; branches: the same of every branch of a record, by record.
    """

    def __init__(self, bare: Path) -> None:
        desk = Desk(bare)
        self.main = desk.files("main", "incidents/")
        self.branches = {name.removeprefix("opsbook/"): desk.files(name, "incidents/") for name in desk.branches()}
        self.receipts = desk.receipts()

    def problems(self, titles: Iterable[str], notes: Iterable[str], said: Sequence[str]) -> list[str]:
        """What is not as it should be.

        Args:
            titles: of what was declared; notes: what was acknowledged; said: the keys of all messages in all sinks.
        """
        places: dict[str, set[str]] = {}
        found: list[str] = []
        for record, files in {"": self.main, **self.branches}.items():
            for path, text in files.items():
                if record and record not in path and path not in self.main:
                    found.append(f"{path} is on the branch of {record}")
                for field in re.findall(r"^((?:title|text): .*)$", text, re.MULTILINE):
                    name = path.rpartition("/")[2]
                    if (field.startswith("title") and name == "incident.yaml") or "/timeline/" in path:
                        places.setdefault(field, set()).add(path)
        for kind, wanted in (("title", titles), ("text", notes)):
            for words in wanted:
                there = places.get(f"{kind}: {words}", set())
                if len(there) != 1:
                    found.append(f"“{words}” is at {sorted(there) or 'no place'}")
        found += [f"{key} was said {count} times" for key, count in Counter(said).items() if count > 1]
        kept = {key for key, receipt in self.receipts.items() if receipt["reference"]}
        found += [f"no reference is kept for {key}" for key in sorted(self.receipts.keys() - kept)]
        found += [f"{key}: said or kept, and not both" for key in sorted(kept ^ set(said))]
        return found

    def unmerged(self) -> set[str]:
        """The records whose branch holds a file that main does not hold so."""
        return {
            record
            for record, files in self.branches.items()
            if any(record in path and self.main.get(path) != text for path, text in files.items())
        }

    def records(self) -> set[str]:
        """Every record, wherever it is."""
        return {
            found[0]
            for files in (self.main, *self.branches.values())
            for path in files
            if (found := RECORD.findall(path))
        }
