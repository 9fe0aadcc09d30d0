"""The generated book is the same everywhere, and nothing is wrong with it: otherwise its figures mean nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from benchmarks.generate import NOW, book, sizes, write
from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.core.book import Book
from opsbook.core.check import check_book, check_records
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry

FEW = 40


def digest(records: int) -> str:
    """One hash over every path and every byte."""
    found = hashlib.sha256()
    for path, data in book(records):
        found.update(f"{path}\0{len(data)}\0".encode() + data)
    return found.hexdigest()


def test_the_same_number_of_records_gives_the_same_bytes() -> None:
    assert digest(FEW) == digest(FEW)


def test_the_check_finds_nothing() -> None:
    generated = Book(MemoryTree(dict(book(FEW))), registry())
    refs = list(generated.everything())
    assert len(refs) == FEW
    assert check_book(generated, NOW, registry()) == []
    assert check_records(refs, generated, NOW, registry()) == []


def test_it_is_written_as_it_was_counted(tmp_path: Path) -> None:
    size = write(tmp_path / "book", FEW)
    files = [path for path in (tmp_path / "book").rglob("*") if path.is_file()]
    assert (size.files, size.bytes) == (len(files), sum(path.stat().st_size for path in files))
    written = Book(DirectoryTree(tmp_path / "book"), registry())
    assert len(written.refs("incident")) == size.incidents
    assert len(written.refs("runbook")) == size.runbooks
    assert len(written.refs("service")) == size.services


@pytest.mark.parametrize("records", [24, 100, 1_234, 10_000])
def test_a_book_has_as_many_records_as_were_asked_for(records: int) -> None:
    assert sizes(records).records == records


def test_facts_have_about_two_kilobytes() -> None:
    facts = [len(data) for path, data in book(FEW) if path.endswith("/incident.yaml")]
    assert 1_500 < sum(facts) / len(facts) < 2_500


def test_a_book_that_cannot_hold_every_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="24"):
        sizes(23)
