"""What the token of a workflow's job may do: GitHub's table of the permissions that each call needs.

From GitHub's pages "Permissions required for GitHub Apps" and "Automatic token authentication". A call that is not in
the table is refused as illegal, so that nobody guesses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.github_server.description import Illegal

Permissions = Mapping[str, str]
"""As a job writes them: the name of a permission to `read` or `write`."""

_LEVELS = ("none", "read", "write")

_EVERYBODY = "metadata"
"""What every token may read."""

_NEEDS: tuple[tuple[str, str, str], ...] = (
    (r"repos/get|repos/get-(collaborator-permission-level|branch-rules|repo-ruleset)", _EVERYBODY, "read"),
    (r"teams/list-members-in-org", "nobody", "read"),  # a job's token is not of the organisation
    (r"repos/get-branch", "contents", "read"),
    (r"git/create-blob|pulls/merge", "contents", "write"),
    (r"pulls/list", "pull-requests", "read"),
    (r"pulls/create", "pull-requests", "write"),
    (r"issues/list-for-repo", "issues", "read"),
    (r"issues/create", "issues", "write"),
    (r"issues/(get|list-comments)", "discussion", "read"),
    (r"issues/(create|update|add)(-.*)?", "discussion", "write"),
    (r"actions/get-workflow-run", "actions", "read"),
    (r"actions/create-workflow-dispatch", "actions", "write"),
)


def allows(permissions: Permissions, operation: str, *, pull: bool | None) -> bool:
    """Whether a token with these permissions may make a call.

    Args:
        pull: whether the issue that the call names is a pull request; None when it names none, as with labels, which
            both permissions reach.

    Raises:
        Illegal: the table does not know the call.
    """
    for pattern, name, level in _NEEDS:
        if re.fullmatch(pattern, operation):
            if name == _EVERYBODY:
                return True
            both = ("issues", "pull-requests")
            names = {None: both, True: both[1:], False: both[:1]}[pull] if name == "discussion" else (name,)
            return any(_LEVELS.index(permissions.get(name, "none")) >= _LEVELS.index(level) for name in names)
    raise Illegal(f"{operation}: which permission does it need? Add it to tests/github_server/scopes.py")
