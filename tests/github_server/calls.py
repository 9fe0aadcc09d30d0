"""What each operation of the test server does: one function for each, named as GitHub names the operation."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.github_server.hub import OWNER, Answer, Comment, Hub, Issue, Review, invalid, person, valid_ref
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


@call("users/get-authenticated")
def user(hub: Hub, call: Call) -> tuple[int, Any]:
    return 200, {**hub.show_user(call.by), "name": None, "created_at": hub.now(), "updated_at": hub.now()}


@call("rate-limit/get")
def rate_limit(hub: Hub, call: Call) -> tuple[int, Any]:
    core = {"limit": 5000, "remaining": 4999, "reset": 1795255500, "used": 1}
    return 200, {"resources": {"core": core, "search": core}, "rate": core}


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


@call("repos/list-commits")
def commits(hub: Hub, call: Call) -> tuple[int, Any]:
    start = _revision(hub, call.query.get("sha", "main"))
    words = [f"--since={call.query['since']}"] if "since" in call.query else []
    words += [f"--until={call.query['until']}"] if "until" in call.query else []
    words += [start]
    words += ["--", call.query["path"]] if "path" in call.query else []
    return 200, Pages([(hub.show_commit, sha) for sha in hub.git.revisions(*words)])


@call("repos/compare-commits-with-basehead")
def compare(hub: Hub, call: Call) -> tuple[int, Any]:
    base_name, dots, head_name = call.path["basehead"].partition("...")
    if not dots:
        raise Answer(404, "Not Found")
    base, head = _revision(hub, base_name), _revision(hub, head_name)
    fork = hub.git.merge_base(base, head)
    if fork is None:
        raise Answer(404, f"No common ancestor between {base_name} and {head_name}.")
    ahead = hub.git.revisions("--reverse", "--topo-order", head, f"^{base}")
    behind = hub.git.revisions(base, f"^{head}")
    states = {(False, False): "identical", (True, False): "ahead", (False, True): "behind", (True, True): "diverged"}
    page, size = call.query.get("page", 1), call.query.get("per_page", 250)
    changed = hub.git.changed(fork, head) if page == 1 else {}
    letters = {"A": "added", "M": "modified", "D": "removed", "T": "changed"}
    return 200, {
        "url": f"{hub.api}/compare/{call.path['basehead']}",
        "html_url": f"{hub.html}/compare/{call.path['basehead']}",
        "permalink_url": f"{hub.html}/compare/{base}...{head}",
        "diff_url": f"{hub.html}/compare/{base}...{head}.diff",
        "patch_url": f"{hub.html}/compare/{base}...{head}.patch",
        "base_commit": hub.show_commit(base),
        "merge_base_commit": hub.show_commit(fork),
        "status": states[bool(ahead), bool(behind)],
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [hub.show_commit(sha) for sha in ahead[(page - 1) * size : page * size]],
        "files": [_file(hub, head, path, letters[letter]) for path, letter in list(changed.items())[:300]],
    }


def _file(hub: Hub, revision: str, path: str, status: str) -> Json:
    found = hub.git.at(revision, path)
    return {
        "sha": found[1] if found else None,
        "filename": path,
        "status": status,
        "additions": 0,
        "deletions": 0,
        "changes": 0,
        "blob_url": f"{hub.html}/blob/{revision}/",
        "raw_url": f"{hub.html}/raw/{revision}/",
        "contents_url": f"{hub.api}/contents/",
    }


def _revision(hub: Hub, name: str) -> str:
    for candidate in (name, f"refs/heads/{name}", f"refs/{name}"):
        if candidate.startswith("-"):
            break
        full = re.fullmatch(r"[0-9a-f]{40}", candidate)
        sha = candidate if full else hub.git.ref(candidate) if candidate.startswith("refs/") else None
        if sha and hub.git.kind(sha) == "commit":
            return sha
    raise Answer(404, "Not Found")


@call("repos/get-content")
def contents(hub: Hub, call: Call) -> tuple[int, Any]:
    path, revision = call.path["path"].rstrip("/"), _revision(hub, call.query.get("ref", "main"))
    found = hub.git.at(revision, path)
    if found is None or found[0] not in ("100644", "100755"):
        raise Answer(404, "Not Found")
    return 200, hub.show_file(path, found[1], hub.git.blob(found[1]) or b"")


@call("repos/create-or-update-file-contents")
def write_contents(hub: Hub, call: Call) -> tuple[int, Any]:
    name = f"refs/heads/{call.body.get('branch', 'main')}"
    tip, path = hub.git.ref(name), call.path["path"]
    if tip is None:
        raise Answer(404, f"Branch {call.body.get('branch')} not found")
    existing = hub.git.at(tip, path)
    if existing and "sha" not in call.body:
        raise invalid('Invalid request.\n\n"sha" wasn\'t supplied.')
    if existing and existing[1] != call.body["sha"]:
        raise Answer(409, f"{path} does not match {call.body['sha']}")
    blob = hub.git.store("blob", _decoded(call.body["content"]))
    tree = hub.git.change_tree(tip, {path: ("100644", blob)})
    author = person(call.body.get("author") or call.body.get("committer"), call.by, hub.now())
    committer = person(call.body.get("committer"), call.by, hub.now())
    sha = hub.git.commit(tree, [tip], call.body["message"], author, committer)
    _move(hub, name, sha, tip)
    return 200 if existing else 201, {
        "content": hub.show_file(path, blob, hub.git.blob(blob) or b""),
        "commit": hub.show_git_commit(sha),
    }


# -- the Git database


@call("git/create-blob")
def create_blob(hub: Hub, call: Call) -> tuple[int, Any]:
    text = call.body["content"]
    data = _decoded(text) if call.body.get("encoding") == "base64" else text.encode()
    sha = hub.git.store("blob", data)
    return 201, {"sha": sha, "url": f"{hub.api}/git/blobs/{sha}"}


@call("git/get-blob")
def get_blob(hub: Hub, call: Call) -> tuple[int, Any]:
    data = hub.git.blob(_oid(call.path["file_sha"]))
    if data is None:
        raise Answer(404, "Not Found")
    return 200, hub.show_blob(call.path["file_sha"], data)


@call("git/create-tree")
def create_tree(hub: Hub, call: Call) -> tuple[int, Any]:
    base = call.body.get("base_tree")
    if base is not None and hub.git.kind(_oid(base)) != "tree":
        raise invalid("base_tree is not a valid tree oid")
    changes: dict[str, tuple[str, str] | None] = {}
    for item in call.body["tree"]:
        path = item.get("path", "")
        if path.startswith("/"):
            raise invalid("tree.path cannot start with a slash")
        if any(part in ("", ".", "..") or part.lower() == ".git" for part in path.split("/")) or "\0" in path:
            raise invalid("tree.path contains a malformed path component")
        if path in changes:
            raise invalid("tree.path is named twice")
        if ("sha" in item) == ("content" in item):
            raise invalid("Must supply either tree.sha or tree.content")
        if "mode" not in item:
            raise invalid("Must supply a valid tree.mode")
        if "content" in item:
            changes[path] = (item["mode"], hub.git.store("blob", item["content"].encode()))
        elif item["sha"] is None:
            changes[path] = None
        else:
            if hub.git.kind(_oid(item["sha"])) != ("tree" if item["mode"] == "040000" else "blob"):
                raise invalid(f"tree.sha {item['sha']} is not a valid blob")
            changes[path] = (item["mode"].lstrip("0"), item["sha"])
    if not changes:
        raise invalid("Invalid tree info")
    try:
        sha = hub.git.change_tree(base, changes)
    except Conflict as error:
        raise invalid(str(error)) from None
    return 201, hub.show_tree(sha)


@call("git/get-tree")
def get_tree(hub: Hub, call: Call) -> tuple[int, Any]:
    sha = call.path["tree_sha"]
    if not re.fullmatch(r"[0-9a-f]{40}", sha):
        sha = _revision(hub, sha)
    if hub.git.kind(sha) not in ("tree", "commit"):
        raise Answer(404, "Not Found")
    tree = hub.git.parse(sha).tree if hub.git.kind(sha) == "commit" else sha
    return 200, hub.show_tree(tree, recursive="recursive" in call.query)


@call("git/create-commit")
def create_commit(hub: Hub, call: Call) -> tuple[int, Any]:
    if hub.git.kind(_oid(call.body["tree"])) != "tree":
        raise invalid("Tree SHA does not exist")
    for parent in call.body.get("parents", ()):
        if hub.git.kind(_oid(parent)) != "commit":
            raise invalid("Parent SHA does not exist or is not a commit object")
    author = person(call.body.get("author"), call.by, hub.now())
    committer = person(call.body.get("committer") or call.body.get("author"), call.by, hub.now())
    sha = hub.git.commit(call.body["tree"], call.body.get("parents", ()), call.body["message"], author, committer)
    return 201, hub.show_git_commit(sha)


@call("git/get-commit")
def get_commit(hub: Hub, call: Call) -> tuple[int, Any]:
    if hub.git.kind(_oid(call.path["commit_sha"])) != "commit":
        raise Answer(404, "Not Found")
    return 200, hub.show_git_commit(call.path["commit_sha"])


@call("git/get-ref")
def get_ref(hub: Hub, call: Call) -> tuple[int, Any]:
    name = f"refs/{call.path['ref']}"
    sha = hub.git.ref(name) if valid_ref(name) else None
    if sha is None:
        raise Answer(404, "Not Found")
    return 200, hub.show_ref(name, sha)


@call("git/list-matching-refs")
def matching_refs(hub: Hub, call: Call) -> tuple[int, Any]:
    return 200, [hub.show_ref(name, sha) for name, sha in hub.git.refs(f"refs/{call.path['ref']}").items()]


@call("git/create-ref")
def create_ref(hub: Hub, call: Call) -> tuple[int, Any]:
    name, sha = call.body["ref"], call.body["sha"]
    if not valid_ref(name):
        raise invalid("Reference name is malformed")
    if hub.git.kind(_oid(sha)) is None:
        raise invalid("Object does not exist")
    if hub.git.ref(name) is not None:
        raise Answer(422, "Reference already exists")
    _move(hub, name, sha, None)
    return 201, hub.show_ref(name, sha)


@call("git/update-ref")
def update_ref(hub: Hub, call: Call) -> tuple[int, Any]:
    name, sha = f"refs/{call.path['ref']}", call.body["sha"]
    old = hub.git.ref(name) if valid_ref(name) else None
    if old is None:
        raise Answer(422, "Reference does not exist")
    if hub.git.kind(_oid(sha)) != "commit":
        raise invalid("Object does not exist")
    if not call.body.get("force") and not hub.git.is_ancestor(old, sha):
        raise Answer(422, "Update is not a fast forward")
    _move(hub, name, sha, old)
    return 200, hub.show_ref(name, sha)


@call("git/delete-ref")
def delete_ref(hub: Hub, call: Call) -> tuple[int, Any]:
    name = f"refs/{call.path['ref']}"
    old = hub.git.ref(name) if valid_ref(name) else None
    if old is None:
        raise Answer(422, "Reference does not exist")
    _move(hub, name, None, old)
    return 204, None


def _move(hub: Hub, name: str, new: str | None, old: str | None) -> None:
    try:
        hub.git.move(name, new, old)
    except Conflict:
        raise Answer(422, "Reference update failed") from None
    hub.follow()


def _oid(text: str) -> str:
    return text if re.fullmatch(r"[0-9a-f]{40}", text) else "0" * 40


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


@call("pulls/get")
def get_pull(hub: Hub, call: Call) -> tuple[int, Any]:
    return 200, hub.show_pull(_pull(hub, call))


@call("pulls/update")
def update_pull(hub: Hub, call: Call) -> tuple[int, Any]:
    pull = _pull(hub, call)
    _edit(hub, pull, call.body)
    return 200, hub.show_pull(pull)


@call("pulls/list-files")
def pull_files(hub: Hub, call: Call) -> tuple[int, Any]:
    pull = _pull(hub, call)
    letters = {"A": "added", "M": "modified", "D": "removed", "T": "changed"}
    changed = hub.git.changed(hub.git.merge_base(pull.base_sha, pull.head_sha), pull.head_sha)
    return 200, Pages([_file(hub, pull.head_sha, path, letters[letter]) for path, letter in changed.items()])


@call("pulls/check-if-merged")
def is_merged(hub: Hub, call: Call) -> tuple[int, Any]:
    if _pull(hub, call).merged is None:
        raise Answer(404, "")
    return 204, None


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


@call("pulls/list-requested-reviewers")
def requested_reviewers(hub: Hub, call: Call) -> tuple[int, Any]:
    return 200, {"users": [hub.show_user(login) for login in _pull(hub, call).reviewers], "teams": []}


@call("pulls/request-reviewers")
def request_reviewers(hub: Hub, call: Call) -> tuple[int, Any]:
    pull = _pull(hub, call)
    for login in (call.body or {}).get("reviewers", ()):
        if login == pull.by:
            raise Answer(422, "Review cannot be requested from pull request author.")
        if login not in hub.permissions:
            raise Answer(422, "Reviews may only be requested from collaborators.")
        pull.reviewers.append(login)
    return 201, hub.show_pull(pull, full=False)


@call("pulls/list-reviews")
def reviews(hub: Hub, call: Call) -> tuple[int, Any]:
    pull = _pull(hub, call)
    return 200, Pages([hub.show_review(pull, review) for review in pull.reviews])


@call("pulls/create-review")
def create_review(hub: Hub, call: Call) -> tuple[int, Any]:
    pull, body = _pull(hub, call), call.body or {}
    states = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
    state = states.get(body.get("event", ""), "PENDING")
    if call.by == pull.by and state in ("APPROVED", "CHANGES_REQUESTED"):
        raise Answer(422, "Can not approve your own pull request")
    commit = body.get("commit_id") or pull.head_sha
    review = Review(hub.next_id(), call.by, state, body.get("body") or "", commit, hub.now())
    pull.reviews.append(review)
    return 200, hub.show_review(pull, review)


def _pull(hub: Hub, call: Call) -> Issue:
    pull = hub.issues.get(call.path["pull_number"])
    if pull is None or not pull.head:
        raise Answer(404, "Not Found")
    return pull


# -- issues, comments, labels


@call("issues/list-for-repo")
def issues(hub: Hub, call: Call) -> tuple[int, Any]:
    state = call.query["state"]
    wanted = set(filter(None, (call.query.get("labels") or "").split(",")))
    found = [issue for issue in hub.issues.values() if state in ("all", issue.state) and wanted <= set(issue.labels)]
    found.sort(key=lambda issue: issue.number, reverse=call.query["direction"] == "desc")
    return 200, Pages([(hub.show_issue, issue) for issue in found])


@call("issues/create")
def create_issue(hub: Hub, call: Call) -> tuple[int, Any]:
    labels = [label if isinstance(label, str) else label["name"] for label in call.body.get("labels", ())]
    for name in labels:
        hub.labels.setdefault(name, ("ededed", ""))
    issue = hub.open_issue(by=call.by, title=str(call.body["title"]), body=call.body.get("body"), labels=labels)
    return 201, hub.show_issue(issue)


@call("issues/get")
def get_issue(hub: Hub, call: Call) -> tuple[int, Any]:
    return 200, hub.show_issue(_issue(hub, call))


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


@call("issues/get-comment")
def get_comment(hub: Hub, call: Call) -> tuple[int, Any]:
    return 200, hub.show_comment(_comment(hub, call))


@call("issues/update-comment")
def update_comment(hub: Hub, call: Call) -> tuple[int, Any]:
    comment = _comment(hub, call)
    comment.body, comment.updated = call.body["body"], hub.now()
    return 200, hub.show_comment(comment)


@call("issues/delete-comment")
def delete_comment(hub: Hub, call: Call) -> tuple[int, Any]:
    del hub.comments[_comment(hub, call).id]
    return 204, None


@call("issues/list-labels-on-issue")
def issue_labels(hub: Hub, call: Call) -> tuple[int, Any]:
    return 200, Pages([hub.show_label(name) for name in _issue(hub, call).labels])


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


@call("issues/list-labels-for-repo")
def labels(hub: Hub, call: Call) -> tuple[int, Any]:
    return 200, Pages([hub.show_label(name) for name in sorted(hub.labels)])


@call("issues/get-label")
def get_label(hub: Hub, call: Call) -> tuple[int, Any]:
    if call.path["name"] not in hub.labels:
        raise Answer(404, "Not Found")
    return 200, hub.show_label(call.path["name"])


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


@call("checks/create")
def create_check(hub: Hub, call: Call) -> tuple[int, Any]:
    now = hub.now()
    return 201, {
        "id": hub.next_id(),
        "head_sha": call.body["head_sha"],
        "name": call.body["name"],
        "status": call.body.get("status", "completed"),
        "conclusion": call.body.get("conclusion"),
        "started_at": now,
        "completed_at": now,
        "output": {"title": None, "summary": None, "text": None, "annotations_count": 0, "annotations_url": hub.api},
        "check_suite": None,
        "app": None,
        "pull_requests": [],
    }
