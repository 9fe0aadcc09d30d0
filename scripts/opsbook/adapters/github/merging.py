"""Merging on GitHub: only the commit that was checked, only when it stays within its record."""

from __future__ import annotations

from opsbook.adapters.github.api import Api, Pull
from opsbook.adapters.github.history import HubHistory
from opsbook.adapters.github.session import GitHubRefused
from opsbook.core.errors import ForgeError, ForgeUnknown, LostRace, Refused
from opsbook.core.ports import Head, Published

METHODS = ("merge", "squash", "rebase")
"""The ways of merging, in the order in which they are tried: a repository may allow some of them only."""


def merge(api: Api, history: HubHistory, branch: str, main: str, expected: Head, inside: str) -> Published:
    """See `Host.merge`.

    The head's SHA goes with the request, so that a commit which arrived since the check is not merged unseen (docs:
    "Merge a pull request", `sha`). An unknown outcome is read back from the pull request.
    """
    tip = expected.branch
    if tip is None:
        raise Refused(f"{branch} is merged already, or does not exist.", "There is nothing to do.")
    if not history.left_once(expected.main, tip):
        raise Refused(
            f"{branch} holds a merge that makes it unclear what it changes.", "Somebody has to look at it and merge it."
        )
    outside = [path for path in history.differences(history.base(expected.main, tip), tip) if not _below(path, inside)]
    if outside:
        raise Refused(
            f"{branch} changes {len(outside)} file{'s' if len(outside) > 1 else ''} outside of {inside}.",
            "Somebody has to look at it and merge it.",
        )
    pull = next((pull for pull in api.pulls(branch, main) if pull.open), None)
    if pull is None:
        raise ForgeError(
            f"There is no open pull request of {branch} into {main}.", "Run `opsbook reconcile` to open it."
        )
    if pull.head != tip:
        raise LostRace(f"{branch} was changed by somebody else at this moment.", "Run the same command again.")
    return Published(branch, _merged(api, branch, main, pull, tip), url=pull.url)


def _merged(api: Api, branch: str, main: str, pull: Pull, tip: str) -> str:
    for method in METHODS:
        try:
            return api.merge_pull(pull.number, tip, method)
        except GitHubRefused as error:
            # A branch that moved while GitHub merged is said with 409, and main that did so with 405: "Base branch was
            # modified. Review and try the merge again."
            if error.status == 409 or (error.status == 405 and "was modified" in error.said):
                raise LostRace(f"{branch} was changed by somebody else at this moment.", "Run it again.") from None
            if error.status == 405 and "not allowed" in error.said:
                continue
            if error.status in (405, 422):
                raise ForgeError(
                    f"GitHub does not merge #{pull.number} now: it waits for a check or a review, or main changed the "
                    "same lines.",
                    f"Look at {pull.url}.",
                ) from None
            raise
        except ForgeUnknown:
            if any(other.number == pull.number and other.merged for other in api.pulls(branch, main)):
                return tip
            raise
    raise ForgeError("This repository allows no way of merging that we know.", "Allow merge commits in its settings.")


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
