"""A command of a kind, as data: what it takes, what it asks for or shows. `commands.described` runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

if TYPE_CHECKING:
    from argparse import Namespace

    from opsbook.core.book import Book
    from opsbook.core.record import Record
    from opsbook.core.request import Request
    from opsbook.core.tree import Tree


class Option(NamedTuple):
    """One argument of a command that shows something; `settings` are those of `argparse`, `of` is that of `Given`."""

    name: str
    help: str
    settings: Mapping[str, Any] = MappingProxyType({})
    of: str = ""


class Text(NamedTuple):
    """Lines of text.

    Attributes:
        style: a colour, `bold` or `dim`; nothing for plain text.
        indent: what stands before each line.
    """

    text: str = ""
    style: str = ""
    indent: str = ""


class Pairs(NamedTuple):
    """Label and value in two columns."""

    rows: Sequence[tuple[str, str]]


class Table(NamedTuple):
    """Columns under a header."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


Block = Text | Pairs | Table


class View(NamedTuple):
    """What a command shows: an object for programs, and blocks for people.

    Attributes:
        none: what is said instead when nothing was `found`, by whoever could look everywhere.
    """

    data: Mapping[str, Any]
    blocks: Iterable[Block]
    none: str = ""
    found: bool = True


class Question(NamedTuple):
    """Something that a person at a terminal is asked while it is missing.

    Attributes:
        field: of the request, that the answer goes into.
        text: the question.
        accept: the value for an answer; raises `Refused` with what would do, and then it is asked again.
        default: what an empty answer means; without one it is asked again.
        before: lines that are shown first.
    """

    field: str
    text: str
    accept: Callable[[str], Any]
    default: str | None = None
    before: Sequence[str] = ()


class Dialogue:
    """What a person who declares something at a terminal is asked, and shown before they do.

    Attributes:
        heading: above what looks the same; columns: what is shown of each.
    """

    heading: ClassVar[str]
    columns: ClassVar[tuple[str, str, str]]

    def first(self, book: Book) -> Question:
        """The question that everything else rests on."""
        raise NotImplementedError

    def alike(self, book: Book, values: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
        """Open records that look the same: id, how bad, title."""
        return ()

    def instead(self, id_: str) -> str:
        """The command that adds to one of them."""
        raise NotImplementedError

    def rest(self, book: Book, by: str) -> Iterator[Question]:
        """The other questions, in order."""
        raise NotImplementedError

    def secret(self, book: Book) -> Question:
        """What is asked of a request whose facts go to the restricted book, when nothing was said."""
        raise NotImplementedError

    def completed(self, book: Book) -> Mapping[str, Any]:
        """Values that the restricted book needs, where nobody gave them."""
        raise NotImplementedError


class Write(NamedTuple):
    """A command that carries out a request.

    Attributes:
        request: whose fields are its options.
        done: what is said before the id when it is done.
        picks: whether it is about a record that exists, the only open one or one that is named: first, last where it
            is optional, or with `-i` by a bare word, of which people need as few letters as can be.
        options, values: the arguments of a bare word, where they are not the fields of the request; and the values of
            the request that it makes of them, and of whoever acts.
        tells: whether somebody should be told by it, so that silence is worth a word.
        seen: what the person has before them, where two people may change the same.
        need: what is said when a positional argument is empty: what is wrong, and the command as it should be.
        dialogue: what is asked at a terminal.
        carried: the files of a record whose facts go to the restricted book, where that is what it does.
        awaited: it is about a record of which something is awaited, open or not.
    """

    request: type[Request]
    done: str | Callable[[Any], str]
    picks: Literal["", "optional", "first", "-i"] = ""
    options: Sequence[Option] = ()
    values: Callable[[Namespace, str], Mapping[str, Any]] | None = None
    tells: bool = False
    seen: Callable[[Record, Any], Mapping[str, Any]] | None = None
    need: tuple[str, str] = ("", "")
    dialogue: Dialogue | None = None
    awaited: bool = False
    carried: Callable[[Record, Any], Mapping[str, Any]] | None = None

    def said(self, request: Request) -> str:
        """What is said before the id when a request is done."""
        return self.done if isinstance(self.done, str) else self.done(request)


class Read(NamedTuple):
    """A command that shows something.

    Attributes:
        show: from the book, the arguments, the time; and the record, where it `picks` one.
        opened: whether it is about records as they are now, with open branches and what main has more.
    """

    show: Callable[[Book, Namespace, datetime, Any], View]
    options: Sequence[Option] = ()
    picks: bool = False
    opened: bool = True


class Draft(NamedTuple):
    """A command that drafts a record in the working tree, for a person to edit.

    Attributes:
        template: folder of the template; the values of the draft, and the path that it will have, come from `values`.
        questions: what else somebody is asked who gave no title, where the answers so far do not hold it.
    """

    template: str
    values: Callable[[Book, Namespace, datetime], tuple[str, Mapping[str, str]]]
    options: Sequence[Option] = ()
    questions: Callable[[Book, Mapping[str, Any]], Iterable[Question]] | None = None


class Brought(NamedTuple):
    """What an import would do.

    Attributes:
        name: of what is imported.
        files: what would be written, by path in the book.
        counts: label and value of what people look at first.
        listed: what they look through: a heading, and a line for each thing.
        owners: the records whose findings become debts, with who owes them.
    """

    name: str
    files: Mapping[str, bytes]
    counts: Sequence[tuple[str, str]]
    listed: Sequence[tuple[str, Sequence[str]]] = ()
    owners: Mapping[str, str] = MappingProxyType({})


class Bring(NamedTuple):
    """A command that imports records from a folder or a repository into the working tree.

    Attributes:
        plan: from the book, what is imported, its name, the arguments and the time. It writes nothing.
    """

    plan: Callable[[Book, Tree, str, Namespace, datetime], Brought]
    options: Sequence[Option] = ()


class Find(NamedTuple):
    """A command that finds records of its kind by words.

    Attributes:
        help: of the words.
    """

    help: str = "what you try to do, or the error text"


class Event(NamedTuple):
    """Something that happens in a rehearsal.

    Attributes:
        after: how long after the beginning; who: says it; text: the words.
        expect: what a good team does next, which is told when all is over.
    """

    after: timedelta
    who: str
    text: str
    expect: str = ""


class Script(NamedTuple):
    """What happens in a rehearsal.

    Attributes:
        title: what it is about; length: how long it takes on its own clock.
        declare, note: the words of the commands that declare it, and that keep its score in the record.
        score: those of the command that shows the score of the record whose id follows.
    """

    title: str
    length: timedelta
    declare: Sequence[str]
    events: Sequence[Event]
    note: Sequence[str]
    score: Sequence[str]


class Play(NamedTuple):
    """A command that plays a rehearsal: people type what they would type, at moments of a clock that is hurried.

    Attributes:
        script: of a record; raises `Refused` where there is none that can be read.
        listed: what can be played, for whoever names nothing.
    """

    script: Callable[[Record], Script]
    listed: Callable[[Book], View]


Command = Write | Read | Draft | Bring | Find | Play
