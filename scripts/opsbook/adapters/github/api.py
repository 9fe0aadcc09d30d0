"""GitHub's REST API: the calls that the program makes, typed, each with an end that is certain or known to be unknown.

github3.py is untyped and does not encode paths, so every address is made here, from names that were checked. How it is
kept from its own ways is in `github_session`; nothing else knows the library.
"""

from __future__ import annotations

import base64
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

import requests
from github3 import exceptions
from urllib3.exceptions import MaxRetryError

from opsbook.adapters.git.objects import Entry, Person
from opsbook.adapters.github.address import NAME, checked, owner_and_name
from opsbook.adapters.github.session import (
    Astray,
    GitHubRefused,
    Json,
    Limited,
    Moved,
    NoAnswer,
    Repo,
    Session,
    refusal,
    unreadable,
)
from opsbook.core.errors import ForgeError, ForgeFault, ForgeUnknown, UsageError
from opsbook.core.people import Member

TIMEOUTS = (5.0, 30.0)
"""Seconds to connect and to read. GitHub gives up after 10 seconds; less would call answers unknown that come."""

T = TypeVar("T")

_PAGES = 100
"""So many pages of a hundred commits are read of one branch."""

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,99})")
"""Logins of managed users have an underscore before the short code of their enterprise."""


@dataclass(frozen=True, slots=True)
class Step:
    """A commit: its id, tree, parents and message."""

    commit: str
    tree: str
    parents: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Span:
    """What lies between a branch and main: where it left main, and its own commits, oldest first."""

    base: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request.

    Attributes:
        head: the commit of the branch that GitHub last saw; base: the commit of main when it was opened or updated.
        body: what it says.
    """

    number: int
    url: str
    open: bool
    merged: bool
    head: str
    base: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """The new content of a file, and its mode."""

    data: bytes
    mode: str = "100644"


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
    """A comment on a pull request or issue, with the login of whoever wrote it, and whether that is a program."""

    id: int
    body: str
    by: str
    bot: bool


class Api:
    """The calls that the forge needs, on one repository.

    Every method raises `GitHubRefused` or `ForgeError` when nothing was done, and `ForgeUnknown` when nobody knows.
    Reading, and writing objects that nothing points at, has no effect to be unsure of: such a call is made a second
    time when the first answer was lost, and then counts as not done.

    Args:
        token: never appears in an error, a log or a representation.
        repository: `owner/name`.
        url: address of the API.

    Attributes:
        calls: how often each kind of call was made.
        last: when GitHub last answered, in monotonic seconds.
        resume: before this it wants not to be asked, in monotonic seconds.
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
        self._base = checked(url)
        place = f"{self._base}/{self._where.format(self.owner, self.name)}"
        self._session = Session(self._base, place, timeouts)
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            raise UsageError("GITHUB_TOKEN is not a token.", "It is one word of letters, digits and `_`.")
        self._session.token_auth(token)
        self._repo = Repo({"url": place}, self._session)
        self.calls: Counter[str] = Counter()
        self.last = self.resume = float("-inf")

    @property
    def answered(self) -> Mapping[str, str]:
        """The headers of GitHub's last answer, whatever it said; their names in any case."""
        return self._session.answered

    # -- refs

    def branch(self, name: str) -> Step | None:
        """The commit at the tip of a branch; `None` when there is no such branch."""
        try:
            value = self._read("branch", lambda: self._repo.branch(name).as_dict())
        except GitHubRefused as error:
            if error.status == 404:
                return None
            raise
        return self._parsed(lambda: _listed(value["commit"]))

    def branches(self, prefix: str) -> dict[str, str]:
        """The branches whose name begins with a prefix, and their commits."""
        rows = self._read("branches", lambda: self._repo.pages("git", "matching-refs", "heads", prefix))
        lead = "refs/heads/"
        return self._parsed(
            lambda: {
                str(row["ref"]).removeprefix(lead): _sha(row["object"]["sha"])
                for row in rows
                if str(row["ref"]).startswith(lead + prefix) and row["object"]["type"] == "commit"
            }
        )

    def create_branch(self, name: str, commit: str) -> None:
        """Make a branch that must not exist."""
        value = self._write("create branch", lambda: self._repo.create_ref(f"refs/heads/{name}", commit).as_dict())
        self._parsed(lambda: _same(value["object"]["sha"], commit), unknown=True)

    def move_branch(self, name: str, commit: str, *, force: bool = False) -> None:
        """Move a branch forward; GitHub refuses (422) when the commit does not contain the branch's, unless forced."""
        data = {"sha": commit, "force": force}
        value = self._write("move branch", lambda: self._repo.send("patch", "git", "refs", "heads", name, data=data))
        self._parsed(lambda: _same(value["object"]["sha"], commit), unknown=True)

    def delete_branch(self, name: str) -> None:
        """Delete a branch, wherever it is."""
        self._write("delete branch", lambda: self._repo.remove("git", "refs", "heads", name))

    # -- objects

    def commit(self, sha: str) -> Step:
        """A commit."""
        value = self._read("commit", lambda: self._repo.git_commit(_sha(sha)).as_dict())
        return self._parsed(lambda: _step(value))

    def tree(self, sha: str, *, recursive: bool = False) -> tuple[dict[str, Entry], bool]:
        """The entries of a tree by path, and whether they are all there."""
        words = {"recursive": "1"} if recursive else {}
        value = self._read("tree", lambda: self._repo.get("git", "trees", _sha(sha), params=words))
        return self._parsed(
            lambda: (
                {str(row["path"]): Entry(str(row["mode"]).lstrip("0"), _sha(row["sha"])) for row in value["tree"]},
                not value["truncated"],
            )
        )

    def blob(self, sha: str) -> bytes:
        """The content of a blob."""
        value = self._read("blob", lambda: self._repo.blob(_sha(sha)).as_dict())
        return self._parsed(
            lambda: base64.b64decode(value["content"]) if value["encoding"] == "base64" else _text(value)
        )

    def create_blob(self, data: bytes) -> str:
        """Store bytes."""
        text = base64.b64encode(data).decode()
        value = self._read("create blob", lambda: self._repo.create_blob(text, "base64"))
        return self._parsed(lambda: _sha(value))

    def create_tree(self, base: str | None, changes: Mapping[str, Entry | Text | None]) -> str:
        """Store a tree that is another with some files replaced; text goes along, everything else is stored before."""
        rows = []
        for path, change in changes.items():
            row: dict[str, str | None] = {"path": path, "mode": "100644", "type": "blob"}
            if isinstance(change, Text):
                text = _plain(change.data)
                content = {"sha": self.create_blob(change.data)} if text is None else {"content": text}
                row |= {"mode": change.mode, **content}
            elif isinstance(change, Entry):
                row |= {"mode": change.mode, "sha": change.oid}
            else:
                row |= {"sha": None}
            rows.append(row)
        value = self._read("create tree", lambda: self._repo.create_tree(rows, base).as_dict())
        return self._parsed(lambda: _sha(value["sha"]))

    def create_commit(self, tree: str, parents: Sequence[str], message: str, person: Person, when: datetime) -> str:
        """Store a commit; the same arguments give the same commit."""
        moment = when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        who = {"name": person.name, "email": person.address, "date": moment}
        value = self._read(
            "create commit",
            lambda: self._repo.create_commit(message, tree, list(parents), author=who, committer=who).as_dict(),
        )
        return self._parsed(lambda: _sha(value["sha"]))

    # -- histories

    def span(self, main: str, tip: str) -> Span | None:
        """What lies between two commits; `None` when they have nothing in common."""
        steps: list[Step] = []
        for page in range(1, _PAGES):
            found = self._compare(f"{_sha(main)}...{_sha(tip)}", page)
            if found is None:
                return None
            base, rows, total = found
            steps += rows
            if not rows or len(steps) >= total:
                return Span(base, tuple(steps))
        raise ForgeError("A branch on GitHub has more commits than this program reads.", "Merge it.")

    def _compare(self, pair: str, page: int) -> tuple[str, list[Step], int] | None:
        """One page of a comparison: where the two parted, commits, and how many there are in all."""
        words = {"page": str(page), "per_page": "100"}
        for again in (True, False):  # an unexpected "not there" is read again
            try:
                value = self._read("compare", lambda: self._repo.get("compare", pair, params=words))
                break
            except GitHubRefused as error:
                if error.status != 404:
                    raise
                if not again:
                    return None
        return self._parsed(
            lambda: (
                _sha(value["merge_base_commit"]["sha"]),
                [_listed(row) for row in value["commits"]],
                int(value["total_commits"]),
            )
        )

    def commits(self, tip: str, *, path: str | None = None) -> list[Step]:
        """The last hundred commits below a tip (that touch a path), newest first."""
        words = {"sha": _sha(tip), "per_page": "100", **({"path": path} if path else {})}
        rows = self._read("commits", lambda: self._repo.get("commits", params=words))
        return self._parsed(lambda: list(map(_listed, rows)))

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
        rows = self._read("pulls", lambda: self._repo.get("pulls", params=words))

        def ours(row: Json) -> bool:
            # A fork of the same owner has the same label in front of its branches; one that is gone is `None`.
            head, base = row["head"], row["base"]
            here = head["repo"] is not None and head["repo"]["id"] == base["repo"]["id"]
            return bool(here and head["ref"] == branch and base["ref"] == main)

        return self._parsed(lambda: [_pull(row) for row in rows if ours(row)])

    def create_pull(self, branch: str, main: str, title: str, body: str) -> Pull:
        """Open a pull request."""
        value = self._write("create pull", lambda: self._repo.create_pull(title, main, branch, body).as_dict())
        return self._parsed(lambda: _pull(value), unknown=True)

    def merge_pull(self, number: int, head: str, method: str) -> str:
        """Merge a pull request if its head is still this commit; the commit on main."""
        data = {"sha": head, "merge_method": method}
        value = self._write("merge pull", lambda: self._repo.send("put", "pulls", str(number), "merge", data=data))
        return self._parsed(lambda: _sha(value["sha"]), unknown=True)

    def start_workflow(self, name: str, ref: str, inputs: Mapping[str, str]) -> None:
        """Start a workflow by hand, so to speak (docs: "Create a workflow dispatch event")."""
        if not NAME.fullmatch(name):
            raise UsageError(f"{name!r} is not the name of a workflow's file.", "Name it like main.yml.")
        data = {"ref": ref, "inputs": dict(inputs)}
        place = ("actions", "workflows", name, "dispatches")
        self._write("start workflow", lambda: self._repo.send("post", *place, data=data, silent=True))

    def comments(self, number: int) -> list[Comment]:
        """The comments on a pull request, oldest first."""
        rows = self._read(
            "comments", lambda: self._repo.pages("issues", str(number), "comments", params={"per_page": "100"})
        )
        return self._parsed(
            lambda: [
                Comment(int(row["id"]), row["body"] or "", user.get("login", ""), user.get("type") == "Bot")
                for row in rows
                for user in (row["user"] or {},)
            ]
        )

    def create_comment(self, number: int, body: str) -> int:
        """Comment on a pull request."""
        data = {"body": body}
        value = self._write(
            "create comment", lambda: self._repo.send("post", "issues", str(number), "comments", data=data)
        )
        return self._parsed(lambda: int(value["id"]), unknown=True)

    def edit_comment(self, number: int, body: str) -> None:
        """Replace the words of a comment."""
        data = {"body": body}
        self._write("edit comment", lambda: self._repo.send("patch", "issues", "comments", str(number), data=data))

    def add_labels(self, number: int, labels: Sequence[str]) -> dict[str, str]:
        """Put labels on a pull request; GitHub makes those that do not exist yet, in grey.

        Returns:
            the colour of each label on it.
        """
        data = list(labels)
        rows = self._write("add labels", lambda: self._repo.send("post", "issues", str(number), "labels", data=data))
        return self._parsed(lambda: {str(row["name"]): str(row["color"]) for row in rows})

    def paint_label(self, name: str, color: str, description: str) -> None:
        """Give a label its colour and its meaning."""
        data = {"color": color, "description": description}
        self._write("paint label", lambda: self._repo.send("patch", "labels", quote(name, safe=""), data=data))

    # -- trying: what may be done here, without doing it

    def repository(self) -> Known:
        """The repository."""
        value = self._read("repository", self._repo.get)
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
        place, words = ("rules", "branches", quote(branch, safe="")), {"per_page": "100"}
        try:
            rows = self._read("rules", lambda: self._repo.pages(*place, params=words))
        except GitHubRefused as error:
            if error.status == 404:
                return []
            raise
        return self._parsed(lambda: [Rule(str(row["type"]), int(row["ruleset_id"])) for row in rows])

    def bypasses(self, ruleset: int) -> bool | None:
        """Whether a ruleset lets this token do what it forbids to others; `None` when GitHub does not say."""
        try:
            value = self._read("ruleset", lambda: self._repo.get("rulesets", str(ruleset)))
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
        self._read("try pull", lambda: self._repo.send("post", "pulls", data=data))

    def try_label(self) -> None:
        """Ask for a label with a name that is too long and a colour that is none; as `try_pull`."""
        data = {"name": "never made " * 10, "color": "none"}
        self._read("try label", lambda: self._repo.send("post", "labels", data=data))

    # -- people, and what they set off

    def permission(self, login: str) -> tuple[str, str, int]:
        """What somebody may do: the role by its name, the role it is built on, and the id of the account.

        A role of an organisation's own has a name of its own and is built on `read` or `write`; `none` stands for no
        access, and for no such account.
        """
        if not _LOGIN.fullmatch(login):
            return "none", "none", 0
        try:
            value = self._read("permission", lambda: self._repo.get("collaborators", login, "permission"))
        except GitHubRefused as error:
            if error.status == 404:
                return "none", "none", 0
            raise
        return self._parsed(lambda: (str(value["role_name"]), str(value["permission"]), int(value["user"]["id"])))

    def run_created(self, number: int) -> datetime:
        """When a run of a workflow was asked for, aware UTC; running it again does not change that."""
        value = self._read("run", lambda: self._repo.get("actions", "runs", str(number)))
        return self._parsed(lambda: aware(value["created_at"]))

    def close_issue(self, number: int) -> None:
        """Close an issue as completed; one that is closed stays so."""
        data = {"state": "closed", "state_reason": "completed"}
        self._write("close issue", lambda: self._repo.send("patch", "issues", str(number), data=data))

    # -- calling

    def _read(self, name: str, ask: Callable[[], T]) -> T:
        try:
            return self._call(name, ask)
        except ForgeUnknown as error:
            if isinstance(error, NoAnswer):
                raise ForgeError(error.message, error.remedy) from None
        try:
            return self._call(name, ask)
        except ForgeUnknown as error:
            raise ForgeError(error.message, error.remedy) from None

    def _write(self, name: str, ask: Callable[[], T]) -> T:
        return self._call(name, ask)

    def _call(self, name: str, ask: Callable[[], T]) -> T:
        self.calls[name] += 1
        try:
            value = ask()
        except exceptions.TransportError as error:
            raise self._lost(error.exception) from None
        except (exceptions.UnexpectedResponse, exceptions.UnprocessableResponseBody, exceptions.IncompleteResponse):
            raise unreadable() from None
        except exceptions.GitHubError as error:
            refused = refusal(error)
            if isinstance(refused, Limited):
                self.resume = time.monotonic() + refused.seconds
            raise refused from None
        except requests.exceptions.RequestException as error:
            raise self._lost(error) from None
        except Moved:
            raise GitHubRefused(
                "The repository has moved on GitHub.", "Set GITHUB_REPOSITORY to its new name.", 301, ""
            ) from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, Astray):
            # github3.py builds objects of whatever it gets.
            raise unreadable() from None
        self._session.hurry = False
        self.last = time.monotonic()
        return value

    def _parsed(self, parse: Callable[[], T], *, unknown: bool = False) -> T:
        try:
            return parse()
        except (KeyError, TypeError, ValueError, AttributeError):
            fault = unreadable()
            raise fault if unknown else ForgeError(fault.message, fault.remedy) from None

    def _lost(self, error: BaseException) -> ForgeFault:
        """What a connection that failed means for the effect."""
        cause = error.args[0] if error.args else None
        if isinstance(error, requests.exceptions.Timeout):
            self._session.hurry = True
        if isinstance(error, requests.exceptions.ReadTimeout):
            return NoAnswer(
                "GitHub did not answer in time.", "`opsbook reconcile` finishes it when GitHub answers again."
            )
        if isinstance(error, requests.exceptions.ConnectTimeout) or isinstance(cause, MaxRetryError):
            # Retries are off, so this is what urllib3 says when no connection came about: nothing was sent.
            return ForgeError(
                f"GitHub cannot be reached at {self._base}.",
                "`opsbook reconcile` finishes it when the network is back.",
            )
        if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema)):
            return ForgeError(f"{self._base} is not an address.", "Look at GITHUB_API_URL.")
        return ForgeUnknown("The connection to GitHub broke off.", "`opsbook reconcile` finds out what came of it.")


class TeamApi(Api):
    """The one call about a team, `organisation/team`, as `Api`."""

    _where = "orgs/{}/teams/{}"

    def members(self) -> list[Member]:
        """Everybody who is in the team, also by a team below it. GitHub tells no names."""
        rows = self._read("members", lambda: self._repo.pages("members", params={"per_page": "100"}))
        return self._parsed(lambda: [Member(str(row["login"]), str(row["login"]), int(row["id"])) for row in rows])


def aware(value: object) -> datetime:
    """A moment as GitHub writes it; raises ValueError."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("no moment")
    return moment.astimezone(UTC).replace(microsecond=0)


def _step(value: Json) -> Step:
    """A commit of the Git database."""
    parents = tuple(_sha(parent["sha"]) for parent in value["parents"])
    return Step(_sha(value["sha"]), _sha(value["tree"]["sha"]), parents, str(value["message"]))


def _listed(value: Json) -> Step:
    """A commit of a list, which wraps the one of the Git database."""
    inner = value["commit"]
    parents = tuple(_sha(parent["sha"]) for parent in value["parents"])
    return Step(_sha(value["sha"]), _sha(inner["tree"]["sha"]), parents, str(inner["message"]))


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


def _same(value: object, expected: str) -> None:
    """An answer about something else cannot be read as an answer to us."""
    if value != expected:
        raise ValueError


def _sha(value: object) -> str:
    if not isinstance(value, str) or not _SHA.fullmatch(value):
        raise ValueError
    return value


def _text(value: Json) -> bytes:
    return str(value["content"]).encode()


def _plain(data: bytes) -> str | None:
    """Bytes as the text that JSON and Git keep as it is; `None` for anything else."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if text and "\0" not in text else None
