"""The workflows as files: valid, pinned, with the least permissions, and the same in every book."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.desk import Desk, configure

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent

OURS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SHARED = ("alert.yml", "check.yml", "declare.yml", "main.yml", "schedule.yml")
"""What every book has; `test.yml` and `release.yml` are of the program."""

PERMISSIONS: Mapping[str, Mapping[str, str]] = {
    "alert.yml take": {"contents": "write", "pull-requests": "write", "issues": "write", "actions": "write"},
    "check.yml check": {"contents": "read"},
    "check.yml generated": {"contents": "read"},
    "check.yml code-scanning": {"security-events": "write"},
    "check.yml merge": {"contents": "write", "pull-requests": "read", "actions": "write"},
    "declare.yml declare": {"contents": "write", "pull-requests": "write", "issues": "write", "actions": "write"},
    "main.yml announce": {"contents": "write", "pull-requests": "write", "issues": "write"},
    "main.yml site": {"contents": "read"},
    "main.yml pages": {"pages": "write", "id-token": "write"},
    "schedule.yml keep": {"contents": "write", "pull-requests": "write", "issues": "write"},
    "release.yml build": {"contents": "read"},
    "release.yml publish": {"contents": "read", "id-token": "write", "attestations": "write"},
    "test.yml test": {"contents": "read"},
    "test.yml quick": {"contents": "read"},
}
"""What each job may do. A job that needs more says so here too, and somebody asks why."""

SECRETS = {"alert.yml", "declare.yml", "main.yml", "schedule.yml"}
"""The workflows that know a secret. None of them runs for a pull request."""


@pytest.fixture(scope="module", params=["ours", "another team's"])
def book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with its `.github`: this repository, and what `opsbook new book` drafts for another team."""
    if request.param == "ours":
        return ROOT
    folder = tmp_path_factory.mktemp("book")
    desk = Desk(folder)
    program = f"example-org/opsbook@{'0123456789' * 4}"
    for words in (["new", "book", ".", "--title", "${{ github.token }} {{ team }}", "--program", program], ["forms"]):
        done = desk.opsbook(*words)
        assert done.code == 0, str(done)
    return folder


def run(*command: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)


def load(path: Path) -> dict[str, Any]:
    value = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(value, dict)
    return value


def jobs(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in load(path)["jobs"].items():
        yield f"{path.name} {name}", job


def files(book: Path) -> list[Path]:
    found = sorted((book / ".github").rglob("*.yml"))
    assert {path.name for path in found} >= {*SHARED, "action.yml"}
    return found


# -- what tools say


def test_zizmor_finds_nothing_as_an_auditor(book: Path) -> None:
    done = run(
        TOOLS / "zizmor", "--offline", "--no-progress", "--persona", "auditor", "--format", "plain", ".github", cwd=book
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARN" not in done.stderr
    read = re.findall(r"completed (\S+)", done.stderr)
    assert {path.removeprefix(".github/") for path in read} >= {
        "actions/opsbook/action.yml",
        *(f"workflows/{n}" for n in SHARED),
    }


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("github-workflows", "workflows/*.yml"),
        ("github-actions", "actions/*/action.yml"),
        ("github-issue-forms", "ISSUE_TEMPLATE/declare-an-incident.yml"),
        ("dependabot", "dependabot.yml"),
    ],
)
def test_the_files_fit_githubs_schemas(book: Path, schema: str, pattern: str) -> None:
    found = sorted((book / ".github").glob(pattern))
    assert found
    done = run(TOOLS / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *found)
    assert done.returncode == 0, done.stdout + done.stderr


# -- what we promise


def test_every_action_is_pinned_to_a_commit_and_says_its_version(book: Path) -> None:
    lines = [line.strip() for path in files(book) for line in path.read_text("utf-8").splitlines()]
    used = [line.removeprefix("- ").removeprefix("uses: ") for line in lines if "uses: " in line]
    assert len(used) >= 10
    for value in used:
        ours = re.fullmatch(
            r"\./\.github/actions/opsbook|example-org/opsbook/\.github/actions/opsbook@[0-9a-f]{40}", value
        )
        assert ours or re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", value), value


def test_an_action_has_one_pin() -> None:
    pins: dict[str, set[str]] = {}
    for path in files(ROOT):
        for name, pin in re.findall(r"uses: ([\w/-]+)@(.+)", path.read_text("utf-8")):
            pins.setdefault(name, set()).add(pin)
    assert {name: pin for name, pin in pins.items() if len(pin) > 1} == {}


def test_no_expression_stands_inside_a_script(book: Path) -> None:
    for path in files(book):
        value = load(path)
        steps = [step for job in value.get("jobs", {}).values() for step in job["steps"]]
        for step in steps + value.get("runs", {}).get("steps", []):
            assert "${{" not in step.get("run", ""), f"{path}: {step}"


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_a_job_has_the_permissions_of_the_table_and_no_others(path: Path) -> None:
    assert load(path)["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs(path)} == {
        name: value for name, value in PERMISSIONS.items() if name.startswith(f"{path.name} ")
    }


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_a_job_ends_and_leaves_no_credentials_behind(path: Path) -> None:
    for name, job in jobs(path):
        assert 1 <= job["timeout-minutes"] <= 30, name
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_only_what_no_stranger_starts_knows_a_secret(path: Path) -> None:
    text, value = path.read_text("utf-8"), load(path)
    assert not {"pull_request_target", "workflow_run", "workflow_call"} & set(
        value[True]
    )  # `on:`, as YAML 1.1 reads it
    assert "secrets: inherit" not in text
    assert ("secrets." in text) == (path.name in SECRETS)
    assert not ("pull_request" in value[True] and "secrets." in text)
    for name, job in jobs(path):
        if "secrets." in str(job):
            assert job["environment"] == {"name": "opsbook", "deployment": False}, name


def test_who_waits_to_declare_or_to_announce_is_never_cancelled() -> None:
    declare = load(ROOT / ".github/workflows/declare.yml")
    assert declare["concurrency"]["cancel-in-progress"] is False
    assert declare["concurrency"]["queue"] == "max"
    announce = dict(jobs(ROOT / ".github/workflows/main.yml"))["main.yml announce"]["concurrency"]
    assert (announce["cancel-in-progress"], announce["queue"]) == (False, "max")
    check = load(ROOT / ".github/workflows/check.yml")
    assert "concurrency" not in check
    assert [name for name, job in check["jobs"].items() if job.get("concurrency", {}).get("cancel-in-progress")] == [
        "check", "generated"
    ]  # fmt: skip


def test_only_who_builds_the_site_waits_for_what_it_needs(book: Path) -> None:
    for name in SHARED:
        for job, value in jobs(book / ".github" / "workflows" / name):
            for step in value["steps"]:
                if step.get("uses") == "./.github/actions/opsbook":
                    builds = "opsbook site build" in str(value["steps"])
                    assert step.get("with") == (None if builds else {"site": "false"}), job
    action = load(book / ".github" / "actions" / "opsbook" / "action.yml")
    assert action["inputs"]["site"]["default"] == "true"
    assert "${{ inputs.site }}" in str(action["runs"])


def test_what_merges_and_what_speaks_runs_the_program_of_the_main_branch() -> None:
    for name in ("check.yml merge", "main.yml announce", "schedule.yml keep"):
        steps = dict(jobs(ROOT / ".github/workflows" / name.split()[0]))[name]["steps"]
        assert steps[0]["with"]["ref"] == "${{ github.event.repository.default_branch }}"
        assert steps[1]["uses"] == "./.github/actions/opsbook"
        assert not any("checkout" in step.get("uses", "") for step in steps[1:])


# -- other teams


def without_inputs(text: str) -> str:
    """A workflow without what `opsbook forms` writes into it."""
    return re.sub(r"(?<=\n)    inputs:\n(?:      .*\n)+", "", text)


@pytest.mark.parametrize("name", SHARED)
def test_another_teams_workflow_is_this_one(name: str, tmp_path: Path) -> None:
    book = tmp_path / "book"
    assert Desk(tmp_path).opsbook("new", "book", str(book)).code == 0
    theirs = (book / ".github" / "workflows" / name).read_text("utf-8")
    ours = (ROOT / ".github" / "workflows" / name).read_text("utf-8")
    if name == "declare.yml":
        assert Desk(book).opsbook("forms").code == 0
        assert (book / ".github" / "workflows" / name).read_text("utf-8") == theirs, "copy what `opsbook forms` wrote"
        ours, theirs = without_inputs(ours), without_inputs(theirs)
    assert theirs == ours


def test_a_new_book_names_no_reviewer_and_leads_reporters_to_a_page_of_its_own(tmp_path: Path) -> None:
    assert Desk(tmp_path).opsbook("new", "book", "book").code == 0
    github = tmp_path / "book" / ".github"
    assert all(line[:1] in ("", "#") for line in (github / "CODEOWNERS").read_text("utf-8").splitlines())
    (link,) = re.findall(r"\]\((.+?)\)", (github / "SECURITY.md").read_text("utf-8"))
    assert (github / link).is_file()


def test_a_new_book_passes_the_steps_of_its_own_check(tmp_path: Path) -> None:
    desk = configure_new(tmp_path / "book")
    for words in (["schema", "--check"], ["forms", "--check"], ["check", "--since", "HEAD", "--format", "github"]):
        done = desk.opsbook(*words)
        assert done.code == 0, str(done)


def configure_new(folder: Path) -> Desk:
    """A new book, committed."""
    assert Desk(folder.parent).opsbook("new", "book", str(folder)).code == 0
    desk = Desk(folder)
    desk.git("init", "--quiet", "--initial-branch=main")
    configure(desk)
    for words in (["schema"], ["forms"]):
        assert desk.opsbook(*words).code == 0
    desk.git("add", "--all")
    desk.git("commit", "--quiet", "--message", "Start")
    return desk


@pytest.mark.parametrize(
    "program",
    [
        "opsbook",
        "a/b@main",
        "a/b@" + "0" * 39,
        "a/b@" + "G" * 40,
        "../x@" + "0" * 40,
        "a/b/c@" + "0" * 40,
        "a/b\n@" + "0" * 40,
    ],
)
def test_a_program_that_is_not_pinned_is_refused(program: str, tmp_path: Path) -> None:
    done = Desk(tmp_path).opsbook("new", "book", "book", "--program", program)
    assert done.code == 2, str(done)
    assert "OWNER/NAME@COMMIT" in done.err
    assert not (tmp_path / "book").exists() or not any((tmp_path / "book").iterdir())
