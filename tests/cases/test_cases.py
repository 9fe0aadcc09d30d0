"""Every rule finds what its cases mark, there and nowhere else, and lets pass what they say is fine."""

from __future__ import annotations

from collections import Counter

import pytest

from opsbook.core.examples import examples as packaged
from tests.cases import examples
from tests.cases.cases import CODES, FOLDER, Case, all_cases, base

CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_has_exactly_the_findings_that_are_marked(case: Case) -> None:
    """Of its own code and of those that it marks: what another rule thinks of it is that rule's business."""
    about = {case.code, *(code for _, _, code, _ in case.expected)}
    findings = [item for item in case.findings() if item.code in about]

    found = Counter((item.path, item.line, item.code, item.severity) for item in findings)
    listed = "\n".join(f"{f.path}:{f.line}:{f.column}: {f.severity} {f.code} {f.message}" for f in findings)
    assert found == case.expected, f"the check found\n{listed or 'nothing'}"
    columns = {(item.path, item.line, item.column, item.code) for item in findings}
    assert case.columns <= columns, listed
    for words in case.says:
        assert any(words in item.message for item in findings if item.code == case.code), listed


def test_the_base_book_has_nothing_that_any_rule_finds() -> None:
    plain = Case("", "the base book", passes=True, files=dict(base()))
    assert plain.findings() == [], "mend it in tests/cases/base: every case of every rule is an edit of it"


def test_cases_that_pass_mark_nothing_and_cases_that_fail_mark_their_own_code() -> None:
    for case in CASES:
        marked = {code for _, _, code, _ in case.expected}
        assert (not marked) if case.passes else (case.code in marked), case.id


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_cases_that_pass_and_cases_that_fail(code: str) -> None:
    groups = {case.passes for case in CASES if case.code == code}
    assert groups == {True, False}, f"write tests/cases/{code}.yml with cases under pass and under fail"


def test_there_are_no_cases_of_a_code_that_does_not_exist() -> None:
    assert {path.stem for path in FOLDER.glob("*.yml")} <= set(CODES)


def test_the_package_holds_an_example_of_every_code_from_these_cases() -> None:
    assert examples.PATH.read_text("utf-8") == examples.written(), "run make schemas"
    for code, example in packaged().items():
        assert example.wrong, code
        assert example.wrong != example.right, code
