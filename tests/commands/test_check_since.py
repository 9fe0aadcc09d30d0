"""A check of what changed finds every error that the change brings, also in records that it did not touch."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from opsbook.commands.maker import check
from opsbook.commands.workspace import R, T, Workspace
from opsbook.core.book import Book
from opsbook.core.context import Context
from opsbook.core.kind import Kinds
from opsbook.core.tree import MemoryTree, Mode, Tree
from opsbook.core.types import parse_time
from opsbook.kinds import registry
from tests.cases.cases import NOW, SHORT, Case, all_cases, base

BASE = dict(base())
LOST = {path: data for path, data in BASE.items() if path != "runbooks/response/respond.md"}


@dataclass
class Clone(Workspace):
    """A clone without Git: a revision and a working tree, both in memory."""

    old: Mapping[str, bytes]
    new: Mapping[str, bytes]
    modes: Mapping[str, Mode]
    at: str = NOW
    root: Path = Path("/nowhere")
    asks: bool = False
    color: bool = False

    @property
    def kinds(self) -> Kinds:
        """See `Workspace`."""
        return registry()

    @property
    def book(self) -> Book:
        """See `Workspace`."""
        return Book(MemoryTree(self.new, self.modes), registry())

    @property
    def open_book(self) -> Book:
        """See `Workspace`."""
        return self.book

    def again(self) -> Clone:
        """See `Workspace`."""
        return self

    def now(self) -> datetime:
        """See `Workspace`."""
        return parse_time(self.at)

    def changed(self, since: str) -> tuple[Sequence[str], Sequence[str]]:
        """See `Workspace`."""
        written = [p for p, data in self.new.items() if self.old.get(p) != data or p in self.modes]
        return sorted(written), sorted(set(self.old) - set(self.new))

    def inside(self, path: str) -> str:
        """See `Workspace`."""
        return path

    def spread(self, work: Callable[[Sequence[T]], list[R]], items: Sequence[T]) -> list[R]:
        """See `Workspace`."""
        return work(items)

    def actor(self, by: str | None = None) -> str:
        """See `Workspace`."""
        raise NotImplementedError

    def context(self, by: str | None = None) -> Context:
        """See `Workspace`."""
        raise NotImplementedError

    def revision(self, name: str) -> Tree:
        """See `Workspace`."""
        return MemoryTree(self.old)


def checked(clone: Clone, capsys: pytest.CaptureFixture[str], since: str | None = "main") -> dict[str, Any]:
    """What `check --format json` prints."""
    args = argparse.Namespace(since=since, paths=[], format="json", now=None, baseline=False, shrink=False)
    capsys.readouterr()
    code = check.run(args, clone)
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert code == any(finding["severity"] == "error" for finding in value["findings"])
    return value


def places(value: Mapping[str, Any]) -> list[str]:
    """Place and code of every finding."""
    return [f"{item['path']}:{item['line']} {item['code']}" for item in value["findings"]]


@pytest.mark.parametrize(
    "case",
    # A change of the configuration is a change of everything.
    [case for case in all_cases() if not case.passes and case.files.get("opsbook.yml") == BASE["opsbook.yml"]],
    ids=lambda case: case.id,
)
def test_every_error_of_every_case_is_found_by_looking_at_the_change_alone(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    errors = [finding.as_json() for finding in case.findings() if finding.severity == "error"]
    found = checked(Clone(BASE, case.files, case.modes, case.now), capsys)["findings"]
    assert [item for item in errors if item not in found] == []


def test_a_change_does_not_answer_for_the_faults_of_others(capsys: pytest.CaptureFixture[str]) -> None:
    faulty = {**BASE, "services/payments.yaml": b"name: payments\n", "docs/help.md": b"[x](gone.md)\n"}
    value = checked(Clone({**faulty, "runbooks/a/b.md": b""}, faulty, {}), capsys)
    assert value == {"checked": 0, "findings": []}
    changed = {**faulty, "services/checkout.yaml": BASE["services/checkout.yaml"] + b"# checked\n"}
    assert checked(Clone(faulty, changed, {}), capsys) == {"checked": 1, "findings": []}


def test_a_service_that_goes_is_missed_by_those_that_name_it(capsys: pytest.CaptureFixture[str]) -> None:
    left = {path: data for path, data in BASE.items() if path != "services/checkout.yaml"}
    value = checked(Clone(BASE, left, {}), capsys)
    assert places(value) == [
        f"{SHORT['open']}/incident.yaml:13 INC009",
        "operations/drills/checkout-fails.yaml:3 DRL002",
        "runbooks/response/respond.md:5 RUN006",
    ]
    assert value["checked"] == 3


def test_a_runbook_that_goes_is_missed_by_services_severities_and_links(capsys: pytest.CaptureFixture[str]) -> None:
    linking = b"---\ntitle: Search\nowner: platform\nreviewed: 2026-11-01\n---\n\n[It](respond.md#what-to-do)\n"
    other = {"runbooks/response/search.md": linking}
    value = checked(Clone({**BASE, **other}, {**LOST, **other}, {}), capsys)
    assert places(value) == [
        "opsbook.yml:63 CFG004",
        "runbooks/response/search.md:7 RUN004",
        "services/checkout.yaml:7 SVC003",
    ]


def test_a_heading_that_goes_is_missed_by_the_links_to_it(capsys: pytest.CaptureFixture[str]) -> None:
    linking = b"---\ntitle: Search\nowner: platform\nreviewed: 2026-11-01\n---\n\n[It](respond.md#what-to-do)\n"
    old = {**BASE, "runbooks/response/search.md": linking}
    text = (
        old["runbooks/response/respond.md"]
        .replace(b"## What to do", b"## What you do")
        .replace(b"#what-to", b"#what-you")
    )
    value = checked(Clone(old, {**old, "runbooks/response/respond.md": text}, {}), capsys)
    assert places(value) == ["runbooks/response/search.md:7 RUN004"]


@pytest.mark.parametrize("name", ["breach.md", "dashboard.png"])
def test_a_page_or_picture_that_goes_is_missed_by_the_links_to_it(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    linking = f"---\ntitle: Search\nowner: platform\nreviewed: 2026-11-01\n---\n\n[It](../../docs/{name})\n".encode()
    old = {**BASE, "runbooks/response/search.md": linking, f"docs/{name}": b"# Here\n"}
    assert places(checked(Clone({}, old, {}), capsys)) == []
    new = {path: data for path, data in old.items() if path != f"docs/{name}"}
    assert places(checked(Clone(old, new, {}), capsys)) == ["runbooks/response/search.md:7 RUN004"]


def test_a_page_that_goes_is_missed_by_other_pages_and_by_the_navigation(capsys: pytest.CaptureFixture[str]) -> None:
    nav = b"site_name: Book\nnav: [{Home: index.md}, {Breach: breach.md}]\n"
    pages = {"docs/help.md": b"[It](breach.md)\n", "docs/other.md": b"[x](gone.md)\n", "mkdocs.yml": nav}
    old = {**BASE, **pages, "docs/breach.md": b"# Here\n"}
    assert places(checked(Clone(old, {**BASE, **pages}, {}), capsys)) == [
        "docs/help.md:1 PAG001",
        "mkdocs.yml:2 PAG006",
    ]


def test_a_file_that_goes_from_a_record_is_missed_there(capsys: pytest.CaptureFixture[str]) -> None:
    left = {path: data for path, data in BASE.items() if path != f"{SHORT['closed']}/report.md"}
    assert places(checked(Clone(BASE, left, {}), capsys)) == [f"{SHORT['closed']}/incident.yaml:5 INC012"]


def test_a_record_that_goes_whole_is_nobodys_fault(capsys: pytest.CaptureFixture[str]) -> None:
    left = {path: data for path, data in BASE.items() if not path.startswith(SHORT["closed"])}
    assert checked(Clone(BASE, left, {}), capsys) == {"checked": 0, "findings": []}


def test_a_change_of_the_configuration_is_a_change_of_everything(capsys: pytest.CaptureFixture[str]) -> None:
    config = BASE["opsbook.yml"].replace(b"id: oncall-b", b"id: oncall-z")
    value = checked(Clone(BASE, {**BASE, "opsbook.yml": config}, {}), capsys)
    assert value["checked"] == 7
    assert {place.rpartition(" ")[2] for place in places(value)} == {"MOD004"}


def test_nothing_changed_and_nothing_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(Clone(BASE, BASE, {}), capsys) == {"checked": 0, "findings": []}


def test_a_suppression_counts_in_a_check_of_changes_and_none_is_unused_for_a_rule_that_was_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = b"[response/respond] # opsbook: allow CFG004 because it is written next week"
    config = BASE["opsbook.yml"].replace(b"[response/respond]", words)
    service = BASE["services/checkout.yaml"]
    allowed = service.replace(b"[response/respond]", b"[later/on] # opsbook: allow SVC003 because it comes")
    old = {**BASE, "opsbook.yml": config}
    assert places(checked(Clone(old, {**old, "services/checkout.yaml": allowed}, {}), capsys)) == []
    unused = service.replace(b"[response/respond]", b"[response/respond] # opsbook: allow SVC003 because it comes")
    found = places(checked(Clone(old, {**old, "services/checkout.yaml": unused}, {}), capsys))
    assert found == ["services/checkout.yaml:7 SUP001"]
    assert [place[-6:] for place in places(checked(Clone(BASE, old, {}), capsys))] == ["SUP001"]
