"""The hooks of this repository, run by pre-commit itself on the files of a commit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cases.cases import base
from tests.support.repos import Clone, make_repo

ROOT = Path(__file__).parents[2]
CONFIG = """\
repos:
  - repo: {hooks}
    rev: {rev}
    hooks:
      - {{id: opsbook-fmt, language: system}}
      - {{id: opsbook-check, language: system, verbose: true}}
"""
"""As a book has it, but for `language`: what the tests run is installed already, and needs no network."""


@pytest.fixture
def book(tmp_path: Path) -> Clone:
    hooks, book = make_repo(tmp_path / "hooks"), make_repo(tmp_path / "book")
    name = ".pre-commit-hooks.yaml"
    rev = hooks.commit("Hooks", {name: (ROOT / name).read_bytes()})
    config = {".pre-commit-config.yaml": CONFIG.format(hooks=hooks.path, rev=rev)}
    book.commit("Start", {**base(), "README.md": "# A book\n", **config})
    return book


def hooked(book: Clone) -> tuple[int, str]:
    """Exit code and words of pre-commit on what is staged."""
    book.git("add", "--all")
    paths = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environ = {**book.environment, "PATH": paths, "PRE_COMMIT_HOME": str(book.path.parent / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--color=never"],
        cwd=book.path,
        env=environ,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_commit_of_records_and_other_files_is_repaired_and_checked(book: Clone) -> None:
    service = book.path / "services/payments.yaml"
    service.write_bytes(base()["services/payments.yaml"].replace(b"\n", b" \n"))
    (book.path / "README.md").write_bytes(b"# A book of ours \n")
    code, said = hooked(book)
    assert code == 1, said
    assert "changed services/payments.yaml: trailing space" in said
    assert "passed over, being no record: README.md" in said
    assert service.read_bytes() == base()["services/payments.yaml"]

    code, said = hooked(book)
    assert code == 0, said
    assert "passed over, being no record: README.md" in said

    service.write_bytes(base()["services/payments.yaml"].replace(b"ours: false", b"ours: perhaps"))
    code, said = hooked(book)
    assert code == 1, said
    assert "services/payments.yaml:4:7: error: ours must be true or false" in said
