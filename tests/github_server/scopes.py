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
    (
        r"repos/get|repos/get-(collaborator-permission-level|branch-rules|repo-ruleset)|rate-limit/get",
        _EVERYBODY,
        "read",
    ),
    (r"teams/list-members-in-org", "nobody", "read"),  # a job's token is not of the organisation
    (r"users/get-authenticated", "nobody", "read"),  # a job's token belongs to no user
    (
        r"repos/(get-branch|list-commits|compare-commits-with-basehead|get-content|get-branch-protection)",
        "contents",
        "read",
    ),
    (r"repos/create-or-update-file-contents", "contents", "write"),
    (r"git/(get|list)-.*", "contents", "read"),
    (r"git/(create|update|delete)-.*", "contents", "write"),
    (r"pulls/merge", "contents", "write"),
    (r"pulls/(list|get|list-files|check-if-merged|list-requested-reviewers|list-reviews)", "pull-requests", "read"),
    (r"pulls/(create|update|request-reviewers|create-review)", "pull-requests", "write"),
    (r"issues/(list-.*|get|get-.*)", "discussion", "read"),
    (r"issues/(create|update|delete|add)(-.*)?", "discussion", "write"),
    (r"actions/(get|list)-.*", "actions", "read"),
    (r"actions/create-workflow-dispatch", "actions", "write"),
    (r"checks/create", "checks", "write"),
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
