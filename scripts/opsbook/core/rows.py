"""What pages say of other records: a small row for each record, so that the records themselves can be let go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from opsbook.core.front import Front, Urgent

ALWAYS = datetime.min.replace(tzinfo=UTC)

LATEST = 5
"""How many records that are over stand beside another one, of a kind whose records are worked on and then are over."""


class Remark(NamedTuple):
    """What one record says of another.

    Attributes:
        kind, id: of the other; step: which step of it.
        revision: the SHA-256 of the file that it is about: other words may have answered it.
    """

    kind: str
    id: str
    revision: str
    step: int
    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What an index says of one record: what the record and the configuration say, and never what time it is.

    Attributes:
        path: of its page on the site; empty of a record that has none.
        names: the records that it names, each by its kind and id.
        quiet_since: when something happened in it last; `None` while people work on it.
        remarks: what it says of others.
    """

    id: str
    path: str
    title: str
    names: tuple[tuple[str, str], ...] = ()
    quiet_since: datetime | None = ALWAYS
    remarks: tuple[Remark, ...] = ()


@dataclass(slots=True)
class Beside:
    """The records of one kind that name another record.

    Attributes:
        plural: what several are called.
        urgent: those that are open, the worst first; others: the rest, all of them or the latest.
        index: the page that lists all, where these are not all.
    """

    kind: str
    plural: str
    urgent: list[Urgent] = field(default_factory=list)
    others: list[Row] = field(default_factory=list)
    index: str = ""


class Rows:
    """The rows of a book, in the order of their ids.

    Args:
        rows: of each kind; plurals: what several of a kind are called; fronts: what each kind has on the home page.
        ask: is told of each question.
    """

    def __init__(
        self,
        rows: Mapping[str, Sequence[Row]],
        plurals: Mapping[str, str],
        fronts: Mapping[str, Front],
        ask: Callable[[str, str, str], None] = lambda _what, _kind, _id: None,
    ) -> None:
        self._rows, self._plurals, self._fronts, self._ask = rows, plurals, fronts, ask
        self._said: dict[tuple[str, str], list[tuple[Row, Remark]]] = {}
        self._naming: dict[tuple[str, str], dict[str, list[Row]]] = {}
        for kind, some in rows.items():
            for row in some:
                for name in dict.fromkeys(row.names):
                    self._naming.setdefault(name, {}).setdefault(kind, []).append(row)
                for remark in row.remarks:
                    self._said.setdefault((remark.kind, remark.id), []).append((row, remark))

    def of(self, kind: str) -> Sequence[Row]:
        """Every record of a kind."""
        self._ask("rows", kind, "")
        return self._rows.get(kind, ())

    def remarks(self, kind: str, id_: str) -> list[tuple[Row, Remark]]:
        """What others say of a record, each with who says it."""
        self._ask("remarks", kind, id_)
        return self._said.get((kind, id_), [])

    def beside(self, kind: str, id_: str) -> list[Beside]:
        """What names a record, by kind: what is open of it, and the rest, of which the latest may be enough."""
        self._ask("beside", kind, id_)
        groups = []
        for other, rows in self._naming.get((kind, id_), {}).items():
            front = self._fronts.get(other, Front())
            ids = {row.id for row in rows}
            urgent = [item for item in front.urgent if item.id in ids]
            is_open = {item.id for item in urgent}
            others = [row for row in rows if row.id not in is_open]
            latest = others[::-1][:LATEST] if front.index else others
            groups.append(Beside(other, self._plurals[other], urgent, latest, front.index))
        return groups
