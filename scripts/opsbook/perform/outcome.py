"""What came of a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Told:
    """How telling one audience through one sink ended.

    Attributes:
        again: it is known not to have been said, so that it may be said again at once.
    """

    sink: str
    audience: str
    ok: bool
    ref: str = ""
    error: str = ""
    again: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of a request.

    Attributes:
        id: the record; path: its folder or file; branch, commit, url: where it is published.
        next: what a person may run next.
        told: one entry for each audience and sink.
        unpublished: why it is not published yet; empty when it is.
        unreceipted: why the receipts are not kept yet; empty when they are.
        outbox: where its texts are kept.
        before: earlier requests about the same record that were saved here, and are finished now.
        since: when it was asked for, if an earlier run of it was cut off; aware UTC.
    """

    id: str
    path: str
    branch: str = ""
    commit: str = ""
    url: str = ""
    next: str = ""
    told: tuple[Told, ...] = ()
    unpublished: str = ""
    unreceipted: str = ""
    summary: tuple[tuple[str, str], ...] = ()
    outbox: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    since: datetime | None = None

    @property
    def exit_code(self) -> int:
        """0 fine, 4 saved and told but not published, 5 published but not everyone told."""
        if self.unpublished:
            return 4
        return 5 if self.unreceipted or not all(item.ok for item in self.told) else 0

    @property
    def finished(self) -> bool:
        """Whether nothing is left that the intent is needed for.

        What nobody knows to have been said is not: its claim is on record, and `reconcile` looks at it later.
        """
        return not (self.unpublished or self.unreceipted or any(item.again for item in self.told))

    def as_json(self) -> dict[str, Any]:
        """The object of the contract (design, section 9)."""
        return {
            "id": self.id,
            "path": self.path,
            "branch": self.branch,
            "commit": self.commit,
            "url": self.url,
            "told": [{"sink": t.sink, "ok": t.ok, "ref": t.ref, "error": t.error} for t in self.told],
        }
