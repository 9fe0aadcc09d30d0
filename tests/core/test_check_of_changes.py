"""A check of changes asks of the whole book only what the change can have altered."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from opsbook.core.book import Book
from opsbook.core.check import all_codes, check_book
from opsbook.core.rule import ANY_KIND, BookRule
from opsbook.core.tree import MemoryTree
from opsbook.core.types import parse_time
from opsbook.kinds import registry
from tests.cases.cases import NOW, base

AT = parse_time(NOW)

TWICE = "incidents/2026/INC-20261121-7KQ4M-{}/incident.yaml"


class Asked(MemoryTree):
    """A tree that remembers which folders were listed."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(files)
        self.listed: list[str] = []

    def folders(self, prefix: str) -> Iterable[str]:
        """See `Tree.folders`."""
        self.listed.append(prefix)
        return super().folders(prefix)


def tree(**more: bytes) -> Asked:
    """The book of the rule cases, with two incidents of one id."""
    return Asked({**dict(base()), TWICE.format("one"): b"", TWICE.format("two"): b"", **more})


def codes(changed: set[str] | None) -> set[str]:
    """The codes that a check of the book finds after records of these kinds changed."""
    return {finding.code for finding in check_book(Book(tree(), registry()), AT, registry(), changed)}


def test_no_folder_is_listed_when_no_record_changed() -> None:
    files = tree()
    check_book(Book(files, registry()), AT, registry(), set())
    assert files.listed == []


@pytest.mark.parametrize("kind", registry())
def test_two_records_with_one_id_are_found_whatever_kind_changed(kind: str) -> None:
    assert "BOK001" in codes({kind})


def test_what_the_configuration_says_of_itself_is_not_asked_again() -> None:
    broken = tree(**{"opsbook.yml": dict(base())["opsbook.yml"].replace(b"Etc/UTC", b"Etc/Nowhere")})
    found = [
        {f.code for f in check_book(Book(broken, registry()), AT, registry(), kinds)} for kinds in (None, {"service"})
    ]
    assert "CFG003" in found[0]
    assert "CFG003" not in found[1]


def test_a_rule_reads_kinds_that_there_are() -> None:
    rules = [code for code in all_codes(registry()).values() if issubclass(code, BookRule)]
    assert rules
    for rule in rules:
        assert rule.reads is None or rule.reads == ANY_KIND or rule.reads <= set(registry()), rule.__name__
