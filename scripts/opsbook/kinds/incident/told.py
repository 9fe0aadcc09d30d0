"""An entry of the timeline in words, for a terminal and for a page."""

from __future__ import annotations

from collections.abc import Callable

from opsbook.kinds.incident.config import Words
from opsbook.kinds.incident.model import (
    Acknowledged,
    Agreement,
    AlertChange,
    AnyEntry,
    Call,
    Declared,
    Escalation,
    Handover,
    Note,
    Present,
    RoleChange,
    SeverityChange,
    StatusChange,
    StepDone,
    Update,
)


def words_of(entry: AnyEntry, name: Callable[[str], str], words: Words) -> str:
    """What the entry says where its kind stands beside it.

    Args:
        name: what a person, a role or whoever else was called is called; words: what roles and users are called.
    """
    match entry:
        case Declared() | Note() | Update() | AlertChange():
            return entry.text
        case StatusChange():
            return entry.status.capitalize() + (f". {entry.text}" if entry.text else "")
        case SeverityChange():
            return entry.severity + (f". {entry.text}" if entry.text else "")
        case RoleChange():
            return f"{name(entry.person)} is {getattr(words, entry.role)}"
        case StepDone():
            return _step(entry)
        case Agreement():
            return _agreed(entry)
        case Present():
            return f"{name(entry.person)} {entry.kind}" + (f": {entry.role}" if entry.role else "")
        case Handover():
            return entry.text
        case Escalation():
            return _escalated(entry, name)
        case Call():
            return f"Call to {name(entry.who)}" + (f": {entry.text}" if entry.text else "")
        case Acknowledged():
            return f"{name(entry.who)} answered"


def _step(entry: StepDone) -> str:
    seen = f" ({entry.evidence.url})" if entry.evidence is not None else ""
    wrong = f". Wrong in the runbook: {entry.wrong}" if entry.wrong else ""
    return f"Step {entry.step} {entry.outcome}" + (f": {entry.text}" if entry.text else "") + seen + wrong


def said(entry: AnyEntry, words: Words) -> str:
    """What the entry says, in plain text: people's words as they typed them, and people as `words` calls them."""
    match entry:
        case Declared():
            return f"Declared: {entry.text}"
        case Note(kind="note"):
            return entry.text
        case Note():
            return f"{entry.kind.capitalize()}: {entry.text}"
        case AlertChange():
            return entry.text
        case Update():
            return f"{words.label('users')} were told: {entry.text}"
        case StatusChange():
            return f"Status: {entry.status}" + (f". {entry.text}" if entry.text else "")
        case SeverityChange():
            return f"Severity: {entry.severity}" + (f". {entry.text}" if entry.text else "")
        case RoleChange():
            return f"{entry.person} is {getattr(words, entry.role)}"
        case StepDone():
            return _step(entry)
        case Agreement():
            return _agreed(entry)
        case Present():
            return f"{entry.person} {entry.kind}" + (f": {entry.role}" if entry.role else "")
        case Handover():
            return f"Handed over to {entry.person} ({getattr(words, entry.role)}): {entry.text}"
        case Escalation():
            return f"Escalation: {_escalated(entry, str)}"
        case Call():
            return f"Call to {entry.who}" + (f": {entry.text}" if entry.text else "")
        case Acknowledged():
            return f"{entry.who} answered the call"


def _agreed(entry: Agreement) -> str:
    """What somebody agreed to, and whether anybody else vouches for who it was."""
    claimed = "" if entry.attested else " (claimed)"
    return f"Agrees: {entry.action.partition('.')[2]}{claimed}" + (f". {entry.text}" if entry.text else "")


def _escalated(entry: Escalation, name: Callable[[str], str]) -> str:
    """Who was contacted beyond the team, and what came of it."""
    executives = f"; executive group {entry.executives}" if entry.executives is not None else ""
    return f"{name(entry.role)}: {entry.outcome}{executives}" + (f". {entry.text}" if entry.text else "")
