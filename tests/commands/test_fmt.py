"""`opsbook fmt` says what it repaired and what it could not; with `--check` it changes nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from opsbook.commands.maker import fmt
from opsbook.wiring import open_workspace
from tests.cases.cases import base

WORN = {
    "services/payments.yaml": base()["services/payments.yaml"].replace(b"\n", b"\r\n"),
    "services/checkout.yaml": base()["services/checkout.yaml"].rstrip(b"\n") + b" ",
    "opsbook.yml": b"\xef\xbb\xbf" + base()["opsbook.yml"],
    "docs/index.md": b"# Docs \r\n",
}
BROKEN = {"services/search.yaml": b"name: search\r\ntitle: a: b\r\n"}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    for path, data in {**base(), **WORN}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    return tmp_path


def ran(book: Path, capsys: pytest.CaptureFixture[str], *paths: str, check: bool = False) -> tuple[int, list[str]]:
    """Exit code and lines of the command."""
    capsys.readouterr()
    code = fmt.run(argparse.Namespace(paths=list(paths), check=check), open_workspace(str(book)))
    return code, capsys.readouterr().out.splitlines()


def contents(book: Path) -> dict[str, bytes]:
    return {str(path.relative_to(book)): path.read_bytes() for path in book.rglob("*") if path.is_file()}


def test_records_are_repaired_and_nothing_else_is_touched(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(book, capsys) == (
        0,
        [
            "changed opsbook.yml: byte order mark",
            "changed services/checkout.yaml: final newline",
            "changed services/payments.yaml: line ends",
        ],
    )
    assert contents(book) == {**base(), "docs/index.md": WORN["docs/index.md"]}
    assert ran(book, capsys) == (0, [f"{len(base())} files are as they should be"])


def test_check_changes_nothing_and_fails(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(book)
    code, lines = ran(book, capsys, check=True)
    assert (code, lines[0]) == (1, "would change opsbook.yml: byte order mark")
    assert contents(book) == before


def test_only_what_is_named_is_repaired(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = ("services/payments.yaml", "docs/index.md")
    assert ran(book, capsys, *named) == (0, ["changed services/payments.yaml: line ends"])
    assert ran(book, capsys, "opsbook.yml") == (0, ["changed opsbook.yml: byte order mark"])
    assert contents(book)["services/checkout.yaml"] == WORN["services/checkout.yaml"]


def test_what_cannot_be_repaired_has_its_place_and_fails(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (book / "services/search.yaml").write_bytes(BROKEN["services/search.yaml"])
    code, lines = ran(book, capsys, "services/search.yaml")
    assert code == 1
    assert lines[0] == "changed services/search.yaml: line ends"
    assert lines[1].startswith("services/search.yaml:2:9: cannot be repaired by itself: ")
    assert (book / "services/search.yaml").read_bytes() == BROKEN["services/search.yaml"].replace(b"\r", b"")
