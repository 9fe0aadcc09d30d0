"""Whoever comes by an old address is led on: with or without scripts, below any address, and never instead of a page."""

from __future__ import annotations

from pathlib import Path

from opsbook.site.build import build
from opsbook.site.moved import moved
from opsbook.site.plain import LIST
from tests.site.test_build import CONFIG
from tests.support.samples import Content, prose

PAGES = {
    path: prose(path, text, path)
    for path, text in (
        ("index.md", "# Home\n"),
        ("runbooks/etcd/etcdnoleader.md", "# etcd <no> leader\n"),
        ("runbooks/etcd/index.md", "# etcd\n"),
    )
}


def test_each_way_to_write_an_address_leads_on() -> None:
    made = dict(moved({"alerts/etcdNoLeader": "runbooks/etcd/etcdnoleader.md"}, PAGES, "https://ops.example/book/"))
    assert set(made) == {"alerts/etcdNoLeader/index.html", "alerts/etcdNoLeader.html"}
    deep, flat = (made[name].decode() for name in sorted(made, reverse=True))
    assert 'content="0; url=../../runbooks/etcd/etcdnoleader/"' in deep
    assert 'content="0; url=../runbooks/etcd/etcdnoleader/"' in flat
    for text in (deep, flat):
        assert '<link rel="canonical" href="https://ops.example/book/runbooks/etcd/etcdnoleader/">' in text
        assert '<meta name="robots" content="noindex">' in text
        assert ">etcd &lt;no&gt; leader</a>" in text or "etcd" in text
        assert "location.hash" in text


def test_a_page_is_never_written_over_and_a_page_that_is_gone_leads_nowhere() -> None:
    of = {
        "runbooks/etcd": "runbooks/etcd/etcdnoleader.md",
        "404": "index.md",
        "gone": "gone.md",
        "assets/x": "index.md",
    }
    assert set(dict(moved(of, PAGES, ""))) == {"runbooks/etcd.html", "404/index.html"}


def test_where_names_do_not_tell_case_a_page_goes_before_its_old_address() -> None:
    old = {"runbooks/etcd/etcdNoLeader": "runbooks/etcd/etcdnoleader.md"}
    flat = {"runbooks/etcd/etcdNoLeader.html"}
    assert set(dict(moved(old, PAGES, "", case=True))) == {"runbooks/etcd/etcdNoLeader/index.html", *flat}
    assert set(dict(moved(old, PAGES, "", case=False))) == flat


def test_a_file_never_stands_in_the_place_of_a_folder() -> None:
    old = {"a": "index.md", "a.html": "index.md", "b.htm": "index.md", "b.htm/c": "index.md"}
    names = set(dict(moved(old, PAGES, "")))
    assert names == {"a/index.html", "a.html", "a.html.html", "b.htm"}


def test_they_are_on_the_site_and_not_in_its_search(tmp_path: Path) -> None:
    for folder in ("book", "work"):
        (tmp_path / folder).mkdir()
    (tmp_path / "book" / "mkdocs.yml").write_text(CONFIG)
    content = Content(tuple(PAGES.values()), moved={"old/place": "runbooks/etcd/etcdnoleader.md"})
    for _ in range(2):
        built = build(content, tmp_path / "book", tmp_path / "work", tmp_path / "site", on_progress=lambda _: None)
        assert built.pages == len(PAGES)
        assert (tmp_path / "site/old/place/index.html").is_file()
        assert (tmp_path / "site/old/place.html").is_file()
    assert "old/place" not in (tmp_path / "site" / LIST).read_text()
