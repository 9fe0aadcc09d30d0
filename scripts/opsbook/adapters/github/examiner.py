"""Examines GitHub: tries each permission with a request that GitHub must refuse for another reason.

Of a token GitHub does not say what it may do. But it looks at permissions first, so a request that cannot be carried
out, because what it asks for cannot exist, is answered with 422 when it is permitted and with 403 or 404 when it is
not. The one thing that is made is a blob that nothing points at, the same each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from opsbook.adapters.github.address import site_of
from opsbook.adapters.github.api import Api, Rule
from opsbook.adapters.github.session import GitHubRefused
from opsbook.core.errors import ForgeFault, OpsbookError
from opsbook.core.examined import Examined, fine, missing, note, unknown
from opsbook.core.text import one_line
from opsbook.core.times import Times

TIMEOUTS = (3.0, 5.0)
"""Seconds to connect and to read: a person waits for it."""
SKEW = timedelta(seconds=60)
"""A clock that is wrong by more puts wrong times on record."""
SOON = timedelta(days=14)
"""A token that expires sooner is spoken of."""
NOT_SOON = timedelta(minutes=10)
"""For some tokens GitHub is known to answer with the present moment instead of the one at which they expire."""
CALLS = 50
"""So many calls should be left in the hour: a declaration takes about ten."""

_AGAIN = "Run it again when GitHub answers; githubstatus.com says how it is."

_STOPS = {
    "creation": "branches may not be created",
    "update": "branches may not be written to",
    "pull_request": "a change needs a pull request",
    "required_signatures": "commits must be signed",
    "required_status_checks": "checks must have passed before a push",
    "required_deployments": "deployments must have succeeded",
    "required_linear_history": "merge commits may not be pushed",
    "merge_queue": "a change must go through the merge queue",
    "workflows": "workflows must have passed",
}
"""Rules that would refuse a commit on the branch of a record, in words."""


class GitHubExaminer:
    """GitHub (`core.ports.Examiner`).

    Args:
        token: GITHUB_TOKEN, repository: GITHUB_REPOSITORY, each empty when it is not set.
        url: address of the API.
        main: the main branch by `opsbook.yml`; zone: in which people see times.
        in_actions: whether this is a GitHub runner, where the repository is always set.
    """

    part = "GitHub"

    def __init__(
        self,
        token: str,
        repository: str,
        *,
        url: str,
        main: str,
        zone: str,
        now: Callable[[], datetime],
        in_actions: bool = False,
        timeouts: tuple[float, float] = TIMEOUTS,
    ) -> None:
        self._token = token
        self._repository = repository
        self._url = url
        self._main = main
        self._zone = zone
        self._now = now
        self._in_actions = in_actions
        self._timeouts = timeouts

    def examine(self) -> Iterator[Examined]:
        """See `Examiner.examine`."""
        if not self._token or not self._repository:
            yield self._not_set_up()
            return
        try:
            api = Api(self._token, self._repository, url=self._url, timeouts=self._timeouts)
            page = f"{site_of(self._url)}/{api.owner}/{api.name}"
        except OpsbookError as error:
            yield missing("set-up", error.message, error.remedy)
            return
        try:
            known = api.repository()
        except GitHubRefused as error:
            yield self._closed(error, api, page)
            return
        except ForgeFault as error:
            yield unknown("answer", error.message, "Look at the network, at the proxy and at GITHUB_API_URL. " + _AGAIN)
            return
        yield fine("token", f"GitHub accepts it, and shows {one_line(known.name)} to it.")
        yield from self._expiry(api)
        yield from self._clock(api)
        if known.archived:
            yield missing(
                "repository", f"{one_line(known.name)} is archived, and nobody can write to it.",
                f"Unarchive it at the end of {page}/settings, or set GITHUB_REPOSITORY to another.",
            )  # fmt: skip
            return
        yield from self._branches(api, one_line(known.main), page)
        blob = b"opsbook doctor was here\n"
        yield _tried("contents", lambda: api.create_blob(blob), "keep records: write commits", "Contents", page)
        pulls = _tried("pull requests", lambda: api.try_pull(self._main), "open pull requests", "Pull requests", page)
        if self._in_actions and pulls.state == "missing":
            allow = f"Allow it too at {page}/settings/actions: “Allow GitHub Actions to create … pull requests”."
            pulls = replace(pulls, remedy=f"{pulls.remedy} {allow}")
        yield pulls
        yield _tried("labels", api.try_label, "comment on pull requests and label them", "Issues", page)
        if not known.issues:
            yield note(
                "issues",
                "Issues are switched off, so nobody can declare from a phone with the form.",
                f"Switch them on under “Features” at {page}/settings.",
            )
        yield from _rules(api, page)
        yield from self._budget(api)

    def _not_set_up(self) -> Examined:
        if self._token:
            # Many people have a token in their environment for other programs, and want nothing on GitHub.
            return note(
                "set-up",
                "GITHUB_TOKEN is set and GITHUB_REPOSITORY is not, so GitHub is left out.",
                "Set GITHUB_REPOSITORY to OWNER/NAME to open pull requests there.",
            )
        if self._repository and not self._in_actions:
            return missing(
                "set-up",
                "GITHUB_REPOSITORY is set and GITHUB_TOKEN is not, so GitHub is left out.",
                "Set GITHUB_TOKEN to a token for that repository, or unset GITHUB_REPOSITORY.",
            )
        return note("set-up", "Not set up, and left out.", "Set GITHUB_TOKEN and GITHUB_REPOSITORY to use it.")

    def _closed(self, error: GitHubRefused, api: Api, page: str) -> Examined:
        """Why GitHub did not even show the repository."""
        name = f"{api.owner}/{api.name}"
        if error.status == 401:
            return missing(
                "token",
                "GitHub does not accept GITHUB_TOKEN: it is mistyped, has expired, or was revoked.",
                f"Make a new one at {site_of(self._url)}/settings/personal-access-tokens for {name}, and set "
                "GITHUB_TOKEN to it.",
            )
        if error.status == 301:
            return missing(
                "repository",
                f"{name} has another name now.",
                f"Open {page}: it leads there. Set GITHUB_REPOSITORY to the name that you see.",
            )
        if error.status == 403 and "x-github-sso" in api.answered:
            return missing(
                "token",
                "The organisation asks for single sign-on, and the token is not authorised for it.",
                f"Open {site_of(self._url)}/settings/tokens, and choose “Configure SSO” beside the token.",
            )
        if _forbids(error):
            return missing(
                "repository",
                f"GitHub shows no repository {name} to this token.",
                f"Look at the spelling of GITHUB_REPOSITORY, and at “Repository access” of the token at "
                f"{site_of(self._url)}/settings/personal-access-tokens: {name} must be chosen there, and an owner of "
                "the organisation may have to approve the token.",
            )
        return unknown("answer", error.message, _AGAIN)

    def _expiry(self, api: Api) -> Iterator[Examined]:
        end, now = _moment(api.answered.get("github-authentication-token-expiration", "")), self._now()
        if end is None or end - now < NOT_SOON or end - now > SOON:
            return
        days = (end - now).days
        left = "in less than a day" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
        yield note(
            "token",
            f"It expires {left}, at {Times(now, self._zone).full(end)}.",
            f"Make a new one at {site_of(self._url)}/settings/personal-access-tokens before that.",
        )

    def _clock(self, api: Api) -> Iterator[Examined]:
        try:
            there = parsedate_to_datetime(api.answered.get("date", ""))
        except (ValueError, TypeError):
            return
        off = self._now() - there
        if abs(off) <= SKEW:
            yield fine("clock", "This machine and GitHub agree on the time.")
            return
        size = int(abs(off).total_seconds())
        words = f"{size} seconds" if size < 120 else f"{size // 60} minutes" if size < 7200 else f"{size // 3600} hours"
        yield missing(
            "clock",
            f"The clock of this machine is {words} {'ahead of' if off > timedelta() else 'behind'} GitHub's: the times "
            "on record would be wrong.",
            "Switch on the time synchronisation of this machine, for example: timedatectl set-ntp true",
        )

    def _branches(self, api: Api, default: str, page: str) -> Iterator[Examined]:
        try:
            there = api.branch(self._main)
        except GitHubRefused as error:
            if _forbids(error):
                yield missing("main branch", f"The token may not read {self._main}.", _grant("Contents", page))
            else:
                yield unknown("main branch", error.message, _AGAIN)
            return
        except ForgeFault as error:
            yield unknown("main branch", error.message, _AGAIN)
            return
        if there is None:
            yield missing(
                "main branch",
                f"There is no branch {self._main} on GitHub; its default branch is {default}.",
                f"Set `forge.main` in opsbook.yml to {default}, or push {self._main}.",
            )
        elif default != self._main:
            yield note(
                "main branch",
                f"opsbook.yml says {self._main}, and the default branch on GitHub is {default}: forms and scheduled "
                "workflows run from that one.",
                "Make them the same: `forge.main` in opsbook.yml, or Settings → General → Default branch on GitHub.",
            )
        else:
            yield fine("main branch", f"{self._main} is there, and is the default branch.")

    def _budget(self, api: Api) -> Iterator[Examined]:
        """How many calls are left, by the last answer."""
        left, limit, reset = (
            int(text) if re.fullmatch(r"\d{1,10}", text := api.answered.get(f"x-ratelimit-{name}", "")) else None
            for name in ("remaining", "limit", "reset")
        )
        if left is None or limit is None:
            return
        says = f"{left:,} of {limit:,} calls are left"
        if reset is not None:
            says += f" until {Times(self._now(), self._zone).full(datetime.fromtimestamp(reset, UTC))}"
        if left >= CALLS:
            yield fine("calls", f"{says}.")
        else:
            yield missing(
                "calls", f"{says}. A declaration takes about ten.", "Wait until then, or use a token of its own for it."
            )


def _tried(what: str, attempt: Callable[[], object], may: str, permission: str, page: str) -> Examined:
    """Whether the token may do something, by asking for it."""
    try:
        attempt()
    except GitHubRefused as error:
        if error.status == 422:
            return fine(what, f"The token may {may}.")
        if error.status == 409:
            return missing(what, "The repository on GitHub is empty.", "Push a first commit to main.")
        if not _forbids(error):
            return unknown(what, error.message, _AGAIN)
        return missing(what, f"The token may not {may}.", _grant(permission, page))
    except ForgeFault as error:
        return unknown(what, error.message, _AGAIN)
    return fine(what, f"The token may {may}.")


def _grant(permission: str, page: str) -> str:
    """How a token gets a permission."""
    return (
        f"Give it “{permission}: Read and write” where it was made: at {_site(page)}/settings/personal-access-tokens, "
        "on the page of the App, or under `permissions` in the workflow. If it has that, whoever made it needs the "
        f"role Write in {page}/settings/access."
    )


def _site(page: str) -> str:
    """Where people find GitHub, from the page of a repository."""
    return page.rsplit("/", 2)[0]


def _forbids(error: GitHubRefused) -> bool:
    """Whether GitHub refuses for good, and does not only ask to wait."""
    return error.status in (403, 404) and not error.message.startswith("GitHub asks to wait")


def _rules(api: Api, page: str) -> Iterator[Examined]:
    """Rulesets that would refuse what we write. Rules of the older kind can be seen by administrators only."""
    stopped = False
    try:
        for branch, shown in (("opsbook/never-made", "opsbook/**"), ("opsbook-receipts", "opsbook-receipts")):
            for rule in _stopping(api, branch):
                may = api.bypasses(rule.ruleset)
                if may:
                    continue
                stopped = True
                says = f"A rule holds for {shown}: {_STOPS[rule.type]}."
                remedy = (
                    f"Open {page}/settings/rules, and exclude {shown} from the targets of the ruleset, or put whoever "
                    "owns the token on its bypass list."
                )
                if may is None:
                    yield note("rules", f"{says} GitHub does not say whether it holds for the token.", remedy)
                else:
                    yield missing("rules", says, remedy)
    except ForgeFault as error:
        yield unknown("rules", error.message, _AGAIN)
        return
    if not stopped:
        yield fine("rules", "No ruleset stands in the way of the branches opsbook/** and opsbook-receipts.")


def _stopping(api: Api, branch: str) -> list[Rule]:
    """The rules that would refuse a push, each once."""
    return [rule for rule in dict.fromkeys(api.rules(branch)) if rule.type in _STOPS]


def _moment(text: str) -> datetime | None:
    """A moment as GitHub writes it in this one header: `2026-12-01 09:00:00 UTC`, or with `+0100`."""
    for shape in ("%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S UTC"):
        try:
            found = datetime.strptime(text.strip(), shape)
        except ValueError:
            continue
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return None
