"""A release is one command: the changelog, the version, a commit and a tag, or nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import opsbook

ROOT = Path(__file__).parents[1]
VENV = Path(sys.executable).parents[1]
FIXED = "### Fixed\n\n- A thing that was wrong is right.\n"


class Clone:
    """A clone of the repository as it lies here, with the programs of these tests in the place of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name in self.git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")[:-1]:
            if (ROOT / name).is_file():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, path / name)
        self.git("init", "--quiet", "--initial-branch=main")
        for key, value in {"user.name": "t", "user.email": "t@example.invalid", "tag.gpgsign": "false"}.items():
            self.git("config", key, value)
        (path / "changelog.d" / "one.md").write_text(FIXED)
        (path / ".venv").mkdir()
        for name in ("bin", "lib", "pyvenv.cfg"):
            (path / ".venv" / name).symlink_to(VENV / name)
        (path / ".venv" / ".ready").touch()  # newer than all that it is made from: nothing is installed
        self.commit()

    def git(self, *words: str, cwd: Path | None = None) -> str:
        return subprocess.run(
            ["git", *words], cwd=cwd or self.path, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Before")

    def run(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        known = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAKE"))}
        words = ["bash", "-e", "-c", script]
        return subprocess.run(words, cwd=self.path, env={**known, **variables}, capture_output=True, text=True)

    def state(self) -> str:
        return self.git("status", "--porcelain") + self.git("rev-parse", "HEAD") + self.git("tag")


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    (tmp_path / "clone").mkdir()
    return Clone(tmp_path / "clone")


@pytest.mark.parametrize("version", [opsbook.__version__, "9.0.0"], ids=["the first", "the next"])
def test_a_release_has_its_changelog_its_version_a_commit_and_a_tag_that_its_workflow_builds(
    version: str, clone: Clone
) -> None:
    done = clone.run(f"make release VERSION={version}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert clone.git("describe").strip() == f"v{version}"
    assert clone.git("status", "--porcelain") == ""
    assert [path.name for path in (clone.path / "changelog.d").iterdir()] == ["README.md"]
    changelog = (clone.path / "CHANGELOG.md").read_text("utf-8")
    assert (
        changelog.index("# Changelog")
        < changelog.index(f"\n## {version} · ")
        < changelog.index("\n- A thing that was wrong is right.\n")
    )
    workflow = yaml.safe_load((clone.path / ".github/workflows/release.yml").read_text("utf-8"))
    step = workflow["jobs"]["build"]["steps"][2]
    assert step["env"] == {"TAG": "${{ github.ref_name }}"}
    other = clone.run(step["run"], TAG="v9.0.1")
    assert (other.returncode, "does not name the version" in other.stdout) == (2, True)
    built = clone.run(step["run"], TAG=f"v{version}")
    assert built.returncode == 0, built.stdout + built.stderr
    assert {path.name for path in (clone.path / "dist").iterdir()} == {
        f"opsbook-{version}-py3-none-any.whl",
        f"opsbook-{version}.tar.gz",
    }


@pytest.mark.parametrize(
    ("before", "version", "says"),
    [
        ("true", "", "Say which version"),
        ("true", "1.2", "Say which version"),
        ("true", "0.0.1", "is not higher"),
        ("git tag v9.0.0", "9.0.0", "v9.0.0 is released"),
        ("git switch --quiet --create other", "9.0.0", "made on main"),
        ("echo >> README.md", "9.0.0", "not committed"),
        ("git rm --quiet changelog.d/[!R]*.md && git commit --quiet --message None", "9.0.0", "No changelog fragments"),
        ("echo 'echo Refused by a hook; exit 1' > .git/hooks/pre-commit; chmod +x .git/hooks/*", "9.0.0", "by a hook"),
    ],
)
def test_a_release_that_cannot_be_changes_nothing(before: str, version: str, says: str, clone: Clone) -> None:
    assert clone.run(before).returncode == 0
    state = clone.state()
    done = clone.run(f"make release VERSION={version}")
    assert done.returncode == 2
    assert says in done.stdout + done.stderr
    assert clone.state() == state
