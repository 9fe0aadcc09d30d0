"""A broken record or a broken opsbook.yml never stops a declaration or a note, and hides nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.support.desk import Desk
from tests.support.small_book import FILES, OPSBOOK_YML

DECLARE = ("declare", "--title", "Checkout is down", "--severity", "P1", "--yes")
FOLDER = "incidents/2026/INC-20261101-7KQ4M-old"
FACTS = f"{FOLDER}/incident.yaml"
GOOD = """\
id: INC-20261101-7KQ4M
title: Search was slow
classification: operational
severity: P2
status: investigating
declared_by: oncall-a
times:
  declared_at: 2026-11-01T10:00:00Z
"""
ENTRY = "at: 2026-11-01T10:00:00Z\nby: oncall-a\nkind: declared\ntext: Search was slow\n"


def text(path: str, data: str | bytes) -> Callable[[Desk], None]:
    """A file with this content."""
    return lambda desk: desk.write({path: data})


def link(path: str, target: str) -> Callable[[Desk], None]:
    """A symbolic link."""

    def make(desk: Desk) -> None:
        place = desk.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(target)

    return make


def submodule(desk: Desk) -> None:
    """Another repository where a record should be."""
    inner = desk.path / "incidents/2026/INC-20261101-7KQ4M-sub"
    inner.mkdir(parents=True)
    Desk(inner).git("init", "--quiet")
    Desk(inner).git(
        "-c", "user.name=x", "-c", "user.email=x@x.invalid", "commit", "--quiet", "--allow-empty", "-m", "x"
    )


def odd_name(desk: Desk) -> None:
    """A name that is no UTF-8."""
    folder = desk.path / os.fsdecode(b"incidents/2026/INC-20261101-7KQ4M-\xff\n")
    folder.mkdir(parents=True)
    (folder / "incident.yaml").write_text(GOOD)


BROKEN: dict[str, Callable[[Desk], None]] = {
    "YAML that cannot be parsed": text(FACTS, "title: [\n"),
    "a tag": text(FACTS, "!!python/object/apply:os.system [id]\n"),
    "another model": text(FACTS, "name: checkout\n"),
    "an empty file": text(FACTS, ""),
    "a list": text(FACTS, "- a\n- b\n"),
    "bytes": text(FACTS, bytes(range(256))),
    "UTF-16": text(FACTS, GOOD.encode("utf-16")),
    "a megabyte": text(FACTS, GOOD + "#" * 1_000_000),
    "60,000 brackets": text(FACTS, "[" * 60_000),
    "a key that is there twice": text(FACTS, GOOD + "title: again\n"),
    "a severity that nobody knows": text(FACTS, GOOD.replace("P2", "P9")),
    "a time from another world": text(FACTS, GOOD.replace("2026-11-01T10:00:00Z", "9999-99-99T99:99:99Z")),
    "an entry that cannot be parsed": text(f"{FOLDER}/timeline/20261101T100000Z-abcde.yaml", "kind: [\n"),
    "a report in bytes": text(f"{FOLDER}/report.md", b"\xff\xfe\0"),
    "a stray file": text("incidents/2026/notes.txt", "hello\n"),
    "a stray folder": text("incidents/not-a-year/x.yaml", "a: b\n"),
    "a link to a file": link(FACTS, "/etc/passwd"),
    "a link to itself": link(FACTS, "incident.yaml"),
    "a link to a folder": link("incidents/2026/INC-20261101-7KQ4M-link", "../../.."),
    "a submodule": submodule,
    "a name that is no UTF-8": odd_name,
    "a service": text("services/broken.yaml", "name: [\n"),
    "a service in bytes": text("services/search.yaml", b"\0\1\2"),
    "the service that is affected": text("services/checkout.yaml", "name: [\n"),
    "the runbook of the checklist": text("runbooks/incident-response/respond.md", b"---\ntitle: [\n---\n\xff\xfe"),
    "the runbook without its table": text("runbooks/incident-response/respond.md", "# Nothing\n"),
    "the runbook as a link": link("runbooks/incident-response/respond.md", "/etc/passwd"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_record_stops_neither_a_declaration_nor_a_note(desk: Desk, name: str) -> None:
    BROKEN[name](desk)
    service = () if name == "the service that is affected" else ("--service", "checkout")
    first = desk.opsbook(*DECLARE, "--service", "checkout", "--format", "json")
    assert first.code == 0, str(first)
    desk.git("add", "--all")
    desk.git("commit", "--quiet", "-m", "Broken")
    done = desk.opsbook(*DECLARE, *service, "--format", "json")
    assert done.code == 0, str(done)
    assert [item["why"] for item in done.json["not_told"]] == ["Slack is not set up"] * 2
    id_ = done.json["id"]
    for words in (("note", id_, "Seen"), ("update", id_, "--severity", "P2"), ("list",)):
        assert desk.opsbook("incident", *words).code == 0, words
    assert "severity: P2" in "".join(desk.written(f"opsbook/{id_}").values())


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_record_never_hides_the_findings_of_the_others(desk: Desk, name: str) -> None:
    desk.write({"services/other.yaml": FILES["services/search.yaml"].replace("search", "wrong")})
    BROKEN[name](desk)
    done = desk.opsbook("check", "--format", "json")
    places = {finding["path"] for finding in done.json["findings"]}
    assert done.code == 1
    assert "services/other.yaml" in places
    if name not in ("a submodule",):
        assert len(places) > 1 or name in ("a stray folder",), done.json


def test_notes_go_on_although_the_facts_of_their_incident_cannot_be_read(desk: Desk) -> None:
    id_ = desk.declare()
    desk.git("switch", "--quiet", desk.branch())
    (facts,) = desk.path.glob("incidents/*/*/incident.yaml")
    facts.write_text(facts.read_text().replace("status: investigating", "status: investigatin"))
    desk.git("commit", "--quiet", "--all", "-m", "By hand at three in the morning")
    desk.git("switch", "--quiet", "main")
    assert desk.opsbook("incident", "note", id_, "Restarted").code == 0
    assert "cannot be read" in desk.opsbook("incident", "list").out
    assert "Restarted" in desk.opsbook("incident", "show", id_).out
    done = desk.opsbook("incident", "update", id_, "--severity", "P2")
    assert done.code == 1
    assert "opsbook check" in done.err
    assert desk.opsbook(*DECLARE).code == 0


def test_a_broken_checklist_says_so_and_stops_no_note(desk: Desk) -> None:
    id_ = desk.declare()
    desk.git("switch", "--quiet", desk.branch())
    (checklist,) = desk.path.glob("incidents/*/*/checklist.yaml")
    checklist.write_text("checklists: [\n")
    desk.git("commit", "--quiet", "--all", "-m", "By hand")
    desk.git("switch", "--quiet", "main")
    assert desk.opsbook("incident", "note", id_, "Restarted").code == 0
    done = desk.opsbook("checklist", "tick", id_, "1")
    assert done.code == 1
    assert len(done.err.rstrip("\n").split("\n")) <= 2
    assert desk.opsbook("checklist", "show", id_).code == 0


SECTIONS = [line.partition(":")[0] for line in OPSBOOK_YML.splitlines() if re.match(r"\w", line)]
WHOLE: dict[str, str | bytes] = {
    "cannot be parsed": "version: [\n",
    "is empty": "",
    "is a list": "- a\n",
    "is bytes": bytes(range(256)),
    "is two megabytes": OPSBOOK_YML + "#" * 2_000_000,
    "breaks off": OPSBOOK_YML[: len(OPSBOOK_YML) // 2] + "\n  - [",
    "has a main branch that cannot be": OPSBOOK_YML.replace("main: main", "main: a..b.lock"),
    "has a main branch that Git locks": OPSBOOK_YML.replace("main: main", "main: main.lock"),
}
PARTS: dict[str, str | bytes] = {
    "has an unknown section": OPSBOOK_YML + "nonsense: 7\n",
    "has a section twice": OPSBOOK_YML + "title: again\n",
    "has severities that do not fit": OPSBOOK_YML.replace("title: Critical", "titel: Critical"),
    "has a severity that nobody can read": OPSBOOK_YML.replace("id: P1", "id: [P1]"),
    "has a checklist that is not there": OPSBOOK_YML.replace("incident-response/respond", "incident-response/gone"),
    "has a channel that is not there": OPSBOOK_YML.replace("incident: incident", "incident: gone"),
    "has a time zone that is not there": OPSBOOK_YML.replace("Europe/London", "Mars/Olympus"),
    "has a version from the future": OPSBOOK_YML.replace("version: 2", "version: 99"),
    "wants another program": OPSBOOK_YML.replace(">=0.1", ">=99"),
    **{
        f"has nonsense for {section}": re.sub(rf"(?ms)^{section}:.*?(?=^\w|\Z)", f"{section}: 7\n", OPSBOOK_YML)
        for section in SECTIONS
    },
    **{
        f"has nothing for {section}": re.sub(rf"(?ms)^{section}:.*?(?=^\w|\Z)", f"{section}:\n", OPSBOOK_YML)
        for section in SECTIONS
    },
}
HARMLESS = {"is empty", "has nothing for rotas", "has a main branch that Git locks"}
"""What the check does not call a defect."""


@pytest.mark.parametrize("name", [*WHOLE, *PARTS])
def test_a_broken_configuration_on_main_stops_neither_a_declaration_nor_a_note(desk: Desk, name: str) -> None:
    desk.commit({"opsbook.yml": {**WHOLE, **PARTS}[name]}, "Broken")
    person = replace(desk, variables={"OPSBOOK_BY": "local:somebody"})
    done = person.opsbook(*DECLARE, "--service", "checkout", "--format", "json")
    assert done.code == 0, str(done)
    assert done.json["told"] == []
    assert done.json["not_told"] or "Nobody was told" in done.err
    id_ = done.json["id"]
    assert person.opsbook("incident", "note", id_, "Seen").code == 0
    assert person.opsbook("incident", "update", id_, "--status", "identified").code == 0
    shown = person.opsbook("incident", "show", id_).out
    assert "Checkout is down" in shown
    assert "Seen" in shown
    facts = next(text for path, text in desk.written().items() if path.endswith("/incident.yaml"))
    assert "severity: P1" in facts
    assert "status: identified" in facts
    checked = person.opsbook("check", "--format", "json")
    assert checked.code == 1 or name in HARMLESS, checked.out


@pytest.mark.parametrize(
    "name", [*WHOLE, "has nonsense for people", "has nonsense for security", "has nonsense for forge"]
)
def test_a_broken_configuration_in_the_folder_stops_nothing_that_main_allows(desk: Desk, name: str) -> None:
    desk.write({"opsbook.yml": {**WHOLE, **PARTS}[name]})
    by = "oncall-a" if name == "has nonsense for people" else "local:somebody"
    done = desk.opsbook(*DECLARE, "--by", by, "--format", "json")
    assert done.code == 0, str(done)
    assert [item["why"] for item in done.json["not_told"]] == ["Slack is not set up"] * 2
    assert desk.opsbook("incident", "note", done.json["id"], "Seen", "--by", by).code == 0
    alerted = desk.opsbook("declare", "--security", "--yes", "--by", by)
    assert alerted.code == 0
    assert alerted.out.startswith("First: alert ")


def test_a_broken_configuration_is_said_to_whoever_declares(desk: Desk) -> None:
    desk.write({"opsbook.yml": OPSBOOK_YML.replace("incident: incident", "incident: [incident")})
    done = desk.opsbook(*DECLARE, environ={"OPSBOOK_BY": "local:somebody"})
    assert done.code == 0
    assert "opsbook.yml" in done.err
    assert "opsbook check" in done.err
