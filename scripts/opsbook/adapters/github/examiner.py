"""Examines GitHub: tries each permission with a request that GitHub must refuse for another reason.

Of a token GitHub does not say what it may do. But it looks at permissions first, so a request that cannot be carried
out, because what it asks for cannot exist, is answered with 422 when it is permitted and with 403 or 404 when it is
not. The one thing that is made is a blob that nothing points at, the same each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from opsbook.adapters.github.address import site_of
from opsbook.adapters.github.api import Api
from opsbook.adapters.github.session import GitHubRefused, Limited
from opsbook.core.config import CoreConfig
from opsbook.core.errors import ForgeFault, OpsbookError
from opsbook.core.examined import Examined, fine, judged, lacking, missing, note, unknown
from opsbook.core.text import one_line
from opsbook.core.times import Times
from opsbook.core.types import spoken

SKEW = timedelta(seconds=60)
"""A clock that is wrong by more puts wrong times on record."""
SOON = timedelta(minutes=10), timedelta(days=14)
"""A token that expires in between is spoken of. Of some GitHub says, wrongly, that they expire at this moment."""

TRIAL = b"opsbook doctor was here\n"
"""The blob that is made, each time the same."""

_EXPIRY = "github-authentication-token-expiration"
_AGAIN = (
    "Look at the network, at the proxy and at GITHUB_API_URL, and run it again when GitHub answers; githubstatus.com "
    "says how it is."
)
_STOPS = frozenset({
    "creation", "update", "pull_request", "required_signatures", "required_status_checks", "required_deployments",
    "required_linear_history", "merge_queue", "workflows",
})  # fmt: skip
"""Types of rules that would refuse a commit on the branch of a record."""

Meanings = Mapping[int, Examined]
"""What a refusal says, by its status; of any other nobody knows."""


@dataclass(repr=False)
class GitHubExaminer:
    """GitHub (`core.ports.Examiner`).

    Attributes:
        token: GITHUB_TOKEN, repository: GITHUB_REPOSITORY, each empty when it is not set.
        url: address of the API; core: the settings of the book.
        in_actions: whether this is a GitHub runner, where the repository is always set.
    """

    token: str
    repository: str
    url: str
    core: CoreConfig
    now: Callable[[], datetime]
    in_actions: bool = False
    timeouts: tuple[float, float] = (3.0, 5.0)  # seconds to connect and to read: a person waits for it
    part = "GitHub"

    def examine(self) -> Iterator[Examined]:
        """See `Examiner.examine`."""
        names = (("GITHUB_TOKEN", self.token), ("GITHUB_REPOSITORY", self.repository))
        if unset := " and ".join(name for name, value in names if not value):
            # Many people have a token in their environment for other programs, and want nothing on GitHub.
            say = missing if self.repository and not self.in_actions else note
            yield say("set-up", f"Not set up without {unset}, and left out.", f"Set {unset} to open pull requests.")
            return
        try:
            api = Api(self.token, self.repository, url=self.url, timeouts=self.timeouts)
            site = site_of(self.url)
        except OpsbookError as error:
            yield lacking("set-up")(error)
            return
        name = f"{api.owner}/{api.name}"
        yield from _tried("answer", self._repository(api, f"{site}/{name}", site), _closed(name, site))

    def _repository(self, api: Api, page: str, site: str) -> Iterator[Examined]:
        known, main = api.repository(), self.core.forge.main
        yield fine("token", f"GitHub accepts it, and shows {one_line(known.name)} to it.")
        yield from self._times(api, site)
        if known.archived:
            how = f"Unarchive it at the end of {page}/settings, or set GITHUB_REPOSITORY to another."
            yield missing("repository", f"{one_line(known.name)} is archived, and nobody can write to it.", how)
            return
        trials: tuple[tuple[str, str, str, Callable[[], object]], ...] = (
            ("contents", "Contents", "keep records: write commits", lambda: api.try_contents(TRIAL)),
            ("pull requests", "Pull requests", "open pull requests", lambda: api.try_pull(main)),
            ("labels", "Issues", "comment on pull requests and label them", api.try_label),
        )
        denied = missing("main branch", f"The token may not read {main}.", _grant("Contents", site, page))
        yield from _tried("main branch", _main(api, main, one_line(known.main)), {403: denied})
        for what, permission, may, attempt in trials:
            good = fine(what, f"The token may {may}.")
            denied = missing(what, f"The token may not {may}.", _grant(permission, site, page))
            empty = missing(what, "The repository on GitHub is empty.", "Push a first commit to main.")
            yield from _tried(what, _succeeds(attempt, good), {422: good, 403: denied, 404: denied, 409: empty})
        if not known.issues:
            says = "Issues are switched off, so nobody can declare from a phone with the form."
            yield note("issues", says, f"Switch them on under “Features” at {page}/settings.")
        yield from _tried("rules", _rules(api, page), {})

    def _times(self, api: Api, site: str) -> Iterator[Examined]:
        """What the headers of an answer say of the token's end and of this machine's clock, where they make sense."""
        now, answered = self.now(), api.answered
        # `2026-12-01 09:00:00 UTC`, or with ` +0100`.
        end = re.sub(r" (?=[+-])", "", answered.get(_EXPIRY, "").replace("UTC", "+0000"))
        with suppress(ValueError, TypeError):
            if SOON[0] <= (moment := datetime.fromisoformat(end)) - now <= SOON[1]:
                says = f"It expires at {Times(now, self.core.timezone).full(moment)}."
                yield note("token", says, f"Make a new one at {site}/settings/personal-access-tokens before that.")
        with suppress(ValueError, TypeError):
            off = now - parsedate_to_datetime(answered.get("date", ""))
            if abs(off) <= SKEW:
                yield fine("clock", "This machine and GitHub agree on the time.")
                return
            size = f"{spoken(abs(off))} {'ahead of' if off > timedelta() else 'behind'} GitHub's"
            how = "Switch on the time synchronisation of this machine, for example: timedatectl set-ntp true"
            yield missing("clock", f"The clock of this machine is {size}: the times on record would be wrong.", how)


@dataclass(repr=False)
class StoryExaminer:
    """The repository whose issues are the stories (`core.ports.Examiner`); names as of `GitHubExaminer`."""

    token: str
    repository: str
    url: str
    timeouts: tuple[float, float] = (3.0, 5.0)
    part = "Stories"

    def examine(self) -> Iterator[Examined]:
        """See `Examiner.examine`."""
        if not self.token or not self.repository:
            unset = "GITHUB_REPOSITORY" if self.token else "GITHUB_TOKEN"
            says = f"No story is opened from here without {unset}; the workflow on GitHub opens it after the merge."
            yield note("set-up", says, f"Set {unset}: docs/how-to/track-the-response.md.")
            return
        try:
            api = Api(self.token, self.repository, url=self.url, timeouts=self.timeouts)
            site = site_of(self.url)
        except OpsbookError as error:
            yield lacking("set-up")(error)
            return
        name = f"{api.owner}/{api.name}"
        yield from _tried("answer", self._issues(api, f"{site}/{name}", site), _closed(name, site))

    def _issues(self, api: Api, page: str, site: str) -> Iterator[Examined]:
        known = api.repository()
        if known.archived or not known.issues:
            what = "is archived" if known.archived else "has issues switched off"
            how = f"Change that at {page}/settings, or name another as `incidents.tracker` in opsbook.yml."
            yield missing("issues", f"{one_line(known.name)} {what}, so no story can be opened.", how)
            return
        good = fine("issues", f"Stories are opened as issues of {one_line(known.name)}, and the token may do that.")
        denied = missing(
            "issues", f"The token may not open issues of {one_line(known.name)}.", _grant("Issues", site, page)
        )
        yield from _tried("issues", _succeeds(api.try_label, good), {422: good, 403: denied, 404: denied})


def _tried(what: str, found: Iterable[Examined], meanings: Meanings) -> Iterator[Examined]:
    """What is found while GitHub does what it is asked; else what its refusal means."""

    def say(error: ForgeFault) -> Examined:
        # Whoever has to wait is not told that they lack a permission.
        status = error.status if isinstance(error, GitHubRefused) and not isinstance(error, Limited) else 0
        return meanings.get(status) or unknown(what, error.message, _AGAIN)

    return judged(found, ForgeFault, say)


def _closed(name: str, site: str) -> Meanings:
    """Why GitHub does not even show the repository."""
    tokens = f"{site}/settings/personal-access-tokens"
    rows = (
        (401, "token", "GitHub does not accept GITHUB_TOKEN: it is mistyped, has expired, or was revoked.",
         f"Make a new one at {tokens} for {name}, and set GITHUB_TOKEN to it."),
        (301, "repository", f"{name} has another name now.",
         f"Open {site}/{name}: it leads there. Set GITHUB_REPOSITORY to the name that you see."),
        (403, "token", f"The organisation does not let the token see {name}: mostly it asks for single sign-on.",
         f"Choose “Configure SSO” beside the token at {site}/settings/tokens, or ask an owner to approve it."),
        (404, "repository", f"GitHub shows no repository {name} to this token.",
         f"Check GITHUB_REPOSITORY, and choose it under “Repository access” at {tokens}; an owner may have to agree."),
    )  # fmt: skip
    return {status: missing(what, says, remedy) for status, what, says, remedy in rows}


def _grant(permission: str, site: str, page: str) -> str:
    """How a token gets a permission."""
    allow = f" A workflow is allowed it at {page}/settings/actions too: “… create and approve pull requests”."
    return (
        f"Give it “{permission}: Read and write” where it was made: at {site}/settings/personal-access-tokens, on the "
        "page of the App, or under `permissions` in the workflow. If it has that, whoever made it needs the role Write "
        f"in {page}/settings/access.{allow if permission == 'Pull requests' else ''}"
    )


def _succeeds(attempt: Callable[[], object], good: Examined) -> Iterator[Examined]:
    attempt()
    yield good


def _main(api: Api, main: str, default: str) -> Iterator[Examined]:
    if not api.has_branch(main):
        says = f"There is no branch {main} on GitHub; its default branch is {default}."
        yield missing("main branch", says, f"Set `forge.main` in opsbook.yml to {default}, or push {main}.")
    elif default != main:
        says = f"opsbook.yml says {main}, and the default branch on GitHub is {default}: workflows run from that one."
        how = "Make them the same: `forge.main` in opsbook.yml, or Settings → General → Default branch on GitHub."
        yield note("main branch", says, how)
    else:
        yield fine("main branch", f"{main} is there, and is the default branch.")


def _rules(api: Api, page: str) -> Iterator[Examined]:
    """Rulesets that would refuse what we write. Rules of the older kind can be seen by administrators only."""
    stopped = False
    for branch, shown in (("opsbook/never-made", "opsbook/**"), ("opsbook-receipts", "opsbook-receipts")):
        for rule in dict.fromkeys(api.rules(branch)):
            if rule.type not in _STOPS or (may := api.bypasses(rule.ruleset)):
                continue
            stopped = True
            says = f"A rule holds for {shown}: {rule.type.replace('_', ' ')}."
            how = f"At {page}/settings/rules exclude {shown} from its targets, or let the token's owner bypass it."
            if may is None:
                yield note("rules", f"{says} GitHub does not say whether it holds for the token.", how)
            else:
                yield missing("rules", says, how)
    if not stopped:
        yield fine("rules", "No ruleset stands in the way of the branches opsbook/** and opsbook-receipts.")
