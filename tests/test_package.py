"""The program as a package: what is built, what its page shows, and that it works where nothing else is installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import venv
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from readme_renderer import markdown

import opsbook

ROOT = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent
TODAY = {"LD_PRELOAD": ""}
"""For what speaks with the package index, whose certificates are of today on any day of `make test-any-day`."""
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
CACHES = {
    name: os.environ.get(name, str(_CACHE / tool)) for name, tool in (("UV_CACHE_DIR", "uv"), ("PIP_CACHE_DIR", "pip"))
}
"""Where `make` put what it installed. Nothing is taken from there but files with the hashes of the lock."""
ACTION = ROOT / ".github" / "actions" / "opsbook"
PAGE = f"https://github.com/example-org/opsbook/blob/v{opsbook.__version__}/"
PICTURE = f"https://raw.githubusercontent.com/example-org/opsbook/v{opsbook.__version__}/"


def run(*command: object, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it as a person does, whose Python knows nothing of this checkout."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env={**own, **variables}, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a release, which is built from the source that is released with it."""
    folder = tmp_path_factory.mktemp("dist")
    run(TOOLS / "python", "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        return message_from_bytes(archive.read(f"opsbook-{opsbook.__version__}.dist-info/METADATA"))


# -- what is built


def test_the_wheel_holds_the_program_and_nothing_else(wheel: Path) -> None:
    """Also the files of a new book whose names begin with a dot."""
    files = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT / "scripts").stdout
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == set(files.splitlines())
    assert wheel.stat().st_size < 2_000_000  # two thirds of it draw diagrams


def test_the_source_of_a_release_builds_the_wheel_of_the_repository(wheel: Path, tmp_path: Path) -> None:
    run(TOOLS / "python", "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path, ROOT)
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


# -- its page


def test_every_link_and_picture_of_the_package_page_leads_to_a_file_of_the_release(metadata: Message) -> None:
    page = markdown.render(str(metadata.get_payload()), variant="GFM")
    assert page, "the index would show the text as it is written"
    found = [(kind, address) for kind, address in re.findall(r'(href|src)="([^"]*)"', page) if address[:1] != "#"]
    assert len(found) >= len(re.findall(r"\]\(", (ROOT / "README.md").read_text("utf-8")))
    for kind, address in found:
        start = PICTURE if kind == "src" else PAGE
        assert address.startswith(start)
        assert (ROOT / address.removeprefix(start)).exists(), address


def test_every_python_that_is_declared_is_tested_and_no_other(metadata: Message) -> None:
    declared = re.findall(r"Programming Language :: Python :: (3\.\d+)\n", metadata.as_string())
    test = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))["jobs"]
    assert (
        sorted([*test["quick"]["strategy"]["matrix"]["python"], test["test"]["steps"][1]["with"]["python-version"]])
        == declared
    )
    assert metadata["Requires-Python"] == f">={declared[0]}"


def test_the_version_is_written_in_one_place(metadata: Message) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "version" in project["dynamic"]
    assert metadata["Version"] == opsbook.__version__


# -- where nothing else is installed


def test_what_githubs_action_installs_is_enough_to_declare_and_the_extra_to_build_the_site(
    wheel: Path, tmp_path: Path
) -> None:
    """The script of the action itself, as the workflow that declares calls it; then the wheel, as people install it."""
    fresh, book = tmp_path / "fresh", tmp_path / "book"
    venv.create(fresh, with_pip=True)

    def opsbook(*words: object) -> str:
        return run(fresh / "bin" / "opsbook", *words).stdout

    script = yaml.safe_load((ACTION / "action.yml").read_text("utf-8"))["runs"]["steps"][-1]["run"]
    path = f"{fresh / 'bin'}:{os.environ['PATH']}"
    run("bash", "-e", "-c", script, SITE="false", GITHUB_ACTION_PATH=str(ACTION), PATH=path, **TODAY, **CACHES)
    assert not list(fresh.glob("lib/*/site-packages/mkdocs"))
    opsbook("--version")
    opsbook("new", "book", book, "--title", 'The "other" {{ team }}')
    run("git", "init", "--quiet", "--initial-branch=main", cwd=book)
    run("git", "add", "--all", cwd=book)
    run("git", "-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "--quiet", "-m", "Start", cwd=book)
    opsbook("-C", book, "new", "runbook", "Renew a certificate")
    opsbook("-C", book, "new", "service", "Payments", "--not-ours")
    opsbook("-C", book, "schema")
    opsbook("-C", book, "check")
    opsbook("-C", book, "declare", "--title", "It is down", "--severity", "P1", "--service", "operations-book")
    assert "It is down" in opsbook("-C", book, "list")

    lock = ROOT / "requirements" / "site.txt"
    wanted = ("--reinstall-package=opsbook", "--constraint", lock, f"{wheel}[site]")
    run(TOOLS / "uv", "pip", "install", "--python", fresh, *wanted, **TODAY, **CACHES)
    opsbook("-C", book, "site", "build")
    assert "It is down" in (book / "build" / "site" / "index.html").read_text()
