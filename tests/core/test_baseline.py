"""A baseline holds old findings apart, by what their lines say, and only shrinks."""

from __future__ import annotations

from opsbook.core.baseline import digest, grown, mark, shrunk
from opsbook.core.book import Book
from opsbook.core.check import check_book, check_records, examine_records
from opsbook.core.finding import Finding
from opsbook.core.redirects import vanished
from opsbook.core.tree import MemoryTree
from opsbook.core.types import parse_time
from opsbook.kinds import registry
from tests.cases.cases import NOW, base

PAGE, LIST, DEBTS = "runbooks/response/old.md", "operations/redirects/old.yaml", "operations/baseline/old.yaml"
FRONT = "---\ntitle: Old\nowner: platform\n---\n\n"
DEAD = "[dead](gone.md) and [dead](gone.md)\n"
NAME = mark(Finding(PAGE, 1, 1, "RUN004", "error", "", ""), [DEAD])


def book(text: str = FRONT + DEAD, known: tuple[str, ...] = (NAME, NAME), was: str = "/old", wrote: str = "") -> Book:
    debts = f"pages:\n  - path: {PAGE}\n    owner: platform\n    known: [{', '.join(known)}]\n"
    moved = f"pages:\n  - to: {PAGE}\n    was: [{was}]\n    wrote: {wrote or digest((FRONT + DEAD).encode())}\n"
    return Book(MemoryTree({**base(), PAGE: text, DEBTS: debts, LIST: moved}), registry())


def found(of: Book) -> list[str]:
    now = parse_time(NOW)
    return [item.code for item in check_records([of.refs("runbook")["response/old"]], of, now, registry())]


def test_what_is_known_does_not_count_wherever_it_moves() -> None:
    assert found(book()) == []
    assert found(book(FRONT + "New above.\n\n" + DEAD)) == []
    owed = examine_records([book().refs("runbook")["response/old"]], book(), parse_time(NOW), registry())
    assert [item.known for item in owed] == ["platform", "platform"]


def test_what_is_new_counts_also_of_the_same_code_and_on_the_same_line() -> None:
    assert found(book(FRONT + DEAD + "\n[other](away.md)\n")) == ["RUN004"]
    assert found(book(known=(NAME,))) == ["RUN004"]


def test_what_no_longer_occurs_is_said_and_can_be_taken_out() -> None:
    better = book(FRONT + "[alive](respond.md)\n")
    assert found(better) == ["BAS001", "BAS001"] or found(better) == ["BAS001"]
    everything = examine_records(better.everything(), better, parse_time(NOW), registry())
    assert shrunk(better, everything) == {DEBTS: b"pages: []\n"}
    same = examine_records(book().everything(), book(), parse_time(NOW), registry())
    assert list(shrunk(book(), same)) in ([], [DEBTS])


def test_it_grows_by_an_import_alone() -> None:
    empty, before = Book(MemoryTree(base()), registry()), book(known=(), wrote="0" * 16)
    assert list(grown(empty, book())) == [], "the page is as the import wrote it"
    assert list(grown(before, book())) == [], "the page came again, and is as the import wrote it"
    for more in (book(FRONT + DEAD + "Edited.\n"), book(wrote="0" * 16)):
        (problem,) = grown(before, more)
        assert problem.message == f"RUN004 of {PAGE} was put into the baseline"
    assert list(grown(book(), before)) == []


def test_an_address_stays_in_the_list() -> None:
    (problem,) = vanished(book(), book(was=""))
    assert problem.message == "/old was a redirect, and leads nowhere now"
    assert list(vanished(book(was="/runbooks/response/old"), book(was=""))) == [], "the page itself is there"


def test_a_file_that_cannot_be_read_is_a_finding() -> None:
    broken = Book(MemoryTree({**base(), DEBTS: "pages:\n  - path: x\n", LIST: "pages: [\n"}), registry())
    codes = {(item.path, item.code) for item in check_book(broken, parse_time(NOW), registry())}
    assert {(DEBTS, "MOD001"), (LIST, "YML002")} <= codes
