"""What the bot said in Slack before, found again by the markers of its messages.

A marker is a message's metadata, which people do not see: the key of the announcement; of a message at the top of a
conversation also the revision of the state that it shows, and a hash of what it shows.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from opsbook.adapters.slack.api import SlackApi, SlackRefusal, SlackUnknown
from opsbook.adapters.slack.blocks import Shape

EVENT = "opsbook_announcement"
PAGE, PAGES = 200, 10
"""How far a history is read back: 2,000 messages since the day before the record began."""
CHANNELS, CHANNEL_PAGES = 999, 20


@dataclass(frozen=True, slots=True)
class Place:
    """A message: its channel and timestamp, and the message at the top if it is in a thread.

    As a text, the reference of a receipt: `channel/timestamp`, or `channel/timestamp/timestamp of the top`.
    """

    channel: str
    ts: str
    top: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, (self.channel, self.ts, self.top)))

    @classmethod
    def read(cls, reference: str) -> Place | None:
        """The inverse of `str`; `None` for anything else."""
        found = re.fullmatch(r"([CGD][A-Z0-9]+)/(\d+\.\d+)(?:/(\d+\.\d+))?", reference)
        return cls(found[1], found[2], found[3] or "") if found else None

    @property
    def root(self) -> Place:
        """The message at the top of its conversation."""
        return Place(self.channel, self.top or self.ts)


@dataclass(frozen=True, slots=True)
class Marker:
    """What the metadata of a message of ours says.

    Attributes:
        revision: of the state that a message at the top shows; -1 when it shows none, or that is not known.
        shows: a hash of what it shows.
    """

    key: str = ""
    revision: int = -1
    shows: str = ""

    @classmethod
    def at_top(cls, key: str, revision: int, shape: Shape) -> Marker:
        """The marker of a message that shows a state."""
        return cls(key, revision, hashlib.sha256(json.dumps(shape.blocks, sort_keys=True).encode()).hexdigest()[:16])

    @classmethod
    def read(cls, message: Mapping[str, Any]) -> Marker:
        """The marker of a message, empty if it has none of ours."""
        metadata = message.get("metadata")
        payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
        if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT or not isinstance(payload, dict):
            return cls()
        key, revision, shows = payload.get("key"), payload.get("revision"), payload.get("shows")
        return cls(
            key if isinstance(key, str) else "",
            int(revision) if isinstance(revision, int | float) else -1,
            shows if isinstance(shows, str) else "",
        )

    def is_shown_by(self, other: Marker) -> bool:
        """Whether a message with the other marker shows this state, or a later one."""
        return other.revision > self.revision or (other.revision == self.revision and other.shows == self.shows)

    def metadata(self) -> dict[str, Any]:
        """The argument of the calls that write messages."""
        state = {"revision": self.revision, "shows": self.shows} if self.shows else {}
        return {"event_type": EVENT, "event_payload": {"key": self.key, **state}}


@dataclass
class Span:
    """Whether a reading went as far back as it had to."""

    complete: bool = True


class SlackHistory:
    """Reads channels; every method raises `SlackRefusal` and `SlackUnknown`."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self.ids: dict[str, str] = {}

    def id(self, channel: str) -> str | None:
        """The id of a channel that the bot is in, by its name with the #; only such a channel can be read."""
        if channel not in self.ids:
            for page in self.channels("users.conversations", "public_channel,private_channel"):
                for name, one in page.items():
                    self.ids.setdefault(name, one["id"])
                if channel in self.ids:
                    break
        return self.ids.get(channel)

    def channels(self, method: str, kinds: str) -> Iterator[dict[str, Mapping[str, Any]]]:
        """Pages of channels as Slack describes them, by their names with the #.

        Args:
            method: `users.conversations` for those that the bot is in, `conversations.list` for all.
            kinds: `public_channel`, `private_channel` or both with a comma.
        """
        for page in self._pages(Span(), CHANNEL_PAGES, method, {"types": kinds, "limit": CHANNELS}):
            named = [one for one in objects(page.get("channels")) if isinstance(one.get("name"), str)]
            yield {f"#{one['name']}": one for one in reversed(named) if isinstance(one.get("id"), str)}

    def ours(self, where: str, record: str, span: Span) -> Iterator[tuple[Place, Marker]]:
        """Our messages about a record in a channel, newest first; of threads only what was also sent to the channel."""
        arguments = {"channel": where, "oldest": _begin(record)}
        for message in self._messages(span, "conversations.history", arguments):
            marker, top = Marker.read(message), message.get("thread_ts")
            if marker.key.partition("/")[0] == record:
                yield Place(where, message["ts"], top if isinstance(top, str) and top != message["ts"] else ""), marker

    def replies(self, top: Place, span: Span) -> Iterator[tuple[Place, Marker]]:
        """The replies to a message; none if it is gone."""
        try:
            for message in self._messages(span, "conversations.replies", {"channel": top.channel, "ts": top.ts}):
                if message["ts"] != top.ts:
                    yield Place(top.channel, message["ts"], top.ts), Marker.read(message)
        except SlackRefusal as refusal:
            if refusal.code != "thread_not_found":
                raise

    def shown(self, top: Place) -> Marker:
        """The marker of a message at the top as it is now; empty when the bot may not read it.

        Raises:
            LookupError: somebody deleted the message.
        """
        one = {"oldest": top.ts, "latest": top.ts, "inclusive": True, "limit": 1, "include_all_metadata": True}
        try:
            answer = self._api.read("conversations.history", channel=top.channel, **one)
        except SlackRefusal as refusal:
            if refusal.passing:
                raise
            return Marker()
        for message in objects(answer.get("messages")):
            if message.get("ts") == top.ts and message.get("subtype") != "tombstone":
                return Marker.read(message)
        raise LookupError

    def _messages(self, span: Span, method: str, arguments: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        whole = {**arguments, "limit": PAGE, "include_all_metadata": True}
        for page in self._pages(span, PAGES, method, whole):
            yield from (message for message in objects(page.get("messages")) if isinstance(message.get("ts"), str))

    def _pages(self, span: Span, most: int, method: str, arguments: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        cursor: dict[str, str] = {}
        for _ in range(most):
            answer = self._api.read(method, **arguments, **cursor)
            yield answer
            metadata = answer.get("response_metadata")
            following = metadata.get("next_cursor") if isinstance(metadata, dict) else None
            if not isinstance(following, str) or not following:
                return
            cursor = {"cursor": following}
        span.complete = False


def oldest_first(places: Iterable[Place]) -> list[Place]:
    """Places in the order in which they were said."""
    return sorted(places, key=lambda place: float(place.ts))


def objects(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a list in an answer.

    Raises:
        SlackUnknown: it is no list.
    """
    if not isinstance(value, list):
        raise SlackUnknown("Slack's answer cannot be read")
    return (item for item in value if isinstance(item, dict))


def _begin(record: str) -> str:
    """The day before the record began, by the date in its id, as Slack writes moments; without a date, everything."""
    found = re.search(r"-(\d{8})-", record)
    try:
        day = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC) if found else None
    except ValueError:
        day = None
    return f"{(day - timedelta(days=1)).timestamp():.6f}" if day is not None else "0"
