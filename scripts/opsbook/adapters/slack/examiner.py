"""Examines Slack: the token, its scopes, and each channel that is told something.

Whether the bot may post is tried with a message that is scheduled for months ahead and deleted at once: Slack refuses
to schedule for the same reasons for which it refuses to post (`not_in_channel`, `is_archived`, `restricted_action` and
its kin are documented for both), and what is scheduled nobody sees. Should it be cut off in between, the text says
what it is, and the next examination deletes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from opsbook.adapters.slack.api import SlackApi, SlackRefusal, SlackUnknown
from opsbook.adapters.slack.history import SlackHistory
from opsbook.adapters.slack.words import advice
from opsbook.core.config import Channel
from opsbook.core.examined import Examined, fine, missing, note, unknown
from opsbook.core.text import one_line, shorten

TRIAL = "opsbook-doctor: this was to find out whether Opsbook may post here, and should have been deleted. Ignore it."
AHEAD = timedelta(days=100)
"""When the trial would be posted; Slack takes up to 120 days."""
PATIENCE = 5.0
"""Seconds that may be spent waiting because Slack asks to."""

_PAGE = "Open api.slack.com/apps, choose the app, and then “OAuth & Permissions”"
_AGAIN = "Run it again when Slack answers; slack-status.com says how it is."

_SCOPES = {
    "chat:write": "say anything",
    "channels:read": "find public channels",
    "channels:history": "find its own messages again, so that nothing is said twice",
    "groups:read": "find private channels",
    "groups:history": "find its own messages again in private channels",
}
"""Each scope, and what the bot cannot do without it."""


class SlackExaminer:
    """Slack (`core.ports.Examiner`).

    Args:
        api: the workspace; `None` without a token.
        channels: those of `opsbook.yml`.
        news: what each channel is told, by its id; others only stand on pages.
        security: id of the channel for security.
    """

    part = "Slack"

    def __init__(
        self,
        api: SlackApi | None,
        channels: Sequence[Channel],
        news: Mapping[str, str],
        *,
        security: str | None,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._channels = [channel for channel in channels if channel.retired is None]
        self._news = news
        self._security = security
        self._now = now

    def examine(self) -> Iterator[Examined]:
        """See `Examiner.examine`."""
        if self._api is None:
            yield note("set-up", "Not set up, and left out.", "Set SLACK_BOT_TOKEN to use it.")
            return
        self._api.patience = PATIENCE
        try:
            who = self._api.write("auth.test")
            bot, team = (shorten(one_line(str(who.get(name, "?"))), 80) for name in ("user", "team"))
            yield fine("token", f"Slack accepts it: the bot is @{bot} in the workspace {team}.")
        except (SlackRefusal, SlackUnknown) as error:
            yield _failed("token", error, "")
            return
        yield from _scopes(self._api.scopes)
        try:
            yield from self._all(self._api, bot)
        except (SlackRefusal, SlackUnknown) as error:
            yield _failed("channels", error, "")

    def _all(self, api: SlackApi, bot: str) -> Iterator[Examined]:
        mine = _listed(api, "users.conversations", _kinds(api.scopes))
        wanted = {channel.name for channel in self._channels}
        others: Mapping[str, Mapping[str, Any]] = {}
        if wanted - set(mine) and "public_channel" in _kinds(api.scopes):
            others = _listed(api, "conversations.list", "public_channel", wanted - set(mine))
        unseen = []
        for channel in self._channels:
            seen = mine.get(channel.name) or others.get(channel.name)
            if channel.id in self._news:
                try:
                    yield from self._channel(api, channel, seen, is_member=channel.name in mine, bot=bot)
                except (SlackRefusal, SlackUnknown) as error:
                    yield _failed(channel.name, error, channel.name)
            elif seen is None:
                unseen.append(channel.name)
        if unseen:
            yield note(
                "other channels",
                f"The bot sees no {', '.join(unseen)}. Nothing is told there; the name stands on pages.",
                "Look at the spelling under `channels` in opsbook.yml, unless the channel is private.",
            )

    def _channel(
        self, api: SlackApi, channel: Channel, seen: Mapping[str, Any] | None, *, is_member: bool, bot: str
    ) -> Iterator[Examined]:
        name = channel.name
        if seen is None:
            lacking = [scope for scope in ("channels:read", "groups:read") if scope not in (api.scopes or _SCOPES)]
            if lacking:
                yield unknown(
                    name,
                    f"The bot cannot look for {name} without the scope {lacking[0]}.",
                    "Add the scope, and run it again.",
                )
                return
            says, do = advice(SlackRefusal("channel_not_found"), name)
            yield missing(name, f"{says}. It should be told of {self._news[channel.id]}.", _sentence(do))
            return
        if seen.get("is_archived"):
            yield _failed(name, SlackRefusal("is_archived"), name)
            return
        found = [*self._readers(channel, seen)]
        yield from found
        if not is_member:
            yield missing(
                name,
                f"The bot is not in {name}, which should be told of {self._news[channel.id]}.",
                f"Write “/invite @{bot}” in {name}.",
            )
            return
        where = str(seen.get("id", ""))
        tried = (_unread(api, where, name), self._mute(api, where, name))
        failures = [failure for failure in tried if failure is not None]
        yield from failures
        if not failures and all(item.is_good for item in found):
            yield fine(name, f"The bot is in it, may post, and can read back. It is told of {self._news[channel.id]}.")

    def _readers(self, channel: Channel, seen: Mapping[str, Any]) -> Iterator[Examined]:
        """Who can read the channel that should not, or of whom opsbook.yml may know nothing."""
        outside = any(seen.get(flag) for flag in ("is_ext_shared", "is_pending_ext_shared"))
        if channel.id == self._security and (outside or not seen.get("is_private")):
            who = "people of other organisations read" if outside else "everybody in the workspace reads"
            how = "SHARED WITH OTHERS" if outside else "PUBLIC"
            yield missing(
                channel.name,
                f"THE CHANNEL FOR SECURITY INCIDENTS IS {how}: {who} in {channel.name} that there is one.",
                "Make it private to the workspace in the settings of the channel in Slack, or name another one as "
                "`security.channel` in opsbook.yml.",
            )
        elif outside:
            yield note(
                channel.name,
                f"People of other organisations can read {channel.name}. opsbook.yml says under each message who can: "
                f"“{one_line(channel.audience)}”",
                "Put right whichever of the two is not meant.",
            )

    def _mute(self, api: SlackApi, where: str, name: str) -> Examined | None:
        """Why the bot cannot post; `None` when it can."""
        when = int(((api.moment or self._now()) + AHEAD).timestamp())
        made, failure = "", None
        try:
            answer = api.write("chat.scheduleMessage", channel=where, text=TRIAL, post_at=when)
            made = str(answer.get("scheduled_message_id", ""))
        except (SlackRefusal, SlackUnknown) as error:
            failure = _failed(name, error, name)
        return failure if self._taken_back(api, where, made) else missing(
            name,
            f"A trial message is left in {name}: it would be posted in {AHEAD.days} days.",
            "Run `opsbook doctor` again: it deletes what it left.",
        )  # fmt: skip

    def _taken_back(self, api: SlackApi, where: str, made: str) -> bool:
        """Delete the trial, and those that were left behind before; whether none is left, as far as is known."""
        left = {made} - {""}
        with suppress(SlackRefusal, SlackUnknown):
            rows = api.read("chat.scheduledMessages.list", channel=where, limit=100).get("scheduled_messages")
            left |= {
                str(row.get("id"))
                for row in (rows if isinstance(rows, list) else ())
                if isinstance(row, dict) and str(row.get("text", "")).startswith(TRIAL[:14])
            }
        for id_ in sorted(left):
            try:
                api.write("chat.deleteScheduledMessage", channel=where, scheduled_message_id=id_)
            except SlackRefusal as refusal:
                if refusal.code != "invalid_scheduled_message_id":
                    return False
            except SlackUnknown:
                return False
        return True


def _scopes(granted: frozenset[str] | None) -> Iterator[Examined]:
    if granted is None:
        yield note("scopes", "Slack does not say which scopes the token has.", f"{_PAGE}, and compare.")
        return
    lacking = [scope for scope in _SCOPES if scope not in granted]
    for scope in lacking:
        yield missing(
            "scopes",
            f"The app lacks the scope {scope}: without it the bot cannot {_SCOPES[scope]}.",
            f"{_PAGE} → Bot Token Scopes → Add an OAuth Scope → {scope}. Then choose “Reinstall to Workspace”.",
        )
    if not lacking:
        yield fine("scopes", f"{', '.join(_SCOPES)} are there.")


def _kinds(scopes: frozenset[str] | None) -> str:
    """The kinds of channels that may be listed."""
    kinds = (("public_channel", "channels:read"), ("private_channel", "groups:read"))
    return ",".join(kind for kind, scope in kinds if scopes is None or scope in scopes)


def _listed(api: SlackApi, method: str, kinds: str, wanted: set[str] | None = None) -> dict[str, Mapping[str, Any]]:
    """Channels by name with the #; stops when all that are wanted are there."""
    found: dict[str, Mapping[str, Any]] = {}
    if not kinds:
        return found
    for page in SlackHistory(api).channels(method, kinds):
        found = {**page, **found}
        if wanted is not None and wanted <= set(found):
            break
    return found


def _unread(api: SlackApi, where: str, name: str) -> Examined | None:
    """Why the bot cannot read what it said; `None` when it can."""
    try:
        api.read("conversations.history", channel=where, limit=1)
    except (SlackRefusal, SlackUnknown) as error:
        return _failed(name, error, name)
    return None


def _failed(what: str, error: SlackRefusal | SlackUnknown, channel: str) -> Examined:
    """A call that did not succeed, as something found."""
    if isinstance(error, SlackUnknown):
        return unknown(what, _sentence(f"nobody knows: {error}"), _AGAIN)
    says, do = advice(error, channel)
    if error.passing:
        return unknown(what, _sentence(says), _sentence(do) or _AGAIN)
    return missing(what, _sentence(says), _sentence(do) or "Ask an admin of Slack.")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
