"""The benchmarks run from end to end with real processes and real Git, at the smallest size that there is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import repository
from benchmarks.generate import write
from benchmarks.measure import Command, Failed, run
from benchmarks.run import main

ROOT = Path(__file__).parents[2]


def test_two_questions_are_answered_as_one_object(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["start", "since", "--records", "192", "--runs", "1", "--format", "json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert "opsbook" in found["machine"]
    start, since = found["sections"]
    assert [row["what"] for row in start["rows"]] == [
        "python -c pass", "opsbook --help", "opsbook list", "opsbook note",
    ]  # fmt: skip
    assert all(row["peak_bytes"] > 1_000_000 for row in start["rows"])
    assert "192" in since["title"]


def test_it_is_run_as_make_runs_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "--records" in done.stdout


def test_an_unknown_question_is_a_usage_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["speed"])
    assert ended.value.code == 2
    assert "there is no question speed" in capfd.readouterr().err


def test_a_command_that_fails_is_no_figure(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="ended with 3: broken"):
        run(Command((sys.executable, "-c", "print('broken', end=''); raise SystemExit(3)"), tmp_path))


def test_the_memory_of_a_child_is_its_own_and_not_that_of_this_process(tmp_path: Path) -> None:
    ballast = bytearray(200_000_000)
    ballast[::4096] = b"x" * len(ballast[::4096])
    small = run(Command((sys.executable, "-c", "pass"), tmp_path))
    large = run(Command((sys.executable, "-c", "x = bytearray(100_000_000); x[::4096] = b'x' * 24415"), tmp_path))
    assert small.peak < 60_000_000 < 100_000_000 < large.peak < 180_000_000
    assert len(ballast) == 200_000_000


def test_the_repository_holds_the_book_and_each_open_incident_on_its_branch(tmp_path: Path) -> None:
    folder = tmp_path / "book"
    size = write(folder, 24)
    repository.commit_all(folder)
    assert repository.git(folder, "status", "--porcelain") == b""
    assert len(repository.git(folder, "ls-tree", "-r", "HEAD").splitlines()) == size.files
    ids = repository.open_branches(folder, 2)
    branches = repository.git(folder, "for-each-ref", "--format=%(refname:lstrip=3)", "refs/heads/opsbook/")
    assert sorted(branches.decode().split()) == sorted(ids)
