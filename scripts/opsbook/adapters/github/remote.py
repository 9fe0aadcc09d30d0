"""GitHub as Git sees it: over HTTPS with the token, whatever the clone on this machine is configured for."""

from __future__ import annotations

import base64
import re
from contextlib import suppress

from opsbook.adapters.git.remote import Remote
from opsbook.adapters.git.repository import NETWORK_SECONDS, Repository
from opsbook.adapters.github.address import owner_and_name, site_of
from opsbook.core.errors import OpsbookError


def remote_of(
    name: str, repository: Repository, token: str, url: str, main: str, *, seconds: float = NETWORK_SECONDS
) -> Remote:
    """The repository `name` (`owner/name`) of the API at `url`, followed as `origin` where that is the same.

    Args:
        repository: where it is followed.
        token: goes to Git in its environment, for this address alone; never on a command line or into a file.
        main: the name of the main branch; seconds: how long one exchange may take.

    Raises:
        UsageError: there can be no such repository.
    """
    address = f"{site_of(url)}/{'/'.join(owner_and_name(name))}.git"
    secret = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    settings = (
        # An empty one takes back what others have set for this address: GitHub refuses two of them.
        (f"http.{address}.extraheader", ""),
        (f"http.{address}.extraheader", f"Authorization: Basic {secret}"),
        ("credential.helper", ""),
        ("http.followRedirects", "false"),
    )
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    origin = "origin" if _place(_origin(repository)) == _place(address) else "opsbook"
    return Remote(repository, origin, main, seconds=seconds, address=address, variables=variables, title="GitHub")


def _origin(repository: Repository) -> str:
    with suppress(OpsbookError):
        return repository.run("config", "--get", "remote.origin.url", accept=(0, 1)).data.decode(errors="replace")
    return ""


def _place(address: str) -> str:
    """Host and path of an address in any of the forms that Git takes, to be compared."""
    address = address.strip()
    found = re.fullmatch(r"(?:[a-z+]+://)?(?:[^/@]*@)?([^/:]+(?::\d+)?)[:/]/*(.+?)(?:\.git)?/?", address)
    return f"{found[1]}/{found[2]}".lower() if found else address
