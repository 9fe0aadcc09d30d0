"""Examines Slack: the token, its scopes, and each channel that is told something.

Whether the bot may post is tried with a message that is scheduled for months ahead and deleted at once: Slack refuses
to schedule for the same reasons for which it refuses to post (`not_in_channel`, `is_archived`, `restricted_action` and
its kin are documented for both), and what is scheduled nobody sees. Should it be cut off in between, the text says
what it is, and the next examination deletes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from opsbook.adapters.slack.api import SlackApi, SlackFailure, SlackRefusal
from opsbook.adapters.slack.history import SlackHistory, objects
from opsbook.adapters.slack.words import advice
from opsbook.core.config import Channel, CoreConfig
from opsbook.core.examined import Examined, fine, judged, missing, note, unknown
from opsbook.core.text import one_line, shorten

TRIAL = "opsbook-doctor: this was to find out whether Opsbook may post here, and should have been deleted. Ignore it."
AHEAD = timedelta(days=100)
"""When the trial would be posted; Slack takes up to 120 days."""
PATIENCE = 5.0
"""Seconds that may be spent waiting because Slack asks to."""

_PAGE = "Open api.slack.com/apps, choose the app, then “OAuth & Permissions” → Bot Token Scopes"
_AGAIN = "Run it again when Slack answers; slack-status.com says how it is."

_SCOPES = {
    "chat:write": "say anything",
    "channels:read": "find public channels",
    "channels:history": "find its own messages again, so that nothing is said twice",
    "groups:read": "find private channels",
    "groups:history": "find its own messages again in private channels",
}
"""Each scope, and what the bot cannot do without it."""
_LISTED = {"channels:read": "public_channel", "groups:read": "private_channel"}
"""The kind of channels that each scope lists."""


@dataclass(repr=False)
class SlackExaminer:
    """Slack (`core.ports.Examiner`).

    Attributes:
        api: the workspace; `None` without a token.
        core: the settings of the book.
        news: what each channel is told, by its id; others only stand on pages.
    """

    api: SlackApi | None
    core: CoreConfig
    news: Mapping[str, str]
    now: Callable[[], datetime]
    part = "Slack"

    def examine(self) -> Iterator[Examined]:
        """See `Examiner.examine`."""
        if self.api is None:
            yield note("set-up", "Not set up, and left out.", "Set SLACK_BOT_TOKEN to use it.")
            return
        self.api.patience = PATIENCE
        yield from _tried("token", self._workspace(self.api))

    def _workspace(self, api: SlackApi) -> Iterator[Examined]:
        who = api.write("auth.test")
        bot, team = (shorten(one_line(str(who.get(name, "?"))), 80) for name in ("user", "team"))
        yield fine("token", f"Slack accepts it: the bot is @{bot} in the workspace {team}.")
        scopes = [scope for scope in _SCOPES if api.scopes is not None and scope not in api.scopes]
        for scope in scopes:
            says = f"The app lacks the scope {scope}: without it the bot cannot {_SCOPES[scope]}."
            yield missing("scopes", says, f"{_PAGE} → Add an OAuth Scope → {scope}. Then “Reinstall to Workspace”.")
        if not scopes:
            yield fine("scopes", f"{', '.join(_SCOPES)} are there.")
        yield from _tried("channels", self._channels(api, bot, [scope for scope in _LISTED if scope in scopes]))

    def _channels(self, api: SlackApi, bot: str, blind: list[str]) -> Iterator[Examined]:
        mine: dict[str, Mapping[str, Any]] = {}
        if kinds := ",".join(kind for scope, kind in _LISTED.items() if scope not in blind):
            for page in SlackHistory(api).channels("users.conversations", kinds):
                mine = {**page, **mine}
        for channel in self.core.channels:
            name, news = channel.name, self.news.get(channel.id)
            if channel.retired is not None or news is None:
                continue
            if name in mine:
                yield from _tried(name, self._channel(api, channel, mine[name]))
            elif blind:
                says = f"The bot cannot look for {name} without the scope {blind[0]}."
                yield unknown(name, says, "Add the scope, and run it again.")
            else:
                says = f"The bot is not in {name}, which should be told of {news}, or there is no such channel."
                how = f"Write “/invite @{bot}” in {name}, create it, or correct its name: `channels` in opsbook.yml."
                yield missing(name, says, how)

    def _channel(self, api: SlackApi, channel: Channel, seen: Mapping[str, Any]) -> Iterator[Examined]:
        name, where = channel.name, str(seen["id"])
        found = [*self._readers(channel, seen)]
        yield from found
        if not self._may_post(api, where):
            says = f"A trial message is left in {name}: it would be posted in {AHEAD.days} days."
            yield missing(name, says, "Run `opsbook doctor` again: it deletes what it left.")
            return
        api.read("conversations.history", channel=where, limit=1)
        if all(item.is_good for item in found):
            yield fine(name, f"The bot is in it, may post, and can read back. It is told of {self.news[channel.id]}.")

    def _readers(self, channel: Channel, seen: Mapping[str, Any]) -> Iterator[Examined]:
        """Who can read the channel that should not, or of whom opsbook.yml may know nothing."""
        name, outside = channel.name, any(seen.get(flag) for flag in ("is_ext_shared", "is_pending_ext_shared"))
        if channel.id == self.core.security.channel and (outside or not seen.get("is_private")):
            who = "people of other organisations read" if outside else "everybody in the workspace reads"
            says = f"THE CHANNEL FOR SECURITY INCIDENTS IS NOT PRIVATE: {who} in {name} that there is one."
            how = "Make it private to the workspace in Slack, or name another as `security.channel` in opsbook.yml."
            yield missing(name, says, how)
        elif outside:
            says = f"People of other organisations can read {name}. Under each message stands who can, by opsbook.yml: "
            yield note(name, f"{says}“{one_line(channel.audience)}”", "Put right whichever of the two is not meant.")

    def _may_post(self, api: SlackApi, where: str) -> bool:
        """Schedule the trial and delete it; whether none is left. Raises SlackFailure when the bot may not post."""
        when = int(((api.moment or self.now()) + AHEAD).timestamp())
        made: set[str] = set()
        try:
            answer = api.write("chat.scheduleMessage", channel=where, text=TRIAL, post_at=when)
            made = {str(answer.get("scheduled_message_id"))}
        finally:  # also when nobody knows whether it was made
            is_gone = _taken_back(api, where, made)
        return is_gone


def _taken_back(api: SlackApi, where: str, made: set[str]) -> bool:
    """Delete the trial, and those that were left behind before; whether none is left, as far as is known."""
    with suppress(SlackFailure):
        rows = api.read("chat.scheduledMessages.list", channel=where, limit=100).get("scheduled_messages")
        made |= {str(row.get("id")) for row in objects(rows) if str(row.get("text")).startswith(TRIAL[:14])}
    try:
        for id_ in sorted(made):
            api.write("chat.deleteScheduledMessage", channel=where, scheduled_message_id=id_)
    except SlackFailure:
        return False
    return True


def _tried(what: str, found: Iterable[Examined]) -> Iterator[Examined]:
    """What is found while Slack does what it is asked; else what it says."""
    return judged(found, SlackFailure, lambda error: _failed(what, error))


def _failed(what: str, error: SlackFailure) -> Examined:
    if not isinstance(error, SlackRefusal):
        return unknown(what, _sentence(f"nobody knows: {error}"), _AGAIN)
    says, do = advice(error, what)
    if error.passing:
        return unknown(what, _sentence(says), _sentence(do) or _AGAIN)
    return missing(what, _sentence(says), _sentence(do) or "Ask an admin of Slack.")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
