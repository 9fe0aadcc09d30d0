"""GitHub as the place where forms come in: an issue, or a workflow that somebody started by hand.

What happened is in the file that a runner gets for each event. Whoever opened the issue wrote that file, so it is read
as a stranger's: nothing in it is believed that GitHub itself does not say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from opsbook.adapters.github.api import Api, Comment, aware
from opsbook.adapters.github.session import GitHubRefused
from opsbook.core.config import PERMISSIONS
from opsbook.core.errors import ForgeError, ForgeUnknown, UsageError
from opsbook.core.ids import RECORD_ID
from opsbook.core.ports import Asked
from opsbook.core.text import one_line, shorten

EVENT_LIMIT = 32_000_000
"""Bytes; GitHub delivers no event of more than 25 MB."""

_BUILT_ON = {"triage": "read", "maintain": "write"}
"""The two predefined roles that GitHub also calls by another one's name."""


class GitHubDesk:
    """See `core.ports.Desk`.

    Args:
        event: the name of the event; path: of the file that tells it; run: the number of the run.
        who: the person of a login and the id of the account; main: the branch that pull requests are merged into.
        summary: the file into which a run writes what people read on its page; none where there is no such page.

    Raises:
        UsageError: the event cannot be read.
    """

    def __init__(
        self,
        api: Api,
        *,
        event: str,
        path: Path,
        run: str,
        who: Callable[[str, str], str],
        main: str,
        summary: Path | None = None,
    ) -> None:
        self._api = api
        self._name = event
        self._run = run
        self._who = who
        self._main = main
        self._summary = summary
        self._event = _read(path)
        self.scope = f"{api.owner}/{api.name}"
        action = self._event.get("action")
        words = f"{event} {action}" if isinstance(action, str) else event
        self.occasion = f"the event “{shorten(one_line(words), 60)}”"

    def asked(self) -> Asked | None:
        """See `Desk.asked`. An issue counts when it is opened and when it is edited; bots ask for nothing."""
        if self._name == "workflow_dispatch":
            return self._dispatched()
        if self._name == "issues" and self._event.get("action") in ("opened", "edited"):
            return self._issue()
        if self._name == "issue_comment" and self._event.get("action") == "created":
            return self._comment()
        return None

    def _comment(self) -> Asked | None:
        """A comment on the pull request of a record: one that begins with a word of ours, like `/agree`.

        The title of a pull request is anybody's words; that the branch of the record has this one is GitHub's.
        """
        author = _account(self._event, "comment", "user")
        body, place = _text(self._event, "comment", "body"), _number(self._event, "issue", "number")
        if author is None or not body.startswith("/") or _at(self._event, "issue", "pull_request") is None:
            return None
        named = RECORD_ID.search(_text(self._event, "issue", "title"))
        record = named[0] if named is not None else ""
        if not record or all(pull.number != place for pull in self._api.pulls(f"opsbook/{record}", self._main)):
            return None
        login, number = author
        return Asked(
            name=f"comment-{_number(self._event, 'comment', 'id')}",
            origin=f"comment {_number(self._event, 'comment', 'id')}",
            by=self._who(login, str(number)),
            login=login,
            number=number,
            at=_moment(self._event, "comment", "created_at"),
            body=body,
            record=record,
            place=place,
        )

    def _issue(self) -> Asked | None:
        author, sender = _account(self._event, "issue", "user"), _account(self._event, "sender")
        if author is None or sender is None:
            return None
        login, number = author
        return Asked(
            name=f"issue-{_number(self._event, 'issue', 'number')}",
            origin=f"issue {_number(self._event, 'issue', 'id')}",
            by=self._who(login, str(number)),
            login=login,
            number=number,
            at=_moment(self._event, "issue", "created_at"),
            edited_by="" if sender[1] == number else sender[0],
            title=_text(self._event, "issue", "title"),
            body=_text(self._event, "issue", "body"),
            place=_number(self._event, "issue", "number"),
        )

    def _dispatched(self) -> Asked | None:
        sender = _account(self._event, "sender")
        if sender is None:
            return None
        if not re.fullmatch(r"[1-9][0-9]{0,18}", self._run):
            raise UsageError("GITHUB_RUN_ID is not the number of a run.", "A workflow sets it.")
        given = self._event.get("inputs")
        if given is not None and not isinstance(given, dict):
            raise _misshapen("inputs")
        login, number = sender
        return Asked(
            name=f"run-{self._run}",
            origin=f"run {self._run}",
            by=self._who(login, str(number)),
            login=login,
            number=number,
            at=self._api.run_created(int(self._run)),
            inputs={name: _input(name, value) for name, value in (given or {}).items()},
        )

    def permission(self, asked: Asked) -> str:
        """See `Desk.permission`. The account must still be the one that asked: a login can change hands."""
        role, built_on, number = self._api.permission(asked.login)
        if number != asked.number:
            return "none"
        # A role of an organisation's own counts as what it is built on, whatever it is called.
        known = role in PERMISSIONS and _BUILT_ON.get(role, role) == built_on
        return role if known else built_on if built_on in PERMISSIONS else "none"

    def answer(self, asked: Asked, text: str, *, done: bool) -> None:
        """See `Desk.answer`: one comment, edited in place, or the summary of the run."""
        if asked.inputs is not None:
            if self._summary is not None:
                self._write(self._summary, text)
            return
        marker = f"<!-- opsbook-intake {asked.name} -->"
        self._say(asked.place, marker, f"{marker}\n{text}")
        if done and not asked.record:
            self._api.close_issue(asked.place)

    def _write(self, summary: Path, text: str) -> None:
        try:
            with summary.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(f"{text}\n")
        except OSError as error:
            raise ForgeError(f"The summary of the run cannot be written: {error.strerror}.") from None

    def _say(self, issue: int, marker: str, body: str) -> None:
        """Write the comment, or edit the one that is there.

        Only a program's counts as ours: anybody can write the marker, and our words must not stand under their name.
        """
        for comment in self._ours(issue, marker):
            try:
                self._api.edit_comment(comment.id, body)
            except GitHubRefused as error:
                if error.status not in (403, 404):  # another program's
                    raise
            else:
                return
        try:
            self._api.create_comment(issue, body)
        except ForgeUnknown:
            if not self._ours(issue, marker):
                raise

    def _ours(self, issue: int, marker: str) -> list[Comment]:
        return [comment for comment in self._api.comments(issue) if comment.bot and comment.body.startswith(marker)]


def _read(path: Path) -> Mapping[str, Any]:
    """The event that a file tells."""
    try:
        with path.open("rb") as file:
            data = file.read(EVENT_LIMIT + 1)
        if len(data) > EVENT_LIMIT:
            raise UsageError(f"The event has more than {EVENT_LIMIT:,} bytes.", "GitHub sends none of that size.")
        event = json.loads(data)
    except OSError as error:
        raise UsageError(
            f"The event cannot be read: {error.strerror or 'no such file'}.", "GITHUB_EVENT_PATH names its file."
        ) from None
    except (ValueError, RecursionError):
        raise UsageError("The event is not JSON.", "GITHUB_EVENT_PATH names the file of a GitHub event.") from None
    if not isinstance(event, dict):
        raise _misshapen("the event")
    return event


def _misshapen(place: str) -> UsageError:
    words = shorten(one_line(place), 80)
    return UsageError(
        f"The event is not one of GitHub's: {words} is missing or is something else.", "See GITHUB_EVENT_PATH."
    )


def _at(event: Mapping[str, Any], *place: str) -> Any:
    value: Any = event
    for part in place:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _account(event: Mapping[str, Any], *place: str) -> tuple[str, int] | None:
    """Login and id of a person; `None` for a bot, an app, an organisation, and an account that is gone."""
    if _at(event, *place) is None and place != ("sender",):
        return None
    login, kind = _at(event, *place, "login"), _at(event, *place, "type")
    if not isinstance(login, str) or not login:
        raise _misshapen(".".join((*place, "login")))
    number = _number(event, *place, "id")
    return (login, number) if kind == "User" and not login.endswith("[bot]") else None


def _number(event: Mapping[str, Any], *place: str) -> int:
    value = _at(event, *place)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**18:
        raise _misshapen(".".join(place))
    return value


def _text(event: Mapping[str, Any], *place: str) -> str:
    value = _at(event, *place)
    if value is not None and not isinstance(value, str):
        raise _misshapen(".".join(place))
    return value or ""


def _moment(event: Mapping[str, Any], *place: str) -> datetime:
    try:
        return aware(_at(event, *place))
    except (ValueError, OverflowError):
        raise _misshapen(".".join(place)) from None


def _input(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, str):
        return value or ""
    raise _misshapen(f"inputs.{name}")
