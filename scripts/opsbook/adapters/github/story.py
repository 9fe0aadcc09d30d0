"""The issues of a repository as a tracker: a sink that keeps one story for each record.

The first announcement about a record opens its story, and each later one is a comment. The story shows at its top what
the record is now, and is closed when the record is over. Whatever people write below that stays. An older state never
replaces a newer one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from opsbook.adapters.github.api import Api, Issue
from opsbook.adapters.github.session import GitHubRefused, Limited
from opsbook.adapters.github.words import BODY_LIMIT
from opsbook.core.announcement import Announcement, Medium
from opsbook.core.errors import ForgeFault, ForgeUnknown
from opsbook.core.inert import github, github_line
from opsbook.core.ports import Delivery
from opsbook.core.text import one_line, shorten, visible

LABEL: Final = "incident"

_MARKER_OF: Final = "<!-- opsbook-said {}/"
_MARKER: Final = re.compile(r"<!-- opsbook-said (\S+) -->")
_STATE: Final = re.compile(r"<!-- opsbook-state (\d+) -->\n.*?<!-- opsbook-state-ends -->", re.DOTALL)
_TITLE_LIMIT, _LINE_LIMIT, _TEXT_LIMIT = 250, 400, 3_000


class StorySink:
    """Keeps stories on GitHub.

    Args:
        api: the repository whose issues are the stories. The token needs to read and write issues.
        earlier: the references of what was said about a record before, by key; saves reading the list of issues.
    """

    name = "github"
    unheard = ""
    medium: Medium = "story"
    looks_back = True

    def __init__(self, api: Api, *, earlier: Callable[[str], Mapping[str, str]] | None = None) -> None:
        self._api = api
        self._place = f"{api.owner}/{api.name}"
        self._earlier = earlier
        self._known: dict[str, int] = {}

    def send(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.send`."""
        try:
            story = next(self._stories(announcement), None)
            if story is None:
                return self._open(announcement, key)
            number = self._api.create_comment(story.number, comment(announcement, key))
        except ForgeUnknown as error:
            found = self.find(announcement, key)
            if found.outcome == "done":
                return found
            return Delivery("unknown", error=f"Nobody knows whether the story has it. {error.message}")
        except ForgeFault as error:
            return Delivery("not done", error=error.message)
        return self._in_step(announcement, story, f"{self._at(story)}/{number}")

    def find(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.find`. The top of the story is brought in step: an edit that is repeated changes nothing."""
        try:
            for story in self._stories(announcement, every=True):
                if _marked(story.body, key):
                    return self._in_step(announcement, story, self._at(story))
                for said in self._api.comments(story.number):
                    if said.inside and _marked(said.body, key):
                        return self._in_step(announcement, story, f"{self._at(story)}/{said.id}")
        except ForgeFault as error:
            return Delivery("unknown", error=error.message)
        return Delivery("not done")

    def _open(self, announcement: Announcement, key: str) -> Delivery:
        story, labels = self._api.create_issue(title(announcement), body(announcement, key), [LABEL])
        self._known[announcement.record] = story.number
        made = self._in_step(announcement, story, self._at(story))
        if LABEL not in labels and not made.error:
            why = f"The token may not put the label “{LABEL}” on issues of {self._place}: put it on {self._at(story)}."
            return made._replace(error=why)
        return made

    def _in_step(self, announcement: Announcement, story: Issue, reference: str) -> Delivery:
        """Done, once the story shows the state as well, or never will."""
        self._known[announcement.record] = story.number
        now = _now(announcement, story)
        if now == story:
            return Delivery("done", reference)
        why = f"{self._at(story)} has it, but shows an older state at the top"
        try:
            try:
                self._api.edit_issue(now)
            except ForgeUnknown:  # once more: what is repeated changes nothing
                self._api.edit_issue(now)
        except GitHubRefused as error:
            if not isinstance(error, Limited):
                return Delivery("done", reference, f"{why}. {error.message}")
            return Delivery("unknown", error=f"{why}. {error.message}")
        except ForgeFault as error:
            return Delivery("unknown", error=f"{why}. {error.message}")
        return Delivery("done", reference)

    def _stories(self, announcement: Announcement, *, every: bool = False) -> Iterator[Issue]:
        """The stories of the record, the oldest first: the one that is known, else, or besides, those in the list."""
        record, seen = announcement.record, set[int]()
        for number in self._remembered(announcement):
            if (story := self._api.issue(number)) is not None:  # else somebody deleted it
                seen.add(number)
                yield story
        if seen and not every:
            return
        begin = _MARKER_OF.format(record)
        for story in self._api.issues(LABEL, _begin(record)):
            # Anybody can write a marker; only those count who were let in.
            if story.number not in seen and story.inside and story.body.startswith(begin):
                yield story

    def _remembered(self, announcement: Announcement) -> list[int]:
        known = self._known.get(announcement.record)
        if known is not None or self._earlier is None:
            return [known] if known is not None else []
        kin, lead = announcement.kin(self.name), f"{self._place}#"
        said = [text for key, text in self._earlier(announcement.record).items() if kin.fullmatch(key)]
        places = (re.fullmatch(rf"{re.escape(lead)}(\d{{1,18}})(?:/\d+)?", text) for text in said)
        return sorted({int(found[1]) for found in places if found})

    def _at(self, story: Issue) -> str:
        return f"{self._place}#{story.number}"


def title(announcement: Announcement) -> str:
    """One line: the id, by which the story is searched for, and what the record is now."""
    what = announcement.standing.title if announcement.standing is not None else announcement.headline
    return shorten(github_line(f"{announcement.record} {'DRILL ' if announcement.drill else ''}{what}"), _TITLE_LIMIT)


def body(announcement: Announcement, key: str) -> str:
    """What opens the story: what happened, and what the record is now."""
    return f"{comment(announcement, key)}\n\n{_state(announcement)}\n"


def comment(announcement: Announcement, key: str) -> str:
    """One thing that happened, below the marker by which it is found again."""
    lead = "**DRILL** " if announcement.drill else ""
    lead += "**Not yet on record.** " if announcement.unrecorded else ""
    # A break at the beginning would make HTML of all that follows.
    text = github(shorten(visible(announcement.headline).strip(), _TEXT_LIMIT))
    return f"<!-- opsbook-said {key} -->\n{lead}{text}"


def _state(announcement: Announcement) -> str:
    """What the record is now, between two markers, so that it can be replaced and people's words around it stay."""
    standing = announcement.standing
    steps = standing.steps if standing is not None else announcement.steps
    lines = [f"- **{_line(label)}:** {_line(value)}" for label, value in announcement.facts]
    lines += ["", *(f"{number}. {_line(step)}" for number, step in enumerate(steps, 1))] if steps else []
    lines += ["", *(f"- {_link(label, url)}" for label, url in announcement.links)] if announcement.links else []
    lines += ["", _line(announcement.footer)] if announcement.footer else []
    kept, size = [], 0
    for line in lines:
        size += len(line) + 1
        if size > BODY_LIMIT - 12 * _TEXT_LIMIT:
            kept += ["", "… The rest is in the record."]
            break
        kept.append(line)
    revision = standing.revision if standing is not None else 0
    return "\n".join([f"<!-- opsbook-state {revision} -->", *kept, "<!-- opsbook-state-ends -->"])


def _now(announcement: Announcement, story: Issue) -> Issue:
    """The story as it should be: as it is, where it shows this state or a later one, or what is left alone."""
    standing, text = announcement.standing, story.body.replace("\r\n", "\n")
    shown = _STATE.search(text)
    if standing is None or (shown is not None and int(shown[1]) > standing.revision):
        return story
    named = story.title.startswith(announcement.record)  # else somebody gave it a title of their own
    after = _STATE.sub(lambda _: _state(announcement), text, count=1)
    return replace(
        story,
        title=title(announcement) if named else story.title,
        body=story.body if after == text else after,
        is_open=standing.tone != "over",
    )


def _marked(text: str, key: str) -> bool:
    found = _MARKER.match(text)
    return found is not None and found[1] == key


def _line(text: str) -> str:
    return github(shorten(one_line(text), _LINE_LIMIT))


def _link(label: str, url: str) -> str:
    """A link that leads to the web; anything else is words."""
    if not url.startswith(("https://", "http://")) or len(url) > 1_000:
        return f"{_line(label)}: {_line(url)}"
    address = quote(one_line(url), safe=":/?#[]@!$&'()*+,;=%~-._").replace("&", "&amp;")
    return f"[{_line(label) or 'Link'}](<{address}>)"


def _begin(record: str) -> datetime:
    """The day before the record began, by the date in its id; without a date, everything."""
    found = re.search(r"-(\d{8})-", record)
    try:
        day = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC) if found else None
    except ValueError:
        day = None
    return day - timedelta(days=1) if day is not None else datetime(2000, 1, 1, tzinfo=UTC)
