"""What each operation of the test server does: one function for each, named as GitHub names the operation."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.github_server.hub import OWNER, Answer, Comment, Hub, Issue, invalid, person, valid_ref
from tests.github_server.repository import Conflict, Person

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One legal request.

    Attributes:
        path, query: typed parameters; by: the login behind the token.
    """

    path: Json
    query: Json
    body: Any
    by: str


@dataclass(frozen=True)
class Pages:
    """An answer that is a list, to be cut into pages."""

    items: Sequence[Any]


Handler = Callable[[Hub, Call], tuple[int, Any]]

HANDLERS: dict[str, Handler] = {}

WRITING = re.compile(r"/(create|update|delete|merge|add|request|submit|remove)")
"""Operations that need write access."""


def call(name: str) -> Callable[[Handler], Handler]:
    """Register what an operation does."""

    def register(handler: Handler) -> Handler:
        HANDLERS[name] = handler
        return handler

    return register


# -- the repository


@call("repos/get")
def repository(hub: Hub, call: Call) -> tuple[int, Any]:
    level = _base(hub.permissions.get(call.by, "none"))
    rights = dict.fromkeys(("pull", "triage"), True) | {
        "push": level in ("admin", "write"),
        "admin": level == "admin",
        "maintain": level == "admin",
    }
    return 200, {**hub.show_repository(), "permissions": rights}


@call("repos/get-collaborator-permission-level")
def permission(hub: Hub, call: Call) -> tuple[int, Any]:
    login = call.path["username"]
    if login.startswith("nobody"):
        raise Answer(404, f"{login} is not a user")
    level = hub.permissions.get(login, "read" if login.startswith("public-") else "none")
    return 200, {"permission": _base(level), "role_name": level.partition("/")[0], "user": hub.show_user(login)}


@call("teams/list-members-in-org")
def members(hub: Hub, call: Call) -> tuple[int, Any]:
    found = hub.teams.get(f"{call.path['org']}/{call.path['team_slug']}")
    if found is None:
        raise Answer(404, "Not Found")
    return 200, Pages([hub.show_user(login) for login in found])


def _base(level: str) -> str:
    """The role that another one is built on, as `permission` tells it; `Crew/write` is an organisation's own."""
    return level.partition("/")[2] or {"maintain": "write", "triage": "read"}.get(level, level)


@call("repos/get-branch")
def branch(hub: Hub, call: Call) -> tuple[int, Any]:
    name = call.path["branch"]
    sha = hub.git.ref(f"refs/heads/{name}") if valid_ref(f"refs/heads/{name}") else None
    if sha is None:
        raise Answer(404, "Branch not found")
    url = f"{hub.api}/branches/{name}"
    return 200, {
        "name": name,
        "commit": hub.show_commit(sha),
        "_links": {"self": url, "html": f"{hub.html}/tree/{name}"},
        "protected": False,
        "protection": {"enabled": False},
        "protection_url": f"{url}/protection",
    }


# -- the Git database


@call("git/create-blob")
def create_blob(hub: Hub, call: Call) -> tuple[int, Any]:
    text = call.body["content"]
    data = _decoded(text) if call.body.get("encoding") == "base64" else text.encode()
    sha = hub.git.store("blob", data)
    return 201, {"sha": sha, "url": f"{hub.api}/git/blobs/{sha}"}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=False)
    except binascii.Error:
        raise invalid("content is not valid Base64") from None


# -- pull requests


@call("pulls/list")
def pulls(hub: Hub, call: Call) -> tuple[int, Any]:
    state, head, base = call.query["state"], call.query.get("head"), call.query.get("base")
    found = [
        pull
        for pull in hub.issues.values()
        if pull.head
        and state in ("all", pull.state)
        and (head is None or head == f"{OWNER}:{pull.head}")
        and base in (None, pull.base)
    ]
    backwards = call.query.get("direction", "desc" if call.query.get("sort", "created") == "created" else "asc")
    found.sort(key=lambda pull: pull.number, reverse=backwards == "desc")
    return 200, Pages([(lambda pull: hub.show_pull(pull, full=False), pull) for pull in found])


@call("pulls/create")
def create_pull(hub: Hub, call: Call) -> tuple[int, Any]:
    head, base = call.body["head"].removeprefix(f"{OWNER}:"), call.body["base"]
    tips = {
        name: hub.git.ref(f"refs/heads/{name}") if valid_ref(f"refs/heads/{name}") else None for name in (head, base)
    }
    for side, name in (("head", head), ("base", base)):
        if tips[name] is None:
            raise invalid("Validation Failed", field=side, code="invalid")
    if any(pull.head == head and pull.base == base and pull.state == "open" for pull in hub.issues.values()):
        raise invalid("Validation Failed", message=f"A pull request already exists for {OWNER}:{head}.")
    head_sha, base_sha = tips[head] or "", tips[base] or ""
    if hub.git.is_ancestor(head_sha, base_sha):
        raise invalid("Validation Failed", message=f"No commits between {base} and {head}")
    if hub.git.merge_base(base_sha, head_sha) is None:
        raise invalid("Validation Failed", message=f"The {head} branch has no history in common with {base}")
    if not call.body.get("title", "").strip():
        raise invalid("Validation Failed", field="title", code="missing_field")
    if len(call.body["title"]) > 256:
        raise invalid("Validation Failed", field="title", message="title is too long (maximum is 256 characters)")
    if len(call.body.get("body") or "") > 65536:
        raise invalid("Validation Failed", field="body", message="body is too long (maximum is 65536 characters)")
    pull = hub.open_issue(
        by=call.by,
        title=call.body["title"],
        body=call.body.get("body"),
        head=head,
        head_sha=head_sha,
        base=base,
        base_sha=base_sha,
        draft=bool(call.body.get("draft")),
    )
    return 201, hub.show_pull(pull)


@call("pulls/merge")
def merge_pull(hub: Hub, call: Call) -> tuple[int, Any]:
    body = call.body or {}
    return 200, {"sha": merge(hub, _pull(hub, call), call.by, body), "merged": True, "message": "Merged"}


def merge(hub: Hub, pull: Issue, by: str, body: Json) -> str:
    """Merge a pull request, as the button does; the new commit of the base branch."""
    if body.get("sha") and body["sha"] != pull.head_sha:
        raise Answer(409, "Head branch was modified. Review and try the merge again.")
    if hub.moving:
        hub.moving -= 1
        raise Answer(405, "Base branch was modified. Review and try the merge again.")
    method = body.get("merge_method", "merge")
    base = hub.git.ref(f"refs/heads/{pull.base}") or ""
    if pull.state != "open" or pull.draft:
        raise Answer(405, "Pull Request is not mergeable")
    if method not in hub.methods:
        what = "Merge commits" if method == "merge" else f"{method.capitalize()} merges"
        raise Answer(405, f"{what} are not allowed on this repository.")
    try:
        tree = hub.git.merge_tree(base, pull.head_sha)
    except Conflict:
        raise Answer(405, "Pull Request is not mergeable") from None
    who = person(None, by, hub.now())
    if method == "merge":
        title = body.get("commit_title") or f"Merge pull request #{pull.number} from {OWNER}/{pull.head}"
        message = f"{title}\n\n{body.get('commit_message') or pull.title}"
        sha = hub.git.commit(tree, [base, pull.head_sha], message, who, who)
    elif method == "squash":
        own = hub.git.revisions("--reverse", "--no-merges", pull.head_sha, f"^{base}")
        messages = [hub.git.parse(commit).message.rstrip("\n") for commit in own]
        default = (
            "\n\n".join(f"* {text}" for text in messages) if len(messages) > 1 else messages[0].partition("\n\n")[2]
        )
        title = body.get("commit_title") or f"{pull.title} (#{pull.number})"
        sha = hub.git.commit(tree, [base], f"{title}\n\n{body.get('commit_message', default)}", who, who)
    else:
        sha = _rebase(hub, pull.head_sha, base, who)
        if hub.git.parse(sha).tree != tree:
            # What GitHub calls unsafe: a merge would give another result, for example of a merge with words of its own.
            raise Answer(405, "This branch can't be rebased")
    hub.git.move(f"refs/heads/{pull.base}", sha, base)
    hub.close(pull, merged=sha, by=by)
    hub.follow()
    return sha


def _rebase(hub: Hub, head: str, base: str, who: Person) -> str:
    """The commits of a branch again on top of another: merges and what is there already are left out."""
    top = base
    for commit in hub.git.revisions("--reverse", "--topo-order", "--no-merges", head, f"^{base}"):
        found, there = hub.git.parse(commit), hub.git.parse(top).tree
        # With what is there as a sibling of the commit, a merge of the two applies its change and nothing else.
        sibling = hub.git.commit(there, found.parents, "", who, who)
        try:
            tree = hub.git.merge_tree(sibling, commit)
        except Conflict:
            raise Answer(405, "This branch can't be rebased") from None
        if tree != there:
            top = hub.git.commit(tree, [top], found.message, found.author, who)
    return top


def _pull(hub: Hub, call: Call) -> Issue:
    pull = hub.issues.get(call.path["pull_number"])
    if pull is None or not pull.head:
        raise Answer(404, "Not Found")
    return pull


# -- issues, comments, labels


@call("issues/list-for-repo")
def list_issues(hub: Hub, call: Call) -> tuple[int, Any]:
    state, since, labels = call.query["state"], call.query.get("since", ""), call.query.get("labels", "")
    found = [
        issue
        for issue in hub.issues.values()
        if state in ("all", issue.state)
        and issue.updated >= since
        and set(filter(None, labels.split(","))) <= set(issue.labels)
    ]
    found.sort(key=lambda issue: issue.number, reverse=call.query.get("direction", "desc") == "desc")
    return 200, Pages([(hub.show_issue, issue) for issue in found])


@call("issues/get")
def get_issue(hub: Hub, call: Call) -> tuple[int, Any]:
    return 200, hub.show_issue(_issue(hub, call))


@call("issues/create")
def create_issue(hub: Hub, call: Call) -> tuple[int, Any]:
    if not hub.facts.get("has_issues", True):
        raise Answer(410, "Issues has been disabled in this repository.")
    if not str(call.body["title"]).strip():
        raise invalid("Validation Failed", field="title", code="missing_field")
    if len(str(call.body["title"])) > 256:
        raise invalid("Validation Failed", field="title", message="title is too long (maximum is 256 characters)")
    if len(call.body.get("body") or "") > 65536:
        raise invalid("Validation Failed", field="body", message="body is too long (maximum is 65536 characters)")
    issue = hub.open_issue(by=call.by, title=str(call.body["title"]), body=call.body.get("body"))
    # Whoever may not write has no say in labels: GitHub drops them without a word.
    for name in call.body.get("labels", ()) if hub.permissions.get(call.by) in ("admin", "write") else ():
        hub.labels.setdefault(name, ("ededed", ""))
        issue.labels.append(name)
    return 201, hub.show_issue(issue)


@call("issues/update")
def update_issue(hub: Hub, call: Call) -> tuple[int, Any]:
    issue = _issue(hub, call)
    _edit(hub, issue, call.body or {})
    issue.state_reason = (call.body or {}).get("state_reason", issue.state_reason)
    return 200, hub.show_issue(issue)


def _edit(hub: Hub, issue: Issue, body: Json) -> None:
    if "title" in body:
        issue.title = str(body["title"])
    if "body" in body:
        issue.body = body["body"]
    if body.get("state") == "closed" and issue.state == "open":
        hub.close(issue)
    elif body.get("state") == "open" and issue.state == "closed" and issue.merged is None:
        issue.state, issue.closed = "open", None
    issue.updated = hub.now()


@call("issues/list-comments")
def comments(hub: Hub, call: Call) -> tuple[int, Any]:
    issue = _issue(hub, call)
    return 200, Pages([hub.show_comment(item) for item in hub.comments.values() if item.issue == issue.number])


@call("issues/create-comment")
def create_comment(hub: Hub, call: Call) -> tuple[int, Any]:
    issue, now = _issue(hub, call), hub.now()
    if len(call.body["body"]) > 65536:
        raise invalid("Validation Failed", field="data", message="Body is too long (maximum is 65536 characters)")
    comment = Comment(hub.next_id(), issue.number, call.by, call.body["body"], now, now)
    hub.comments[comment.id] = comment
    return 201, hub.show_comment(comment)


@call("issues/update-comment")
def update_comment(hub: Hub, call: Call) -> tuple[int, Any]:
    comment = _comment(hub, call)
    comment.body, comment.updated = call.body["body"], hub.now()
    return 200, hub.show_comment(comment)


@call("issues/add-labels")
def add_labels(hub: Hub, call: Call) -> tuple[int, Any]:
    issue = _issue(hub, call)
    given = call.body.get("labels", ()) if isinstance(call.body, dict) else call.body or ()
    for item in given:
        name = item if isinstance(item, str) else item["name"]
        # GitHub makes a label that does not exist yet.
        hub.labels.setdefault(name, ("ededed", ""))
        if name not in issue.labels:
            issue.labels.append(name)
    return 200, [hub.show_label(name) for name in issue.labels]


@call("issues/create-label")
def create_label(hub: Hub, call: Call) -> tuple[int, Any]:
    name = call.body["name"]
    if name in hub.labels:
        raise Answer(422, "Validation Failed", [{"resource": "Label", "code": "already_exists", "field": "name"}])
    color = call.body.get("color", "ededed")
    if not re.fullmatch(r"[0-9a-fA-F]{6}", color):
        raise Answer(422, "Validation Failed", [{"resource": "Label", "code": "invalid", "field": "color"}])
    if len(name) > 50:
        raise Answer(422, "Validation Failed", [{"resource": "Label", "code": "invalid", "field": "name"}])
    hub.labels[name] = (color, call.body.get("description", ""))
    return 201, hub.show_label(name)


@call("issues/update-label")
def update_label(hub: Hub, call: Call) -> tuple[int, Any]:
    name, body = call.path["name"], call.body or {}
    if name not in hub.labels:
        raise Answer(404, "Not Found")
    color, description = hub.labels[name]
    hub.labels[name] = (body.get("color", color), body.get("description", description))
    return 200, hub.show_label(name)


def _issue(hub: Hub, call: Call) -> Issue:
    issue = hub.issues.get(call.path["issue_number"])
    if issue is None:
        raise Answer(404, "Not Found")
    return issue


def _comment(hub: Hub, call: Call) -> Comment:
    comment = hub.comments.get(call.path["comment_id"])
    if comment is None:
        # The description has no 404 for an edit; GitHub answers one all the same.
        raise Answer(404, "Not Found")
    return comment


# -- rules


@call("repos/get-branch-rules")
def branch_rules(hub: Hub, call: Call) -> tuple[int, Any]:
    # The branch does not need to exist.
    return 200, Pages(
        [
            {
                "type": type_,
                "ruleset_id": ruleset,
                "ruleset_source_type": "Repository",
                "ruleset_source": "example/book",
            }
            for pattern, type_, ruleset in hub.rules
            if fnmatchcase(call.path["branch"], pattern)
        ]
    )


@call("repos/get-repo-ruleset")
def ruleset(hub: Hub, call: Call) -> tuple[int, Any]:
    number = call.path["ruleset_id"]
    if number not in {ruleset for _, _, ruleset in hub.rules}:
        raise Answer(404, "Not Found")
    return 200, {
        "id": number,
        "name": "A ruleset",
        "source": "example/book",
        "enforcement": "active",
        "current_user_can_bypass": hub.bypasses.get(number, "never"),
    }


# -- actions


@call("actions/create-workflow-dispatch")
def dispatch(hub: Hub, call: Call) -> tuple[int, Any]:
    hub.dispatched.append((str(call.path["workflow_id"]), call.body))
    return 204, None


@call("actions/get-workflow-run")
def get_run(hub: Hub, call: Call) -> tuple[int, Any]:
    run = hub.runs.get(call.path["run_id"])
    if run is None:
        raise Answer(404, "Not Found")
    url = f"{hub.api}/actions/runs/{run.id}"
    names = ("jobs", "logs", "check_suite", "artifacts", "cancel", "rerun")
    head = hub.git.ref("refs/heads/main") or ""
    commit = hub.show_git_commit(head)
    return 200, {
        "id": run.id,
        "run_number": 1,
        "run_attempt": run.attempt,
        "event": "workflow_dispatch",
        "status": "in_progress",
        "conclusion": None,
        "workflow_id": 1,
        "head_branch": "main",
        "head_sha": head,
        "path": ".github/workflows/declare.yml",
        "display_title": "declare",
        "pull_requests": [],
        "referenced_workflows": None,
        "created_at": run.created,
        "updated_at": hub.now(),
        "run_started_at": hub.now(),
        "url": url,
        "html_url": f"{hub.html}/actions/runs/{run.id}",
        **{f"{name}_url": f"{url}/{name}" for name in names},
        "workflow_url": f"{hub.api}/actions/workflows/1",
        "previous_attempt_url": None,
        "actor": hub.show_user(run.by),
        "triggering_actor": hub.show_user(run.by),
        "repository": hub.show_repository(),
        "head_repository": hub.show_repository(),
        "head_commit": {
            "id": head,
            "tree_id": commit["tree"]["sha"],
            "message": commit["message"],
            "timestamp": commit["author"]["date"],
            "author": {"name": commit["author"]["name"], "email": commit["author"]["email"]},
            "committer": {"name": commit["committer"]["name"], "email": commit["committer"]["email"]},
        },
    }
