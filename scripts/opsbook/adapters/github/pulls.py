"""Pull requests on GitHub: opened, labelled, commented on, and merged (see `adapters.git.pulls.Pulls`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from opsbook.adapters.git.pulls import Pull, Unrelated
from opsbook.adapters.github.api import Api
from opsbook.adapters.github.session import GitHubRefused
from opsbook.adapters.github.words import LABELS, PLAIN, marker, pull_body, pull_title, receipts_comment, wanted_labels
from opsbook.adapters.machine.locks import pause
from opsbook.core.errors import ForgeError, ForgeUnknown, LostRace, OpsbookError
from opsbook.core.plan import Plan
from opsbook.core.ports import Receipt

METHODS = ("merge", "squash", "rebase")
"""The ways of merging, in the order in which they are tried: a repository may allow some of them only."""

_TRIES = 3
"""How often a pull request is asked for, with a look whether there is one in between."""


class GitHubPulls:
    """See `Pulls`.

    Args:
        main: name of the main branch; site: of GitHub.
    """

    name = "github"

    def __init__(self, api: Api, *, main: str, site: str) -> None:
        self._api = api
        self._main = main
        self.site = f"{site}/{api.owner}/{api.name}"
        self._pulls: dict[str, Pull] = {}
        self._labels: dict[str, tuple[str, ...]] = {}
        self._silent: set[str] = set()

    @property
    def rest(self) -> float:
        """GitHub limits how much one person, and one repository, may ask for and write."""
        return max(self._api.resume - time.monotonic(), 0.0)

    def of(self, branch: str) -> Sequence[Pull]:
        """See `Pulls.of`."""
        found = self._api.pulls(branch, self._main)
        if found and found[0].open:
            self._pulls[branch] = found[0]
        return found

    def propose(self, branch: str, plan: Plan, is_there: Callable[[], bool]) -> tuple[Pull | None, bool]:
        """See `Pulls.propose`."""
        title, body = pull_title(plan), pull_body(plan, self.site, branch)
        for tried in range(_TRIES):
            fault: OpsbookError
            try:
                opened = self._api.create_pull(branch, self._main, title, body)
            except GitHubRefused as error:
                if error.status != 422:
                    raise
                if "No commits between" in error.said:
                    return None, False
                if "history in common" in error.said:
                    raise Unrelated(error.message, error.remedy) from None
                fault = error
            except ForgeUnknown as error:
                fault = error
            else:
                self._pulls[branch], self._labels[branch] = opened, plan.labels
                self._silent.add(branch)
                return opened, True
            for pull in self.of(branch):
                if pull.open:
                    self._labels[branch] = plan.labels
                    return pull, isinstance(fault, ForgeUnknown)
            if not is_there():
                raise _moved(branch)
            # GitHub's parts hear of a new branch at different moments.
            pause(tried + 4)
        raise fault

    def show(self, record: str, branch: str, receipts: Mapping[str, Receipt]) -> None:
        """See `Pulls.show`: one comment, and labels on a new pull request."""
        pull = self._pulls.get(branch) or next(iter(self.of(branch)), None)
        if pull is None:
            return
        self._pulls[branch] = pull
        body = receipts_comment(record, receipts)
        # On a pull request that we have just opened there is no comment.
        for comment in self._api.comments(pull.number) if branch not in self._silent else ():
            if not comment.body.startswith(marker(record)):
                continue
            try:
                self._api.edit_comment(comment.id, body)
            except GitHubRefused as error:
                # Somebody else has written our marker: theirs cannot be edited, and is left alone.
                if error.status not in (403, 404):
                    raise
            else:
                return
        # The comment comes after the labels: as long as there is none, they may be missing too.
        if labels := self._labels.pop(branch, ()) or wanted_labels(pull.body):
            colors = self._api.add_labels(pull.number, labels)
            for name, (color, meaning) in LABELS.items():
                if colors.get(name) == PLAIN:
                    self._api.paint_label(name, color, meaning)
        self._silent.discard(branch)
        self._api.create_comment(pull.number, body)

    def merge(self, pull: Pull, branch: str, tip: str) -> str:
        """See `Pulls.merge`.

        The head's SHA goes with the request, so that a commit which arrived since the check is not merged unseen (docs:
        "Merge a pull request", `sha`). An unknown outcome is read back from the pull request.
        """
        for method in METHODS:
            try:
                return self._api.merge_pull(pull.number, tip, method)
            except GitHubRefused as error:
                # A branch that moved while GitHub merged is said with 409, and main that did so with 405: "Base branch
                # was modified. Review and try the merge again."
                if error.status == 409 or (error.status == 405 and "was modified" in error.said):
                    raise _moved(branch) from None
                if error.status == 405 and "not allowed" in error.said:
                    continue
                if error.status in (405, 422):
                    raise ForgeError(
                        f"GitHub does not merge #{pull.number} now: it waits for a check or a review, or main changed "
                        "the same lines.",
                        f"Look at {pull.url}.",
                    ) from None
                raise
            except ForgeUnknown:
                if any(other.number == pull.number and other.merged for other in self.of(branch)):
                    return tip
                raise
        raise ForgeError(
            "This repository allows no way of merging that we know.", "Allow merge commits in its settings."
        )

    def start(self, workflow: str, inputs: Mapping[str, str]) -> None:
        """See `Host.start`."""
        self._api.start_workflow(workflow, self._main, inputs)


def _moved(branch: str) -> LostRace:
    return LostRace(f"{branch} was changed by somebody else at this moment.", "Run the same command again.")
