"""`opsbook import` shows its plan, asks, writes what a person commits, and has nothing to do twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.desk import Desk

PAGES = {
    "README.md": "# Our alerts\n",
    "disk/DiskIsFull.md": "# DiskIsFull\n\n[Clean up](clean.md), or [read more](gone.md).\n",
    "disk/clean.md": "# Clean up\n",
}


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A folder with pages."""
    for path, text in PAGES.items():
        (tmp_path / "alerts" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "alerts" / path).write_text(text)
    return tmp_path / "alerts"


def test_a_plan_comes_first_and_nothing_is_written_without_a_yes(desk: Desk, pages: Path) -> None:
    for options in (("--dry-run",), ()):
        shown = desk.opsbook("import", "runbooks", str(pages), "--owner", "shop", *options)
        assert shown.code == (0 if options else 1), str(shown)
        assert "plain Markdown\n  Pages        3\n  Pictures     0\n" in shown.out
        assert "disk: Disk" in shown.out
        assert "1 finding in 1 page\n  RUN004 ×1" in shown.out
        assert desk.git("status", "--porcelain") == ""
    assert "Give --yes to write it." in shown.err


def test_it_is_written_checked_and_not_written_again(desk: Desk, pages: Path) -> None:
    before = desk.opsbook("check", "--format", "json").json["findings"]
    assert desk.opsbook("import", "runbooks", str(pages), "--owner", "shop", "--yes").code == 0
    checked = desk.opsbook("check")
    assert checked.code == 0, str(checked)
    assert "1 old finding in 1 page is known: opsbook check --baseline" in checked.out
    assert desk.opsbook("check", "--format", "json").json["findings"] == before
    assert "[RUN004]\n    → owed by shop" in desk.opsbook("check", "--baseline").out
    again = desk.opsbook("import", "runbooks", str(pages), "--yes")
    assert (again.code, again.out.splitlines()[-1]) == (0, "Nothing to do: everything is here already.")


def test_a_memory_that_cannot_be_read_is_not_written_over(desk: Desk, pages: Path) -> None:
    words = ("import", "runbooks", str(pages), "--owner", "shop", "--yes")
    desk.opsbook(*words)
    for path in ("operations/baseline/alerts.yaml", "operations/redirects/alerts.yaml"):
        whole = (desk.path / path).read_text()
        (desk.path / path).write_text("pages: [\n")
        (pages / "disk" / "clean.md").write_text(f"# Clean up\n\nMore, and {path}.\n")
        done = desk.opsbook(*words)
        assert (done.code, path in done.err) == (1, True), str(done)
        assert (desk.path / path).read_text() == "pages: [\n"
        (desk.path / path).write_text(whole)


def test_a_baseline_shrinks_and_never_grows(desk: Desk, pages: Path) -> None:
    desk.opsbook("import", "runbooks", str(pages), "--owner", "shop", "--yes")
    debts, page = desk.path / "operations/baseline/alerts.yaml", desk.path / "runbooks/disk/diskisfull.md"
    whole = debts.read_text()
    assert desk.opsbook("check", "--since", "main").code == 0, "an import may put something in"
    desk.git("add", "--all")
    desk.git("commit", "--quiet", "-m", "Import")
    page.write_text(page.read_text().replace("gone.md", "clean.md"))
    assert "[BAS001]" in desk.opsbook("check").out
    assert desk.opsbook("check", "--shrink").out == "changed operations/baseline/alerts.yaml\n"
    assert debts.read_text() == "pages: []\n"
    desk.git("add", "--all")
    desk.git("commit", "--quiet", "-m", "Repair")
    page.write_text(page.read_text().replace("[read more](clean.md)", "[read more](gone.md)"))
    debts.write_text(whole)
    assert "[BAS002]" in desk.opsbook("check", "--since", "HEAD").out
    moved = desk.path / "operations/redirects/alerts.yaml"
    moved.write_text(moved.read_text().replace("      - /disk/DiskIsFull\n", "      - /other\n"))
    assert "/disk/DiskIsFull was a redirect, and leads nowhere now" in desk.opsbook("check", "--since", "HEAD").out


def test_a_repository_is_fetched_by_its_address(desk: Desk, pages: Path) -> None:
    (pages / "disk" / "secret.md").symlink_to("/etc/passwd")
    source = Desk(pages)
    source.git("init", "--quiet", "--initial-branch=trunk")
    source.git("add", "--all")
    source.git("-c", "user.name=a", "-c", "user.email=a@example.invalid", "commit", "--quiet", "-m", "Pages")
    done = desk.opsbook("import", "runbooks", f"file://{pages}", "--owner", "shop", "--format", "json", "--yes")
    assert done.code == 0, str(done)
    assert "runbooks/disk/clean.md" in done.json["files"]
    assert done.json["debts"][0]["owner"] == "shop"
    assert "disk/secret.md: a symbolic link" in done.json["listed"]["Not imported"]
    assert (desk.path / "operations/redirects/alerts.yaml").is_file()


@pytest.mark.parametrize("given", ["nowhere", "ext::sh -c touch% x", "--upload-pack=touch x", "file:///nowhere/at/all"])
def test_what_is_neither_a_folder_nor_a_repository_is_refused(desk: Desk, given: str) -> None:
    done = desk.opsbook("import", "runbooks", "--owner", "shop", "--yes", "--", given)
    assert done.code in (2, 3, 7), str(done)
    assert desk.git("status", "--porcelain") == ""


def test_nothing_is_written_through_a_symbolic_link(desk: Desk, pages: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (desk.path / "runbooks" / "disk").symlink_to(tmp_path / "elsewhere")
    done = desk.opsbook("import", "runbooks", str(pages), "--owner", "shop", "--yes")
    assert (done.code, list((tmp_path / "elsewhere").iterdir())) == (1, [])


def test_services(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "catalog-info.yaml").write_text(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: web, description: The web.}\n"
        "spec: {owner: shop, lifecycle: production}\n"
    )
    assert desk.opsbook("import", "services", str(tmp_path), "--yes").code == 0
    assert "owner: shop" in (desk.path / "services/web.yaml").read_text()
    assert desk.opsbook("check", "services").code == 0
    assert "Nothing to do" in desk.opsbook("import", "services", str(tmp_path), "--yes").out
