"""A code is a promise to whoever reads a finding: it is unique, it stays, and it says what to do."""

from __future__ import annotations

from collections import Counter

import pytest

from opsbook.core import codes
from opsbook.core.check import all_codes
from opsbook.core.code import Code, Problem
from opsbook.core.rules import BOOK_RULES, RECORD_RULES
from opsbook.kinds import registry
from tests.cases.cases import FOLDER, all_cases

DEFINED: list[type[Code]] = [*codes.FORM, *codes.SUPPRESSIONS, *RECORD_RULES, *BOOK_RULES]
for kind in registry().values():
    DEFINED += [*kind.rules, *kind.book_rules]
CODES = all_codes(registry())

IN_INCIDENTS = {
    code.__name__: code for code in (*codes.FORM, *codes.SUPPRESSIONS, *RECORD_RULES, *registry()["incident"].rules)
}
"""Codes that an incident can have."""


def kept() -> dict[str, bool]:
    """The committed list of codes: whether each is still in use."""
    lines = [line for line in (FOLDER / "codes.txt").read_text("utf-8").split("\n") if line and line[0] != "#"]
    found = {line.partition(" ")[0]: not line.endswith(" retired") for line in lines}
    assert len(found) == len(lines), "a code is listed twice"
    return found


def test_no_two_rules_have_the_same_code() -> None:
    counted = Counter(code.__name__ for code in DEFINED)
    assert [name for name, count in counted.items() if count > 1] == []


def test_every_code_is_listed_and_none_is_given_away_again() -> None:
    listed = kept()
    used = {name for name, in_use in listed.items() if in_use}
    assert set(CODES) == used, "add a new code to tests/cases/codes.txt; mark one that went as retired"


def test_the_codes_of_a_family_are_numbered_without_gaps() -> None:
    numbers: dict[str, list[int]] = {}
    for name in kept():
        numbers.setdefault(name[:3], []).append(int(name[3:]))
    for family, found in numbers.items():
        assert found == list(range(1, len(found) + 1)), family


def test_codes_are_printed_family_by_family_in_the_order_of_their_numbers() -> None:
    names = list(CODES)
    families = list(dict.fromkeys(name[:3] for name in names))
    assert names == sorted(names, key=lambda name: (families.index(name[:3]), name))


@pytest.mark.parametrize("code", DEFINED, ids=lambda code: code.__name__)
def test_a_code_says_what_is_wrong_and_what_to_do(code: type[Code]) -> None:
    first, _, rest = (code.__doc__ or "").partition("\n")
    assert first.endswith(".")
    assert 8 <= len(first) <= 80
    assert rest.startswith("\n"), "leave a line empty below the title"

    remedy = code.remedy()
    assert len(remedy) >= 40
    assert remedy.endswith(".")
    assert "  " not in remedy
    # It begins with what to do, not with what is the case.
    assert remedy.split()[0] not in ("The", "This", "A", "An", "It", "There", "If", "When")


@pytest.mark.parametrize("code", [code for code in DEFINED if hasattr(code, "check")], ids=lambda code: code.__name__)
def test_a_rule_says_what_it_looks_at(code: type[Code]) -> None:
    assert code.check.__doc__, f"{code.__name__}.check has no docstring"  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", DEFINED, ids=lambda code: code.__name__)
def test_what_always_blocks_is_an_error_and_stays_one_under_pressure(code: type[Code]) -> None:
    problem = Problem("something is wrong", path="x")
    assert code.finding(problem).severity == code.severity
    if code.always:
        assert code.severity == "error"
    assert code.finding(problem, soften=True).severity == ("error" if code.always else "warning")


def test_while_an_incident_is_open_exactly_the_codes_that_always_block_are_errors() -> None:
    shown: dict[str, set[str]] = {}
    for case in all_cases():
        book = case.book()
        for path, _, code, severity in case.expected:
            ref = book.at(path)
            if code in IN_INCIDENTS and ref is not None and registry()[ref.kind].is_open(book.record(ref)):
                shown.setdefault(code, set()).add(severity)

    for name, rule in IN_INCIDENTS.items():
        if rule.severity == "error":
            wanted = {"error" if rule.always else "warning"}
            assert shown.get(name, wanted) == wanted, name
            assert name in shown or not rule.always, f"write a case of {name} in an open incident"
