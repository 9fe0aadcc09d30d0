"""One bare word for each act: it acts on the only open incident, says which, what was done, where it is and who heard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.slack_server import SlackServer
from tests.slack_server.workspace import TOKEN
from tests.support.desk import Desk, clone, make_remote
from tests.support.terminal import Terminal

HERE = "on this machine only"
ACTS = {
    "note it grows": ("Noted in", "text: it grows"),
    "did rolled back module_8": ("Recorded in", "kind: change"),
    "take lead": ("You lead", "lead: oncall-a"),
    "take comms": ("You are comms of", "comms: oncall-a"),
    "handover oncall-b": ("oncall-b leads", "lead: oncall-b"),
    "handover oncall-b comms": ("oncall-b is comms of", "comms: oncall-b"),
    "set severity P2 --why smaller": ("severity P1 → P2", "severity: P2"),
    "set status identified": ("status investigating → identified", "status: identified"),
    "set service checkout": ("services checkout", "- checkout"),
    "join oncall-b --as database": ("oncall-b joined", "role: database"),
    "escalate --role oncall": ("Escalation of", "outcome: tried"),
    "set bridge Room 4": ("bridge Room 4", "bridge: Room 4"),
    "resolve --false-alarm": ("Resolved", "ended_as: false alarm"),
    "tick 1": ("1 done in", "outcome: done"),
    "tick 1-2 --note Well. --evidence https://dash.example/d/1": ("2 done in", "url: https://dash.example/d/1"),
    "skip 1 --why known": ("1 left out in", "outcome: skipped"),
    "resolve --why fixed": ("Resolved", "status: resolved"),
    "resolve it was the queue": ("Resolved", "text: it was the queue"),
}


@pytest.mark.parametrize("typed", ACTS)
def test_a_word_acts_on_the_only_open_incident_and_says_what_it_did_in_one_line(desk: Desk, typed: str) -> None:
    record = desk.declare()
    done = desk.opsbook(*typed.split())
    assert done.code == 0, str(done)
    said, written = ACTS[typed]
    first, *rest = done.out.splitlines()
    assert said in first
    assert f"{record[-5:]} (Checkout is down)" in first
    assert HERE in first
    assert [line[:5] for line in rest if not line.startswith("  ")] == ["Next:"]
    assert written in "\n".join(desk.written().values())


def test_with_several_open_the_choices_are_named_worst_first_and_i_chooses(desk: Desk) -> None:
    small = desk.declare("Search is slow", "P3")
    big = desk.declare("Checkout is down", "P1")
    done = desk.opsbook("note", "which?")
    assert done.code == 1
    assert f"{big[-5:]} (Checkout is down), {small[-5:]} (Search is slow)" in done.err
    assert desk.intents() == []
    done = desk.opsbook("note", "this", "-i", small[-5:])
    assert done.code == 0
    assert done.out.startswith(f"Noted in {small[-5:]}, {HERE}.")


def test_a_title_is_a_title_also_where_it_looks_like_a_place_in_our_sentence(desk: Desk) -> None:
    desk.declare("{id} {changes} {record}")
    assert "({id} {changes} {record}), on this machine only." in desk.opsbook("note", "x").out


def test_nobody_is_asked_who_said_yes_or_reads_json(desk: Desk) -> None:
    desk.declare("Search is slow", "P3")
    worst = desk.declare()
    for more in (("--yes",), ("--format", "json")):
        terminal = Terminal(desk, "note", "x", *more)
        assert terminal.end() == 1
        assert "2 incidents are open" in terminal.screen
        assert "Which one?" not in terminal.screen
    asked = Terminal(desk, "note", "x")
    asked.answer("Which one?", "")
    assert asked.end() == 0
    assert f"Noted in {worst[-5:]}" in asked.screen


def test_list_and_show_know_every_kind(desk: Desk) -> None:
    small, big = desk.declare("Search is slow", "P3"), desk.declare("Checkout is down", "P1")
    listed = desk.opsbook("list")
    assert [line[:18] for line in listed.out.splitlines()[1:]] == [big, small]
    assert desk.opsbook("list", "--format", "json").json["incidents"][0]["id"] == big
    assert "Checkout is down" in desk.opsbook("show", big[-5:].lower()).out
    assert "services/checkout.yaml" in desk.opsbook("show", "checkout").out
    near = desk.opsbook("show", "chekout")
    assert near.code == 1
    assert "Did you mean checkout?" in near.err
    assert desk.opsbook("incident", "update", big, "--status", "resolved").code == 0
    assert "Search is slow" in desk.opsbook("show", "-").out


def test_a_table_is_written_as_lines_that_name_each_value_for_whoever_hears_it(desk: Desk) -> None:
    record = desk.declare()
    heard = desk.opsbook("list", environ={"OPSBOOK_LINES": "1"}).out
    assert heard.startswith(f"incident: {record}; sev: P1; status: investigating; next update: ")
    assert heard.endswith("; title: Checkout is down\n")
    drawn = re.compile("[\u2500-\u259f]")
    assert not drawn.search(heard + desk.opsbook("list").out + desk.opsbook("show").out), "nothing is drawn"


def test_the_steps_of_all_checklists_are_numbered_once_and_the_command_that_is_shown_works(desk: Desk) -> None:
    desk.declare()
    shown = desk.opsbook("checklist", "show")
    rows = desk.opsbook("checklist", "show", "--format", "json").json["steps"]
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    command = shown.out.strip().splitlines()[-1].partition("opsbook ")[2]
    assert desk.opsbook(*command.split()).code == 0
    assert desk.opsbook("tick", str(len(rows))).code == 0
    again = desk.opsbook("checklist", "show", "--format", "json").json["steps"]
    assert [row["number"] for row in again if row["outcome"] == "done"] == [1, len(rows)]


def test_a_tick_says_what_is_next_and_is_undone(desk: Desk) -> None:
    record = desk.declare()
    assert re.search(r"1 done in .*\. Next: 2, ", desk.opsbook("tick", "1").out)
    assert desk.opsbook("skip", "2", "--why", "known").code == 0
    again = desk.opsbook("tick", "1", "3", "--by", "oncall-b")
    assert "Step 1 is done already, by oncall-a at" in again.out
    assert again.out.startswith("1 done in "), "what is counted happened"
    same = desk.opsbook("tick", "1", "--by", "oncall-b")
    assert (same.code, "Step 1 is done already, by oncall-a at" in same.err) == (1, True)
    assert "needs to know why" in desk.opsbook("skip", "4").err
    assert desk.opsbook("untick", "1-3", "--why", "the wrong cluster").out.startswith("3 open again in ")
    assert all(row["outcome"] is None for row in desk.opsbook("checklist", "show", "--format", "json").json["steps"])
    for words in (("tick", record, "1"), ("skip", record, "2", "--why", "x"), ("untick", record, "1")):
        assert desk.opsbook("checklist", *words).code == 0


def test_a_note_is_corrected_and_the_old_words_stay_on_record(desk: Desk) -> None:
    desk.declare()
    desk.opsbook("note", "The queue is emty.", "--at", "10:05")
    desk.opsbook("did", "Rolled back.")
    corrected = desk.opsbook("note", "--correct", "10:05", "The queue is empty.")
    assert corrected.out.startswith("Corrected in "), str(corrected)
    assert desk.opsbook("note", "--correct", "last", "Rolled back to 4.2.").code == 0
    assert desk.opsbook("note", "--correct", "10:05", "The queue is empty, and stays so.").code == 0
    shown = desk.opsbook("show").out
    assert [shown.count(words) for words in ("emty", "is empty.", "stays so.", "Rolled back.", "back to 4.2.")] == [
        0, 0, 1, 0, 1,
    ]  # fmt: skip
    assert shown.count("corrected by") == 2
    branch = desk.git("for-each-ref", "--format=%(refname)", "refs/heads/opsbook").split()[0]
    assert "emty" in desk.git("grep", "emty", branch), "what was said first is not lost"
    unknown = desk.opsbook("note", "--correct", "09:01", "x")
    assert (unknown.code, "is no note of" in unknown.err, "“The queue is emty.”" in unknown.err) == (1, True, True)


def test_a_time_is_taken_as_people_type_it_and_said_back(desk: Desk) -> None:
    done = desk.opsbook(
        "declare", "--title", "x", "--severity", "P1", "--started-at", "2026-10-25T01:30:00+01:00", "--yes"
    )
    assert done.code == 0, str(done)
    assert "2026-10-25T00:30:00Z" in done.out
    assert "started_at: 2026-10-25T00:30:00Z" in "".join(desk.written().values()).replace('"', "")
    noted = desk.opsbook("note", "seen", "--at", "10:05")
    assert noted.code == 0
    assert "At 10:05" in noted.out
    for wrong in ("25:00", "yesterday", "2026-13-01T10:00", "2026-11-21"):
        refused = desk.opsbook("note", "seen", "--at", wrong)
        assert (refused.code, "is no time" in refused.err) == (1, True), str(refused)


def test_a_drill_sends_nobody_to_the_channel_of_incidents(desk: Desk) -> None:
    assert desk.opsbook("declare", "--title", "x", "--severity", "P1", "--drill", "--yes").code == 0
    assert "#incident" not in "".join(desk.written().values()) + "".join(desk.outbox().values())


# -- printed means happened

WITHOUT = "Nobody was told: Slack is not set up."


def test_without_slack_nobody_was_told_and_that_is_what_is_said(desk: Desk) -> None:
    done = desk.opsbook("declare", "--title", "x", "--severity", "P1", "--yes")
    assert WITHOUT in done.out
    assert "Told" not in done.out + done.err
    in_json = desk.opsbook("set", "severity", "P2", "--format", "json").json
    assert in_json["told"] == []
    assert [item["audience"] for item in in_json["not_told"]] == ["incident", "team"]
    assert "told" not in desk.opsbook("note", "nobody needs to hear this").out.lower()


def test_what_was_edited_by_hand_is_said_to_reach_nobody_each_with_its_words(desk: Desk) -> None:
    record = desk.declare()
    desk.git("merge", "--quiet", "--no-ff", "--no-edit", f"opsbook/{record}")
    desk.opsbook("announce", "--since", "2d")
    path = next(path for path in desk.files("main") if path.endswith(f"{record}-checkout-is-down/incident.yaml"))
    text = desk.files("main")[path].replace("severity: P1", "severity: P2")
    desk.commit({path: text}, "Smaller")
    done = desk.opsbook("announce", "--since", "2d")
    assert done.code == 0, str(done)
    for channel in ("incident", "team"):
        assert f"{record}: {channel} not told: Slack is not set up. Now P2: Checkout is down" in done.out


def test_each_of_several_words_to_one_channel_is_named(desk: Desk) -> None:
    desk.declare()
    done = desk.opsbook("incident", "update", "--lead", "oncall-b", "--comms", "oncall-a", "--format", "json")
    assert [item["audience"] for item in done.json["not_told"]] == ["incident", "incident", "team", "team"]
    assert len({item["text"] for item in done.json["not_told"]}) == 4


def test_with_slack_whoever_is_named_heard_it(desk: Desk, slack: SlackServer) -> None:
    there = Desk(desk.path, {"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": slack.url})
    done = there.opsbook("declare", "--title", "x", "--severity", "P1", "--yes")
    assert "Told #incident and #team." in done.out
    assert len(slack.messages("incident")) == len(slack.messages("team")) == 1


def test_where_it_is_on_record_is_said_and_how_it_is_shared(desk: Desk) -> None:
    alone = desk.opsbook("declare", "--title", "x", "--severity", "P1", "--yes")
    assert HERE in alone.out
    assert "Next: git merge --no-ff opsbook/INC-" in alone.out


@pytest.mark.parametrize("push", [True, False])
def test_with_a_remote_pushed_means_that_the_remote_has_it(tmp_path: Path, push: bool) -> None:
    folder = tmp_path
    desk = clone(make_remote(folder / "remote", push=push), folder / "desk")
    done = desk.opsbook("declare", "--title", "x", "--severity", "P1", "--yes")
    assert done.code == 0, str(done)
    branch = desk.branch()
    there = Desk(folder / "remote").git("for-each-ref", f"refs/heads/{branch}")
    if push:
        assert ", pushed to origin." in done.out
        assert branch in there
    else:
        assert HERE in done.out
        assert f"Next: git push origin {branch}" in done.out
        assert there == ""


# -- no word is changed in silence


def test_what_is_masked_is_said_at_once_with_what_to_do_and_never_its_value(desk: Desk) -> None:
    desk.declare()
    token, mail = "ghp_" + "a1B2" * 9, "somebody@desk.internal"
    done = desk.opsbook("note", f"used {token}, and wrote to {mail}")
    assert done.code == 0
    assert "Not kept: a GitHub token (it may have been seen where you copied it from: revoke it)." in done.out
    assert "Not kept: a mail address (" in done.out
    for words in (
        ("did", f"wrote to {mail}"),
        ("set", "severity", "P2", "--why", f"{mail} said so"),
    ):  # what is advised works
        kept = desk.opsbook(*words, "--keep", "it is public", "--format", "json")
        assert (kept.code, kept.json["masked"]) == (0, []), str(kept)
    assert token not in done.out
    assert mail not in done.out
    in_json = desk.opsbook("note", f"again {token}", "--format", "json")
    assert in_json.json["masked"] == [{"field": "text", "what": "a GitHub token"}]
    assert token not in "".join([*desk.written().values(), *desk.outbox().values(), in_json.out, in_json.err])


def test_what_only_looks_like_contact_details_is_kept_everywhere(desk: Desk) -> None:
    desk.opsbook("declare", "--title", "openvpn@server.service is down", "--severity", "P1", "--yes")
    done = desk.opsbook(
        "note", "systemctl restart openvpn@server.service; rsync x backup@nas.local:/v", "--format", "json"
    )
    assert done.json["masked"] == []
    written = "".join(desk.written().values())
    assert "openvpn@server.service is down" in written
    assert "rsync x backup@nas.local:/v" in written
    assert "openvpn-server-service-is-down" in done.json["path"]


def test_contact_details_are_kept_with_a_reason_and_credentials_never(desk: Desk) -> None:
    desk.declare()
    mail, phone, token = "hotline@vendor.internal", "+44 20 7946 0958", "ghp_" + "a1B2" * 9
    why = ("--keep", "the hotline is public; told by jane@desk.internal", "--format", "json")
    done = desk.opsbook("note", f"Ask {mail}:\nor call {phone}.\nNot with {token}.", *why)
    assert done.code == 0
    assert done.json["masked"] == [
        {"field": "text", "what": "a GitHub token"},
        {"field": "keep", "what": "a mail address"},
    ]
    more = desk.opsbook("incident", "update", "-", "--summary", f"Ask {mail}.", "--impact", f"See {phone}.", *why)
    assert more.code == 0
    written = "".join(desk.written().values())
    assert f"Ask {mail}:\n" in written
    assert f"See {phone}." in written
    assert token not in written
    assert "jane@desk.internal" not in written
    comment = "# opsbook: allow LEK002 because the hotline is public; told by [a mail address was removed]\n"
    assert written.count(comment) == 3
    desk.git("merge", "--quiet", "--no-edit", desk.branch())
    checked = desk.opsbook("check", "--format", "json")
    assert [finding for finding in checked.json["findings"] if finding["code"].startswith(("LEK", "SUP"))] == []


def test_a_reason_without_a_word_keeps_nothing(desk: Desk) -> None:
    desk.declare()
    refused = desk.opsbook("note", "Ask hotline@vendor.internal.", "--keep", "…")
    assert refused.code == 1
    assert "There is no reason to keep contact details." in refused.err
