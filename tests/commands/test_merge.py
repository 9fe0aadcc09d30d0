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


def work_on(desk: Desk, record: str) -> str:
    """Check out the branch of a record as somebody with the right to push; the folder of the record."""
    desk.git("fetch", "--quiet")
    desk.git("switch", "--quiet", "--create", "mine", f"origin/opsbook/{record}")
    (facts,) = [
        path for path in desk.files("HEAD", "incidents/") if path.endswith(f"{record}-checkout-is-down/incident.yaml")
    ]
    return facts.rpartition("/")[0]


def left_alone(server: GitHubServer, desk: Desk, record: str) -> str:
    """Push what was made, try to merge it, and see that main is as it was; why it was left."""
    desk.git("push", "--quiet", "origin", f"HEAD:opsbook/{record}")
    before = main_of(server)
    done = desk.opsbook("merge", record, "--format", "json")
    assert main_of(server) == before, str(done)
    assert done.json["merged"] == []
    assert done.code in (0, 4), str(done)
    return str(done.json["left"] or done.json["problems"])


def test_a_link_is_never_merged(server: GitHubServer, desk: Desk) -> None:
    record = desk.declare()
    folder = work_on(desk, record)
    (desk.path / folder / "report.md").unlink()
    (desk.path / folder / "report.md").symlink_to("../../../.git/config")
    desk.git("commit", "--quiet", "--all", "--message", "By hand")
    assert "FIL001" in left_alone(server, desk, record)


def test_a_submodule_is_never_merged(server: GitHubServer, desk: Desk) -> None:
    record = desk.declare()
    folder = work_on(desk, record)
    desk.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},{folder}/timeline/more")
    desk.git("commit", "--quiet", "--message", "By hand")
    assert "FIL001" in left_alone(server, desk, record)


@pytest.mark.parametrize(
    "name", [".gitattributes", ".github/workflows/x.yml", "timeline/x.py", "Incident.yaml", "a\nb"]
)
def test_a_file_that_is_no_part_of_an_incident_is_never_merged(server: GitHubServer, desk: Desk, name: str) -> None:
    record = desk.declare()
    folder = work_on(desk, record)
    desk.commit({f"{folder}/{name}": "* filter=x\n"}, "By hand")
    assert "FIL002" in left_alone(server, desk, record)


@pytest.mark.parametrize("name", ["{}-2/report.md", "{}.yaml", "../2025/INC-20250101-7KQ4M-x/incident.yaml"])
def test_a_neighbour_whose_name_begins_alike_is_no_part_of_it(server: GitHubServer, desk: Desk, name: str) -> None:
    record = desk.declare()
    folder = work_on(desk, record)
    path = name.format(folder) if "{}" in name else f"incidents/{name.removeprefix('../')}"
    desk.commit({path: "x\n"}, "By hand")
    assert "outside" in left_alone(server, desk, record)


def test_a_file_of_another_incident_is_not_taken_along(server: GitHubServer, desk: Desk) -> None:
    other = desk.declare("Search is slow")
    assert desk.opsbook("merge").code == 0
    record = desk.declare()
    folder = work_on(desk, record)
    (theirs,) = [path for path in desk.files("HEAD", "incidents/") if other in path and path.endswith("report.md")]
    desk.git("mv", "--force", theirs, f"{folder}/report.md")
    desk.git("commit", "--quiet", "--message", "By hand")
    assert "outside" in left_alone(server, desk, record)


def test_a_merge_in_the_branch_takes_nothing_back_on_main(server: GitHubServer, desk: Desk, tmp_path: Path) -> None:
    """Two points where the branch left main: against one of them it changes nothing else, against both it does."""
    people = tmp_path / "people"
    desk.git("fetch", "--quiet")
    desk.git("switch", "--quiet", "--create", "repair", "origin/main")
    desk.commit({"opsbook.yml": ALLOWED.replace("Example operations", "Renamed operations")}, "Rename")
    repair = desk.git("rev-parse", "HEAD").strip()
    push_main(server, people, {"docs/more.md": "# More\n"})
    old = main_of(server)
    desk.git("fetch", "--quiet")
    desk.git("switch", "--quiet", "main")
    desk.git("reset", "--quiet", "--hard", "origin/main")
    desk.git("merge", "--quiet", "--no-ff", "--message", "Merge the repair", "repair")
    desk.git("push", "--quiet", "origin", "HEAD:main")
    record = desk.declare()
    work_on(desk, record)
    facts = desk.files("HEAD", "incidents/")
    desk.git("switch", "--quiet", "--detach", old)
    desk.git("merge", "--quiet", "--strategy=ours", "--no-ff", "--message", "Bring main into the branch", repair)
    desk.commit(facts, "Declare")
    desk.git("push", "--quiet", "--force", "origin", f"HEAD:opsbook/{record}")
    why = left_alone(server, desk, record)
    assert "merge" in why
    assert "Renamed" in desk.files("origin/main")["opsbook.yml"]


def test_a_branch_that_people_brought_up_to_date_is_merged(server: GitHubServer, desk: Desk, tmp_path: Path) -> None:
    record = desk.declare()
    push_main(server, tmp_path / "people", {"docs/more.md": "# More\n"})
    work_on(desk, record)
    desk.git("merge", "--quiet", "--no-edit", "origin/main")
    desk.git("push", "--quiet", "origin", f"HEAD:opsbook/{record}")
    assert desk.opsbook("merge").code == 0
    assert any(record in path for path in on_main(server))


def test_a_pull_request_into_another_branch_is_none(server: GitHubServer, desk: Desk) -> None:
    record = desk.declare()
    desk.git("push", "--quiet", "origin", "origin/main:refs/heads/release")
    with server.locked() as hub:
        (pull,) = [issue for issue in hub.issues.values() if issue.head]
        pull.base = "release"
        before = hub.git.ref("refs/heads/release")
    done = desk.opsbook("merge", record)
    assert done.code == 4, str(done)
    assert "opsbook reconcile" in done.out
    with server.locked() as hub:
        assert hub.git.ref("refs/heads/release") == before
    assert desk.opsbook("reconcile").code == 0
    assert desk.opsbook("merge", record).code == 0
    assert any(record in path for path in on_main(server))


def test_two_pull_requests_of_a_branch_are_told_apart(server: GitHubServer, desk: Desk) -> None:
    record = desk.declare()
    desk.git("push", "--quiet", "origin", "origin/main:refs/heads/release")
    with server.locked() as hub:
        (pull,) = [issue for issue in hub.issues.values() if issue.head]
        hub.open_issue(
            by="somebody",
            title="x",
            body="",
            head=pull.head,
            head_sha=pull.head_sha,
            base="release",
            base_sha=pull.base_sha,
        )
        before = hub.git.ref("refs/heads/release")
    done = desk.opsbook("merge", record)
    assert done.code == 0, str(done)
    assert f"Merged {record}" in done.out
    with server.locked() as hub:
        assert hub.git.ref("refs/heads/release") == before
    assert any(record in path for path in on_main(server))


def test_a_branch_of_the_same_name_in_a_fork_of_the_same_owner_is_no_rival(server: GitHubServer, desk: Desk) -> None:
    record = desk.declare()
    with server.locked() as hub:
        (pull,) = [issue for issue in hub.issues.values() if issue.head]
        theirs = hub.open_issue(
            by="somebody", title="x", body="", head=pull.head, head_sha=pull.base_sha, fork="fork", base="main"
        )
        theirs.base_sha = pull.base_sha
    done = desk.opsbook("merge", record)
    assert f"Merged {record}: https://github.example/example/book/pull/1" in done.out, str(done)
    assert theirs.state == "open"
