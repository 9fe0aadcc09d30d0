"""Many people at the same moment, in one clone and in several: nobody waits for anybody, and nothing is lost."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.support.desk import Desk, Done, clone, make_remote
from tests.support.forkserver import Running

CROWD = 24


def together(*processes: Running) -> list[Done]:
    """Wait for processes that run at the same time."""
    ends = [(process.communicate(timeout=300), process.returncode) for process in processes]
    found = [Done(code, out.decode(), err.decode()) for (out, err), code in ends]
    assert not [done for done in found if "Traceback" in done.err]
    return found


def untidy(desk: Desk) -> None:
    """Work in progress: staged, changed, untracked and deleted files."""
    desk.write({"docs/staged.md": "staged\n", "docs/readme.md": "staged first\n"})
    desk.git("add", "docs")
    desk.write({"docs/readme.md": "changed after that\n", "docs/new.md": "untracked\n"})
    (desk.path / "services/search.yaml").unlink()


def test_24_declarations_at_the_same_moment_are_24_incidents_on_24_branches_each_told_once(desk: Desk) -> None:
    untidy(desk)
    before = desk.condition()
    words = ("declare", "--severity", "P1", "--yes", "--verbose", "--format", "json", "--title")
    ends = together(*(desk.begin(*words, f"Failure number {number}") for number in range(CROWD)))
    assert Counter(done.code for done in ends) == {0: CROWD}, [str(done) for done in ends if done.code]
    assert desk.condition() == before
    ids = {done.json["id"] for done in ends}
    assert len(ids) == CROWD
    assert sorted(desk.branches()) == sorted(f"opsbook/{id_}" for id_ in ids)
    assert {len(desk.commits(branch)) for branch in desk.branches()} == {1}
    titles = Counter(re.findall(r"^title: (.*)$", "".join(map(facts_of(desk), desk.branches())), re.MULTILINE))
    assert titles == {f"Failure number {number}": 1 for number in range(CROWD)}
    receipts = desk.receipts()
    assert len(receipts) == CROWD * 2
    assert all(receipt["reference"] for receipt in receipts.values())
    spoken = Counter(line for done in ends for line in done.err.splitlines() if re.match("For \\w+: ", line))
    assert spoken == {f"For {who}: P1 incident: {title}": 1 for who in ("incident", "team") for title in titles}
    assert len(desk.outbox()) == CROWD * 3
    assert desk.intents() == []
    assert desk.git("fsck", "--strict", "--no-dangling") == ""


def facts_of(desk: Desk):  # type: ignore[no-untyped-def]
    """Reads the facts on a branch."""
    return lambda branch: next(text for name, text in desk.written(branch).items() if name.endswith("/incident.yaml"))


def test_24_notes_on_one_incident_at_the_same_moment_are_24_entries(desk: Desk) -> None:
    id_ = desk.declare()
    before = desk.condition()
    ends = together(*(desk.begin("incident", "note", id_, f"Seen by person {number}") for number in range(CROWD)))
    assert Counter(done.code for done in ends) == {0: CROWD}, [str(done) for done in ends if done.code]
    entries = [text for name, text in desk.written().items() if "/timeline/" in name]
    assert Counter(re.findall(r"^text: (Seen .*)$", "\n".join(entries), re.MULTILINE)) == {
        f"Seen by person {number}": 1 for number in range(CROWD)
    }
    assert len(desk.commits(desk.branch())) == CROWD + 1
    assert desk.condition() == before


def test_the_same_words_noted_by_several_people_at_once_are_several_entries(desk: Desk) -> None:
    id_ = desk.declare()
    ends = together(*(desk.begin("incident", "note", id_, "Me too") for _ in range(4)))
    assert {done.code for done in ends} == {0}
    assert sum("Me too" in text for text in desk.written().values()) == 4


def test_two_people_who_change_the_same_fact_are_not_merged_the_second_is_stopped_and_sees_both(desk: Desk) -> None:
    id_ = desk.declare()
    values = {"oncall-a": "P2", "oncall-b": "P3"}
    ends = together(*(desk.begin("incident", "update", id_, "--severity", s, "--by", by) for by, s in values.items()))
    codes = sorted(done.code for done in ends)
    assert codes in ([0, 1], [0, 0])
    if codes == [0, 1]:
        (stopped,) = (done for done in ends if done.code)
        assert "P2" in stopped.err
        assert "P3" in stopped.err
        assert "P1" in stopped.err
    assert len(desk.commits(desk.branch())) == 1 + codes.count(0)


def test_two_people_who_change_different_facts_at_once_both_succeed(desk: Desk) -> None:
    id_ = desk.declare()
    ends = together(
        desk.begin("incident", "update", id_, "--severity", "P2"),
        desk.begin("incident", "update", id_, "--lead", "oncall-b"),
        desk.begin("incident", "update", id_, "--status", "identified"),
        desk.begin("incident", "update", id_, "--summary", "It is DNS"),
    )
    assert {done.code for done in ends} == {0}, [str(done) for done in ends if done.code]
    facts = facts_of(desk)(desk.branch())
    for words in ("severity: P2", "lead: oncall-b", "status: identified", "summary: It is DNS"):
        assert words in facts
    assert desk.opsbook("check").code == 0


def test_two_clones_of_one_remote_note_at_the_same_moment_and_the_remote_holds_both(tmp_path: Path) -> None:
    remote = Desk(make_remote(tmp_path / "remote"))
    here, there = clone(remote.path, tmp_path / "here"), clone(remote.path, tmp_path / "there")
    id_ = here.declare()
    there.git("fetch", "--quiet")
    ends = together(
        *(here.begin("incident", "note", id_, f"here {number}") for number in range(3)),
        *(there.begin("incident", "note", id_, f"there {number}") for number in range(3)),
    )
    assert {done.code for done in ends} == {0}, [str(done) for done in ends if done.code]
    texts = "\n".join(remote.written(f"opsbook/{id_}").values())
    assert sorted(re.findall(r"^text: (h?there \d|here \d)$", texts, re.MULTILINE)) == sorted(
        f"{place} {number}" for place in ("here", "there") for number in range(3)
    )


def test_two_people_who_tick_in_two_clones_at_once_never_conflict(tmp_path: Path) -> None:
    remote = Desk(make_remote(tmp_path / "remote"))
    here, there = clone(remote.path, tmp_path / "here"), clone(remote.path, tmp_path / "there")
    id_ = here.declare()
    there.git("fetch", "--quiet")
    ends = together(
        here.begin("tick", "1-2", "--by", "oncall-a"),
        there.begin("tick", "3", "--by", "oncall-b", "--note", "Well."),
        there.begin("skip", "2", "--by", "oncall-b", "--why", "It heals by itself"),
    )
    assert {done.code for done in ends} == {0}, [str(done) for done in ends if done.code]
    entries = [text for text in remote.written(f"opsbook/{id_}").values() if "kind: step" in text]
    assert sorted(re.findall(r"^step: (\d)$", "\n".join(entries), re.MULTILINE)) == ["1", "2", "2", "3"]
    rows = here.opsbook("checklist", "show", "--format", "json").json["steps"]
    assert [row["outcome"] is not None for row in rows] == [True, True, True]
    same = together(*(desk.begin("untick", "1", "--by", by) for desk, by in ((here, "oncall-a"), (there, "oncall-b"))))
    assert sorted(done.code for done in same) == [0, 1], "the second one hears who was first"
    assert "Step 1 is open already, by oncall-" in "".join(done.err for done in same)


def test_somebody_who_declares_while_the_branch_of_another_incident_is_checked_out_disturbs_nothing(desk: Desk) -> None:
    id_ = desk.declare()
    desk.git("switch", "--quiet", f"opsbook/{id_}")
    untidy(desk)
    before = desk.condition()
    desk.declare("Something else entirely")
    assert desk.condition() == before
