"""The words of the generated book, and choices among them that are the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A sequence of choices that depends on its seed alone.

    `Random.random` is the one method whose sequence Python promises never to change, so nothing else is used.
    """

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def one(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.number(0, len(items) - 1)]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """Several different items, in their order."""
        wanted: set[int] = set()
        while len(wanted) < min(count, len(items)):
            wanted.add(self.number(0, len(items) - 1))
        return [items[index] for index in sorted(wanted)]

    def prose(self, sentences: int) -> str:
        """That many sentences, wrapped as people wrap them."""
        lines = [""]
        for word in " ".join(self.one(SENTENCES) for _ in range(sentences)).split():
            if len(lines[-1]) + len(word) > 100:
                lines.append("")
            lines[-1] = f"{lines[-1]} {word}".strip()
        return "\n".join(lines) + "\n"


PEOPLE = (
    "oncall-a",
    "oncall-b",
    "oncall-c",
    "platform-a",
    "platform-b",
    "support-a",
    "support-b",
    "security-a",
)
OWNERS = ("oncall", "platform", "support", "security")
TEAMS = ("alpha", "beta", "gamma")
AREAS = ("platform", "pipelines", "data", "access")
COMPONENTS = ("app-hosting", "build-and-deploy", "databases", "integrations")

THINGS = (
    "checkout",
    "sign-in",
    "search",
    "uploads",
    "payments",
    "reports",
    "the queue",
    "the gateway",
    "the scheduler",
    "the cache",
    "backups",
    "mail",
)
TROUBLES = (
    "answers slowly",
    "returns errors for some users",
    "is down",
    "loses one request in fifty",
    "shows data of yesterday",
    "refuses new sessions",
    "times out after the release",
    "fills its disk",
)
ACTIONS = (
    "Say in the channel that you lead",
    "Name somebody else as incident comms",
    "Look at the dashboard of the service and note what is unusual",
    "Compare the time of the first error with the last release",
    "Check that the certificates are valid for another week",
    "Roll back the last change, if it fits the time",
    "Confirm with two users that they see the improvement",
    "Check the backlog and the age of its oldest message",
    "Ask the owner of the dependency whether they see errors",
    "Write down what was tried and what came of it",
)
SENTENCES = (
    "Users saw an error page for about one request in five, most of them in the busiest hour of the day.",
    "The release of the evening before had moved the configuration to another place.",
    "Nobody had been told that the certificate would end on that day.",
    "Requests that had been accepted before were kept and finished later.",
    "The dashboard was green, because it asked only whether the process was alive.",
    "A restart of the workers brought the error rate back to normal within four minutes.",
    "The queue had grown to 48 thousand messages, and its oldest one was 37 minutes old.",
    "The alert came eleven minutes after the first error, because it waits for three failures in a row.",
    "The connection pool was exhausted: each slow query held its connection for thirty seconds.",
    "No data was lost, and none was seen by anybody who should not have seen it.",
    "The team first suspected the network, since two regions were affected at the same time.",
    "The vendor confirmed on its status page that writes were delayed.",
    "The job had reported success although it had written nothing: its result was never read.",
    "A second person read each command before it was run in production.",
    "The rollback took nine minutes, four of which went into finding the runbook.",
    "Tenants were told within ten minutes, and again when the fix was in place.",
)
