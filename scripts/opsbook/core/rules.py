"""Rules that hold for every kind of record, and for the book as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import opsbook
from opsbook.core import secrets
from opsbook.core.baseline import BASELINE_RULES
from opsbook.core.book import CONFIG_PART, CONFIG_PATH, Book
from opsbook.core.code import Problem
from opsbook.core.config import FORMAT, Entry
from opsbook.core.page_rules import PAGE_RULES
from opsbook.core.record import File, Record
from opsbook.core.redirects import REDIRECT_RULES
from opsbook.core.rule import ANY_KIND, BookRule, RecordRule
from opsbook.core.times import zones
from opsbook.core.types import Model


def at_offset(file: File, offset: int, message: str) -> Problem:
    """A problem at a character offset of a file."""
    before = file.text[:offset]
    return Problem(message, path=file.path, line=before.count("\n") + 1, column=offset - before.rfind("\n"))


class LEK001(RecordRule):
    """A credential in a record.

    Revoke it first: it is in the history of the repository, and removing it from the file does not undo that. Then
    replace it by a word that says what it was. `opsbook note` masks credentials by itself, and says so.
    """

    always = True

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Every text that has the shape of a vendor's credential."""
        for file in record.files.values():
            for leak in secrets.credentials(file.text):
                yield at_offset(file, leak.start, f"this looks like {leak.what}")


class LEK002(RecordRule):
    """Somebody's own contact details in a record.

    Name the role instead, and keep numbers and addresses behind a restricted link: a repository forgets nothing. A
    mailbox that a team shares can be listed under `mailboxes` in `opsbook.yml`; what is public, or only looks like
    contact details, can be allowed on its line with a reason.
    """

    always = True
    suppressible = True

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Every mail address and phone number."""
        for file in record.files.values():
            for leak in secrets.contacts(file.text, book.config.core.mailboxes):
                yield at_offset(file, leak.start, f"this looks like {leak.what}")


class LEK003(BookRule):
    """A credential in opsbook.yml.

    Revoke it first: it is in the history of the repository. Programs take what they need from their environment.
    """

    always = True
    reads = frozenset()

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """See LEK001."""
        file = config_file(book)
        for leak in secrets.credentials(file.text):
            yield at_offset(file, leak.start, f"this looks like {leak.what}")


class LEK004(BookRule):
    """Somebody's own contact details in opsbook.yml.

    Name the role, and link to a page that only those can read who need it. A mailbox that a team shares can be listed
    under `mailboxes`; what is public can be allowed on its line with a reason.
    """

    always = True
    suppressible = True
    reads = frozenset()

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """See LEK002."""
        file = config_file(book)
        for leak in secrets.contacts(file.text, book.config.core.mailboxes):
            yield at_offset(file, leak.start, f"this looks like {leak.what}")


class BOK001(BookRule):
    """Two records with the same id.

    Give one of them another id (`opsbook` draws a fresh one for each declaration) and rename its folder.
    """

    suppressible = False
    reads = ANY_KIND

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """Ids that two folders or files share."""
        for first, second in book.duplicates:
            yield Problem(f"{second.id} is also the id of {first.path}", path=second.path)


class BOK002(RecordRule):
    """A name that does not say which record it is.

    Rename the folder or file as the message says, so that the name, the id and the address agree.
    """

    always = True

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """The path against the shape that the kind prescribes."""
        name = record.path[len(record.shape.folder) + 1 :]
        if record.shape.path.fullmatch(name) is None:
            yield Problem(f"“{name}” is no name for a record of this kind: {record.shape.naming}", path=record.path)


class BOK003(BookRule):
    """Two names that differ only in case.

    Rename one of them: on macOS and Windows they are the same file, and one would silently replace the other.
    """

    reads = ANY_KIND

    always = True

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """Records whose paths are equal when case is ignored."""
        seen: dict[str, str] = {}
        for ref in book.everything():
            other = seen.setdefault(ref.path.casefold(), ref.path)
            if other != ref.path:
                yield Problem(f"{ref.path} and {other} differ only in case", path=ref.path)


class BOK004(BookRule):
    """A file in a folder of records that is no record.

    Move it to `docs/` or delete it: whatever lies in these folders may be published.
    """

    reads = ANY_KIND

    always = True

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """Names above the level at which records lie."""
        for kind, path in book.strays:
            yield Problem(f"{path} is no {kind.name}: {kind.naming}", path=path)


class CFG001(BookRule):
    """opsbook.yml asks for another version of the program.

    Install the version that `requires` names, or run `opsbook migrate` and then raise `requires`.
    """

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """`requires` against the running version."""
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        requires = book.config.core.requires
        place = config_file(book)
        try:
            if not SpecifierSet(requires, prereleases=True).contains(opsbook.__version__):
                yield Problem(
                    f"this book requires opsbook {requires}, and this is {opsbook.__version__}", place, ("requires",)
                )
        except InvalidSpecifier:
            yield Problem(f"“{requires}” is no range of versions, like >=0.1,<0.2", place, ("requires",))


class CFG002(BookRule):
    """An id of opsbook.yml is there twice.

    Give one of the entries another id: records could not say which one they mean.
    """

    reads = frozenset()

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """Ids within each list of the configuration."""
        lists = [*_lists(book.config.core, ())]
        for name, section in book.config.sections.items():
            lists += _lists(section, (name,))
        for above, entries in lists:
            seen: set[str] = set()
            for index, entry in enumerate(entries):
                if entry.id in seen:
                    yield Problem(f"{entry.id} is the id of an entry above", config_file(book), (*above, index, "id"))
                seen.add(entry.id)


class CFG003(BookRule):
    """opsbook.yml names a time zone that does not exist.

    Write it as the IANA time zone database does, like Europe/London.
    """

    reads = frozenset()

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """`timezone` against the zones that Python knows."""
        if book.config.core.timezone not in zones():
            yield Problem(f"“{book.config.core.timezone}” is no time zone", config_file(book), ("timezone",))


class CFG006(BookRule):
    """A book in an older format.

    Run `opsbook migrate`, look at what it changed, and commit it. Until then everything of before is read as it is.
    """

    severity = "warning"
    reads = frozenset()

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """`version` against the format that this program writes."""
        value = book.config.document.value
        version = value.get("version", 1) if isinstance(value, dict) else FORMAT
        if isinstance(version, int) and version < FORMAT:
            message = f"this book has the format {version}, and {FORMAT} is the newest"
            yield Problem(message, config_file(book), ("version",))


def _lists(model: Model, above: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], list[Entry]]]:
    """Every list of entries inside a section, with its place."""
    for field in type(model).model_fields:
        value = getattr(model, field)
        if isinstance(value, Model):
            yield from _lists(value, (*above, field))
        elif isinstance(value, tuple) and all(isinstance(item, Entry) for item in value):
            yield (*above, field), list(value)


def config_file(book: Book) -> File:
    """`opsbook.yml` as a file, to give findings their places."""
    file = File(CONFIG_PATH, CONFIG_PART, book.tree.read, dict)
    file.document = book.config.document
    return file


RECORD_RULES: tuple[type[RecordRule], ...] = (LEK001, LEK002, BOK002)


class CFG007(BookRule):
    """Authority over something that nobody decides.

    Correct the name: the actions that take an agreement are listed in the configuration reference. Who decides about
    publishing a report stands under `incidents.publication`; `opsbook migrate` moves it there.
    """

    reads = frozenset()

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """Each action of `authority` against those that kinds know, and each entry against naming nobody."""
        known = {name for section in book.config.sections.values() for name in section.decided()}
        for action, needed in book.config.core.authority.items():
            line, column = book.config.document.place(("authority", action), key=True)
            if action not in known:
                message = f"“{action}” is nothing that takes an agreement; known: {', '.join(sorted(known)) or 'none'}"
                yield Problem(message, path=CONFIG_PATH, line=line, column=column)
            elif not needed.all and not needed.any:
                yield Problem(f"{action} names nobody who agrees", path=CONFIG_PATH, line=line, column=column)


BOOK_RULES: tuple[type[BookRule], ...] = (
    *(LEK003, LEK004, BOK001, BOK003, BOK004, CFG001, CFG002, CFG003, CFG006, CFG007),
    *PAGE_RULES,
    *REDIRECT_RULES,
    *BASELINE_RULES,
)
