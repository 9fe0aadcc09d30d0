"""Printers of findings: for people, for GitHub's annotations, for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from opsbook.core.finding import Finding
from opsbook.report.screen import Screen


def write(form: str, findings: Sequence[Finding], checked: int, screen: Screen) -> None:
    """Print the findings of a check of `checked` records in one of `FORMATS`."""
    FORMATS[form](findings, checked, screen)


def _text(findings: Sequence[Finding], checked: int, screen: Screen) -> None:
    for finding in findings:
        color = "red" if finding.severity == "error" else "yellow"
        place = f"{finding.path}:{finding.line}:{finding.column}:"
        screen.line(f"{place} {finding.severity}: {finding.message} [{finding.code}]", color)
        screen.block(f"→ {finding.remedy}")
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    records = f"{checked:,} record{'' if checked == 1 else 's'} checked"
    if not findings:
        screen.good(f"{records}: nothing found")
        return
    screen.line(f"{records}: {_count(errors, 'error')}, {_count(warnings, 'warning')}", "bold")
    screen.line(f"More about one: opsbook explain {findings[0].code}", "dim")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _github(findings: Sequence[Finding], checked: int, screen: Screen) -> None:
    """Workflow commands; GitHub shows them beside the lines (docs: "Workflow commands for GitHub Actions")."""
    for finding in findings:
        properties = {
            "file": finding.path,
            "line": str(finding.line),
            "col": str(finding.column),
            "title": finding.code,
        }
        listed = ",".join(f"{name}={_escaped(value, property_=True)}" for name, value in properties.items())
        message = _escaped(f"{finding.message}\n{finding.remedy}")
        screen.command(f"::{finding.severity} {listed}::{message}")
    _summary(findings, checked, screen)


def _summary(findings: Sequence[Finding], checked: int, screen: Screen) -> None:
    errors = sum(finding.severity == "error" for finding in findings)
    screen.line(f"{checked:,} records checked: {errors} errors, {len(findings) - errors} warnings")


def _escaped(text: str, *, property_: bool = False) -> str:
    """Escapes as the runner unescapes: % CR LF, and : , in properties (actions/toolkit, command.ts)."""
    pairs = [("%", "%25"), ("\r", "%0D"), ("\n", "%0A")]
    if property_:
        pairs += [(":", "%3A"), (",", "%2C")]
    for plain, escape in pairs:
        text = text.replace(plain, escape)
    return text


def _json(findings: Sequence[Finding], checked: int, screen: Screen) -> None:
    value = {"checked": checked, "findings": [finding.as_json() for finding in findings]}
    screen.json(value)


FORMATS: Mapping[str, Callable[[Sequence[Finding], int, Screen], None]] = {
    "text": _text,
    "github": _github,
    "json": _json,
}
"""The names of the formats of `opsbook check --format`."""
