"""A comment with a reason allows a finding on its line: every finding that may be, never another one, never unseen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core import checklist, markdown, yaml
from opsbook.core.book import Book
from opsbook.core.check import (
    check_book,
    check_record,
    examine_book,
    examine_record,
    examine_records,
    introduced,
    known_before,
)
from opsbook.core.finding import Finding
from opsbook.core.tree import MemoryTree
from opsbook.core.types import parse_time
from opsbook.kinds import registry
from opsbook.site.pages import Site
from tests.cases.cases import CODES, NOW, SHORT, Case, all_cases, base
from tests.core import strategies
from tests.kinds.small import Desk, book
from tests.support.tries import tries

AT = parse_time(NOW)
SERVICE = "services/checkout.yaml"
RUNBOOK = "runbooks/response/respond.md"
CLOSED = SHORT["closed"]


def examined(of: Book) -> list[Finding]:
    """Everything that a check of the whole book says, with what is allowed."""
    return [*examine_book(of, AT, registry()), *examine_records(of.everything(), of, AT, registry())]


def changed(path: str, old: str, new: str) -> Book:
    """The base book with one text replaced."""
    text = base()[path].decode()
    assert text.count(old) == 1, old
    return book({path: text.replace(old, new)})


def findings_of(of: Book) -> list[tuple[str, str]]:
    """Code and message of what is wrong with a book."""
    return [(finding.code, finding.message) for finding in examined(of) if not finding.allowed]


# -- what can be allowed


def allowing(case: Case, finding: Finding) -> Book:
    """The book of a case with a comment above a finding that allows it."""
    lines = case.files[finding.path].decode().split("\n")
    words = f"opsbook: allow {finding.code} because of a reason"
    front = lines.index("---", 1) if lines[0] == "---" else 0
    place = finding.line - 1
    if finding.path.endswith(".md") and place >= front:
        comment = f"<!-- {words} -->"
    else:
        place = max(place, 1 if front else 0)
        comment = " " * (len(lines[place]) - len(lines[place].lstrip())) + f"# {words}"
    lines.insert(place, comment)
    return Book(MemoryTree({**case.files, finding.path: "\n".join(lines).encode()}, case.modes), registry())


SUPPRESSIBLE = sorted(name for name, code in CODES.items() if code.may_be_suppressed())


@pytest.mark.parametrize("code", SUPPRESSIBLE)
def test_every_finding_that_may_be_allowed_is_allowed_by_a_comment_above_it(code: str) -> None:
    tried = 0
    for case in all_cases():
        for path, line, name, _ in case.expected:
            if (case.code, name) != (code, code) or case.passes:
                continue
            found = next(item for item in case.findings() if (item.path, item.line, item.code) == (path, line, name))
            now, of = parse_time(case.now), allowing(case, found)
            ref = of.at(path)
            after = examine_book(of, now, registry()) if ref is None else examine_record(ref, of, now, registry())
            moved = (path, name, found.message)
            same = [item for item in after if (item.path, item.code, item.message) == moved]
            assert {item.allowed for item in same if item.line in (1, line + 1)} == {"of a reason"}, (case.id, after)
            assert [item for item in after if item.code[:3] == "SUP" and case.code[:3] != "SUP"] == []
            tried += 1
    assert tried


@pytest.mark.parametrize("code", sorted(set(CODES) - set(SUPPRESSIBLE)))
def test_what_may_not_be_allowed_counts_and_the_comment_is_refused(code: str) -> None:
    of = changed(SERVICE, "owner: platform", f"owner: platform # opsbook: allow {code} because it is in the way")
    ((found, message),) = findings_of(of)
    assert found == "SUP002"
    assert f"{code}, which cannot be suppressed" in message
    assert ("it blocks always" in message) == CODES[code].always


def test_what_is_allowed_keeps_its_place_its_words_and_its_severity() -> None:
    plain = changed(SERVICE, "[response/respond]", "[response/later]")
    allowed = changed(SERVICE, "[response/respond]", "[response/later] # opsbook: allow SVC003 because it comes soon")
    (before,), (after,) = examined(plain), examined(allowed)
    assert after.allowed == "it comes soon"
    assert before.as_json() == after.as_json()
    assert check_record(allowed.refs("service")["checkout"], allowed, AT, registry()) == []


@given(
    st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=40)
    | st.sampled_from(["LEK001 because x", "SVC001 because because", ", because x", "because because x"])
)
def test_a_suppression_is_never_passed_over_in_silence(text: str) -> None:
    found = {
        code for code, _ in findings_of(changed(SERVICE, "owner: platform", f"owner: platform # opsbook: allow {text}"))
    }
    assert found
    assert {code[:3] for code in found} <= {"SUP", "YML", "LEK"}


def test_a_file_that_cannot_be_read_has_no_suppressions() -> None:
    text = (
        base()[SERVICE]
        .decode()
        .replace("[response/respond]", "[response/later] # opsbook: allow SVC003, SVC001 because")
    )
    for broken in (f"{text}# soon\nname: twice\n", f"{text}# soon\ntitle: [\n", f"{text}\u202e\n"):
        assert {code for code, _ in findings_of(book({SERVICE: broken}))} & {"SUP001", "SUP002"} == set()


def test_nothing_is_called_unused_in_a_record_of_which_a_part_does_not_fit_its_model() -> None:
    text = base()[f"{CLOSED}/incident.yaml"].decode()
    unused = text.replace("status: closed", "status: closed # opsbook: allow INC012 because of a court")
    assert [code for code, _ in findings_of(book({f"{CLOSED}/incident.yaml": unused}))] == ["SUP001"]
    misfit = unused.replace("severity: P1", "severity: P9")
    assert [code for code, _ in findings_of(book({f"{CLOSED}/incident.yaml": misfit}))] == ["MOD004"]


def test_nothing_is_called_unused_for_which_a_check_of_changes_did_not_look() -> None:
    words = "opsbook: allow CFG004, CFG005 because it comes"
    of = book(more=("[response/respond]", f"[response/respond] # {words}"))

    def unused(kinds: set[str] | None) -> list[str]:
        return [item.message.split()[3] for item in check_book(of, AT, registry(), kinds)]

    assert unused(None) == ["CFG004", "CFG005"]
    assert unused({"runbook"}) == ["CFG004"]
    assert unused({"service"}) == unused(set()) == []
    broken = book(more=("[response/respond]", f"[response/respond] # {words}\n      nothing_like_it: 1"))
    assert [item.code for item in check_book(broken, AT, registry())] == ["MOD002"], (
        "what does not fit is replaced by defaults"
    )


# -- actions


def test_an_action_keeps_a_suppression_where_it_was_and_what_it_allows() -> None:
    path = f"{SHORT['open']}/incident.yaml"
    text = base()[path].decode()
    text = text.replace("severity: P1", "severity: P1 # opsbook: allow INC008 because the mail system is down")
    text = text.replace("roles:\n", "roles:\n  # opsbook: allow INC004 because the rota is empty on bank holidays\n")
    desk = Desk(book({path: text}).tree)
    id_ = "INC-20261121-7KQ4M"
    desk.later(hours=3)

    def allowed() -> set[str]:
        found = examine_record(desk.record(id_).ref, desk.book, desk.now, registry())
        return {item.code for item in found if item.allowed}

    assert allowed() == {"INC008"}
    desk.do("update", id_, lead="oncall-b", summary="It is the key.")
    assert allowed() == {"INC008"}
    after = desk.do("update", id_, severity="P2").files[path]
    assert after is not None
    lines = after.decode().split("\n")
    assert "severity: P2 # opsbook: allow INC008 because the mail system is down" in lines
    above = lines.index("  # opsbook: allow INC004 because the rota is empty on bank holidays")
    assert lines[above + 1] == "  lead: oncall-b"


def test_a_plan_is_not_refused_for_what_is_allowed_nor_for_what_was() -> None:
    old = changed(SERVICE, "[response/respond]", "[response/later] # opsbook: allow SVC003 because it comes soon")
    bare = changed(SERVICE, "[response/respond]", "[response/later]")
    ref = old.refs("service")["checkout"]
    assert introduced([], check_record(ref, old, AT, registry())) == []
    assert introduced(known_before(ref, old, AT, registry()), check_record(ref, bare, AT, registry())) == []
    assert introduced(known_before(None, old, AT, registry()), check_record(ref, bare, AT, registry())) != []


# -- YAML


@given(strategies.mappings, st.integers(0, 2**32))
@tries(100)
def test_the_comments_of_a_text_are_found_and_nothing_that_looks_like_one(value: dict[str, Any], seed: int) -> None:
    text = strategies.Writer(seed).write(value)
    document = yaml.load(text.encode(), first_line=5)
    if document.faults:
        return
    lines = text.split("\n")
    found = document.comments()
    assert {comment.text for comment in found} == {f"# c{number}" for number in range(1, len(found) + 1)}
    beyond = f"# c{len(found) + 1}"
    assert not any(line.endswith(f" {beyond}") or line == beyond for line in lines)
    for comment in found:
        line = lines[comment.line - 5]
        assert line[comment.column - 1 :] == comment.text
        if line.strip() != comment.text:
            assert comment.about == comment.line
        else:
            between = lines[comment.line - 4 : comment.about - 5]
            assert all(re.fullmatch(r" *# c\d+", other) for other in between)
            assert not re.fullmatch(r" *# c\d+", lines[comment.about - 5])


# -- Markdown

WORDS = "<!-- opsbook: allow RUN004 because of a reason -->"
PLAIN = st.sampled_from(
    [
        "Some words.",
        "## A heading",
        "> A quotation with [a link](x.md).",
        "",
        "- an item",
        "1. a step",
        "A `code`",
        "***",
        "Ünï [é](ö.md)",
    ]
)
TABLE = st.lists(
    st.sampled_from(["| 1 | Do `it` | oncall |", "| 2 | [See](y.md) | ops |"]), min_size=1, max_size=3
).map(lambda rows: ["", "| Step | Action | Owner |", "| --- | --- | --- |", *rows, ""])
FENCE = st.sampled_from(["```", "~~~"]).map(lambda sign: ["", f"{sign}text", WORDS, f"a {WORDS}", sign, ""])
BLOCKS = st.lists(PLAIN.map(lambda line: [line]) | TABLE | FENCE, max_size=8)


@given(BLOCKS, st.data(), st.booleans())
def test_a_page_reads_as_if_its_suppressions_were_not_there_and_everything_keeps_its_line(
    blocks: list[list[str]], data: st.DataObject, front: bool
) -> None:
    head = "---\ntitle: x\n---\n" if front else ""
    numbers: dict[int, int] = {}
    plain: list[str] = []
    lines: list[str] = []
    start = head.count("\n") + 1
    expected: list[tuple[int, int]] = []
    for block in blocks:
        code = WORDS in block
        for line in block:
            above = data.draw(st.integers(0, 2)) if not code else 0
            expected += [(start + len(lines) + number, start + len(lines) + above) for number in range(above)]
            lines += [WORDS] * above
            numbers[start + len(plain)] = start + len(lines)
            beside = line != "" and not code and data.draw(st.booleans())
            if beside:
                expected.append((start + len(lines),) * 2)
            plain.append(line)
            lines.append(f"{line} {WORDS}" if beside else line)
    page = markdown.parse((head + "\n".join(lines)).encode())
    bare = markdown.parse((head + "\n".join(plain)).encode())
    assert page.body == bare.body
    assert [(comment.line, comment.about) for comment in page.comments] == expected
    assert page.html == tuple((numbers[line], what) for line, what in bare.html)
    assert [(h.text, h.line) for h in page.headings] == [(h.text, numbers[h.line]) for h in bare.headings]
    assert page.outline == tuple((level, text, numbers[line]) for level, text, line in bare.outline)
    assert [(k.target, k.line, k.column) for k in page.links] == [
        (k.target, numbers[k.line], k.column) for k in bare.links
    ]
    steps = [(step.step, step.action, step.owner, step.line) for step in checklist.lines_of(page)]
    assert steps == [(s.step, s.action, s.owner, numbers[s.line]) for s in checklist.lines_of(bare)]


def test_what_looks_like_code_only_because_of_another_suppression_is_found() -> None:
    text = f"1. First\n\n{WORDS}\n    [more](x.md) {WORDS}\n\n    {WORDS}\n    - [and](y.md)\n"
    page = markdown.parse(text.encode())
    assert page.body == "1. First\n\n    [more](x.md)\n\n    - [and](y.md)\n"
    assert [(comment.line, comment.about) for comment in page.comments] == [(3, 4), (4, 4), (6, 7)]
    assert [(link.target, link.line) for link in page.links] == [("x.md", 4), ("y.md", 7)]


def test_a_quotation_goes_on_below_a_suppression_with_a_line_of_its_own() -> None:
    page = markdown.parse(f"> one\n> {WORDS}\n> [two](x.md)\n".encode())
    assert page.body == "> one\n> [two](x.md)\n"
    assert [(comment.line, comment.about) for comment in page.comments] == [(2, 3)]


@pytest.mark.parametrize(
    "text", [f"Some `code that goes on {WORDS}\nbelow` it", f"An escape: \\{WORDS}", f"~~~\n{WORDS}\n"]
)
def test_what_is_no_comment_on_the_page_is_none(text: str) -> None:
    page = markdown.parse(text.encode())
    assert page.body == text
    assert not [comment for comment in page.comments if not comment.torn]


def test_many_suppressions_are_read_in_linear_time() -> None:
    page = markdown.parse(("a <!-- opsbook: allow " * 20_000).encode() + b"\n" + (WORDS + "\n").encode() * 5_000)
    assert len(page.comments) >= 5_000


@pytest.mark.parametrize(
    "files",
    [
        {
            RUNBOOK: {
                "owner: platform": "owner: platform # opsbook: allow RUN006 because zebra",
                "Read [what to do](#what-to-do) first.": "Read [what to do](#later) first. <!-- opsbook: allow RUN004 because zebra -->",
                "| 2 | Restart the pods | ops |": "<!-- opsbook: allow RUN003 because zebra -->\n| 3 | Restart the pods | ops |",
                "## What to do": "> <!-- opsbook: allow RUN004 because zebra -->\n\n## What to do <!-- opsbook: allow zebra -->",
            },
            f"{CLOSED}/report.md": {
                "# Incident report": "<!-- opsbook: allow INC012 because zebra -->\n# Incident report <!-- opsbook: allow INC012 because zebra -->",
                "Everybody who paid.": "Everybody who paid.\n  <!-- opsbook: allow INC012 because zebra -->\nAnd others. <!-- opsbook: allow zebra -->",
            },
            f"{CLOSED}/incident.yaml": {"severity: P1": "severity: P1 # opsbook: allow INC008 because zebra"},
            SERVICE: {"owner: platform": "# opsbook: allow SVC001 because zebra\nowner: platform"},
        }
    ],
)
def test_no_suppression_reaches_a_page(files: Mapping[str, Mapping[str, str]]) -> None:
    texts: dict[str, str] = {}
    for path, edits in files.items():
        texts[path] = base()[path].decode()
        for old, new in edits.items():
            assert texts[path].count(old) == 1, old
            texts[path] = texts[path].replace(old, new)
    made = {page.path: page.html for page in Site(book(dict(texts)), registry(), AT, list).pages()}
    shown = made["runbooks/response/respond.md"]
    assert "Restart the pods" in shown
    assert any("And others" in page for page in made.values())
    for path, page in made.items():
        # What a check says about a suppression stands in the record's list of findings, and quotes no reason.
        assert "because zebra" not in page, path
        assert "opsbook: allow" not in page or path.startswith("reference/"), path
