"""The rules of incidents. Defects are errors, breaches (facts that happened) are warnings."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

from opsbook.core import checklist
from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.code import Problem
from opsbook.core.record import File, Record
from opsbook.core.rule import BookRule, RecordRule
from opsbook.core.text import one_line, shorten
from opsbook.core.types import write_time
from opsbook.kinds.incident.agreements import asked, asked_since, decisions
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.model import (
    Agreement,
    Declared,
    Incident,
    Note,
    RoleChange,
    SeverityChange,
    StatusChange,
    StepDone,
    Times,
)
from opsbook.kinds.incident.report import GUIDANCE, SECTIONS
from opsbook.kinds.incident.view import CHECKLIST, FACTS, REPORT, IncidentView, name_of, view_of
from opsbook.kinds.incident.vocabulary import SECURITY_TITLE, STATUSES
from opsbook.kinds.incident.words import CLOCK_SKEW

_STUB = frozenset({"id", "title", "classification", "status", "times", "operation", "drill"})
_STUB_TIMES = frozenset({"declared_at", "closed_at", "resolved_at", "reviewed_at"})
_AFTER_STAMP = re.compile(r"-[0-9a-hjkmnp-tv-z]{5}\.yaml")
"""What follows the time in the name of an entry of the timeline."""
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def _last(said: Iterable[tuple[datetime, str]]) -> list[str]:
    """What was said at the latest moment: several things, if they were said in the same second."""
    known = list(said)
    latest = max((at for at, _ in known), default=None)
    return [word for at, word in known if at == latest]


def _facts(record: Record) -> Iterator[tuple[IncidentView, File, Incident]]:
    """The view, the file and the facts of an incident whose details belong here."""
    view = view_of(record)
    if view.file is not None and view.facts is not None and view.facts.classification != "security":
        yield view, view.file, view.facts


def _section(outline: Sequence[tuple[int, str, int]], title: str, end: int) -> list[int] | None:
    """The indexes of the lines of a section of a report: its heading, then all below it but deeper headings."""
    titles = [text.strip().lower() for _, text, _ in outline]
    if title.lower() not in titles:
        return None
    first = titles.index(title.lower())
    level, _, line = outline[first]
    start = line - 1
    following = next((line - 1 for depth, _, line in outline[first + 1 :] if depth <= level), end)
    inner = {line - 1 for _, _, line in outline[first + 1 :]}
    return [start, *(index for index in range(start + 1, following) if index not in inner)]


class INC001(RecordRule):
    """Times that are out of order.

    Correct the time that is wrong. An incident begins when users are affected or when it is declared, whichever comes
    first; then it is mitigated, resolved, reviewed and closed. Its cause may be known at any time in between, also
    after the mitigation: first users are well again, then somebody finds out why.
    """

    _AFTER: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "mitigated_at": ("started_at",),
        "resolved_at": ("started_at", "declared_at", "mitigated_at"),
        "reviewed_at": ("started_at", "declared_at", "mitigated_at", "resolved_at"),
        "closed_at": ("started_at", "declared_at", "identified_at", "mitigated_at", "resolved_at", "reviewed_at"),
    }

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Each time against the latest of those that come before it; a wrong one is reported once."""
        for _, file, facts in _facts(record):
            times = {name: moment for name in Times.model_fields if (moment := getattr(facts.times, name)) is not None}
            began = min(("declared_at", "started_at"), key=lambda name: times.get(name, facts.times.declared_at))
            for name in list(times)[list(times).index("declared_at") + 1 :]:
                before = [(times[other], other) for other in (began, *self._AFTER.get(name, ())) if other in times]
                moment, other = max(before)
                if times[name] < moment:
                    del times[name]
                    yield Problem(f"{name} is before {other} ({write_time(moment)})", file, ("times", name))


class INC002(RecordRule):
    """A time in the future.

    Correct it. Files hold UTC: a local time written as UTC is the usual reason.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Every time of the facts and of the timeline, with five minutes for clocks that differ."""
        view = view_of(record)
        if view.file is not None and view.facts is not None:
            for name in Times.model_fields:
                moment = getattr(view.facts.times, name)
                if moment is not None and moment > now + CLOCK_SKEW:
                    yield Problem(f"{name} is in the future; it is {write_time(now)} now", view.file, ("times", name))
        for file, entry in view.timeline.entries:
            if entry.at > now + CLOCK_SKEW:
                yield Problem(f"this entry is in the future; it is {write_time(now)} now", file, ("at",))


class INC003(RecordRule):
    """The status and its times disagree.

    Change the status with `opsbook incident update ID --status STATUS`, which sets its time, or correct the time.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """A status has its time, and a time has its status."""
        for _, file, facts in _facts(record):
            reached = STATUSES.index(facts.status)
            for name, status in (("resolved_at", "resolved"), ("closed_at", "closed")):
                moment = getattr(facts.times, name)
                if reached >= STATUSES.index(status) and moment is None:
                    yield Problem(f"the incident is {facts.status}, and {name} is missing", file, ("times",), key=True)
                if reached < STATUSES.index(status) and moment is not None:
                    yield Problem(f"{name} is set, and the incident is {facts.status}", file, ("times", name))


class INC004(RecordRule):
    """The lead or the comms person was named late.

    Nothing to repair: it is what happened, and the review can ask why. Name somebody now if nobody is named:
    `opsbook incident update ID --lead WHO --comms WHO`. The incident process asks for both as soon as an
    incident begins.
    """

    severity = "warning"

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """When each role was first held, against the limit of the severity that was in force."""
        for view, file, facts in _facts(record):
            for role in ("lead", "comms"):
                by, named = view.due_by(role, book.config.section(IncidentsConfig)), view.named_at(role)
                if facts.drill or by is None or (named is None and getattr(facts.roles, role) is not None):
                    continue
                if (named or facts.times.resolved_at or now) > by:
                    what = f"was named at {write_time(named)}" if named else "is not named"
                    message = f"the {role} {what}; the severity asked for it by {write_time(by)}"
                    yield Problem(message, file, ("roles", role))


class INC005(RecordRule):
    """Users are affected, and no component is named.

    Name the components of the status page under `impact.components`: without them subscribers are not notified
    (the incident process).
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """A user-facing impact against its components."""
        for _, file, facts in _facts(record):
            if facts.impact is not None and facts.impact.user_facing and not facts.impact.components:
                yield Problem("the impact is user-facing, and names no component", file, ("impact",), key=True)


class INC006(RecordRule):
    """A security incident that holds more than its stub.

    Take the details out at once, and tell the people whom the security page names: they are in the history now. A
    record without `classification` counts as security; write `classification: operational` if it is none.
    """

    always = True

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Only id, neutral title, status and times, in a folder without a slug and without other files."""
        view = view_of(record)
        document = view.file.document if view.file is not None else None
        value = document.value if document is not None else None
        if view.file is None or not isinstance(value, dict):
            return
        if value.get("classification") in ("operational", "restricted"):
            return
        for key in value:
            if key not in _STUB:
                yield Problem(
                    f"{key} does not belong into the stub of a security incident", view.file, (key,), key=True
                )
        times = value.get("times")
        for key in times if isinstance(times, dict) else ():
            if key not in _STUB_TIMES:
                yield Problem(f"times.{key} does not belong into the stub", view.file, ("times", key), key=True)
        if value.get("title") != SECURITY_TITLE:
            yield Problem(f"the title of a security incident is “{SECURITY_TITLE}”", view.file, ("title",))
        if not record.path.endswith(f"/{record.id}"):
            yield Problem("the folder of a security incident has no words in its name", view.file, ("id",))
        for name in sorted(record.files):
            if name != FACTS:
                yield Problem("nothing but the stub belongs here", path=f"{record.path}/{name}")


class INC007(RecordRule):
    """The timeline is not complete.

    Use `opsbook incident update`, which writes both; or add the entry that is missing. Whatever the facts say must be
    found in the timeline, because the report is made from it (the incident process: all decisions and comms are
    entered).
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """One declaration, first; and the last entry of each sort agrees with the facts."""
        for view, file, facts in _facts(record):
            declared = list(view.timeline.of(Declared))
            if not declared:
                yield Problem("the timeline has no entry of kind declared", file, ("times", "declared_at"))
            for extra, _ in declared[1:]:
                yield Problem("an incident is declared once", extra, ("kind",))
            if declared and declared[0][1].at != facts.times.declared_at:
                said = write_time(facts.times.declared_at)
                yield Problem(f"incident.yaml says that it was declared at {said}", declared[0][0], ("at",))
            status = _last((entry.at, entry.status) for _, entry in view.timeline.of(StatusChange)) or ["investigating"]
            if facts.status not in status:
                yield Problem(f"the status is {facts.status}; the timeline last says {status[-1]}", file, ("status",))
            severity = _last((entry.at, entry.severity) for _, entry in view.timeline.of(SeverityChange))
            if not severity and declared and declared[0][1].severity is not None:
                severity = [declared[0][1].severity]
            if severity and facts.severity not in severity:
                message = f"the severity is {facts.severity}; the timeline last says {severity[-1]}"
                yield Problem(message, file, ("severity",))
            for role in ("lead", "comms"):
                entries = (entry for _, entry in view.timeline.of(RoleChange))
                people = _last((entry.at, entry.person) for entry in entries if entry.role == role)
                held = getattr(facts.roles, role)
                if people and held not in people:
                    message = f"{role} is {held or 'nobody'}; the timeline last says {people[-1]}"
                    yield Problem(message, file, ("roles", role))
                elif held is not None and not people:
                    yield Problem(f"the timeline does not say when {held} became {role}", file, ("roles", role))


class INC008(RecordRule):
    """An update was late.

    Nothing to repair: it is what happened. Tell the users now if the incident is open:
    `opsbook incident update ID --tell TEXT`. The process asks for an update every hour.
    """

    severity = "warning"

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """The time between updates while it was open, against the cadence of the severity that was in force."""
        for view, file, facts in _facts(record):
            if facts.drill:
                continue
            for start, stop, late in view.gaps(book.config.section(IncidentsConfig), now):
                minutes = int(late.total_seconds() // 60)
                message = f"no update from {write_time(start)} to {write_time(stop)}: {minutes} minutes late"
                yield Problem(message, file, ("severity",))


class INC009(RecordRule):
    """A service that is not in the catalogue.

    Correct the name, or add the service: `opsbook new service`.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Each affected service against `services/`."""
        for _, file, facts in _facts(record):
            for index, name in enumerate(facts.services):
                if book.find("service", name) is None:
                    yield Problem(f"there is no services/{name}.yaml", file, ("services", index))


class INC010(RecordRule):
    """The review is overdue.

    Hold it, and write its time into `times.reviewed_at`. It is a no-blame meeting within a few days.
    """

    severity = "warning"

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """The time from the resolution to the review, against `incidents.review.within`."""
        for _, file, facts in _facts(record):
            if facts.times.resolved_at is None or facts.drill or facts.ended_as is not None:
                continue
            by = facts.times.resolved_at + book.config.section(IncidentsConfig).review.within
            if (facts.times.reviewed_at or now) > by:
                what = "was held late" if facts.times.reviewed_at else "has not been held"
                yield Problem(f"the review {what}; it was due by {write_time(by)}", file, ("times", "reviewed_at"))


class INC011(RecordRule):
    """A follow-up is overdue.

    Do it and set `done_at`, or agree another day with its owner.
    """

    severity = "warning"

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Each follow-up that is not done against its due day (UTC)."""
        for _, file, facts in _facts(record):
            for index, follow_up in enumerate(facts.follow_ups):
                if follow_up.done_at is None and follow_up.due < now.astimezone(UTC).date():
                    yield Problem(f"this was due on {follow_up.due.isoformat()}", file, ("follow_ups", index))


class INC012(RecordRule):
    """The report of a closed incident is not finished.

    Write the section that is named and delete its guidance, or move the status back to resolved.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Every section is there with something in it, and no guidance is left."""
        for _, file, facts in _facts(record):
            if facts.status != "closed" or facts.ended_as is not None:
                continue
            report = record.files.get(REPORT)
            if report is None or report.markdown is None:
                yield Problem("the incident is closed and has no report.md", file, ("status",))
                continue
            lines = report.text.split("\n")
            written = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), report.text).split("\n")
            for section in SECTIONS:
                found = _section(report.markdown.outline, section, len(lines))
                if found is None:
                    yield Problem(f"the report has no section “{section}”", path=report.path)
                elif not any(written[index].strip() or GUIDANCE in lines[index] for index in found[1:]):
                    yield Problem(f"nothing is written under “{section}”", path=report.path, line=found[0] + 1)
            for index, line in enumerate(lines, 1):
                if GUIDANCE in line:
                    yield Problem("guidance is still in the report", path=report.path, line=index)


class INC013(RecordRule):
    """An incident without a severity or a declarer.

    Add it: the severity decides how often people are told and which checklist is followed.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Facts that only the stub of a security incident leaves out."""
        for _, file, facts in _facts(record):
            for name in ("severity", "declared_by"):
                if getattr(facts, name) is None:
                    yield Problem(f"{name} is missing", file, (), key=True)


class INC014(RecordRule):
    """Somebody else than the lead changed production.

    Nothing to repair: it is what happened, and the review can ask why. Many people investigate at the same time, but
    only the incident lead makes changes to production (the incident process).
    """

    severity = "warning"

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Each entry of kind change against who was the lead at that moment."""
        for view, _, facts in _facts(record):
            for file, entry in view.timeline.of(Note):
                if facts.drill or entry.kind != "change" or entry.corrects is not None:
                    continue
                if not view.led(entry):
                    lead = (view.leads_at(entry.at) or ["nobody"])[-1]
                    yield Problem(f"{entry.by} changed production while the lead was {lead}", file, ("by",))


class INC015(RecordRule):
    """A checklist that is not in order.

    Number the steps from 1 without gaps, and give each an action and an owner that `opsbook.yml` knows.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """The frozen copy in `checklist.yaml`."""
        view = view_of(record)
        file = record.files.get(CHECKLIST)
        for number, frozen in enumerate(view.checklist.checklists if view.checklist is not None else ()):
            rows = [(str(step.step), step.action, step.owner, step.when) for step in frozen.steps]
            for index, column, message in checklist.faults(rows, (), ()):
                yield Problem(message, file, ("checklists", number, "steps", index, column))


class INC016(RecordRule):
    """A step that the checklist does not have.

    Correct the runbook or the number in the entry; `opsbook checklist show ID` lists the steps.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Each entry of kind step against `checklist.yaml`."""
        view = view_of(record)
        lists = view.checklist.checklists if view.checklist is not None else ()
        known = {(frozen.runbook, step.step) for frozen in lists for step in frozen.steps}
        for file, entry in view.timeline.of(StepDone):
            if (entry.runbook, entry.step) not in known:
                yield Problem(f"there is no step {entry.step} of {entry.runbook} in this incident", file, ("step",))


class INC017(RecordRule):
    """An id or a name that does not agree with the file's place.

    Rename it as the message says: the folder begins with the id and lies in the year of the id, and the name of an
    entry begins with its time.
    """

    always = True

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """`id` against the folder, the year against the id, and each entry's name against its time."""
        view = view_of(record)
        named = record.shape.path.fullmatch(record.path.partition("/")[2]) is not None  # or BOK002 says so
        if named and view.file is not None and view.facts is not None and view.facts.id != record.id:
            yield Problem(f"the id is {view.facts.id}, and the folder says {record.id}", view.file, ("id",))
        if named and record.id[4:8] != record.path.split("/")[1]:
            yield Problem(f"{record.id} belongs into incidents/{record.id[4:8]}", path=f"{record.path}/{FACTS}")
        for file, entry in view.timeline.entries:
            stamp = f"{entry.at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
            name = file.path.rpartition("/")[2]
            if not name.startswith(stamp) or _AFTER_STAMP.fullmatch(name, len(stamp)) is None:
                yield Problem(f"the name of this entry should be {stamp}-<5 random characters>.yaml", file, ("at",))


class INC018(RecordRule):
    """The facts of a security incident in a book that is not restricted.

    Take the folder out at once, and tell the people whom the security page names: it is in the history now. The open
    book holds a stub of it, `classification: security`. The restricted book says `restricted: true` under `security`.
    """

    always = True

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """`classification: restricted` against the book's own word."""
        view = view_of(record)
        document = view.file.document if view.file is not None else None
        value = document.value if document is not None else None
        if view.file is None or not isinstance(value, dict) or book.config.core.security.restricted:
            return
        if value.get("classification") == "restricted":
            yield Problem("restricted facts do not belong into this book", view.file, ("classification",))


class INC019(RecordRule):
    """A correction of something that is not a note of this incident.

    Write the name of the note's file under `corrects`, without its ending: `opsbook note --correct last` does that. A
    correction is not corrected itself: correct the note again, and its last correction is what people read.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """`corrects` of each note against the names of the notes beside it."""
        notes = list(view_of(record).timeline.of(Note))
        names = {name_of(file) for file, entry in notes if entry.corrects is None}
        for file, entry in notes:
            if entry.corrects is not None and entry.corrects not in names:
                yield Problem(f"there is no note {entry.corrects}", file, ("corrects",))


class INC020(RecordRule):
    """An agreement that does not count.

    Take it out, or let somebody agree who holds one of the roles that `authority` of `opsbook.yml` names for this
    action: `opsbook agree`. What is on record as agreed must be agreed, and only the program writes `attested`.
    """

    always = True

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Each entry of kind agreement against the decisions of the timeline, and the roles of whoever agreed."""
        view = view_of(record)
        said = list(view.timeline.of(Agreement))
        if not said:
            return
        core, taken = book.config.core, decisions(view, book)
        for file, entry in said:
            needed = core.authority.get(entry.action)
            if needed is None or not asked_since(core, entry.action, entry.at):
                if needed is None and entry.action not in book.config.section(IncidentsConfig).decided():
                    yield Problem(f"nobody can agree to “{entry.action}”", file, ("action",))
                continue
            held = {role for person in core.people if person.id == entry.by for role in person.roles}
            if not held & {*needed.all, *needed.any}:
                roles = " or ".join(dict.fromkeys((*needed.all, *needed.any)))
                yield Problem(f"{entry.by} is not {roles}: this takes the agreement of others", file, ("by",))
            elif entry.about is not None and not any(
                entry.by in item.agreed for item in taken if item.name == entry.about
            ):
                yield Problem(f"nothing was decided that {entry.by} could agree to", file, ("about",))
            if entry.attested and entry.operation is None:
                yield Problem("nobody vouches for it: it was written by hand", file, ("attested",))


class INC021(RecordRule):
    """Nobody agreed in time.

    Nothing to repair: it is what happened, and the review can ask why. Whoever is asked can still agree: `opsbook
    agree`. The lead consults others to decide when an incident is resolved or can be downgraded (the incident process).
    """

    severity = "warning"

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Each decision that `authority` names against the agreements, by the end of the next working day."""
        for view, file, facts in _facts(record):
            if facts.drill:
                continue
            for decision in decisions(view, book):
                if decision.broken(now):
                    who = asked(replace(decision, missing=decision.late), book.config.core)
                    said = (
                        file
                        if not decision.name
                        else next(item for item, _ in view.timeline.entries if name_of(item) == decision.name)
                    )
                    what = f"it is {decision.what} without the agreement of {who}, due by {write_time(decision.due)}"
                    yield Problem(what, said, ("status",) if said is file else ("at",))


class INC022(RecordRule):
    """How it ended does not fit.

    `same_as` names another incident, which goes on or was dealt with there, where `ended_as` is duplicate or merged;
    a false alarm names none. `opsbook resolve --duplicate-of ID`, `--merged-into ID` and `--false-alarm` write both.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """`ended_as` and `same_as` against each other, the status and the other incident."""
        for view, file, facts in _facts(record):
            if (facts.same_as is not None) != view.elsewhere:
                place = "same_as" if facts.same_as is not None else "ended_as"
                yield Problem("same_as goes with ended_as: duplicate or merged", file, (place,))
            elif facts.same_as is not None and book.find("incident", facts.same_as) is None:
                yield Problem(f"there is no incident {facts.same_as}", file, ("same_as",))
            elif facts.same_as == facts.id:
                yield Problem("it is a duplicate of itself", file, ("same_as",))
            if facts.ended_as is not None and view.is_open:
                yield Problem(f"it ended as {facts.ended_as}, and is {facts.status}", file, ("ended_as",))


class INC023(RecordRule):
    """A step was wrong, and the runbook still says it.

    Correct the step in the runbook: the finding goes when its words change. `opsbook tick N --wrong TEXT` said it while
    the incident was open.
    """

    severity = "warning"

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """What was said to be wrong of steps, against the runbook as it is now."""
        view = view_of(record)
        lists = view.checklist.checklists if view.checklist is not None else ()
        revisions = {frozen.runbook: frozen.revision for frozen in lists}
        for file, entry in view.timeline.of(StepDone):
            if entry.wrong is None or entry.runbook not in revisions:
                continue
            there = book.resolve("runbook", entry.runbook)
            data = there.files[""].data if there is not None and "" in there.files else None
            if data is not None and hashlib.sha256(data).hexdigest() == revisions[entry.runbook]:
                words = shorten(one_line(entry.wrong), 120)
                yield Problem(f"step {entry.step} of {entry.runbook} was wrong: {words}", file, ("wrong",))


class CFG004(BookRule):
    """A severity calls for a checklist that is not there.

    Correct the name of the runbook in `opsbook.yml`, or give the runbook a table with the columns Step, Action, Owner,
    or a task list below a heading with the word checklist.
    """

    reads = frozenset({"runbook"})

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """Each runbook of each severity."""
        for index, severity in enumerate(book.config.section(IncidentsConfig).severities):
            for number, runbook in enumerate(severity.checklists):
                record = book.resolve("runbook", runbook)
                text = record.files[""].markdown if record is not None and "" in record.files else None
                line, column = book.config.document.place(("incidents", "severities", index, "checklists", number))
                if text is None:
                    message = f"{severity.id} calls for the runbook {runbook}, which does not exist"
                elif not checklist.lines_of(text):
                    message = f"{severity.id} calls for the checklist of {runbook}, which has none"
                else:
                    continue
                yield Problem(message, path=CONFIG_PATH, line=line, column=column)


class CFG005(BookRule):
    """The publication rule cannot be kept.

    Name at least as many different roles as approvals: two different people in two different roles decide (the
    incident process).
    """

    reads = frozenset()

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """`incidents.publication`: the number of approvals against the roles."""
        publication = book.config.section(IncidentsConfig).publication
        if publication.roles and len(set(publication.roles)) < publication.approvals:
            line, column = book.config.document.place(("incidents", "publication", "roles"))
            count = len(set(publication.roles))
            message = f"{publication.approvals} people decide, and only {count} role may"
            yield Problem(message, path=CONFIG_PATH, line=line, column=column)


RULES: tuple[type[RecordRule], ...] = (
    INC001,
    INC002,
    INC003,
    INC004,
    INC005,
    INC006,
    INC007,
    INC008,
    INC009,
    INC010,
    INC011,
    INC012,
    INC013,
    INC014,
    INC015,
    INC016,
    INC017,
    INC018,
    INC019,
    INC020,
    INC021,
    INC022,
    INC023,
)
BOOK_RULES: tuple[type[BookRule], ...] = (CFG004, CFG005)
