"""`opsbook merge`: a declaration that passes the check is on main without anybody, and nothing else ever is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github_server.faults import Fault
from tests.github_server.server import GitHubServer
from tests.support.desk import Desk, make_desk
from tests.support.github import make_github, person, push_main
from tests.support.small_book import OPSBOOK_YML

ALLOWED = OPSBOOK_YML.replace("  push: false\n", "  push: false\n  merge: declarations\n")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub; a request that its description does not allow fails the test."""
    server = make_github(tmp_path / "github.git")
    yield server
    server.close()
    assert server.refused == []


@pytest.fixture
def desk(server: GitHubServer, tmp_path: Path) -> Desk:
    """A clone of a book whose declarations merge by themselves, and a person with a token."""
    push_main(server, tmp_path / "people", {"opsbook.yml": ALLOWED})
    return person(server, tmp_path / "book")


def main_of(server: GitHubServer) -> str:
    """The commit of main."""
    with server.locked() as hub:
        return hub.git.ref("refs/heads/main") or ""


def on_main(server: GitHubServer) -> list[str]:
    """The files of main."""
    with server.locked() as hub:
        return [path for path, mode, _ in hub.git.walk("refs/heads/main") if mode != "40000"]


def tip(server: GitHubServer, record: str) -> str | None:
    """Where the branch of a record is."""
    with server.locked() as hub:
        return hub.git.ref(f"refs/heads/opsbook/{record}")


def test_a_declaration_is_merged_and_what_follows_is_started(server: GitHubServer, desk: Desk, tmp_path: Path) -> None:
    since = main_of(server)
    record = desk.declare()
    outputs = tmp_path / "outputs"
    done = desk.opsbook("merge", "--start", "main.yml", environ={"GITHUB_OUTPUT": str(outputs)})
    assert done.code == 0, str(done)
    assert f"Merged {record}: https://github.example/example/book/pull/1" in done.out
    assert any(record in path for path in on_main(server))
    assert outputs.read_text() == "merged=true\n"
    with server.locked() as hub:
        assert hub.dispatched == [("main.yml", {"ref": "main", "inputs": {"since": since}})]
    again = desk.opsbook("merge", "--start", "main.yml", "--format", "json")
    assert again.json == {"merged": [], "left": [], "problems": []}
    with server.locked() as hub:
        assert len(hub.dispatched) == 1


@pytest.mark.parametrize("methods", [{"squash"}, {"rebase", "squash"}, {"merge"}])
def test_it_merges_in_a_way_that_the_repository_allows(server: GitHubServer, desk: Desk, methods: set[str]) -> None:
    record = desk.declare()
    with server.locked() as hub:
        hub.methods = methods
    assert desk.opsbook("merge", record).code == 0
    assert any(record in path for path in on_main(server))
    assert desk.opsbook("incident", "note", record, "Said after the merge.").code == 0


def test_what_follows_several_declarations_begins_before_the_first_of_them(server: GitHubServer, desk: Desk) -> None:
    since = main_of(server)
    desk.declare("Checkout is down")
    desk.declare("Mail is late")
    assert desk.opsbook("merge", "--start", "main.yml").out.count("Merged INC-") == 2
    with server.locked() as hub:
        assert hub.dispatched == [("main.yml", {"ref": "main", "inputs": {"since": since}})]


def test_main_that_moves_at_the_same_moment_is_tried_again(server: GitHubServer, desk: Desk) -> None:
    """GitHub says so with the status of what it never merges; several declarations merge at once in a bad hour."""
    record = desk.declare()
    with server.locked() as hub:
        hub.moving = 2
    done = desk.opsbook("merge")
    assert done.code == 0, str(done)
    assert any(record in path for path in on_main(server))


def test_what_was_merged_is_said_also_when_nothing_can_be_started(server: GitHubServer, desk: Desk) -> None:
    record = desk.declare()
    server.faults.append(Fault("actions/create-workflow-dispatch", "scope"))
    done = desk.opsbook("merge", record, record, "--start", "main.yml", "--format", "json")
    assert done.code == 4, str(done)
    assert [item["id"] for item in done.json["merged"]] == [record]
    assert done.json["left"] == []
    (problem,) = done.json["problems"]
    assert problem.startswith("main.yml was not started, so start it on GitHub: ")


def test_while_github_is_down_nothing_is_merged_and_the_next_run_finds_it(server: GitHubServer, desk: Desk) -> None:
    record = desk.declare()
    server.faults.append(Fault("*", "unavailable", times=None))
    done = desk.opsbook("merge", "--format", "json")
    assert done.code == 4, str(done)
    assert done.json["merged"] == []
    assert len(done.json["problems"]) == 1
    server.faults.clear()
    assert [item["id"] for item in desk.opsbook("merge", "--format", "json").json["merged"]] == [record]


def test_what_follows_a_declaration_waits_for_people(server: GitHubServer, desk: Desk) -> None:
    record = desk.declare()
    assert desk.opsbook("merge").code == 0
    assert desk.opsbook("incident", "note", record, "It is the queue.").code == 0
    before = main_of(server)
    done = desk.opsbook("merge")
    assert done.code == 0
    assert f"{record} stays open: It is on main already" in done.out
    assert main_of(server) == before


def test_nothing_is_merged_unless_main_says_so(server: GitHubServer, desk: Desk, tmp_path: Path) -> None:
    """The branch may say what it likes, and so may the clone in which the command runs."""
    push_main(server, tmp_path / "people", {"opsbook.yml": OPSBOOK_YML})
    before = main_of(server)
    desk.declare()
    done = desk.opsbook("merge")
    assert done.code == 0
    assert "opsbook.yml does not say `merge: declarations`" in done.out
    assert main_of(server) == before


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("opsbook.yml", ALLOWED + "# mine\n"),
        (".github/workflows/mine.yml", "on: push\n"),
        ("services/checkout.yaml", "name: checkout\n"),
        ("incidents/2026/INC-20261121-7KQ4M-other/report.md", "# Mine\n"),
    ],
)
def test_a_branch_that_changes_something_else_is_left_to_people(
    server: GitHubServer, desk: Desk, path: str, text: str
) -> None:
    record = desk.declare()
    desk.git("fetch", "--quiet")
    desk.git("switch", "--quiet", "--create", "mine", f"origin/opsbook/{record}")
    desk.commit({path: text}, "By hand")
    desk.git("push", "--quiet", "origin", f"HEAD:opsbook/{record}")
    before = main_of(server)
    done = desk.opsbook("merge")
    assert "changes 1 file outside of" in done.out, str(done)
    assert main_of(server) == before


def test_a_folder_whose_name_only_begins_like_the_record_is_not_the_record(server: GitHubServer, desk: Desk) -> None:
    record = desk.declare()
    desk.git("fetch", "--quiet")
    desk.git("switch", "--quiet", "--create", "mine", f"origin/opsbook/{record}")
    (facts,) = [path for path in desk.files("HEAD", "incidents/") if path.endswith("incident.yaml")]
    desk.commit({facts.replace("/incident.yaml", "-too/report.md"): "# Mine\n"}, "By hand")
    desk.git("push", "--quiet", "origin", f"HEAD:opsbook/{record}")
    before = main_of(server)
    assert "changes 1 file outside of" in desk.opsbook("merge").out
    assert main_of(server) == before


def test_a_declaration_that_does_not_pass_the_check_is_left_open_and_says_why(server: GitHubServer, desk: Desk) -> None:
    record = desk.declare()
    desk.git("fetch", "--quiet")
    desk.git("switch", "--quiet", "--create", "mine", f"origin/opsbook/{record}")
    (facts,) = [path for path in desk.files("HEAD", "incidents/") if path.endswith("incident.yaml")]
    key = "AKIA" + "IOSFODNN7EXAMPLE"  # in two parts, so that no scanner takes it for one
    desk.commit({facts: (desk.path / facts).read_text() + f"summary: {key}\n"}, "By hand")
    desk.git("push", "--quiet", "origin", f"HEAD:opsbook/{record}")
    before = main_of(server)
    done = desk.opsbook("merge", record)
    assert "The check finds 1" in done.out, str(done)
    assert key not in done.out + done.err
    assert main_of(server) == before


def test_without_github_it_says_what_to_do_instead(tmp_path: Path) -> None:
    alone = make_desk(tmp_path / "alone")
    alone.declare()
    done = alone.opsbook("merge")
    assert done.code == 2
    assert "git merge" in done.err
