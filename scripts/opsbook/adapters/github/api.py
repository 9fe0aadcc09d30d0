"""GitHub's REST API: the calls that are made, typed, each with an end that is certain or known to be unknown."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from opsbook.adapters.git.pulls import Pull
from opsbook.adapters.github.address import NAME, checked, owner_and_name
from opsbook.adapters.github.session import GitHubRefused, Json, NoAnswer, Session, unreadable
from opsbook.core.errors import ForgeError, ForgeUnknown, UsageError
from opsbook.core.people import Member

TIMEOUTS = (5.0, 30.0)
"""Seconds to connect and to read. GitHub gives up after 10 seconds; less would call answers unknown that come."""

T = TypeVar("T")

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,99})")
"""Logins of managed users have an underscore before the short code of their enterprise."""

_INSIDE = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})


@dataclass(frozen=True, slots=True)
class Known:
    """What GitHub says about a repository.

    Attributes:
        name: `owner/name`, as GitHub writes it; main: its default branch; archived: nobody can write to it.
        issues: whether people can open issues.
    """

    name: str
    main: str
    archived: bool
    issues: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that GitHub enforces on a branch: its type, and the id of the ruleset that it belongs to."""

    type: str
    ruleset: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a pull request or issue, with the login of whoever wrote it, and whether that is a program.

    Attributes:
        inside: whether whoever wrote it works on the repository, or is a program that somebody who does let in.
    """

    id: int
    body: str
    by: str
    bot: bool
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue that is no pull request; `inside` as of a comment."""

    number: int
    title: str
    body: str
    is_open: bool
    inside: bool


class Api:
    """The calls that the forge needs, on one repository.

    Every method raises `GitHubRefused` or `ForgeError` when nothing was done, and `ForgeUnknown` when nobody knows.
    Reading, and writing objects that nothing points at, has no effect to be unsure of: such a call is made a second
    time when the first answer was lost, and then counts as not done.

    Args:
        token: never appears in an error, a log or a representation.
        repository: `owner/name`.
        url: address of the API.
    """

    _where = "repos/{}/{}"

    def __init__(
        self,
        token: str,
        repository: str,
        *,
        url: str = "https://api.github.com",
        timeouts: tuple[float, float] = TIMEOUTS,
    ) -> None:
        self.owner, self.name = owner_and_name(repository)
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            raise UsageError("GITHUB_TOKEN is not a token.", "It is one word of letters, digits and `_`.")
        self._session = Session(f"{checked(url)}/{self._where.format(self.owner, self.name)}", token, timeouts)

    @property
    def answered(self) -> Mapping[str, str]:
        """The headers of GitHub's last answer, whatever it said; their names in any case."""
        return self._session.answered

    @property
    def resume(self) -> float:
        """Before this GitHub wants not to be asked, in monotonic seconds."""
        return self._session.resume

    # -- pull requests

    def pulls(self, branch: str, main: str) -> list[Pull]:
        """The pull requests of a branch into main, newest first, open or not. Never by search: it lags behind."""
        words = {
            "state": "all",
            "head": f"{self.owner}:{branch}",
            "base": main,
            "sort": "created",
            "direction": "desc",
        }
        rows = self._read("pulls", params=words)

        def ours(row: Json) -> bool:
            # A fork of the same owner has the same label in front of its branches; one that is gone is `None`.
            head, base = row["head"], row["base"]
            here = head["repo"] is not None and head["repo"]["id"] == base["repo"]["id"]
            return bool(here and head["ref"] == branch and base["ref"] == main)

        return self._parsed(lambda: [_pull(row) for row in rows if ours(row)])

    def create_pull(self, branch: str, main: str, title: str, body: str) -> Pull:
        """Open a pull request."""
        value = self._write("POST", "pulls", data={"title": title, "base": main, "head": branch, "body": body})
        return self._parsed(lambda: _pull(value), unknown=True)

    def merge_pull(self, number: int, head: str, method: str) -> str:
        """Merge a pull request if its head is still this commit; the commit on main."""
        data = {"sha": head, "merge_method": method}
        value = self._write("PUT", "pulls", str(number), "merge", data=data)
        return self._parsed(lambda: _sha(value["sha"]), unknown=True)

    def start_workflow(self, name: str, ref: str, inputs: Mapping[str, str]) -> None:
        """Start a workflow by hand, so to speak (docs: "Create a workflow dispatch event")."""
        if not NAME.fullmatch(name):
            raise UsageError(f"{name!r} is not the name of a workflow's file.", "Name it like main.yml.")
        data = {"ref": ref, "inputs": dict(inputs)}
        place = ("actions", "workflows", name, "dispatches")
        self._write("POST", *place, data=data)

    def comments(self, number: int) -> list[Comment]:
        """The comments on a pull request, oldest first."""
        rows = self._pages("issues", str(number), "comments")
        return self._parsed(
            lambda: [
                Comment(
                    int(row["id"]), row["body"] or "", user.get("login", ""), user.get("type") == "Bot", _inside(row)
                )
                for row in rows
                for user in (row["user"] or {},)
            ]
        )

    def create_comment(self, number: int, body: str) -> int:
        """Comment on a pull request."""
        data = {"body": body}
        value = self._write("POST", "issues", str(number), "comments", data=data)
        return self._parsed(lambda: int(value["id"]), unknown=True)

    def edit_comment(self, number: int, body: str) -> None:
        """Replace the words of a comment."""
        data = {"body": body}
        self._write("PATCH", "issues", "comments", str(number), data=data)

    def add_labels(self, number: int, labels: Sequence[str]) -> dict[str, str]:
        """Put labels on a pull request; GitHub makes those that do not exist yet, in grey.

        Returns:
            the colour of each label on it.
        """
        data = list(labels)
        rows = self._write("POST", "issues", str(number), "labels", data=data)
        return self._parsed(lambda: {str(row["name"]): str(row["color"]) for row in rows})

    def paint_label(self, name: str, color: str, description: str) -> None:
        """Give a label its colour and its meaning."""
        data = {"color": color, "description": description}
        self._write("PATCH", "labels", quote(name, safe=""), data=data)

    # -- issues

    def issues(self, label: str, since: datetime) -> list[Issue]:
        """The issues with a label that changed since, oldest first, open or not. Never by search: it lags behind."""
        words = {
            "labels": label,
            "state": "all",
            "since": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "sort": "created",
            "direction": "asc",
        }
        rows = self._pages("issues", **words)
        return self._parsed(lambda: [_issue(row) for row in rows if "pull_request" not in row])

    def issue(self, number: int) -> Issue | None:
        """An issue; `None` when it is not there any more."""
        try:
            value = self._read("issues", str(number))
        except GitHubRefused as error:
            if error.status in (404, 410):
                return None
            raise
        return self._parsed(lambda: _issue(value))

    def create_issue(self, title: str, body: str, labels: Sequence[str]) -> tuple[Issue, frozenset[str]]:
        """Open an issue; and the labels that it has: GitHub leaves out those that the token may not put on."""
        value = self._write("POST", "issues", data={"title": title, "body": body, "labels": list(labels)})
        return self._parsed(
            lambda: (_issue(value), frozenset(str(label["name"]) for label in value["labels"])), unknown=True
        )

    def edit_issue(self, issue: Issue) -> None:
        """Give an issue this title, this body and this state."""
        state = {"state": "open"} if issue.is_open else {"state": "closed", "state_reason": "completed"}
        self._write("PATCH", "issues", str(issue.number), data={"title": issue.title, "body": issue.body, **state})

    # -- trying: what may be done here, without doing it

    def has_branch(self, name: str) -> bool:
        """Whether there is a branch."""
        try:
            self._read("branches", quote(name, safe="/"))
        except GitHubRefused as error:
            if error.status == 404:
                return False
            raise
        return True

    def try_contents(self, data: bytes) -> None:
        """Store bytes that nothing points at, which needs the right to write commits."""
        self._read("git", "blobs", data={"content": base64.b64encode(data).decode(), "encoding": "base64"})

    def repository(self) -> Known:
        """The repository."""
        value = self._read()
        return self._parsed(
            lambda: Known(
                str(value["full_name"]),
                str(value["default_branch"]),
                bool(value.get("archived")),
                bool(value.get("has_issues", True)),
            )
        )

    def rules(self, branch: str) -> list[Rule]:
        """The rules for branches of this name, whether there is one or not; none where GitHub knows no rules."""
        try:
            rows = self._pages("rules", "branches", quote(branch, safe=""))
        except GitHubRefused as error:
            if error.status == 404:
                return []
            raise
        return self._parsed(lambda: [Rule(str(row["type"]), int(row["ruleset_id"])) for row in rows])

    def bypasses(self, ruleset: int) -> bool | None:
        """Whether a ruleset lets this token do what it forbids to others; `None` when GitHub does not say."""
        try:
            value = self._read("rulesets", str(ruleset))
        except GitHubRefused as error:
            if error.status == 404:
                return None
            raise
        said = self._parsed(lambda: value.get("current_user_can_bypass"))
        return said in ("always", "exempt") if isinstance(said, str) else None

    def try_pull(self, main: str) -> None:
        """Ask for a pull request of a branch that Git cannot hold.

        It cannot come about. `GitHubRefused` with 422 says that the token might open another; 403 or 404, that not.
        """
        data = {"title": "Never opened", "head": "opsbook/..never", "base": main}
        self._read("pulls", data=data)

    def try_label(self) -> None:
        """Ask for a label with a name that is too long and a colour that is none; as `try_pull`."""
        data = {"name": "never made " * 10, "color": "none"}
        self._read("labels", data=data)

    # -- people, and what they set off

    def permission(self, login: str) -> tuple[str, str, int]:
        """What somebody may do: the role by its name, the role it is built on, and the id of the account.

        A role of an organisation's own has a name of its own and is built on `read` or `write`; `none` stands for no
        access, and for no such account.
        """
        if not _LOGIN.fullmatch(login):
            return "none", "none", 0
        try:
            value = self._read("collaborators", login, "permission")
        except GitHubRefused as error:
            if error.status == 404:
                return "none", "none", 0
            raise
        return self._parsed(lambda: (str(value["role_name"]), str(value["permission"]), int(value["user"]["id"])))

    def run_created(self, number: int) -> datetime:
        """When a run of a workflow was asked for, aware UTC; running it again does not change that."""
        value = self._read("actions", "runs", str(number))
        return self._parsed(lambda: aware(value["created_at"]))

    def close_issue(self, number: int) -> None:
        """Close an issue as completed; one that is closed stays so."""
        data = {"state": "closed", "state_reason": "completed"}
        self._write("PATCH", "issues", str(number), data=data)

    # -- calling

    def _read(self, *parts: str, params: Mapping[str, str] | None = None, data: object = None) -> Any:
        """Ask for something; with data, try something that has no lasting effect."""
        return self._looked(*parts, params=params, data=data)[0]

    def _pages(self, *parts: str, **params: str) -> list[Any]:
        """Every page of a list."""
        page, following = self._looked(*parts, params={**params, "per_page": "100"})
        rows = self._parsed(lambda: _list(page))
        while following:
            page, following = self._looked(following)
            rows += self._parsed(lambda page=page: _list(page))  # type: ignore[misc]
        return rows

    def _looked(self, *parts: str, params: Mapping[str, str] | None = None, data: object = None) -> tuple[Any, str]:
        method = "GET" if data is None else "POST"
        try:
            return self._session.ask(method, *parts, params=params, data=data)
        except ForgeUnknown as error:
            if isinstance(error, NoAnswer):
                raise ForgeError(error.message, error.remedy) from None
        try:
            return self._session.ask(method, *parts, params=params, data=data)
        except ForgeUnknown as error:
            raise ForgeError(error.message, error.remedy) from None

    def _write(self, method: str, *parts: str, data: object) -> Any:
        return self._session.ask(method, *parts, data=data)[0]

    def _parsed(self, parse: Callable[[], T], *, unknown: bool = False) -> T:
        try:
            return parse()
        except (KeyError, TypeError, ValueError, AttributeError):
            fault = unreadable()
            raise fault if unknown else ForgeError(fault.message, fault.remedy) from None


class TeamApi(Api):
    """The one call about a team, `organisation/team`, as `Api`."""

    _where = "orgs/{}/teams/{}"

    def members(self) -> list[Member]:
        """Everybody who is in the team, also by a team below it. GitHub tells no names."""
        rows = self._pages("members")
        return self._parsed(lambda: [Member(str(row["login"]), str(row["login"]), int(row["id"])) for row in rows])


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def aware(value: object) -> datetime:
    """A moment as GitHub writes it; raises ValueError."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("no moment")
    return moment.astimezone(UTC).replace(microsecond=0)


def _inside(value: Json) -> bool:
    """Whether somebody wrote an issue or a comment whom the repository let in."""
    return (value["user"] or {}).get("type") == "Bot" or value["author_association"] in _INSIDE


def _issue(value: Json) -> Issue:
    return Issue(
        int(value["number"]), str(value["title"]), str(value["body"] or ""), value["state"] == "open", _inside(value)
    )


def _pull(value: Json) -> Pull:
    return Pull(
        int(value["number"]),
        str(value["html_url"]),
        value["state"] == "open",
        bool(value["merged_at"]),
        _sha(value["head"]["sha"]),
        _sha(value["base"]["sha"]),
        str(value["body"] or ""),
    )


def _sha(value: object) -> str:
    if not isinstance(value, str) or not _SHA.fullmatch(value):
        raise ValueError
    return value
