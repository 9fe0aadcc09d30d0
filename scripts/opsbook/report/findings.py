"""Printers of findings: for people, for GitHub's annotations, for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from opsbook.core.code import Code
from opsbook.core.finding import Finding
from opsbook.report import sarif
from opsbook.report.screen import Screen


@dataclass(frozen=True)
class Result:
    """What a check says.

    Attributes:
        examined: the findings in order, with those that a comment allows.
        checked: how many records were checked.
        codes: every code that a finding can have, by name.
        site: the address of the book's site, if it has one.
        debts: whether what a baseline knows is listed for people, with who owes it.
    """

    examined: Sequence[Finding]
    checked: int
    codes: Mapping[str, type[Code]]
    site: str | None = None
    debts: bool = False

    @property
    def findings(self) -> list[Finding]:
        """The findings that count."""
        return [finding for finding in self.examined if not (finding.allowed or finding.known)]

    @property
    def errors(self) -> int:
        """How many of them are errors."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def allowed(self) -> str:
        """How many are allowed, as the end of a sentence; nothing when there are none."""
        count = sum(bool(finding.allowed) for finding in self.examined)
        return f", {count:,} allowed by a comment" if count else ""

    @property
    def known(self) -> list[Finding]:
        """The findings that a baseline has."""
        return [finding for finding in self.examined if finding.known]


def write(form: str, result: Result, screen: Screen) -> None:
    """Print what a check says in one of `FORMATS`."""
    FORMATS[form](result, screen)


def _text(result: Result, screen: Screen) -> None:
    findings = result.findings
    for finding, following in zip_longest(findings, findings[1:]):
        color = "red" if finding.severity == "error" else "yellow"
        place = f"{finding.path}:{finding.line}:{finding.column}:"
        screen.line(f"{place} {finding.severity}: {finding.message} [{finding.code}]", color)
        if following is None or (following.path, following.remedy) != (finding.path, finding.remedy):
            screen.block(f"→ {finding.remedy}")
    warnings = len(findings) - result.errors
    records = f"{counted(result.checked, 'record')} checked"
    known = result.known
    for finding in known if result.debts else ():
        screen.line(f"{finding.path}:{finding.line}:{finding.column}: {finding.message} [{finding.code}]")
        screen.block(f"→ owed by {finding.known}")
    if known:
        pages = counted(len({finding.path for finding in known}), "page")
        words = f"{counted(len(known), 'old finding')} in {pages} {'is' if len(known) == 1 else 'are'} known"
        screen.line(words if result.debts else f"{words}: opsbook check --baseline", "dim")
    if not findings:
        screen.good(f"{records}: nothing found{result.allowed}")
        return
    screen.line(f"{records}: {counted(result.errors, 'error')}, {counted(warnings, 'warning')}{result.allowed}", "bold")
    screen.line(f"More about one: opsbook explain {findings[0].code}", "dim")


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _github(result: Result, screen: Screen) -> None:
    """Workflow commands; GitHub shows them beside the lines (docs: "Workflow commands for GitHub Actions")."""
    for finding in result.findings:
        properties = {
            "file": finding.path,
            "line": str(finding.line),
            "col": str(finding.column),
            "title": finding.code,
        }
        listed = ",".join(f"{name}={_escaped(value, property_=True)}" for name, value in properties.items())
        message = _escaped(f"{finding.message}\n{finding.remedy}")
        screen.command(f"::{finding.severity} {listed}::{message}")
    warnings = len(result.findings) - result.errors
    screen.line(f"{result.checked:,} records checked: {result.errors} errors, {warnings} warnings{result.allowed}")


def _escaped(text: str, *, property_: bool = False) -> str:
    """Escapes as the runner unescapes: % CR LF, and : , in properties (actions/toolkit, command.ts)."""
    pairs = [("%", "%25"), ("\r", "%0D"), ("\n", "%0A")]
    if property_:
        pairs += [(":", "%3A"), (",", "%2C")]
    for plain, escape in pairs:
        text = text.replace(plain, escape)
    return text


def _json(result: Result, screen: Screen) -> None:
    """The object of the contract: only findings that count."""
    screen.json({"checked": result.checked, "findings": [finding.as_json() for finding in result.findings]})


def _sarif(result: Result, screen: Screen) -> None:
    screen.json(sarif.log(result.examined, result.codes, result.site))


FORMATS: Mapping[str, Callable[[Result, Screen], None]] = {
    "text": _text,
    "github": _github,
    "json": _json,
    "sarif": _sarif,
}
"""The names of the formats of `opsbook check --format`."""
