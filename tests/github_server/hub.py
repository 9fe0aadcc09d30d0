"""What the test server knows beside Git: people, pull requests, issues, comments, labels, reviews; and how it is shown.

Every `show_…` gives the part of an answer that has a meaning; `description.fill` adds the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.github_server.repository import Bare, CommitData, Person

Json = dict[str, Any]

OWNER, NAME = "example", "book"


class Answer(Exception):
    """An answer that is no success: status, message, and the list `errors` of a validation."""

    def __init__(self, status: int, message: str, errors: list[Json] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.content: Json = {"message": message, "documentation_url": "https://docs.github.com/rest"}
        if errors is not None:
            self.content["errors"] = errors


def invalid(message: str, /, **error: str) -> Answer:
    """A 422 with one error."""
    return Answer(422, message, [{"resource": "PullRequest", "code": "custom", **error}] if error else None)


@dataclass
class Comment:
    """A comment of an issue or pull request."""

    id: int
    issue: int
    by: str
    body: str
    created: str
    updated: str


@dataclass
class Issue:
    """An issue; a pull request when `head` is set.

    Attributes:
        head: the name of the branch; head_sha: where it was last seen; base: the branch to merge into.
        fork: the repository of the branch, where it is another one of the same owner; this server does not follow it.
        merged: the commit that merged it.
    """

    number: int
    by: str
    title: str
    body: str | None
    created: str
    updated: str
    head: str = ""
    head_sha: str = ""
    fork: str = ""
    base: str = ""
    base_sha: str = ""
    state: str = "open"
    state_reason: str | None = None
    closed: str | None = None
    merged: str | None = None
    merged_at: str | None = None
    merged_by: str | None = None
    draft: bool = False
    labels: list[str] = field(default_factory=list)


@dataclass
class Run:
    """A run of a workflow that somebody started by hand; running it again keeps its number and its `created`."""

    id: int
    by: str
    created: str
    attempt: int = 1


class Hub:
    """The state of one repository. The caller holds a lock around every use.

    Args:
        url: where the API is served.
        now: the clock of the server.

    Attributes:
        facts: what is otherwise about the repository than it usually is.
        rules: rules of rulesets: a pattern for branches, the type of the rule, the id of its ruleset.
        bypasses: whether whoever asks may bypass a ruleset, by its id; GitHub says `never` otherwise.
    """

    def __init__(self, git: Bare, url: str, now: Callable[[], datetime], name: str = NAME) -> None:
        self.name = name
        self.git = git
        self.url = url
        self._now = now
        self.api = f"{url}/repos/{OWNER}/{name}"
        self.html = f"https://github.example/{OWNER}/{name}"
        self.teams: dict[str, list[str]] = {}
        self.permissions: dict[str, str] = {OWNER: "admin", "bot": "write", "reader": "read"}
        self.tokens: dict[str, str] = {"test-token": "bot", "readers-token": "reader"}
        self.issues: dict[int, Issue] = {}
        self.comments: dict[int, Comment] = {}
        self.labels: dict[str, tuple[str, str]] = {"bug": ("d73a4a", "Something isn't working")}
        self.runs: dict[int, Run] = {}
        self.dispatched: list[tuple[str, Json]] = []
        self.methods = {"merge", "squash", "rebase"}  # the ways of merging that its settings allow
        self.moving = 0  # how often somebody else merges at the very moment of a merge
        self.facts: Json = {}
        self.rules: list[tuple[str, str, int]] = []
        self.bypasses: dict[int, str] = {}
        self._ids = iter(range(1001, 1_000_000))

    def copy(self, other: Hub) -> None:
        """Know what another knows at this moment."""
        self.issues, self.comments = deepcopy(other.issues), deepcopy(other.comments)
        self.labels = dict(other.labels)
        self._ids = iter(range(max(self.comments, default=1000) + 1, 1_000_000))

    def now(self) -> str:
        """The time, as GitHub writes it."""
        return self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def next_id(self) -> int:
        """An id that nobody has."""
        return next(self._ids)

    # -- what pushes change

    def open_issue(self, **values: Any) -> Issue:
        """A new issue or pull request."""
        number = len(self.issues) + 1
        now = self.now()
        issue = Issue(number=number, created=now, updated=now, **values)
        self.issues[number] = issue
        return issue

    def close(self, issue: Issue, *, merged: str | None = None, by: str | None = None) -> None:
        """Close it, as merged or not."""
        issue.state, issue.closed = "closed", self.now()
        if merged:
            issue.merged, issue.merged_at, issue.merged_by = merged, issue.closed, by

    def follow(self) -> None:
        """Bring the open pull requests up to date with their branches, as GitHub does after each push."""
        refs = self.git.refs("refs/heads/")
        for pull in self.issues.values():
            if not pull.head or pull.fork or pull.state != "open":
                continue
            head, base = refs.get(f"refs/heads/{pull.head}"), refs.get(f"refs/heads/{pull.base}")
            if head is not None:
                pull.head_sha = head
            if base is not None and base != pull.base_sha:
                pull.base_sha = base
                if self.git.is_ancestor(pull.head_sha, base):
                    self.close(pull, merged=base, by=OWNER)
                    continue
            if head is None:
                self.close(pull)

    # -- views

    def show_user(self, login: str) -> Json:
        """A simple user."""
        number = sum(map(ord, login))
        url = f"{self.url}/users/{login}"
        return {
            "login": login,
            "id": number,
            "url": url,
            "html_url": f"https://github.example/{login}",
            "type": "Bot" if login == "bot" else "User",
            **{
                f"{name}_url": f"{url}/{name}"
                for name in ("followers", "following", "gists", "starred", "subscriptions", "repos", "events")
            },
            "organizations_url": f"{url}/orgs",
            "received_events_url": f"{url}/received_events",
            "avatar_url": f"https://github.example/{login}.png",
        }

    def association(self, login: str) -> str:
        """What an author has to do with the repository."""
        return "MEMBER" if login in self.permissions else "NONE"

    def show_repository(self) -> Json:
        """The repository."""
        return {
            "id": 1,
            "name": self.name,
            "full_name": f"{OWNER}/{self.name}",
            "owner": self.show_user(OWNER),
            "private": True,
            "visibility": "private",
            "html_url": self.html,
            "url": self.api,
            "default_branch": "main",
            "has_issues": True,
            "license": None,
            **self.facts,
        }

    def show_git_commit(self, sha: str) -> Json:
        """A commit of the Git database."""
        found = self.git.parse(sha)
        return {
            "sha": sha,
            "node_id": f"C_{sha}",
            "url": f"{self.api}/git/commits/{sha}",
            "html_url": f"{self.html}/commit/{sha}",
            **self._authors(found),
            "message": found.message,
            "tree": {"sha": found.tree, "url": f"{self.api}/git/trees/{found.tree}"},
            "parents": [
                {"sha": parent, "url": f"{self.api}/git/commits/{parent}", "html_url": f"{self.html}/commit/{parent}"}
                for parent in found.parents
            ],
            "verification": {
                "verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None
            },
        }  # fmt: skip

    def show_commit(self, sha: str) -> Json:
        """A commit of the repository."""
        inner = self.show_git_commit(sha)
        parents = [{**parent, "url": parent["url"].replace("/git/", "/")} for parent in inner["parents"]]
        keep = ("author", "committer", "message", "tree", "url", "verification")
        return {
            "sha": sha,
            "node_id": inner["node_id"],
            "url": f"{self.api}/commits/{sha}",
            "html_url": inner["html_url"],
            "comments_url": f"{self.api}/commits/{sha}/comments",
            "commit": {**{name: inner[name] for name in keep}, "comment_count": 0},
            "author": None,
            "committer": None,
            "parents": parents,
        }

    def show_label(self, name: str) -> Json:
        """A label."""
        color, description = self.labels[name]
        return {
            "id": sum(map(ord, name)),
            "node_id": f"LA_{name}",
            "url": f"{self.api}/labels/{name}",
            "name": name,
            "description": description,
            "color": color,
            "default": False,
        }

    def show_comment(self, comment: Comment) -> Json:
        """A comment."""
        kind = "pull" if self.issues[comment.issue].head else "issues"
        return {
            "id": comment.id,
            "node_id": f"IC_{comment.id}",
            "url": f"{self.api}/issues/comments/{comment.id}",
            "html_url": f"{self.html}/{kind}/{comment.issue}#issuecomment-{comment.id}",
            "issue_url": f"{self.api}/issues/{comment.issue}",
            "body": comment.body,
            "user": self.show_user(comment.by),
            "created_at": comment.created,
            "updated_at": comment.updated,
            "author_association": self.association(comment.by),
        }

    def show_issue(self, issue: Issue) -> Json:
        """An issue, also of a pull request."""
        url = f"{self.api}/issues/{issue.number}"
        page = f"{self.html}/{'pull' if issue.head else 'issues'}/{issue.number}"
        made: Json = {
            **self._discussion(issue, url, page),
            "repository_url": self.api,
            "labels_url": f"{url}/labels{{/name}}",
            "events_url": f"{url}/events",
            "comments": sum(comment.issue == issue.number for comment in self.comments.values()),
            "labels": [self.show_label(name) for name in issue.labels],
            "state_reason": issue.state_reason,
            "closed_by": None,
        }
        if issue.head:
            made["pull_request"] = {
                "url": f"{self.api}/pulls/{issue.number}",
                "html_url": page,
                "diff_url": f"{page}.diff",
                "patch_url": f"{page}.patch",
                "merged_at": issue.merged_at,
            }
        return made

    def show_pull(self, pull: Issue, *, full: bool = True) -> Json:
        """A pull request; without what the list leaves out unless `full`."""
        url, page = f"{self.api}/pulls/{pull.number}", f"{self.html}/pull/{pull.number}"
        repository = self.show_repository()
        theirs = {**repository, "id": 2, "name": pull.fork, "full_name": f"{OWNER}/{pull.fork}"}
        made = {
            **self._discussion(pull, url, page),
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "issue_url": f"{self.api}/issues/{pull.number}",
            "commits_url": f"{url}/commits",
            "review_comments_url": f"{url}/comments",
            "review_comment_url": f"{self.api}/pulls/comments{{/number}}",
            "statuses_url": f"{self.api}/statuses/{pull.head_sha}",
            "merged_at": pull.merged_at,
            "merge_commit_sha": pull.merged,
            "draft": pull.draft,
            "auto_merge": None,
            "requested_reviewers": [],
            "requested_teams": [],
            "labels": [self.show_label(name) for name in pull.labels],
            "head": self._side(pull.head, pull.head_sha, theirs if pull.fork else repository),
            "base": self._side(pull.base, pull.base_sha, repository),
            "_links": {
                name: {"href": f"{url}/{name}"}
                for name in (
                    "comments", "commits", "statuses", "html", "issue", "review_comments", "review_comment", "self"
                )
            },
        }  # fmt: skip
        if full:
            made |= {
                "merged": pull.merged is not None,
                "mergeable": None,
                "rebaseable": None,
                "mergeable_state": "unknown",
                "merged_by": self.show_user(pull.merged_by) if pull.merged_by else None,
                "comments": sum(comment.issue == pull.number for comment in self.comments.values()),
                "review_comments": 0,
                "maintainer_can_modify": False,
            }
        return made

    def _discussion(self, issue: Issue, url: str, page: str) -> Json:
        return {
            "id": 5000 + issue.number,
            "node_id": f"I_{issue.number}",
            "url": url,
            "html_url": page,
            "number": issue.number,
            "state": issue.state,
            "locked": False,
            "title": issue.title,
            "body": issue.body,
            "user": self.show_user(issue.by),
            "comments_url": f"{self.api}/issues/{issue.number}/comments",
            "assignee": None,
            "assignees": [],
            "milestone": None,
            "created_at": issue.created,
            "updated_at": issue.updated,
            "closed_at": issue.closed,
            "author_association": self.association(issue.by),
            "active_lock_reason": None,
        }

    def _side(self, branch: str, sha: str, repository: Mapping[str, Any]) -> Json:
        return {
            "label": f"{OWNER}:{branch}", "ref": branch, "sha": sha, "user": self.show_user(OWNER), "repo": repository
        }  # fmt: skip

    def _authors(self, commit: CommitData) -> Json:
        return {
            role: {"name": person.name, "email": person.email, "date": moment(person)}
            for role, person in (("author", commit.author), ("committer", commit.committer))
        }


def moment(person: Person) -> str:
    """When a person acted, as GitHub writes it: in UTC."""
    return datetime.fromtimestamp(int(person.when.split()[0]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def person(value: Mapping[str, str] | None, login: str, now: str) -> Person:
    """Author or committer of a request."""
    value = value or {"name": login, "email": f"{login}@users.noreply.github.example"}
    when = datetime.fromisoformat(value.get("date") or now)
    offset = when.strftime("%z").replace(":", "") or "+0000"
    return Person(value["name"], value["email"], f"{int(when.timestamp())} {offset}")


def valid_ref(name: str) -> bool:
    """Whether Git would take a name for a ref."""
    return re.fullmatch(r"refs/[^/]+/.+", name) is not None and not re.search(
        r"[\x00-\x20~^:?*\[\\\x7f]|\.\.|@\{|//|/\.|\.lock(/|$)|[/.]$", name
    )
