"""What only a workflow of GitHub needs: the form that it was started for, and values for its following steps."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from opsbook.core.errors import UsageError
from opsbook.core.ports import Desk
from opsbook.wiring.environment import github, variable


def desk(who: Callable[[str, str], str], main: str) -> Desk:
    """The event that a runner of GitHub was started for.

    Args:
        who: the id of a GitHub user, by login and number; main: the main branch.

    Raises:
        UsageError: this is no workflow on GitHub.
    """
    names = ("GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_REPOSITORY", "GITHUB_TOKEN")
    event, path, repository, token = map(variable, names)
    if missing := [name for name in names if not variable(name)]:
        raise UsageError(
            f"There is no form to read: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
            "This command runs in a workflow on GitHub; anywhere else, use: opsbook declare",
        )
    from opsbook.adapters.github.api import Api
    from opsbook.adapters.github.desk import GitHubDesk

    summary = variable("GITHUB_STEP_SUMMARY")
    return GitHubDesk(
        Api(token, repository, url=github()[2]),
        event=event,
        path=Path(path),
        run=variable("GITHUB_RUN_ID"),
        who=who,
        main=main,
        summary=Path(summary) if summary else None,
    )


def output(name: str, value: str) -> None:
    """Hand a value to the following steps (docs: "Workflow commands", `GITHUB_OUTPUT`); nothing elsewhere."""
    file = variable("GITHUB_OUTPUT")
    if not file:
        return
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or re.search(r"[\r\n]", value):
        raise ValueError(name)
    with Path(file).open("a", encoding="utf-8") as outputs:
        outputs.write(f"{name}={value}\n")
