"""What went wrong at Slack, in a sentence that says what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from opsbook.adapters.slack.api import SlackRefusal

Words = tuple[str, str]
"""What is wrong, and what to do about it, without full stops."""

_REJECTED = (
    "The token in SLACK_BOT_TOKEN is not accepted",
    "take the bot token (xoxb-…) of the app's page “OAuth & Permissions”",
)
_INVITE = ("The bot is not in {channel}", "write “/invite” and the app's name in {channel}")
_FORBIDDEN = ("This workspace does not let the bot post in {channel}", "ask an admin of Slack")

_WORDS: Mapping[str, Words] = {
    "bad_token": _REJECTED,
    "invalid_auth": _REJECTED,
    "not_authed": _REJECTED,
    "account_inactive": _REJECTED,
    "token_revoked": _REJECTED,
    "token_expired": _REJECTED,
    "not_allowed_token_type": _REJECTED,
    "channel_not_found": (
        "The bot sees no channel {channel}",
        "create it, invite the bot if it is private, or correct its name under `channels` in opsbook.yml",
    ),
    "not_in_channel": _INVITE,
    "no_permission": _INVITE,
    "is_archived": ("{channel} is archived", "unarchive it, or name another channel in opsbook.yml"),
    "restricted_action": _FORBIDDEN,
    "restricted_action_read_only_channel": _FORBIDDEN,
    "restricted_action_thread_only_channel": _FORBIDDEN,
    "unreachable": (
        "Slack cannot be reached from here",
        "look at the network, and at SLACK_API_URL if it is set",
    ),
    "silent": ("Slack did not answer in time, and is not asked again for now", ""),
    "bad_address": ("SLACK_API_URL is not an address", "leave it out, or set it to https://slack.com/api/"),
}


def explain(refusal: SlackRefusal, channel: str) -> str:
    """Why Slack did not do it in `channel`, and what to do. Never holds a token or a message."""
    return ": ".join(filter(None, advice(refusal, channel))) + "."


def advice(refusal: SlackRefusal, channel: str) -> Words:
    """The same in two parts; the second may be empty."""
    code = refusal.code
    if code == "missing_scope":
        needed = refusal.needed.replace(",", " or ") or "one more scope"
        return (
            f"The app lacks the scope {needed}",
            "add it on the page “OAuth & Permissions” and install the app again",
        )
    if code == "ratelimited":
        wait = f" for {refusal.seconds:.0f} seconds" if refusal.seconds else ""
        return f"Slack asked to wait{wait}", "too much was posted at once. Finish it later"
    if code.startswith("http_"):
        return (
            f"Something on the way to Slack answered with HTTP {code[5:]}",
            "look at the proxy and at SLACK_API_URL",
        )
    says, do = _WORDS.get(code, (f"Slack refused it in {{channel}} ({code})", ""))
    return says.format(channel=channel), do.format(channel=channel)
