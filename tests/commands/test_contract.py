"""What other programs rely on (design: "The contract that other programs rely on"): options, JSON, exit codes, help."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from opsbook.commands import commands
from opsbook.core.check import all_codes
from opsbook.kinds import registry
from tests.support.desk import Desk, Done, snapshot

COMMANDS = {name: found.summary for name, found in commands().items()}

DECLARE = ("declare", "--title", "Checkout is down", "--severity", "P1", "--yes")
ACTIONS = {
    "declare": DECLARE,
    "declare --security": ("declare", "--security", "--yes"),
    "declare --drill": (*DECLARE, "--drill"),
    "incident note": ("incident", "note", "-", "Seen"),
    "incident update": ("incident", "update", "--severity", "P2", "--tell", "We know more."),
    "checklist tick": ("checklist", "tick", "-", "1", "3"),
}
ACTION = {"id", "path", "branch", "commit", "url", "told", "not_told", "masked"}
READERS = {
    "incident list": (("incident", "list"), {"incidents", "unseen"}),
    "incident show": (("incident", "show"), {"path", "on_record", "incident", "timeline", "unseen"}),
    "checklist show": (("checklist", "show"), {"id", "on_record", "steps", "unseen"}),
    "check": (("check",), {"checked", "findings"}),
    "find": (("find", "dashboards"), {"found", "ask", "unseen"}),
    "runbook find": (("runbook", "find", "dashboards"), {"runbooks", "unseen"}),
    "reconcile": (
        ("reconcile",),
        {"resumed", "proposed", "delivered", "waiting", "unknown", "lapsed", "tidied", "refused", "problems"},
    ),
    "reconcile --dry-run": (("reconcile", "--dry-run"), {"pending", "unseen"}),
    "announce": (("announce", "--since", "2d"), {"told", "not_told", "problems", "unseen"}),
    "announce --dry-run": (("announce", "--since", "main", "--dry-run"), {"unsaid", "unseen"}),
    "nudge": (("nudge",), {"told", "not_told", "problems", "unseen"}),
    "nudge --dry-run": (("nudge", "--dry-run"), {"due", "unseen"}),
}


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """A clone with an open incident."""
    desk.declare()
    return desk


# -- JSON


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_prints_one_object_on_standard_output_and_nothing_else_there(busy: Desk, name: str) -> None:
    done = busy.opsbook(*ACTIONS[name], "--format", "json")
    assert done.code == 0
    assert done.out.count("\n") == 1
    assert set(done.json) == ACTION
    assert re.fullmatch(r"INC-\d{8}-[0-9A-Z]{5}", done.json["id"])
    assert done.json["branch"] == f"opsbook/{done.json['id']}"
    assert busy.git("rev-parse", done.json["branch"]).strip() == done.json["commit"]
    assert done.json["path"] in busy.git("ls-tree", "-rd", "--name-only", done.json["commit"]).split()
    assert done.json["told"] == []  # nobody was: Slack is not set up
    for missed in done.json["not_told"]:
        assert set(missed) == {"audience", "headline", "why", "text"}
        assert (busy.state / missed["text"]).is_file()


@pytest.mark.parametrize("name", READERS)
def test_a_reader_prints_one_object_on_standard_output_and_nothing_else_there(busy: Desk, name: str) -> None:
    words, keys = READERS[name]
    done = busy.opsbook(*words, "--format", "json")
    assert done.code == 0
    assert done.out.count("\n") == 1
    assert set(done.json) == keys


def test_a_dry_run_in_json_is_one_object_with_the_files(busy: Desk) -> None:
    done = busy.opsbook(*DECLARE, "--dry-run", "--format", "json")
    assert set(done.json) == {"id", "path", "branch", "files"}
    assert all(path.startswith(done.json["path"]) for path in done.json["files"])


def test_findings_in_json_have_what_an_annotation_needs(desk: Desk) -> None:
    desk.write({"services/checkout.yaml": "name: checkout\nname: twice\n"})
    done = desk.opsbook("check", "--format", "json")
    assert done.code == 1
    for finding in done.json["findings"]:
        assert set(finding) == {"code", "severity", "path", "line", "column", "message", "remedy"}


def test_a_check_as_sarif_is_one_object_with_what_is_allowed_and_fails_for_what_counts(desk: Desk) -> None:
    text = (desk.path / "services/checkout.yaml").read_text()
    allow, because = "runbooks: [later/on] # opsbook: allow SVC003", " because it is written next week\n"
    desk.write({"services/checkout.yaml": text + allow + because})
    done = desk.opsbook("check", "--format", "sarif")
    assert (done.code, done.out.count("\n")) == (0, 1)
    assert [result["suppressions"][0]["kind"] for result in done.json["runs"][0]["results"]] == ["inSource"]
    assert desk.opsbook("check", "--format", "json").json["findings"] == []
    assert desk.opsbook("check").out.endswith("nothing found, 1 allowed by a comment\n")

    desk.write({"services/checkout.yaml": f"{text}{allow}\n"})
    done = desk.opsbook("check", "--format", "sarif")
    assert done.code == 1
    assert [result["ruleId"] for result in done.json["runs"][0]["results"]] == ["SVC003", "SUP002"]


@pytest.mark.parametrize("name", [*ACTIONS, *READERS])
def test_what_is_refused_prints_nothing_on_standard_output(desk: Desk, name: str) -> None:
    words = ACTIONS[name] if name in ACTIONS else READERS[name][0]
    done = desk.opsbook(*words, "--format", "json", "--no-such-option")
    assert (done.code, done.out) == (2, "")


# -- the options of every command that writes


@pytest.mark.parametrize("name", ["declare", "incident note", "incident update", "checklist tick", "reconcile"])
def test_every_command_that_writes_to_the_record_takes_the_four_options(desk: Desk, name: str) -> None:
    done = desk.opsbook(*name.split(), "--help")
    for option in ("--dry-run", "--yes", "--by", "--format"):
        assert option in done.out


@pytest.mark.parametrize(
    "words",
    [
        *ACTIONS.values(),
        ("reconcile",),
        ("new", "runbook", "Turn it off"),
        ("new", "service", "Basket"),
        ("new", "book", "x"),
    ],
    ids=" ".join,
)
def test_a_dry_run_writes_nothing_anywhere(busy: Desk, words: tuple[str, ...]) -> None:
    before = snapshot(busy.path)
    done = busy.opsbook(*words, "--dry-run")
    assert done.code == 0, str(done)
    assert done.out
    assert snapshot(busy.path) == before


def test_a_dry_run_of_reconcile_lists_what_was_cut_off(desk: Desk) -> None:
    desk.opsbook(*DECLARE, kill=12)
    before = snapshot(desk.path)
    done = desk.opsbook("reconcile", "--dry-run")
    assert done.code == 0
    assert "incident.declare by oncall-a at " in done.out
    assert snapshot(desk.path) == before


@pytest.mark.parametrize(
    ("given", "environ", "configured", "actor"),
    [
        ("oncall-b", "oncall-a", "github:octocat", "oncall-b"),
        ("", "oncall-a", "github:octocat", "oncall-a"),
        ("", "", "github:octocat", "github:octocat"),
        ("", "", "", r"local:[a-z0-9][a-z0-9_.-]*"),
    ],
)
def test_who_acts_is_by_then_the_environment_then_git_then_the_name_on_this_machine(
    desk: Desk, given: str, environ: str, configured: str, actor: str
) -> None:
    if configured:
        desk.git("config", "opsbook.by", configured)
    by = ("--by", given) if given else ()
    assert desk.opsbook(*DECLARE, *by, environ={"OPSBOOK_BY": environ}).code == 0
    facts = next(text for path, text in desk.written().items() if path.endswith("/incident.yaml"))
    assert re.search(rf"^declared_by: \"?{actor}\"?$", facts, re.MULTILINE), facts


# -- exit codes


def code_0(desk: Desk, _: Path) -> Done:
    """Fine."""
    return desk.opsbook(*DECLARE)


def code_1_findings(desk: Desk, _: Path) -> Done:
    """Findings."""
    desk.write({"services/checkout.yaml": "name: [\n"})
    return desk.opsbook("check")


def code_1_refused(desk: Desk, _: Path) -> Done:
    """Refused, and nothing written."""
    return desk.opsbook("declare", "--title", "x", "--severity", "P9")


def code_2(desk: Desk, _: Path) -> Done:
    """Usage."""
    return desk.opsbook("declare", "--titel", "x")


def code_3(desk: Desk, _: Path) -> Done:
    """Our fault, or this machine's."""
    return desk.opsbook(*DECLARE, environ={"PATH": "/nonexistent"})


def code_4(desk: Desk, folder: Path) -> Done:
    """Saved and told, not yet published."""
    desk.git("remote", "add", "origin", str(folder / "nowhere"))
    desk.write({"opsbook.yml": (desk.path / "opsbook.yml").read_text().replace("push: false", "push: true")})
    return desk.opsbook(*DECLARE)


def code_5(desk: Desk, _: Path) -> Done:
    """Published, not everyone told."""
    desk.state.mkdir()
    (desk.state / "outbox").write_text("in the way")
    return desk.opsbook(*DECLARE)


def code_6(desk: Desk, folder: Path) -> Done:
    """Nothing to check."""
    return desk.opsbook("-C", str(folder), "check")


@dataclass(frozen=True)
class Promise:
    """A situation, and what is left of it."""

    situation: Callable[[Desk, Path], Done]
    code: int
    published: bool = False
    told: bool = False  # and on record that it was
    saved: bool = False


@pytest.mark.parametrize(
    "promise",
    [
        Promise(code_0, 0, published=True, told=True),
        Promise(code_1_findings, 1),
        Promise(code_1_refused, 1),
        Promise(code_2, 2),
        Promise(code_3, 3),
        Promise(code_4, 4, saved=True),
        Promise(code_5, 5, published=True, told=True, saved=True),
        Promise(code_6, 6),
    ],
    ids=lambda promise: promise.situation.__name__,
)
def test_an_exit_code_says_what_was_written_and_who_was_told(desk: Desk, tmp_path: Path, promise: Promise) -> None:
    done = promise.situation(desk, tmp_path)
    assert done.code == promise.code, str(done)
    assert bool(desk.branches()) == promise.published
    assert bool(desk.receipts()) == promise.told
    assert bool(desk.intents()) == promise.saved
    assert ("Not yet on record. P1" in "".join(desk.outbox().values())) == (promise.code == 4)


def test_a_fault_of_ours_is_one_line_and_a_log_without_anybodys_words(desk: Desk) -> None:
    words = ("declare", "--title", "Private words", "--severity", "P1", "--yes")
    done = desk.opsbook(*words, kill=12, fault="More private words")
    assert (done.code, done.out) == (3, "")
    found = re.fullmatch(r"opsbook: this is our fault: RuntimeError\. The details are in (\S+)\.\n", done.err)
    assert found, done.err
    log = Path(found[1])
    assert log.parent == desk.state / "log"
    assert "opsbook/perform" in log.read_text()
    assert "rivate words" not in log.read_text()
    again = desk.opsbook(*words)
    assert again.code == 0
    assert "asked for at" in again.out
    assert len(desk.branches()) == 1


# -- help


@pytest.mark.parametrize("name", COMMANDS)
def test_help_begins_with_what_the_overview_says(desk: Desk, name: str) -> None:
    overview = desk.opsbook("--help")
    assert (overview.code, overview.err) == (0, "")
    (line,) = (line for line in overview.out.splitlines() if re.match(rf"  {name}  ", line))
    done = desk.opsbook(*name.split(), "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: opsbook {name} ")
    assert line.removeprefix(f"  {name}").strip() in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(("declre",), "declare"), (("chek",), "check"), (("reconsile",), "reconcile"), (("explian", "INC001"), "explain")],
)
def test_an_unknown_command_suggests_the_one_that_was_meant(desk: Desk, typed: tuple[str, ...], meant: str) -> None:
    done = desk.opsbook(*typed)
    assert (done.code, done.out) == (2, "")
    assert f"Did you mean: opsbook {meant}?" in done.err


@pytest.mark.parametrize("group", sorted({name.split()[0] for name in COMMANDS if " " in name} - {*COMMANDS}))
def test_the_first_word_of_several_commands_lists_them(desk: Desk, group: str) -> None:
    members = [name for name in COMMANDS if name.startswith(group + " ")]
    asked = desk.opsbook(group, "--help")
    assert asked.code == 0
    assert all(f"opsbook {name}  {COMMANDS[name]}" in asked.out for name in members)
    unknown = desk.opsbook(group, "nonsense")
    assert (unknown.code, unknown.out) == (2, "")
    assert all(f"opsbook {name}  " in unknown.err for name in members)


def test_nothing_at_all_shows_the_overview(desk: Desk) -> None:
    done = desk.opsbook()
    assert (done.code, done.out) == (2, "")
    assert all(name in done.err for name in COMMANDS)
    assert re.fullmatch(r"opsbook \d+\.\d+\.\d+\n", desk.opsbook("--version").out)


def test_every_code_is_explained(desk: Desk) -> None:
    listed = desk.opsbook("explain")
    assert listed.code == 0
    for name, code in all_codes(registry()).items():
        assert re.search(rf"^{name} +(error|warning) +{re.escape(code.title())}$", listed.out, re.MULTILINE)
        done = desk.opsbook("explain", name.lower())
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith(f"{name}: {code.title()}\n")
        assert "It " in done.out.rstrip("\n").split("\n")[-1]
        assert done.out.index("\nWrong:\n") < done.out.index("\nRight:")
        assert len(done.out.split()) > 15
