"""declare an incident: in under a minute, alone or step by step"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from opsbook.commands.printing import show, show_plan
from opsbook.commands.workspace import Workspace
from opsbook.commands.writing import carry_out, options
from opsbook.core.config import SecurityAlert
from opsbook.core.errors import Refused, UsageError
from opsbook.core.plan import Request
from opsbook.core.text import one_line
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.similar import similar
from opsbook.kinds.incident.vocabulary import SECURITY_TITLE
from opsbook.kinds.incident.words import person, sentence
from opsbook.perform import performing_secret, preview
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may be said; on a terminal the rest is asked."""
    parser.add_argument("--title", metavar="TEXT", help="what is wrong, in one line")
    parser.add_argument("--severity", metavar="S", help="for example P1; you can change it later")
    parser.add_argument("--service", metavar="NAME", action="append", dest="services", help="affected; repeat for more")
    parser.add_argument("--summary", metavar="TEXT", help="what is known, in a few sentences")
    parser.add_argument("--lead", metavar="ID", help="who leads; may be you")
    parser.add_argument("--comms", metavar="ID", help="who tells people")
    parser.add_argument("--component", metavar="ID", action="append", dest="components", help="of the status page")
    parser.add_argument("--internal", action="store_true", help="users do not notice it")
    parser.add_argument(
        "--started-at", metavar="TIME", help="when users were first affected, like 2026-11-21T10:05:00Z"
    )
    parser.add_argument(
        "--security",
        action="store_true",
        help="you suspect a breach: details go to the restricted book, and are told to nobody",
    )
    parser.add_argument("--drill", action="store_true", help="a rehearsal: told to the drill channel only")
    options(parser)


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Ask what is missing, show what looks the same, declare."""
    screen = Screen(sys.stderr if args.format == "json" else sys.stdout, color=workspace.color)
    if args.security:
        security = workspace.book.config.core.security
        _alert(security, screen)
        if not security.restricted:
            return _stub(args, workspace, screen)
    ask = workspace.asks and not args.yes and args.format == "text"
    book = workspace.open_book
    if not args.title and not ask:
        raise UsageError("The title is missing.", "Say in one line what is wrong: --title 'Checkout returns errors'.")
    asked = ask and not (args.title and args.severity and args.services)
    if asked and not args.title:
        args.title = _answer(screen, "What is wrong, in one line?", lambda text: sentence(book, text, "title"))
    alike = similar(book, one_line(args.title), args.services or [])
    if alike:
        screen.heading("Open incidents that look the same:")
        screen.table(("incident", "severity", "title"), [(i.id, i.severity or "", i.title) for i in alike])
        screen.line(f"To add to one of them instead: opsbook incident note {alike[0].id} 'what you see'")
        if asked and not _yes(screen, "Declare a new one all the same?", default=False):
            raise Refused("Nothing was declared.", f"opsbook incident note {alike[0].id} 'what you see'")
    if asked:
        _ask_rest(args, workspace, screen)
    request = Request("incident.declare", workspace.actor(args.by), _values(args))
    if asked and not args.dry_run:
        plan = preview(request, workspace.context(args.by))
        screen.line()
        screen.pairs(plan.summary)
        if not _yes(screen, "Declare it?", default=True):
            raise Refused("Nothing was declared.", "Run the command again when you want to.")
    elif asked:
        show_plan(preview(request, workspace.context(args.by)), args, workspace)
        return 0
    return carry_out(request, args, workspace, "Drill declared:" if args.drill else "Declared", tells=True)


def _alert(security: SecurityAlert, screen: Screen) -> None:
    """Say whom to alert, before anything else."""
    screen.bad(f"First: alert {security.who}.")
    screen.block(security.how.strip(), "  ")
    if security.link is not None:
        screen.line(f"  {security.link.title}: {security.link.url}")


def _stub(args: argparse.Namespace, workspace: Workspace, screen: Screen) -> int:
    """Write the stub and nothing but the stub here; the facts go to the restricted book, if there is one."""
    security = workspace.book.config.core.security
    restricted = workspace.restricted(args.by)
    facts = {name: value for name, value in _values(args).items() if name not in ("drill", "security")}
    ask = workspace.asks and not args.yes and not args.dry_run and args.format == "text"
    if facts and restricted is None:
        where = f"Put them into {security.book}." if security.book else f"Tell them to {security.who} in person."
        screen.bad(f"The details ({', '.join(facts)}) are not kept here. {where}")
    if ask and not _yes(screen, "Done? Write the stub now?", default=True):
        raise Refused("Nothing was written.", f"Alert {security.who} in any case.")
    values: dict[str, Any] = {"security": True}
    if args.drill:
        values["drill"] = True
    request = Request("incident.declare", workspace.actor(args.by), values)
    if restricted is None or args.dry_run:
        return carry_out(request, args, workspace, "Stub written:", tells=True)
    if ask and "title" not in facts:
        facts["title"] = _question(
            screen, "What is wrong, in one line? It is kept in the restricted book:", SECURITY_TITLE
        )
    offered = [item.id for item in workspace.book.config.section(IncidentsConfig).severities if item.retired is None]
    facts = {"title": SECURITY_TITLE, "severity": offered[0] if offered else "", **facts}
    with performing_secret(request, facts, workspace.context(args.by), restricted) as (outcome, kept):
        show(outcome, args, workspace, done="Stub written:", tells=True, kept=kept)
        return kept.exit_code or outcome.exit_code


def _values(args: argparse.Namespace) -> dict[str, Any]:
    names = ("title", "severity", "services", "summary", "lead", "comms", "components", "started_at", "drill")
    values = {name: getattr(args, name) for name in names if getattr(args, name)}
    if args.security:
        values["security"] = True
    if args.internal:
        values["user_facing"] = False
    return values


def _ask_rest(args: argparse.Namespace, workspace: Workspace, screen: Screen) -> None:
    config = workspace.book.config.section(IncidentsConfig)
    if not args.severity:
        offered = [severity for severity in config.severities if severity.retired is None]
        for severity in offered:
            screen.line(f"  {severity.id}  {severity.title}: {one_line(severity.meaning)}")
        known = {severity.id.lower() for severity in offered}
        args.severity = _question(screen, "How bad is it? (you can downgrade later)", default=offered[0].id)
        while args.severity.lower() not in known:
            args.severity = _question(screen, f"Please choose one of {', '.join(s.id for s in offered)}", offered[0].id)
    if not args.services:
        services = sorted(workspace.book.refs("service"))
        screen.line(f"  {', '.join(services)}")
        while True:
            answer = _question(screen, "Which services? (several with spaces, or nothing)", default="")
            args.services = answer.replace(",", " ").split()
            unknown = [name for name in args.services if name not in services]
            if not unknown:
                break
            screen.line(f"  {unknown[0]} is not in the catalogue.")
    if not args.lead:
        args.lead = _answer(
            screen, "Who leads?", lambda text: person(workspace.book, text, "lead"), workspace.actor(args.by)
        )


def _answer(screen: Screen, text: str, check: Callable[[str], str], default: str | None = None) -> str:
    """Ask until the answer can be used: one wrong letter must not cost the answers before it."""
    while True:
        answer = _question(screen, text, default)
        try:
            return check(answer)
        except Refused as error:
            screen.bad(f"{error.message} {error.remedy}")


def _question(screen: Screen, text: str, default: str | None = None) -> str:
    hint = f" [{default}]" if default else ""
    while True:
        try:
            answer = input(screen.paint(f"{text}{hint} ", "bold")).strip()
        except EOFError:
            raise Refused("Nothing was declared: the answers ended.", "Give the rest as options; see --help.") from None
        if answer or default is not None:
            return answer or default or ""


def _yes(screen: Screen, text: str, *, default: bool) -> bool:
    answer = _question(screen, f"{text} ({'Y/n' if default else 'y/N'})", default="y" if default else "n")
    return answer.lower() in ("y", "yes")
