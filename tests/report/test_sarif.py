"""A check as SARIF: valid by the standard's schema, inert whatever it quotes, and no larger than GitHub takes."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import replace
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from opsbook.core.check import examine_book, examine_records
from opsbook.core.finding import Finding
from opsbook.core.types import parse_time
from opsbook.kinds import registry
from opsbook.report import sarif
from opsbook.report.findings import FORMATS, Result, write
from opsbook.report.screen import Screen
from tests.cases.cases import CODES, Case, all_cases
from tests.support.tries import tries

SCHEMA = Draft4Validator(json.loads((Path(__file__).parent / "data" / "sarif-2.1.0.schema.json").read_text("utf-8")))
SITE = "https://ops.example/book/"

LINE = st.text(st.characters(exclude_categories=()), max_size=60)
HOSTILE = st.sampled_from(
    [
        "[click](https://evil.example)",
        "{0} {x} }}",
        "\x1b[31m\x9b2J",
        "::error::x\n::stop-commands::x",
        "##vso[task.setvariable]x",
        "<script>alert(1)</script>",
        "@everyone",
        "\u202eabc\u200b",
        "\ud800",
        "a" * 70_000,
    ]
)
PATHS = st.one_of(st.sampled_from(["a b/ü#%?.yaml", "c:/x", "../x", "\udcff/é.yaml", "[x](y)"]), LINE)
FINDINGS = st.builds(
    Finding,
    PATHS.map(
        lambda path: "".join(
            char for char in path if not "\ud800" <= char < "\udc80" and not "\udcff" < char < "\ue000"
        )
    ),
    st.integers(1, 10**6),
    st.integers(1, 10**6),
    st.sampled_from(sorted(CODES)),
    st.sampled_from(["error", "warning"]),
    LINE | HOSTILE,
    LINE,
    st.just("") | LINE | HOSTILE,
)


def finding(number: int = 1, **values: Any) -> Finding:
    """A plain finding."""
    path = f"services/s{number}.yaml"
    return replace(Finding(path, 3, 7, "SVC005", "error", f"the name is x{number}", "Rename it."), **values)


def run_of(findings: list[Finding], site: str | None = None) -> dict[str, Any]:
    """The one run of the log."""
    (run,) = sarif.log(findings, CODES, site)["runs"]
    assert isinstance(run, dict)
    return run


def printed(form: str, findings: list[Finding]) -> str:
    """What a check prints."""
    stream = StringIO()
    write(form, Result(findings, 1, CODES), Screen(stream))
    return stream.getvalue()


def checked(case: Case) -> list[Finding]:
    """Everything that a check of a case says, with what is allowed."""
    book, now = case.book(), parse_time(case.now)
    return sorted({*examine_book(book, now, registry()), *examine_records(book.everything(), book, now, registry())})


def test_the_log_of_every_case_fits_the_schema_of_the_standard() -> None:
    findings = [item for case in all_cases() for item in checked(case)]
    assert {item.code for item in findings} == set(CODES)
    assert any(item.allowed for item in findings)
    value = sarif.log(findings, CODES, SITE)
    SCHEMA.validate(value)
    results = value["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == [item.code for item in findings]


@tries(60)
@given(st.lists(FINDINGS, max_size=4))
def test_whatever_a_finding_says_the_log_is_valid_and_inert(findings: list[Finding]) -> None:
    text = printed("sarif", findings)
    assert text.isascii()
    assert text.count("\n") == 1
    assert "##" not in text
    value = json.loads(text)
    SCHEMA.validate(value)
    for item, result in zip(findings, value["runs"][0]["results"], strict=True):
        shown = result["message"]["text"]
        assert not re.search(r"\]\(", shown)
        assert not re.search(r"[{}]", shown.replace("{{", "").replace("}}", ""))
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200b\u202e\ud800-\udfff]", shown)
        assert len(shown) < 2_100
        address = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]*", address)
        assert urlsplit(address).scheme == ""
        assert unquote_to_bytes(address) == item.path.encode("utf-8", "surrogateescape")


def test_a_result_says_which_rule_where_and_how_grave() -> None:
    run = run_of([finding(), finding(2, severity="warning", path="runbooks/a b/ü.md")])
    first, second = run["results"]
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "SVC005"
    assert (first["level"], second["level"]) == ("error", "warning")
    assert first["message"] == {"text": "the name is x1"}
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "services/s1.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 7},
    }
    assert second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "runbooks/a%20b/%C3%BC.md"
    assert "suppressions" not in first
    assert run["columnKind"] == "unicodeCodePoints"
    assert "toolExecutionNotifications" not in run["invocations"][0]


def test_what_is_allowed_is_shown_with_its_reason_and_stops_nobody() -> None:
    (result,) = run_of([finding(allowed="the supplier renames it in January")])["results"]
    assert result["suppressions"] == [{"kind": "inSource", "justification": "the supplier renames it in January"}]
    assert result["level"] == "note"
    assert result["message"]["text"] == "the name is x1. Allowed here because the supplier renames it in January"


def test_a_rule_has_its_words_and_an_address_only_where_there_is_a_site() -> None:
    for site, address in ((None, None), (SITE, f"{SITE}reference/rules/#inc012")):
        rules = {rule["id"]: rule for rule in run_of([], site)["tool"]["driver"]["rules"]}
        assert list(rules) == list(CODES)
        rule = rules["INC012"]
        assert rule.get("helpUri") == address
        assert rule["name"] == "TheReportOfAClosedIncidentIsNotFinished"
        assert rule["shortDescription"]["text"] == f"{CODES['INC012'].title()}."
        assert rule["help"]["text"] == CODES["INC012"].remedy()
        assert rule["defaultConfiguration"]["level"] == "error"


def test_a_fingerprint_stays_when_lines_move_and_tells_equal_findings_apart() -> None:
    def prints(findings: list[Finding]) -> list[str]:
        return [result["partialFingerprints"][sarif.FINGERPRINT] for result in run_of(findings)["results"]]

    same = finding(line=4)
    before = prints([finding(), same, finding(2)])
    assert len(set(before)) == 3
    assert prints([finding(line=30), replace(same, line=31), finding(2, line=1, column=1)]) == before
    assert prints([finding(allowed="a reason")]) == before[:1]
    assert not {*prints([finding(code="SVC001")]), *prints([finding(message="x")])} & set(before)


def test_more_than_github_takes_is_cut_at_what_weighs_least_and_says_so() -> None:
    many = [
        *(finding(number, severity="warning") for number in range(20)),
        *(finding(number) for number in range(90)),
        finding(1, allowed="a reason"),
    ]
    value = sarif.log(many, CODES, results=100)
    SCHEMA.validate(value)
    assert [result["level"] for result in value["runs"][0]["results"]] == ["warning"] * 10 + ["error"] * 90
    (notification,) = value["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("11 of 111 findings are left out")
    assert (sarif.RESULTS, sarif.BYTES) == (25_000, 10_000_000), "what GitHub's documentation says"


def test_a_log_that_is_too_large_compressed_is_cut_further() -> None:
    random = Random(3)
    words = ["".join(map(chr, random.choices(range(0x4E00, 0x9000), k=100))) for _ in range(400)]
    long = [finding(number, message=word) for number, word in enumerate(words)]
    value = sarif.log(long, CODES, size=80_000)
    assert len(zlib.compress(json.dumps(value).encode())) <= 80_000
    results = value["runs"][0]["results"]
    assert len(results) == 200
    notification = value["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]
    assert notification["message"]["text"].startswith("200 of 400 ")
    assert sarif.log(long, CODES, size=1)["runs"][0]["results"] == [], "it ends, whatever the limit"


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"sarif"}))
def test_other_formats_count_what_is_allowed_and_do_not_list_it(form: str) -> None:
    text = printed(form, [finding(allowed="a reason that is nowhere else"), finding(2)])
    assert "x2" in text
    assert "x1" not in text
    assert "nowhere else" not in text
    if form == "json":
        assert set(json.loads(text)) == {"checked", "findings"}
    else:
        assert "1 allowed by a comment" in text
    assert "allowed" not in printed(form, [finding()])
