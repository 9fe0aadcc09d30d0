"""A book finds its records by path and by id, and a fault in one place is no fault in another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core.book import Book
from opsbook.core.check import check_book, check_record
from opsbook.core.config import CoreConfig
from opsbook.core.finding import Finding
from opsbook.core.record import Ref
from opsbook.core.tree import MemoryTree, Overlay
from opsbook.core.types import parse_time
from opsbook.kinds import registry
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.runbook.config import RunbooksConfig
from tests.cases.cases import NOW, SHORT, all_cases, base
from tests.support.tries import tries

BASE = dict(base())
AT = parse_time(NOW)
CONFIG = BASE["opsbook.yml"].decode()


def book(files: dict[str, bytes] | None = None, **more: str) -> Book:
    """The base book with other files; `opsbook` stands for `opsbook.yml`."""
    changed = {path.replace("opsbook", "opsbook.yml"): text.encode() for path, text in more.items()}
    return Book(MemoryTree({**BASE, **(files or {}), **changed}), registry())


def findings(of: Book) -> dict[Ref, list[Finding]]:
    """The findings of every record."""
    return {ref: check_record(ref, of, AT, registry()) for ref in of.everything()}


# -- records


def test_every_file_of_a_record_is_at_the_place_of_the_record() -> None:
    for case in all_cases():
        found = case.book()
        for ref in found.everything():
            for file in found.record(ref).files.values():
                assert found.at(file.path) == ref, case.id


def test_a_record_is_found_by_its_id_before_and_after_all_are_listed() -> None:
    for case in all_cases():
        listed, lazy = case.book(), case.book()
        for kind in registry():
            for id_, ref in listed.refs(kind).items():
                if case.modes.get(ref.path, "file") == "file" and listed.kinds[kind].path.fullmatch(
                    ref.path.partition("/")[2]
                ):
                    assert lazy.find(kind, id_) == listed.find(kind, id_) == ref, case.id


@given(st.sampled_from([*registry(), "nothing"]), st.text(max_size=20))
def test_no_id_leads_out_of_the_book(kind: str, id_: str) -> None:
    assert book().find(kind, id_) is None
    assert book().resolve(kind, f"../{id_}") is None


@pytest.mark.parametrize(
    ("path", "record"),
    [
        ("services/checkout.yaml", "checkout"),
        ("services/not-yet.yaml", "not-yet"),
        ("services/checkout.yaml/x", "checkout"),
        ("services", None),
        ("services.yaml", None),
        ("runbooks/response/respond.md", "response/respond"),
        ("runbooks/response", None),
        (f"{SHORT['open']}/incident.yaml", "INC-20261121-7KQ4M"),
        (f"{SHORT['open']}/timeline/x/y.yaml", "INC-20261121-7KQ4M"),
        (SHORT["open"], "INC-20261121-7KQ4M"),
        ("incidents/2026", None),
        ("docs/index.md", None),
        ("", None),
    ],
)
def test_a_path_says_which_record_it_belongs_to(path: str, record: str | None) -> None:
    found = book().at(path)
    assert (found.id if found else None) == record


def test_a_book_reads_nothing_before_it_is_asked() -> None:
    asked: list[str] = []

    class Watched(MemoryTree):
        def read(self, path: str) -> bytes | None:
            asked.append(path)
            return super().read(path)

    watched = Book(Watched(BASE), registry())
    assert len(list(watched.everything())) == 7
    assert asked == []
    assert watched.find("service", "checkout") is not None
    assert watched.title("runbook", "response/respond") == "Respond to an incident"
    assert set(asked) == {"runbooks/response/respond.md"}


PLACES = st.integers(0, 400)
SOUND = findings(book())


@tries(80)
@given(
    st.sampled_from(sorted(path for path in BASE if path != "opsbook.yml")),
    PLACES,
    PLACES,
    st.one_of(st.binary(max_size=6), st.sampled_from([b"\t", b'"', b"{", b"- ", b": ", b"\r\n", b"---\n", b"\xff"])),
)
def test_a_broken_record_hides_nothing_of_the_others(path: str, start: int, length: int, bytes_: bytes) -> None:
    data = BASE[path]
    start %= len(data) + 1
    broken = book({path: data[:start] + bytes_ + data[start + length :]})
    ref = broken.at(path)
    found = findings(broken)
    assert {other: found[other] for other in found if other != ref} == {
        other: SOUND[other] for other in SOUND if other != ref
    }
    check_book(broken, AT, registry())


@tries(60)
@given(PLACES, PLACES, st.binary(max_size=6))
def test_no_configuration_stops_a_check(start: int, length: int, bytes_: bytes) -> None:
    data = BASE["opsbook.yml"]
    start = start * 4 % len(data)
    broken = book({"opsbook.yml": data[:start] + bytes_ + data[start + length :]})
    check_book(broken, AT, registry())
    found = findings(broken)
    if broken.config.document.value is None:
        assert "MOD004" not in {finding.code for ref in found for finding in found[ref]}


# -- configuration


def test_a_book_without_a_configuration_has_the_defaults() -> None:
    tree = Overlay(MemoryTree(BASE), {"opsbook.yml": None})
    config = Book(tree, registry()).config
    assert not config.present
    assert config.findings == ()
    assert config.core == CoreConfig()
    assert [severity.id for severity in config.section(IncidentsConfig).severities] == ["P1", "P2", "P3"]


def said(of: Book) -> list[tuple[str, int]]:
    """Code and line of what is wrong with the configuration."""
    return [(finding.code, finding.line) for finding in of.config.findings]


def test_an_entry_that_does_not_fit_is_left_out_alone() -> None:
    broken = book(opsbook=CONFIG.replace("title: Operations engineer", "title: 5"))
    assert said(broken) == [("MOD003", 9)]
    assert [role.id for role in broken.config.core.roles] == ["oncall", "product-manager", "tech-lead"]
    assert findings(broken) == SOUND, "its id stays a word"


def test_a_value_that_does_not_fit_and_may_be_left_out_is_left_out_alone() -> None:
    broken = book(opsbook=CONFIG.replace("update_every: 1h", "update_every: hourly"))
    severity = broken.config.section(IncidentsConfig).severity("P1")
    assert len(said(broken)) == 1
    assert severity is not None
    assert severity.update_every is None
    assert severity.checklists == ("response/respond",)


def test_a_field_that_does_not_exist_takes_nothing_with_it() -> None:
    broken = book(opsbook=CONFIG.replace("timezone: Etc/UTC", "timezone: Etc/UTC\ntime_zone: Etc/UTC"))
    sound = book().config
    assert len(said(broken)) == 1
    assert broken.config.core == sound.core
    assert broken.config.sections == sound.sections
    assert broken.config.vocabulary == sound.vocabulary


def test_a_section_that_is_none_falls_back_to_its_defaults_and_the_others_stay() -> None:
    broken = book(opsbook=CONFIG.replace("runbooks:\n", "runbooks: none\nnothing:\n", 1))
    assert broken.config.section(RunbooksConfig) == RunbooksConfig()
    assert broken.config.core.title == "Example book"
    assert broken.config.section(IncidentsConfig) == book().config.section(IncidentsConfig)
    assert "areas" not in broken.config.vocabulary, "nobody knows the areas, so none is refused"


def test_several_faults_in_one_list_are_all_reported_and_the_rest_is_kept() -> None:
    text = CONFIG.replace("name: On-call engineer A", "nam: A").replace("id: oncall-b", "id: On Call B")
    text = text[: text.index("  - id: product-a")] + text[text.index("authority:") :]
    broken = book(opsbook=text)
    assert [code for code, _ in said(broken)] == ["MOD001", "MOD002", "MOD003"]
    assert broken.config.core.people == ()
    assert "people" not in broken.config.vocabulary, "an id that cannot be read could be anybody's"


def test_a_configuration_that_is_no_yaml_makes_no_word_unknown() -> None:
    broken = book(opsbook="title: [\n")
    assert [finding.code for finding in broken.config.findings] == ["YML002"]
    assert {code for found in findings(broken).values() for code in (f.code for f in found)} == set()
