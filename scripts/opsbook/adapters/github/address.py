"""Names and addresses of a repository on GitHub: checked here, before anything is asked or sent."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from opsbook.core.errors import UsageError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def owner_and_name(name: str) -> tuple[str, str]:
    """Both parts of `owner/name`; raises UsageError."""
    owner, _, rest = name.partition("/")
    if not (NAME.fullmatch(owner) and re.fullmatch(r"[A-Za-z0-9._-]{1,100}", rest)) or rest in (".", ".."):
        # What is there instead is not quoted: it may be the token.
        raise UsageError("GITHUB_REPOSITORY is not a repository on GitHub.", "Write it as OWNER/NAME.")
    return owner, rest


def site_of(url: str) -> str:
    """Where people, and Git, find what an API serves: github.com, a GitHub Enterprise Server, or `*.ghe.com`."""
    parts = urlsplit(checked(url))
    host = (
        parts.netloc.removeprefix("api.")
        if re.fullmatch(r"api\.(github|[\w-]+\.ghe)\.com", parts.netloc)
        else parts.netloc
    )
    return f"{parts.scheme}://{host}{parts.path.removesuffix('/api/v3')}"


def checked(url: str) -> str:
    """The address of an API, without a slash at its end; never one that would send the token in the clear."""
    parts = urlsplit(url)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if (
        parts.scheme not in ("https", "http" if local else "https")
        or not parts.hostname
        or parts.username
        or parts.query
    ):
        raise UsageError("GITHUB_API_URL is not an https address.", "Leave it out for github.com.")
    return url.rstrip("/")
