"""What the program does for a kind, it does for a kind of another shape: one file each, two folders deep, on main."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from opsbook.adapters.git.forge import GitForge
from opsbook.adapters.machine.console import ConsoleSink
from opsbook.adapters.machine.state import FileIntents, FileOutbox
from opsbook.core.book import Book
from opsbook.core.check import all_codes, check_book, check_records
from opsbook.core.context import Context
from opsbook.core.kind import requests_of
from opsbook.core.plan import Origin
from opsbook.core.ports import Forge
from opsbook.core.request import Request, read_request
from opsbook.core.tree import MemoryTree
from opsbook.perform import Outcome, performing, reconcile
from opsbook.report.schemas import schemas
from opsbook.site.pages import Site
from tests.cases.cases import base
from tests.kinds.small import START
from tests.support.clock import Clock
from tests.support.desk import Desk, clone, make_remote
from tests.support.github import forge, make_github
from tests.support.knife import Cut, Knife, sharpen
from tests.support.wired import Chat, dice, open_repository
from tests.support.wish import WISH, every_kind
from tests.support.wish.kind import Grant, Make

KINDS = every_kind()
PLACE = "wishes/2026/11/WSH-20261121-8F3KD.yaml"
FACTS = "id: WSH-20261121-8F3KD\ntitle: A quiet night\nby: oncall-a\n"
CONFIG = base()["opsbook.yml"].decode() + "wishes:\n  channel: incident\n"
REVIEW = "reviews/runbook/response/respond/REV-20261101-7KQ4M.yaml"
REVIEWED = f"""\
id: REV-20261101-7KQ4M
of: runbook/response/respond
by: oncall-a
at: 2026-11-01T10:00:00Z
how: read
words: {"0" * 64}
"""
OVERRIDE = "operations/overrides/on-call/OVR-20261101-7KQ4M.yaml"
STANDS_IN = """\
id: OVR-20261101-7KQ4M
rota: on-call
person: oncall-b
starts: 2026-11-02T09:00:00Z
until: 2026-11-03T09:00:00Z
by: oncall-b
at: 2026-11-01T10:00:00Z
"""
OURS = {PLACE: FACTS, REVIEW: REVIEWED, OVERRIDE: STANDS_IN}
FILES = {**base(), "opsbook.yml": CONFIG.encode(), **{path: text.encode() for path, text in OURS.items()}}


def book() -> Book:
    """The base book with a wish; nothing of it was listed yet."""
    return Book(MemoryTree(FILES), KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_record_is_found_although_nobody_has_listed_it(name: str) -> None:
    listed = book().refs(name)
    assert listed
    for id_, ref in listed.items():
        assert book().find(name, id_) == ref
        assert book().at(f"{ref.path}/x" if not KINDS[name].is_file else ref.path) == ref
        assert KINDS[name].pick(id_[-5:].lower(), book()) == [id_]
    assert book().find(name, "nothing") is None


def test_it_is_checked_by_its_rules_and_by_those_that_all_share() -> None:
    of = book()
    assert not [item for item in check_records(of.refs("wish").values(), of, START, KINDS) if item.severity == "error"]
    assert not [item for item in check_book(of, START, KINDS) if item.path.startswith("wishes")]
    wrong = {"wishes/2026/notes.txt": b"x", "wishes/2026/11/wish.yaml": FACTS.encode()}
    wrong["wishes/2026/12/WSH-20261221-00000.yaml"] = FACTS.replace("A quiet night", "Three more wishes").encode()
    broken = Book(MemoryTree({**FILES, **wrong}), KINDS)
    found = check_records(broken.refs("wish").values(), broken, START, KINDS) + check_book(broken, START, KINDS)
    assert {item.code for item in found if item.path.startswith("wishes")} >= {"WSH001", "BOK002", "BOK004"}
    assert "WSH001" in all_codes(KINDS)


def test_its_files_have_a_schema_and_its_requests_a_reference() -> None:
    made = schemas(book())
    assert Draft202012Validator(json.loads(made["wish"])).is_valid({"id": "x", "title": "A", "by": "oncall-a"})
    assert "wishes" in json.loads(made["opsbook"])["properties"]
    assert {Make, Grant} <= set(requests_of(KINDS))


def test_its_pages_are_made_and_the_home_page_leads_there() -> None:
    made = {page.path: page for page in Site(book(), KINDS, START, list).pages()}
    assert "wishes/2026/11/WSH-20261121-8F3KD.md" in made
    assert "wishes/index.md" in made["index.md"].links
    assert "wish.make" in made["reference/requests.md"].html.replace("&#46;", ".")


class Place:
    """Where wishes are made: a forge, a chat that everybody reads, and what the machine remembers."""

    def __init__(self, forge: Forge, state: Path, chat: Chat, *, seed: int = 1, knife: Knife | None = None) -> None:
        outbox = FileOutbox(state)
        self.context = Context(
            kinds=KINDS,
            forge=forge,
            sinks=(ConsoleSink(outbox, None, "no chat"), chat),
            intents=FileIntents(state, lambda value: read_request(value, requests_of(KINDS))),
            outbox=outbox,
            now=Clock().now,
            seed=dice(seed, seed + 50),
            actor="oncall-a",
            offline=lambda: forge.read(forge.head(None)),
        )
        if knife is not None:
            self.context = sharpen(self.context, knife)

    def perform(self, request: Request) -> Outcome:
        """Carry out one request."""
        with performing(request, self.context) as outcome:
            return outcome


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A clone that pushes to a remote, with a book that has wishes."""
    make_remote(tmp_path / "remote")
    made = clone(tmp_path / "remote", tmp_path / "desk")
    made.commit({"opsbook.yml": CONFIG}, "Wishes")
    made.git("push", "--quiet", "origin", "main")
    return made


def local(desk: Desk) -> Forge:
    return GitForge(open_repository(desk), main="main", push=True)


def test_it_goes_straight_to_main_is_told_once_and_is_pushed(desk: Desk) -> None:
    chat = Chat()
    place = Place(local(desk), desk.state, chat)
    made = place.perform(Make(by="oncall-a", title="A quiet night"))
    assert (made.exit_code, made.branch) == (0, "main")
    assert made.path.startswith("wishes/2026/11/WSH-20261121-")
    assert (desk.path / made.path).is_file(), "main is checked out, and the working tree moves along"
    assert desk.git("status", "--porcelain") == ""
    granted = place.perform(Grant(by="oncall-b", record=made.id))
    assert granted.exit_code == 0
    assert [item.headline.partition(":")[0] for _, item in chat.said] == ["A wish is open", "A wish is granted"]
    remote = Desk(desk.path.with_name("remote"))
    assert remote.git("rev-parse", "main") == desk.git("rev-parse", "main") == granted.commit + "\n"
    assert "refs/heads/opsbook/" not in remote.git("for-each-ref")
    assert reconcile(place.context).exit_code == 0
    assert len(chat.said) == 2


def test_two_clones_do_not_lose_each_others(desk: Desk) -> None:
    other = clone(desk.path.with_name("remote"), desk.path.with_name("other"))
    chat = Chat()
    here, there = Place(local(desk), desk.state, chat, seed=1), Place(local(other), other.state, chat, seed=2)
    ids = [place.perform(Make(by="oncall-a", title=f"Wish {n}")).id for n, place in enumerate((here, there, here))]
    tree = Desk(desk.path.with_name("remote")).git("ls-tree", "-r", "--name-only", "main")
    assert all(id_ in tree for id_ in ids)
    assert len(chat.said) == 3


def test_cut_off_anywhere_it_is_finished_with_nothing_twice(desk: Desk, tmp_path: Path) -> None:
    probe = Knife()
    Place(local(desk), desk.state, Chat(), knife=probe).perform(Make(by="oncall-a", title="A probe"))
    for number in range(1, len(probe.names) + 1):
        chat, request = Chat(), Make(by="oncall-a", title=f"Wish {number}")
        with pytest.raises(Cut):
            Place(local(desk), desk.state, chat, seed=number, knife=Knife(number)).perform(request)
        outcome = Place(local(desk), desk.state, chat, seed=200).perform(request)
        assert outcome.exit_code == 0, probe.names[number - 1]
        assert len(chat.said) == 1, probe.names[number - 1]
        tree = desk.git("grep", "-l", f"title: Wish {number}$", "main", "--", "wishes")
        assert len(tree.splitlines()) == 1, probe.names[number - 1]


def test_on_github_it_is_one_commit_on_main_and_no_pull_request(tmp_path: Path) -> None:
    server = make_github(tmp_path / "github.git", now=Clock().now)
    try:
        chat = Chat()
        place = Place(forge(server), tmp_path / "state", chat)
        made = place.perform(Make(by="oncall-a", title="A quiet night"))
        assert (made.exit_code, made.branch) == (0, "main")
        assert made.url.endswith(f"/commit/{made.commit}")
        origin = Origin("github", "issue-1", Clock().now())
        for _ in range(2):
            with performing(Make(by="oncall-a", title="Twice"), place.context, origin=origin) as outcome:
                assert outcome.exit_code == 0
        assert not [call for call in server.calls() if "pulls" in call]
        tree = Desk(tmp_path / "github.git").git("ls-tree", "-r", "--name-only", "main")
        assert tree.count("wishes/") == 2
    finally:
        server.close()
        assert WISH.published == "main"
