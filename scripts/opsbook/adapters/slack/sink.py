"""Slack as a sink: one message for each record and channel, kept in step with it, and a conversation below it.

The first announcement about a record opens the conversation. A later one first edits the message at the top, so that
it shows the present state, and then says in the thread what happened: cut off between the two, the same run again
edits nothing new and says it, and nothing is lost or said twice. An older state never replaces a newer one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from opsbook.adapters.slack.api import PATIENCE, SlackApi, SlackRefusal, SlackUnknown
from opsbook.adapters.slack.blocks import Shape, headline, reply
from opsbook.adapters.slack.history import Marker, Place, SlackHistory, Span, oldest_first
from opsbook.adapters.slack.words import explain
from opsbook.core.announcement import Announcement, Medium
from opsbook.core.ports import Delivery
from opsbook.core.text import one_line

_STALE = "the message at the top shows an older state"
_NO_THREAD = frozenset({"thread_not_found", "message_not_found"})


class SlackSink:
    """Says announcements in Slack.

    Args:
        api: the workspace. The token needs `chat:write`, and to find again what it said `channels:read` and
            `channels:history` (`groups:read` and `groups:history` for private channels).
        channels: the name of a channel of `opsbook.yml`, with the #, by its id.
        earlier: the references of what was said about a record before, by key; saves reading the history.
    """

    name = "slack"
    unheard = ""
    medium: Medium = "channel"
    looks_back = True

    def __init__(
        self,
        api: SlackApi,
        channels: Callable[[str], str | None],
        *,
        earlier: Callable[[str], Mapping[str, str]] | None = None,
    ) -> None:
        self._api = api
        self._history = SlackHistory(api)
        self._channels = channels
        self._earlier = earlier
        self._tops: dict[tuple[str, str], Place] = {}
        self._shows: dict[Place, Marker] = {}

    def send(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.send`."""
        channel = self._channels(announcement.audience)
        if channel is None:
            return _no_channel(announcement)
        self._api.patience = PATIENCE
        top = self._step(announcement, channel)
        try:
            place = self._post(announcement, key, channel, top)
        except SlackRefusal as refusal:
            return Delivery("not done", error=explain(refusal, channel))
        except SlackUnknown as unknown:
            found = self.find(announcement, key)
            if found.outcome == "done":
                return found
            return Delivery("unknown", error=f"Nobody knows whether {channel} was told: {unknown}.")
        return self._in_step(announcement, channel, place) if place.top else Delivery("done", str(place))

    def find(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.find`. The message at the top is brought in step: an edit that is repeated changes nothing."""
        channel = self._channels(announcement.audience)
        if channel is None:
            return _no_channel(announcement)
        try:
            place, complete = self._look(announcement, key, channel)
        except SlackRefusal as refusal:
            return Delivery("not done" if self._is_mute(refusal) else "unknown", error=explain(refusal, channel))
        except SlackUnknown as unknown:
            return Delivery("unknown", error=f"{channel} cannot be read: {unknown}.")
        if place is not None:
            return self._in_step(announcement, channel, place)
        if not complete:
            return Delivery("unknown", error=f"Too much was written in {channel} since to find it.")
        return Delivery("not done")

    # -- speaking

    def _step(self, announcement: Announcement, channel: str) -> Place | None:
        """Let the message at the top show the new state; where it is, if there is one.

        When it cannot be edited, people are told all the same, and it is tried again afterwards.
        """
        for top in self._conversations(announcement, channel):
            with suppress(SlackRefusal, SlackUnknown):
                try:
                    self._edit(top, announcement)
                except LookupError:  # somebody deleted it
                    self._tops.pop((announcement.record, channel), None)
                    continue
            self._history.ids[channel] = top.channel
            self._tops[announcement.record, channel] = top
            return top
        return None

    def _post(self, announcement: Announcement, key: str, channel: str, top: Place | None) -> Place:
        if top is not None:
            thread = {"thread_ts": top.ts, "reply_broadcast": announcement.loud}
            try:
                return self._say(top.channel, reply(announcement), Marker(key), thread)
            except SlackRefusal as refusal:
                if refusal.code not in _NO_THREAD:
                    raise
        marker = Marker.at_top(key, _revision(announcement), headline(announcement))
        shape, where = headline(announcement, news=True), self._history.ids.get(channel, channel)
        try:
            place = self._say(where, shape, marker, {})
        except SlackRefusal as refusal:
            # By its name Slack finds a public channel; a private one, in which the bot is, may need its id.
            found = self._looked_up(channel) if refusal.code == "channel_not_found" and where == channel else None
            if found is None:
                raise
            place = self._say(found, shape, marker, {})
        self._history.ids[channel] = place.channel
        self._tops.setdefault((announcement.record, channel), place)
        return place

    def _say(self, where: str, shape: Shape, marker: Marker, thread: Mapping[str, Any]) -> Place:
        quiet = {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
        said = {**shape.arguments(), "metadata": marker.metadata(), **quiet, **thread}
        answer = self._api.write("chat.postMessage", channel=where, **said)
        place = Place.read(f"{answer.get('channel')}/{answer.get('ts')}")
        if place is None:
            raise SlackUnknown("Slack's answer cannot be read")
        return Place(place.channel, place.ts, str(thread.get("thread_ts", "")))

    def _in_step(self, announcement: Announcement, channel: str, place: Place) -> Delivery:
        """Done, once the message at the top shows the state as well, or never will."""
        try:
            self._edit(place.root, announcement)
        except LookupError:
            return Delivery("done", str(place), f"Somebody deleted the message at the top of the thread in {channel}.")
        except SlackRefusal as refusal:
            why = f"{channel} was told, but {_STALE}: {explain(refusal, channel)}"
            return Delivery("unknown", error=why) if refusal.passing else Delivery("done", str(place), why)
        except SlackUnknown as unknown:
            return Delivery("unknown", error=f"{channel} was told, but perhaps {_STALE}: {unknown}.")
        return Delivery("done", str(place))

    def _edit(self, top: Place, announcement: Announcement) -> None:
        """Let the message at the top show this state, unless it shows it or a later one already.

        An edit that is repeated changes nothing, so an unknown one is tried once more.

        Raises:
            LookupError: there is no such message any more.
        """
        shape = headline(announcement)
        then = Marker.at_top("", _revision(announcement), shape)
        if announcement.standing is None or then.is_shown_by(self._shows.get(top, Marker())):
            return
        try:
            self._edit_once(top, then, shape)
        except SlackUnknown:
            self._edit_once(top, then, shape)

    def _edit_once(self, top: Place, then: Marker, shape: Shape) -> None:
        now = self._history.shown(top)
        if not then.is_shown_by(now):
            now = replace(then, key=now.key)
            metadata = {"metadata": now.metadata()} if now.key else {}  # left out, it stays as it is
            try:
                self._api.write("chat.update", channel=top.channel, ts=top.ts, **shape.arguments(), **metadata)
            except SlackRefusal as refusal:
                if refusal.code in _NO_THREAD:
                    raise LookupError from None
                raise
        self._shows[top] = now

    # -- finding

    def _conversations(self, announcement: Announcement, channel: str) -> Iterator[Place]:
        """Messages at the top about this record, the oldest first; more than one if somebody deleted one."""
        known = self._tops.get((announcement.record, channel))
        if known is not None:
            yield known
        if announcement.opens:
            return
        remembered = self._remembered(announcement)
        yield from (place for place in remembered if place != known)
        if known is None and not remembered:
            try:
                where = self._looked_up(channel)
                said = self._history.ours(where, announcement.record, Span()) if where is not None else ()
                tops = oldest_first(place for place, _ in said if not place.top)
            except (SlackRefusal, SlackUnknown):
                return
            yield from tops

    def _looked_up(self, channel: str) -> str | None:
        """The id of a channel, if it can be had."""
        with suppress(SlackRefusal, SlackUnknown):
            return self._history.id(channel)
        return None

    def _remembered(self, announcement: Announcement) -> list[Place]:
        """The same, from the references of what was said before."""
        if self._earlier is None:
            return []
        kin, references = announcement.kin(self.name), self._earlier(announcement.record)
        places = (Place.read(reference) for key, reference in references.items() if kin.fullmatch(key))
        return oldest_first({place.root for place in places if place is not None})

    def _look(self, announcement: Announcement, key: str, channel: str) -> tuple[Place | None, bool]:
        """Where the announcement was said, and whether everything was read that could hold it."""
        where, span = self._history.id(channel), Span()
        if where is None:
            raise SlackRefusal("not_in_channel")
        tops = set(self._remembered(announcement))
        for place, marker in self._history.ours(where, announcement.record, span):
            if marker.key == key:
                return place, True
            if not place.top:
                tops.add(place)
        for top in oldest_first(tops):
            for place, marker in self._history.replies(top, span):
                if marker.key == key:
                    return place, True
            self._tops.setdefault((announcement.record, channel), top)
        return None, span.complete

    def _is_mute(self, refusal: SlackRefusal) -> bool:
        """Whether the bot can have said nothing: it is not in the channel, and only there it may post."""
        scopes = self._api.scopes
        return refusal.code == "not_in_channel" and scopes is not None and "chat:write.public" not in scopes


def _revision(announcement: Announcement) -> int:
    """Of the state after the announcement; without a state nothing is ever out of step."""
    return announcement.standing.revision if announcement.standing is not None else -1


def _no_channel(announcement: Announcement) -> Delivery:
    return Delivery("not done", error=f"opsbook.yml names no channel “{one_line(announcement.audience)}”.")
