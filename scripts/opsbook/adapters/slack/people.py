"""Who is in a user group of Slack (`usergroups.users.list`, `users.info`)."""

from __future__ import annotations

from opsbook.adapters.slack.api import SlackApi, SlackFailure, SlackRefusal
from opsbook.adapters.slack.words import explain
from opsbook.core.errors import ForgeError
from opsbook.core.people import Member


def members(api: SlackApi, group: str) -> list[Member]:
    """Everybody in the group who is not deactivated.

    Raises:
        ForgeError: Slack did not say.
    """
    try:
        ids = api.read("usergroups.users.list", usergroup=group)["users"]
        users = [api.read("users.info", user=id_)["user"] for id_ in ids]
        return [
            Member(str(user.get("real_name") or user["name"]), slack=str(user["id"]))
            for user in users
            if not user.get("deleted")
        ]
    except SlackRefusal as refusal:
        raise ForgeError(f"Slack does not tell who is in {group}. {explain(refusal, group)}", "") from None
    except (SlackFailure, KeyError, TypeError, AttributeError):
        raise ForgeError(f"Slack does not tell who is in {group}.", "Run it again when Slack answers.") from None
