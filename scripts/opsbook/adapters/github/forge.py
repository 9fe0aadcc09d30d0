"""A book on GitHub: Git with the token, and GitHub's desk."""

from __future__ import annotations

from opsbook.adapters.git.forge import GitForge
from opsbook.adapters.git.repository import NETWORK_SECONDS, Repository
from opsbook.adapters.github.address import site_of
from opsbook.adapters.github.api import TIMEOUTS, Api
from opsbook.adapters.github.pulls import GitHubPulls
from opsbook.adapters.github.remote import remote_of


def connect(
    token: str,
    name: str,
    *,
    url: str,
    main: str,
    repository: Repository,
    timeouts: tuple[float, float] = TIMEOUTS,
    seconds: float = NETWORK_SECONDS,
) -> GitForge:
    """The forge of the repository `name` (`owner/name`) on GitHub.

    Args:
        url: address of the API.
        repository: the repository on this machine in which it is followed: a clone, or one of the program's own.
        timeouts: of the API, to connect and to read; seconds: how long one exchange with Git may take.

    Raises:
        UsageError: one of them cannot be used.
    """
    desk = GitHubPulls(Api(token, name, url=url, timeouts=timeouts), main=main, site=site_of(url))
    remote = remote_of(name, repository, token, url, main, seconds=seconds)
    return GitForge(repository, main=main, push=True, remote=remote, own=False, desk=desk)
