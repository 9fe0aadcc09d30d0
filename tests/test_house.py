"""The promises of the repository itself: templates, help, and what it is installed from."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from opsbook.commands import commands
from opsbook.kinds import registry
from tests.support.desk import Desk, make_desk

COMMANDS = {name: found.summary for name, found in commands().items()}

ROOT = Path(__file__).parents[1]


def run(*command: object, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True
    )


def test_no_test_depends_on_the_day_it_runs() -> None:
    """A test that asks what day it is gives another answer tomorrow; `make test-any-day` looks for the rest."""
    asks = re.compile(r"\b(?:datetime|date|time)\.(?:now|today|utcnow|time|localtime|gmtime|ctime)\(")
    allowed = {"support/clock.py": "the machine's clock, for servers", "any_day.py": "moves it"}
    root = ROOT / "tests"
    found = {path.relative_to(root).as_posix() for path in root.rglob("*.py") if asks.search(path.read_text("utf-8"))}
    assert found == set(allowed)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_a_file_that_says_what_it_does(name: str) -> None:
    module = import_module(commands()[name].module)
    assert COMMANDS[name] == (module.__doc__ or "").split("\n")[0]
    assert hasattr(module, "COMMAND") != hasattr(module, "run")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom opsbook.cli import main\nmain(['--help'])\n"
        "heavy = {'pydantic', 'yaml', 'jinja2', 'rich', 'github3', 'slack_sdk', 'markdown_it', 'argparse'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    result = run(sys.executable, "-c", code)
    assert result.returncode == 0, result.stderr
    assert all(name in result.stdout for name in COMMANDS)


READING = [
    "opsbook.commands.writing",
    "opsbook.core.check",
    "opsbook.core.codes",
    "opsbook.core.described",
    "opsbook.core.examined",
    "opsbook.core.front",
    "opsbook.core.intake",
    "opsbook.core.markdown",
    "opsbook.core.misfit",
    "opsbook.core.plan",
    "opsbook.core.rules",
    "opsbook.core.secrets",
    "opsbook.adapters.git.pulls",
    "opsbook.adapters.git.receipts",
    "opsbook.kinds.incident.actions",
    "opsbook.kinds.incident.forms",
    "opsbook.kinds.incident.page",
    "opsbook.kinds.incident.requests",
    "opsbook.kinds.incident.rules",
    "opsbook.perform",
    "opsbook.wiring.log",
]
NOTING = [
    "opsbook.adapters.git.pulls",
    "opsbook.commands.asking",
    "opsbook.core.described",
    "opsbook.core.examined",
    "opsbook.core.front",
    "opsbook.core.intake",
    "opsbook.core.misfit",
    "opsbook.kinds.incident.forms",
    "opsbook.kinds.incident.page",
    "opsbook.kinds.runbook.page",
    "opsbook.kinds.service.page",
    "opsbook.wiring.log",
]
BOTH = [
    "cookiecutter",
    "github3",
    "jinja2",
    "markdown_it",
    "opsbook.find",
    "opsbook.site",
    "packaging",
    "requests",
    "slack_sdk",
    "slugify",
    "sqlite3",
    "urllib3",
]


@pytest.mark.parametrize(
    ("late", "words"), [(READING, ["list"]), (NOTING, ["note", "words"])], ids=["listing", "noting"]
)
def test_what_people_do_most_imports_nothing_that_it_does_not_use(
    late: list[str], words: list[str], tmp_path: Path
) -> None:
    """Nearly all that a start takes is imports; `make bench` says how long it takes."""
    desk = make_desk(tmp_path / "book")
    assert desk.opsbook("declare", "--title", "Login fails", "--severity", "P1", "--by", "oncall-a").code == 0
    code = (
        "import sys\nfrom opsbook.cli import main\nassert main(sys.argv[1:]) == 0\n"
        "print('loaded', *sys.modules, file=sys.stderr)"
    )
    result = run(sys.executable, "-c", code, "-C", desk.path, *words)
    assert result.returncode == 0, result.stderr
    loaded = set(result.stderr.splitlines()[-1].split()[1:])
    assert not loaded & {*late, *BOTH}
    for name in [name for name in (*late, *BOTH) if name.startswith("opsbook.")]:
        assert find_spec(name) is not None, f"{name} is gone, and says nothing any more"


def test_a_kind_is_found_because_its_folder_exists() -> None:
    folders = {path.parent.name for path in (ROOT / "scripts" / "opsbook" / "kinds").glob("*/__init__.py")}
    assert {kind.name for kind in registry().values()} == folders


LOCKS = sorted((ROOT / "requirements").iterdir())


def pins(lock: str) -> dict[str, str]:
    """What a lock installs: the version of each package."""
    lines = (ROOT / "requirements" / f"{lock}.txt").read_text().splitlines()
    entries = [line.removesuffix(" \\") for line in lines if line[:1].isalnum()]
    return {name: version.split(" ;")[0] for name, _, version in (entry.partition("==") for entry in entries)}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_every_package_with_hashes_and_names_no_host(path: Path) -> None:
    assert path.suffix == ".txt", "Dependabot reads no other name"
    text, found = path.read_text(), pins(path.stem)
    assert found
    assert all(found.values())
    assert text.count("--hash=sha256:") >= len(found)
    assert "://" not in text


def test_what_is_tested_is_what_is_installed() -> None:
    assert pins("run").items() < pins("site").items() < pins("dev").items()


@pytest.fixture(scope="module")
def new_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book as `opsbook new book` makes it."""
    folder = tmp_path_factory.mktemp("new")
    assert Desk(folder).opsbook("new", "book", "book").code == 0
    return folder / "book"


@pytest.mark.parametrize("template", ["runbook", "service", "service --not-ours"])
@pytest.mark.parametrize(
    "title",
    [
        "Plain words",
        "Quotes \" and ' and : colons",
        "{{ cookiecutter.title }} {% raw %}",
        "- [a]: {b} # c",
        "../../evil",
        "é 漢字 🙂 ok",
    ],
)
def test_every_template_gives_a_record_that_passes_the_check(
    template: str, title: str, new_book: Path, tmp_path: Path
) -> None:
    book = Desk(tmp_path / "book")
    shutil.copytree(new_book, book.path)
    kind, *more = template.split()
    drafted = book.opsbook("new", kind, title, *more)
    assert drafted.code == 0, drafted.err
    checked = book.opsbook("check")
    assert checked.code == 0, checked.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book"]
    written = [
        path
        for path in book.path.rglob("*")
        if path.is_file() and path.name != "opsbook.yml" and title in _titles(path)
    ]
    assert len(written) == 1


def _titles(path: Path) -> list[str]:
    """The title of a record, read with a YAML program that is not ours."""
    import yaml

    if path.suffix not in (".yaml", ".md"):
        return []
    text = path.read_text()
    if path.suffix == ".md":
        text = text.split("---\n")[1] if text.startswith("---\n") else ""
    value = yaml.safe_load(text)
    return [str(value.get("title"))] if isinstance(value, dict) else []


def test_a_draft_never_replaces_a_file(tmp_path: Path) -> None:
    book = tmp_path / "book"
    main = [sys.executable, "-m", "opsbook"]
    assert run(*main, "new", "book", book).returncode == 0
    assert run(*main, "new", "book", book).returncode == 1
    assert run(*main, "-C", book, "new", "service", "Operations book").returncode == 1
    (book / "services" / "other.yaml").symlink_to(tmp_path / "elsewhere")
    assert run(*main, "-C", book, "new", "service", "Other", "--not-ours").returncode == 1
    assert not (tmp_path / "elsewhere").exists()
