"""Links, and whom to alert about a suspected breach, as GitHub's Markdown."""

from __future__ import annotations

from opsbook.core.config import SecurityAlert
from opsbook.core.inert import github
from opsbook.core.text import one_line
from opsbook.core.types import Link


def alert(security: SecurityAlert) -> str:
    """Whom to alert about a suspected breach."""
    parts = [f"First alert **{github(one_line(security.who))}**. {github(security.how.strip())}"]
    if security.link is not None:
        parts.append(link(security.link))
    return "\n\n".join(parts)


def link(target: Link) -> str:
    """A link of the configuration."""
    return f"[{github(one_line(target.title))}](<{target.url}>)"
