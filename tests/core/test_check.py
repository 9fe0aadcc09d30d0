"""A plan answers only for the errors that it brings, wherever they move to."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from opsbook.core.check import check_record, introduced
from opsbook.core.finding import Finding
from opsbook.core.types import parse_time
from opsbook.kinds import registry
from tests.cases.cases import all_cases

FINDINGS = st.builds(
    Finding,
    st.sampled_from(["a", "b"]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from(["INC001", "INC002"]),
    st.sampled_from(["error", "warning"]),
    st.sampled_from(["wrong", "very wrong"]),
    st.just(""),
)


def counted(findings: list[Finding]) -> Counter[tuple[str, str, str]]:
    """How often each thing is wrong, wherever it is."""
    return Counter((finding.path, finding.code, finding.message) for finding in findings)


@given(st.lists(FINDINGS, max_size=8), st.lists(FINDINGS, max_size=8))
def test_what_was_wrong_before_is_not_introduced(before: list[Finding], after: list[Finding]) -> None:
    new = introduced(before, after)
    errors = [finding for finding in after if finding.severity == "error"]
    assert counted(new) == counted(errors) - counted(before)
    assert all(finding in after for finding in new)


@given(st.lists(FINDINGS, max_size=8))
def test_nothing_is_introduced_by_moving_lines_or_by_closing_an_incident(findings: list[Finding]) -> None:
    moved = [
        Finding(f.path, f.line + 7, f.column, f.code, "error", f.message, f.remedy)
        for f in findings
    ]  # fmt: skip
    assert introduced(findings, moved) == []


def test_a_check_says_the_same_every_time_and_in_order() -> None:
    for case in all_cases()[::7]:
        first, second = case.book(), case.book()
        for ref in first.everything():
            found = check_record(ref, first, parse_time(case.now), registry())
            assert found == sorted(found) == check_record(ref, second, parse_time(case.now), registry())
