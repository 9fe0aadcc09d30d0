"""What a Slack workspace remembers: channels, messages, and what a token may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

TOKEN = "xoxb-test-0000-token"
BOT = "B0OPSBOOK"
BOT_USER = "U0OPSBOOK"
TEAM = "T0PLATOPS"
SCOPES = frozenset(
    {
        "chat:write",
        "chat:write.public",
        "channels:read",
        "groups:read",
        "channels:history",
        "groups:history",
        "channels:manage",
        "channels:join",
    }
)


@dataclass
class Message:
    """One message as Slack keeps it.

    Attributes:
        arguments: everything that the last call which wrote it said; what a reader sees depends on some of it.
    """

    ts: str
    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any] | None
    arguments: Mapping[str, Any]
    call: str
    thread_ts: str | None = None
    broadcast: bool = False
    edits: int = 0
    user: str = BOT_USER
    deleted: bool = False

    @property
    def key(self) -> str | None:
        """The marker in its metadata."""
        payload = (self.metadata or {}).get("event_payload", {})
        key = payload.get("key")
        return key if isinstance(key, str) else None


@dataclass
class Scheduled:
    """A message that will be posted later."""

    id: str
    channel: str
    post_at: int
    text: str
    created: int


@dataclass
class Channel:
    """One channel.

    Attributes:
        outside: whether people of another organisation are in it; closed: why nobody but a few may post, if so.
    """

    id: str
    name: str
    private: bool = False
    archived: bool = False
    member: bool = True
    topic: str = ""
    outside: bool = False
    closed: str = ""
    messages: list[Message] = field(default_factory=list)

    def copy(self) -> Channel:
        """The channel as it is now."""
        return replace(self, messages=[replace(message) for message in self.messages])

    def at(self, ts: str) -> Message | None:
        """The message with this timestamp."""
        return next((message for message in self.messages if message.ts == ts), None)

    def top(self) -> list[Message]:
        """What is seen without opening a thread, oldest first."""
        return [m for m in self.messages if m.thread_ts in (None, m.ts) or m.broadcast]

    def thread(self, ts: str) -> list[Message]:
        """A message and the replies to it, oldest first."""
        return [m for m in self.messages if m.ts == ts or m.thread_ts == ts]


class Workspace:
    """Everything that the server knows; tests look into it and change it.

    Args:
        now: its clock, that of whoever talks to it: the program looks for its messages by their time.

    Attributes:
        ahead: how far the workspace goes ahead of that clock.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.lock = RLock()
        self.tokens: dict[str, set[str]] = {TOKEN: set(SCOPES)}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, list[str]] = {}
        self.users: dict[str, str] = {}
        self.scheduled: dict[str, Scheduled] = {}
        self.ahead = timedelta()
        self._now = now
        self._serial = 0

    @property
    def now(self) -> int:
        """The moment, in seconds as Slack counts them."""
        return int((self._now() + self.ahead).timestamp())

    def copy(self, other: Workspace) -> None:
        """Know what another knows at this moment of its channels."""
        self.channels = {key: channel.copy() for key, channel in other.channels.items()}
        self._serial = other._serial

    def channel(self, name: str, **state: Any) -> Channel:
        """Make a channel with this name, without the #."""
        channel = Channel(f"C{len(self.channels) + 1:010d}", name, **state)
        self.channels[channel.id] = channel
        return channel

    def named(self, name: str) -> Channel:
        """The channel with this name."""
        return next(channel for channel in self.channels.values() if channel.name == name)

    def serial(self) -> int:
        """A number that was never given before."""
        self._serial += 1
        return self._serial

    def tick(self) -> str:
        """The timestamp of something that happens now, later than every other one while the clock stands still."""
        return f"{self.now}.{self.serial():06d}"

    def say(self, channel: Channel, text: str, **state: Any) -> Message:
        """A person types something."""
        message = Message(self.tick(), text, [], None, {}, "person", user="U0PERSON", **state)
        channel.messages.append(message)
        return message

    def delete(self, channel: Channel, message: Message) -> None:
        """A person deletes a message; one with replies leaves a mark at which they hang."""
        if len(channel.thread(message.ts)) == 1:
            channel.messages.remove(message)
            return
        message.text, message.blocks, message.metadata, message.deleted = "This message was deleted.", [], None, True

    def everything(self) -> list[Message]:
        """Every message of every channel, oldest first."""
        return sorted((m for c in self.channels.values() for m in c.messages), key=lambda m: float(m.ts))
