"""The methods of the Web API that the program may call, with the errors that Slack documents for each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.slack_server import limits
from tests.slack_server.workspace import BOT, BOT_USER, TEAM, Channel, Message, Scheduled, Workspace

Arguments = Mapping[str, Any]
Answer = dict[str, Any]
Run = Callable[[Workspace, Arguments, set[str]], Answer]


class Refusal(Exception):
    """`ok: false` with an error."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer: Answer = {"ok": False, "error": error, **more}


@dataclass(frozen=True)
class Method:
    """One method: what does it, the scopes of which one is needed, and the arguments that it knows."""

    run: Run
    scopes: tuple[str, ...] = ()
    knows: frozenset[str] = field(default_factory=frozenset)


def answer(workspace: Workspace, method: str, token: str | None, arguments: Arguments) -> Answer:
    """What Slack answers to one call; the effect has happened when this returns."""
    try:
        run, granted = _allowed(workspace, method, token, arguments)
        return {"ok": True, **run(workspace, arguments, granted)}
    except Refusal as refusal:
        return refusal.answer


def _allowed(workspace: Workspace, method: str, token: str | None, arguments: Arguments) -> tuple[Run, set[str]]:
    """The method, and what the token may do, if it may do this."""
    known = METHODS.get(method)
    if known is None:
        raise Refusal("unknown_method", req_method=method)
    if not token:
        raise Refusal("not_authed")
    if token not in workspace.tokens:
        raise Refusal("invalid_auth")
    granted = workspace.tokens[token]
    if known.scopes and not granted & set(known.scopes):
        raise Refusal("missing_scope", needed=",".join(known.scopes), provided=",".join(sorted(granted)))
    unknown = sorted(set(arguments) - known.knows - {"token"})
    if unknown:
        raise Refusal("invalid_arguments", response_metadata={"messages": [f"[ERROR] unknown: {unknown}"]})
    return known.run, granted


def _auth_test(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    return {
        "url": "https://platops.slack.example/",
        "team": "PlatOps",
        "user": "opsbook",
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "is_enterprise_install": False,
    }


def _group(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    if arguments.get("usergroup") not in workspace.groups:
        raise Refusal("no_such_subteam")
    return {"users": workspace.groups[str(arguments["usergroup"])]}


def _user(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    name = workspace.users.get(str(arguments.get("user")))
    if name is None:
        raise Refusal("user_not_found")
    return {"user": {"id": arguments["user"], "name": name.lower(), "real_name": name, "deleted": False}}


def _post(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    channel = _channel(workspace, arguments, granted, by_name=True)
    if not channel.member and (channel.private or "chat:write.public" not in granted):
        raise Refusal("channel_not_found" if channel.private else "not_in_channel")
    text, blocks = _content(arguments, limits.POST_TEXT)
    _open(channel)
    thread = arguments.get("thread_ts")
    if thread is not None and channel.at(str(thread)) is None:
        raise Refusal("thread_not_found")
    metadata = _metadata(arguments)
    message = Message(
        workspace.tick(), text, blocks, metadata, arguments, "chat.postMessage",
        thread_ts=str(thread) if thread is not None else None,
        broadcast=bool(arguments.get("reply_broadcast")),
    )  # fmt: skip
    channel.messages.append(message)
    return {"channel": channel.id, "ts": message.ts, "message": _shown(channel, message, metadata=True)}


def _update(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    channel = _channel(workspace, arguments, granted)
    message = channel.at(str(arguments.get("ts")))
    if message is None or message.deleted:
        raise Refusal("message_not_found")
    if message.user != BOT_USER:
        raise Refusal("cant_update_message")
    text, blocks = _content(arguments, limits.UPDATE_TEXT)
    metadata = _metadata(arguments)
    if channel.archived:
        raise Refusal("is_archived")
    message.text, message.blocks, message.arguments, message.call = text, blocks, arguments, "chat.update"
    message.edits += 1
    if "metadata" in arguments:
        message.metadata = metadata
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": _shown(channel, message, metadata=True)}


def _history(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    channel = _readable(workspace, arguments, granted)
    return _page(channel, [m for m in reversed(channel.top()) if _between(m, arguments)], arguments, 100, 999)


def _replies(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    channel = _readable(workspace, arguments, granted)
    ts = str(arguments.get("ts"))
    if channel.at(ts) is None:
        raise Refusal("thread_not_found")
    return _page(
        channel, [m for m in channel.thread(ts) if m.ts == ts or _between(m, arguments)], arguments, 1000, 1000
    )


def _list(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    return _channels(workspace, arguments, granted, member_only=False)


def _mine(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    return _channels(workspace, arguments, granted, member_only=True)


def _info(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    return {"channel": _described(_channel(workspace, arguments, granted))}


def _permalink(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    channel = _channel(workspace, arguments, granted)
    ts = str(arguments.get("message_ts"))
    if channel.at(ts) is None:
        raise Refusal("message_not_found")
    where = f"https://platops.slack.example/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": where}


def _create(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    name = str(arguments.get("name", ""))
    if not name:
        raise Refusal("invalid_name_required")
    if limits.length(name) > 80:
        raise Refusal("invalid_name_maxlength")
    if name != name.lower() or any(char.isspace() or char in ".,#@!?/\\" for char in name):
        raise Refusal("invalid_name_specials")
    if any(channel.name == name for channel in workspace.channels.values()):
        raise Refusal("name_taken")
    return {"channel": _described(workspace.channel(name, private=_true(arguments.get("is_private"))))}


def _join(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    channel = _channel(workspace, arguments, granted)
    if channel.private:
        raise Refusal("method_not_supported_for_channel_type")
    if channel.archived:
        raise Refusal("is_archived")
    channel.member = True
    return {"channel": _described(channel)}


def _topic(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    channel = _channel(workspace, arguments, granted)
    if not channel.member:
        raise Refusal("not_in_channel")
    if channel.archived:
        raise Refusal("is_archived")
    topic = str(arguments.get("topic", ""))
    if limits.length(topic) > 250:
        raise Refusal("too_long")
    channel.topic = topic
    return {"channel": _described(channel)}


def _schedule(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    channel = _channel(workspace, arguments, granted, by_name=True)
    if not channel.member and (channel.private or "chat:write.public" not in granted):
        raise Refusal("channel_not_found" if channel.private else "not_in_channel")
    text, _ = _content(arguments, limits.POST_TEXT)
    _open(channel)
    try:
        post_at = int(arguments.get("post_at", ""))
    except (TypeError, ValueError):
        raise Refusal("invalid_time") from None
    if post_at <= workspace.now:
        raise Refusal("time_in_past")
    if post_at > workspace.now + 120 * 24 * 3600:
        raise Refusal("time_too_far")
    near = [s for s in workspace.scheduled.values() if s.channel == channel.id and abs(s.post_at - post_at) < 300]
    if len(near) >= 30:
        raise Refusal("restricted_too_many")
    made = Scheduled(f"Q{workspace.serial():010d}", channel.id, post_at, text, workspace.now)
    workspace.scheduled[made.id] = made
    return {"channel": channel.id, "scheduled_message_id": made.id, "post_at": post_at, "message": {"text": text}}


def _unschedule(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    channel = _channel(workspace, arguments, granted)
    found = workspace.scheduled.get(str(arguments.get("scheduled_message_id")))
    # Nor can one be deleted that will be posted within a minute.
    if found is None or found.channel != channel.id or found.post_at < workspace.now + 60:
        raise Refusal("invalid_scheduled_message_id")
    del workspace.scheduled[found.id]
    return {}


def _scheduled(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Answer:
    wanted = arguments.get("channel")
    found = [s for s in workspace.scheduled.values() if wanted in (None, s.channel)]
    items, cursor = _cut(found, arguments, 100, 100)
    shown = [
        {"id": s.id, "channel_id": s.channel, "post_at": s.post_at, "date_created": s.created, "text": s.text}
        for s in items
    ]
    return {"scheduled_messages": shown, "response_metadata": {"next_cursor": cursor}}


# -- shared


def _open(channel: Channel) -> None:
    """Refuse to post, now or later, where nobody may, or only a few may."""
    if channel.archived:
        raise Refusal("is_archived")
    if channel.closed:
        raise Refusal(channel.closed)


def _channel(workspace: Workspace, arguments: Arguments, granted: set[str], *, by_name: bool = False) -> Channel:
    wanted = str(arguments.get("channel", ""))
    found = workspace.channels.get(wanted)
    if found is None and by_name:
        # Slack promises this for public channels; whether it holds for private ones is not said, so it does not.
        public = (channel for channel in workspace.channels.values() if not channel.private)
        found = next((channel for channel in public if channel.name == wanted.removeprefix("#")), None)
    if found is None or (found.private and not found.member):
        raise Refusal("channel_not_found")
    return found


def _readable(workspace: Workspace, arguments: Arguments, granted: set[str]) -> Channel:
    channel = _channel(workspace, arguments, granted)
    needed = "groups:history" if channel.private else "channels:history"
    if needed not in granted:
        raise Refusal("missing_scope", needed=needed, provided=",".join(sorted(granted)))
    if not channel.member:
        raise Refusal("not_in_channel")
    return channel


def _channels(workspace: Workspace, arguments: Arguments, granted: set[str], *, member_only: bool) -> Answer:
    types = str(arguments.get("types") or "public_channel").split(",")
    for kind, scope in (("public_channel", "channels:read"), ("private_channel", "groups:read")):
        if kind in types and scope not in granted:
            raise Refusal("missing_scope", needed=scope, provided=",".join(sorted(granted)))
    found = [
        channel
        for channel in workspace.channels.values()
        if ("private_channel" if channel.private else "public_channel") in types
        and (channel.member or not (channel.private or member_only))
        and not (channel.archived and _true(arguments.get("exclude_archived")))
    ]
    items, cursor = _cut(found, arguments, 100, 1000)
    return {"channels": list(map(_described, items)), "response_metadata": {"next_cursor": cursor}}


def _described(channel: Channel) -> Answer:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.private,
        "is_private": channel.private,
        "is_archived": channel.archived,
        "is_member": channel.member,
        "is_shared": channel.outside,
        "is_ext_shared": channel.outside,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "topic": {"value": channel.topic},
    }


def _content(arguments: Arguments, longest: int) -> tuple[str, list[dict[str, Any]]]:
    text, blocks = arguments.get("text"), _value(arguments.get("blocks"))
    if not text and not blocks:
        raise Refusal("no_text")
    if text is not None and not isinstance(text, str):
        raise Refusal("invalid_arguments")
    if limits.length(text or "") > longest:
        raise Refusal("msg_too_long")
    if blocks is not None:
        faults = limits.faults(blocks)
        if faults:
            raise Refusal("invalid_blocks", errors=faults, response_metadata={"messages": faults})
        if limits.characters(blocks) > limits.ALL_TEXT:
            raise Refusal("msg_blocks_too_long")
    if arguments.get("parse", "none") not in ("none", "full", "client"):
        raise Refusal("invalid_arguments")
    return text or "", blocks or []


def _metadata(arguments: Arguments) -> dict[str, Any] | None:
    metadata: dict[str, Any] | None = _value(arguments.get("metadata"))
    if not metadata:
        return None
    fault = limits.metadata_fault(metadata)
    if fault is not None:
        raise Refusal(fault)
    return metadata


def _value(value: Any) -> Any:
    """A structured argument: JSON already, or JSON in a field of a form."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise Refusal("invalid_arguments") from None


def _true(value: Any) -> bool:
    return str(value).lower() in ("1", "true")


def _between(message: Message, arguments: Arguments) -> bool:
    inclusive = _true(arguments.get("inclusive"))
    ts = float(message.ts)
    oldest, latest = float(arguments.get("oldest") or 0), float(arguments.get("latest") or "inf")
    return oldest <= ts <= latest if inclusive else oldest < ts < latest


def _cut(items: list[Any], arguments: Arguments, usual: int, most: int) -> tuple[list[Any], str]:
    limit = int(arguments.get("limit") or usual)
    if not 1 <= limit <= most:
        raise Refusal("invalid_limit")
    cursor = str(arguments.get("cursor") or "")
    if cursor and not cursor.startswith("next:"):
        raise Refusal("invalid_cursor")
    start = int(cursor.removeprefix("next:") or 0)
    more = start + limit < len(items)
    return items[start : start + limit], f"next:{start + limit}" if more else ""


def _page(channel: Channel, messages: list[Message], arguments: Arguments, usual: int, most: int) -> Answer:
    items, cursor = _cut(messages, arguments, usual, most)
    metadata = _true(arguments.get("include_all_metadata"))
    shown = [_shown(channel, message, metadata=metadata) for message in items]
    more = {"response_metadata": {"next_cursor": cursor}} if cursor else {}
    return {"messages": shown, "has_more": bool(cursor), **more}


def _shown(channel: Channel, message: Message, *, metadata: bool) -> Answer:
    shown: Answer = {"type": "message", "ts": message.ts, "user": message.user, "text": message.text}
    if message.user == BOT_USER:
        shown["bot_id"] = BOT
    if message.blocks:
        shown["blocks"] = message.blocks
    replies = len(channel.thread(message.ts)) - 1
    if replies:
        shown |= {"thread_ts": message.ts, "reply_count": replies}
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    if message.broadcast:
        shown["subtype"] = "thread_broadcast"
    if message.deleted:
        shown |= {"subtype": "tombstone", "user": "USLACKBOT"}
    if message.edits:
        shown["edited"] = {"user": BOT_USER, "ts": message.ts}
    if metadata and message.metadata:
        shown["metadata"] = message.metadata
    return shown


_WRITES = {"channel", "text", "blocks", "metadata", "parse", "link_names", "mrkdwn", "unfurl_links", "unfurl_media"}
_PAGES = {"limit", "cursor"}
_SPAN = {"oldest", "latest", "inclusive", "include_all_metadata"}
_KINDS = {"types", "exclude_archived", "team_id"}

METHODS: Mapping[str, Method] = {
    name: Method(run, scopes, frozenset(knows))
    for name, run, scopes, knows in (
        ("auth.test", _auth_test, (), set()),
        ("chat.postMessage", _post, ("chat:write",), _WRITES | {"thread_ts", "reply_broadcast"}),
        ("chat.update", _update, ("chat:write",), (_WRITES - {"mrkdwn", "unfurl_links", "unfurl_media"}) | {"ts"}),
        ("chat.getPermalink", _permalink, (), {"channel", "message_ts"}),
        ("chat.scheduleMessage", _schedule, ("chat:write",), _WRITES | {"post_at", "thread_ts"}),
        ("chat.deleteScheduledMessage", _unschedule, ("chat:write",), {"channel", "scheduled_message_id"}),
        ("chat.scheduledMessages.list", _scheduled, (), _PAGES | {"channel", "oldest", "latest"}),
        ("usergroups.users.list", _group, ("usergroups:read",), {"usergroup", "include_disabled"}),
        ("users.info", _user, ("users:read",), {"user", "include_locale"}),
        ("conversations.list", _list, ("channels:read", "groups:read"), _PAGES | _KINDS),
        ("users.conversations", _mine, ("channels:read", "groups:read"), _PAGES | _KINDS | {"user"}),
        ("conversations.info", _info, ("channels:read", "groups:read"), {"channel", "include_num_members"}),
        ("conversations.history", _history, ("channels:history", "groups:history"), _PAGES | _SPAN | {"channel"}),
        ("conversations.replies", _replies, ("channels:history", "groups:history"), _PAGES | _SPAN | {"channel", "ts"}),
        ("conversations.create", _create, ("channels:manage", "groups:write"), {"name", "is_private", "team_id"}),
        ("conversations.join", _join, ("channels:join",), {"channel"}),
        ("conversations.setTopic", _topic, ("channels:manage", "groups:write"), {"channel", "topic"}),
    )
}
