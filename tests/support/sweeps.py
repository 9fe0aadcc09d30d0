"""What a sweep is called, and how its size gets into the last lines of a test run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

Sweep = Callable[[str, int], None]
"""Says at the end of a test that so many cells of a sweep were run, and held."""

GITHUB = "GitHub’s calls × kinds of failure × before or after the effect × once or for good"
SLACK = "Slack’s calls × the same"
PAGERS = "a pager’s calls × the same"
STORIES = "a tracker’s calls × the same"
KILLED = "kill −9 between any two calls of GitHub and Slack × run again or reconcile from another clone"
CUT_SLACK = "a cut before any call of Slack and any effect of a clone × run again or reconcile"
CUT = "a cut before any effect of a clone × run again or reconcile"
CUT_ALERTS = "a cut before any effect of taking alerts × delivered again and reconcile"
READS = "ways of not being able to look × commands that read"

PROPERTY = "sweep: "
MEMBER = "runs cells of a sweep"


def summary(properties: Iterable[tuple[str, object]], failed: int) -> list[str]:
    """The lines for a person, of what was really run.

    Args:
        properties: the `user_properties` of all reports; failed: how many tests of sweeps failed.
    """
    sizes: dict[str, int] = {}
    for name, value in properties:
        if name.startswith(PROPERTY) and isinstance(value, int):
            sizes[name.removeprefix(PROPERTY)] = sizes.get(name.removeprefix(PROPERTY), 0) + value
    if not sizes and not failed:
        return []
    result = f"{failed} TESTS OF SWEEPS FAILED" if failed else "nothing lost, nothing twice"
    order = [
        name for name in (GITHUB, SLACK, PAGERS, STORIES, KILLED, CUT_SLACK, CUT, CUT_ALERTS, READS) if name in sizes
    ]
    parts = [f"{sizes[name]} cells of {name}" for name in [*order, *sorted(sizes.keys() - set(order))]]
    return [f"sweep: {sum(sizes.values())} cells, {result}", *(f"  {part}" for part in parts)]


def leaks(text: str, *secrets: str) -> list[str]:
    """Which secrets (tokens, people's words) occur in what was logged, printed or told as an error."""
    folded = " ".join(text.split())
    return [secret for secret in secrets if secret in folded or quote(secret) in folded or quote_plus(secret) in folded]
