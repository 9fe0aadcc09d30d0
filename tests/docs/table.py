"""Where each page begins, what its readers do by hand and what they answer; and the commands that are not run, and why."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.docs.reader import Answers, Reader, put, this_book
from tests.docs.reading import ROOT, blocks
from tests.github_server.hub import NAME, OWNER
from tests.github_server.server import GitHubServer
from tests.pager_server import KEY as PAGER_KEY
from tests.pager_server import pager_server
from tests.slack_server import slack_server
from tests.slack_server.workspace import TOKEN as SLACK_TOKEN
from tests.support.clock import machine
from tests.support.desk import Desk
from tests.support.github import TOKEN as GITHUB_TOKEN

Act = Callable[[Reader], object]

NOT_RUN = {
    "make test": "is what runs this test",
    "python3 -m venv .venv": "makes what the tests are run in",
    ". .venv/bin/activate": "the program is on the path already",
    "pipx install 'opsbook[site]'": "asks the package index; tests/test_package.py installs the built package",
    "pip install .": "asks the package index; tests/test_package.py installs the built package",
    "opsbook site serve": "serves until somebody presses Ctrl+C; tests/site/test_serve.py does",
    ".venv/bin/opsbook site serve": "serves until somebody presses Ctrl+C; tests/site/test_serve.py does",
}
"""A command that is not run, and why not."""

EXAMPLE = "INC-20261121-7KQ4M"
"""The incident of every page."""

ADDRESS = "https://git.example/opsbook.git"


@dataclass(frozen=True)
class Page:
    """What a page takes for granted, and cannot show.

    Attributes:
        begins: brings the reader to where the page begins.
        says: words of the page that every reader replaces, and what they are here.
        answers: what is answered to each command that asks.
        by_hand: what the page tells its readers to do before a command, in words.
        ends: the exit code of a command, where it is not 0.
    """

    begins: Act
    says: Mapping[str, str] = field(default_factory=dict)
    answers: Answers = field(default_factory=dict)
    by_hand: Mapping[str, Act] = field(default_factory=dict)
    ends: Mapping[str, int] = field(default_factory=dict)


# -- where pages begin


def outside(reader: Reader) -> None:
    """An empty folder; the address of this book leads to this machine."""
    reader.do(f"git config --global url.{this_book()}.insteadOf {ADDRESS}")


def in_a_clone(reader: Reader) -> None:
    """A clone of this book, by somebody who has said who they are."""
    reader.do(f"git clone --quiet {this_book()} book", "cd book", "git config opsbook.by oncall-a")


def in_a_clone_that_is_set_up(reader: Reader) -> None:
    """What `make` would get from the package index is there already."""
    in_a_clone(reader)
    reader.do("mkdir -p .venv/bin", 'ln -s "$(command -v opsbook)" .venv/bin/opsbook', "touch .venv/.ready")


def keep_a_rota_in_a_calendar(reader: Reader) -> None:
    """The rota is a file that somebody has exported."""
    config = reader.here() / "opsbook.yml"
    turns = re.compile(r"(?m)^(  - id: escalation\n    title: .*\n)(?:    .*\n)+")
    config.write_text(turns.sub(r"\1    ical: file\n", config.read_text()))
    event = (
        "BEGIN:VEVENT\nUID:1\nDTSTART:20260105T090000Z\nDTEND:20260112T090000Z\nRRULE:FREQ=WEEKLY\nSUMMARY:platform-b\n"
    )
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//us//EN\n{event}END:VEVENT\nEND:VCALENDAR\n"
    (reader.here() / "escalation.ics").write_text(text)
    reader.do("git -c user.name=a -c user.email=a@b.invalid commit --quiet --all --message Rota")


def in_an_incident(reader: Reader) -> None:
    """A P1 is open in that clone."""
    in_a_clone(reader)
    reader.do('opsbook declare --title "Requests are refused" --severity P1 --service support-ticket-system --yes')
    branch = reader.do("git for-each-ref --format='%(refname)' refs/heads/opsbook")
    reader.names.learn(EXAMPLE, branch.rpartition("/")[2])


def in_a_new_book(reader: Reader) -> None:
    """A book that was begun with `opsbook new book`, and is pushed somewhere."""
    reader.do(
        "git init --quiet --bare remote.git",
        "git clone --quiet remote.git book",
        "cd book",
        "opsbook new book --title Ours --timezone Europe/London --yes",
        "git add --all",
        "git commit --quiet --message 'Start the book'",
        "git push --quiet",
    )


def beside_pages_of_others(reader: Reader) -> None:
    """A clone of this book, and beside it pages for Hugo and a catalogue of Backstage."""
    shutil.copytree(ROOT / "tests/kinds/runbook/collections/hugo", reader.work / "alerts")
    entity = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: web}\nspec: {owner: platops}\n"
    (reader.work / "catalogue").mkdir()
    (reader.work / "catalogue" / "catalog-info.yaml").write_text(entity)
    in_a_clone(reader)


def beside_a_restricted_book(reader: Reader) -> None:
    """A clone of this book, and another book in the home folder."""
    in_a_clone(reader)
    reader.do(f"git clone --quiet {this_book()} ~/security-operations")


def with_an_empty_repository_on_github(reader: Reader) -> None:
    """A book without a remote, and a GitHub whose addresses lead to this machine."""
    in_a_clone(reader)
    reader.do("git remote remove origin")
    bare = reader.root / "github" / OWNER / f"{NAME}.git"
    bare.mkdir(parents=True)
    Desk(bare).git("init", "--quiet", "--bare", "--initial-branch=main")
    server = GitHubServer(bare)
    reader.stack.callback(server.close)
    with_token = server.url.replace("http://", f"http://x-access-token:{GITHUB_TOKEN}@")
    reader.do(
        f"git config --global url.{with_token}/.insteadOf git@github.com:",
        f"git config --global url.{reader.root}/github/.pushInsteadOf git@github.com:",
        f"export GITHUB_API_URL={server.url}",
    )


def with_the_book_on_github(reader: Reader) -> None:
    """The same, where the book is, and a token for it."""
    with_an_empty_repository_on_github(reader)
    reader.do(
        f"git remote add origin git@github.com:{OWNER}/{NAME}.git",
        "git push --quiet origin main",
        f"export GITHUB_TOKEN={GITHUB_TOKEN} GITHUB_REPOSITORY={OWNER}/{NAME}",
    )


def with_a_workspace_in_slack(reader: Reader) -> None:
    """A clone of this book, and a Slack with its channels."""
    in_a_clone(reader)
    names = re.findall(r'name: "#(.*)"', (reader.here() / "opsbook.yml").read_text())
    slack = reader.stack.enter_context(slack_server(*names))
    slack.workspace.named("paas-security").private = True
    reader.do(f"export SLACK_API_URL={slack.url}")


def with_a_pager(reader: Reader) -> None:
    """The same with an open incident, and a PagerDuty."""
    in_an_incident(reader)
    pager = reader.stack.enter_context(pager_server())
    reader.do(f"export PAGERDUTY_EVENTS_URL={pager.events_url}")


def in_a_drill(reader: Reader) -> None:
    """The same, where Slack is told."""
    with_a_workspace_in_slack(reader)
    reader.do(f"export SLACK_BOT_TOKEN={SLACK_TOKEN}")


def typed_on(page: str) -> list[tuple[str, str]]:
    """What people type behind the prompts that a page shows, like `10:05> take lead`."""
    shown = "\n".join(block.text for block in blocks(page) if block.language == "text")
    return [("> ", line) for line in re.findall(r"(?m)^\d\d:\d\d> ?(.*)$", shown)]


# -- what readers do by hand


def save_the_alert(reader: Reader) -> None:
    """Save the payload that the page shows."""
    (reader.here() / "alert.json").write_text(reader.block('{\n  "version"'), "utf-8")


def into(path: str, beginning: str) -> Act:
    """Put a block of the page into a file."""
    return lambda reader: put(reader.here() / path, reader.block(beginning))


def put_people_in(reader: Reader) -> None:
    """Put the page's people into `opsbook.yml`."""
    path = reader.here() / "opsbook.yml"
    path.write_text(path.read_text().replace("people: []\n", reader.block("people:")))


def write_both_services(reader: Reader) -> None:
    """Each under its name."""
    for title in ("name: reports", "name: github"):
        text = reader.block(f"# yaml-language-server: $schema=../schemas/service.schema.json\n{title}")
        (reader.here() / "services" / f"{title.removeprefix('name: ')}.yaml").write_text(text)


def pin_the_program(reader: Reader) -> None:
    """Put the page's line into the action that installs the program."""
    action = reader.here() / ".github/actions/opsbook/action.yml"
    line = reader.block("    - uses:").replace(40 * "0", 40 * "1")
    action.write_text(re.sub(r"(?m)^ *- uses: .*/\.github/actions/opsbook@.*\n", line, action.read_text()))


def write_a_drill(reader: Reader) -> None:
    """Put the page's drill where it says."""
    text = reader.block("# yaml-language-server: $schema=../../schemas/drill")
    (reader.here() / "operations/drills/builds-do-not-start.yaml").write_text(text)


def complete_the_draft(reader: Reader) -> None:
    """Front matter and checklist as the page shows them, reviewed today."""
    path = reader.here() / "runbooks/incident-response/find-a-lost-ticket.md"
    front = re.sub(r"(?m)^reviewed: .*", f"reviewed: {machine().date()}", reader.block("title:"))
    _, _, body = path.read_text().split("---\n", 2)
    path.write_text(f"---\n{front}---\n{body.partition('## Checklist')[0]}{reader.block('## Checklist')}")


def set_up_the_restricted_book(reader: Reader) -> None:
    """Each book gets its section, and the program is told where the other one is."""
    books = {reader.home / "security-operations": "security:\n  restricted", reader.here(): "security:\n  book"}
    for folder, beginning in books.items():
        put(folder / "opsbook.yml", reader.block(beginning))
        reader.do(f"git -C {folder} commit --quiet --all --message 'Keep facts apart'")
    reader.do("export OPSBOOK_SECURITY_BOOK=~/security-operations")


def complete_the_record(reader: Reader) -> None:
    """Follow-ups into the incident, and a report without guidance; check it, and commit."""
    (folder,) = reader.here().glob(f"incidents/*/{reader.names.known[EXAMPLE]}-*")
    put(folder / "incident.yaml", reader.block("follow_ups:"))
    report = re.sub(r"<!--.*?-->\n*", "What happened.\n\n", (folder / "report.md").read_text(), flags=re.DOTALL)
    (folder / "report.md").write_text(report)
    reader.do("opsbook check", "git commit --quiet --all --message 'Complete the record'")


PAGES = {
    "README.md": Page(
        in_a_clone_that_is_set_up,
        answers={
            ".venv/bin/opsbook declare": [
                ("What is wrong, in one line?", "Builds do not start"),
                ("How bad is it?", "P2"),
                ("Which services?", "jenkins"),
                ("Who leads?", ""),
                ("Declare it?", ""),
            ]
        },
    ),
    "docs/tutorial/declare-your-first-incident.md": Page(outside, says={"<address of this repository>": ADDRESS}),
    "docs/how-to/add-a-runbook.md": Page(
        in_a_clone,
        answers={
            "opsbook new runbook": [
                ("What is its title?", "Find a lost ticket"),
                ("In which area?", ""),
                ("Which role or team keeps it true?", "support"),
            ]
        },
        by_hand={"opsbook check runbooks": complete_the_draft},
    ),
    "docs/how-to/add-a-service.md": Page(
        in_a_clone,
        answers={
            "opsbook new service": [
                ("What is its title?", "Reports"),
                ("Does your team run it?", ""),
                ("Which team runs it?", ""),
            ]
        },
        by_hand={"opsbook schema": write_both_services},
    ),
    "docs/how-to/bring-your-runbooks.md": Page(beside_pages_of_others),
    "docs/how-to/change-a-record-by-hand.md": Page(in_an_incident),
    "docs/how-to/declare-from-a-phone.md": Page(in_a_clone),
    "docs/how-to/keep-security-facts-apart.md": Page(
        beside_a_restricted_book,
        by_hand={"opsbook declare --security": set_up_the_restricted_book},
        answers={"opsbook declare --security": [("Write the stub now?", "")]},
    ),
    "docs/how-to/publish-on-github.md": Page(
        with_an_empty_repository_on_github,
        says={
            "https://github.com/example-org/operations": f"https://github.example/{OWNER}/{NAME}",
            "example-org/operations": f"{OWNER}/{NAME}",
            "GITHUB_TOKEN=…": f"GITHUB_TOKEN={GITHUB_TOKEN}",
        },
    ),
    "docs/how-to/say-who-is-on-call.md": Page(
        in_a_clone, by_hand={"opsbook rotas fetch escalation": keep_a_rota_in_a_calendar}
    ),
    "docs/how-to/rehearse.md": Page(
        in_a_drill,
        answers={"opsbook drill help-requests-refused": typed_on("docs/how-to/rehearse.md")},
        by_hand={"opsbook check operations/drills": write_a_drill},
    ),
    "docs/how-to/set-up-ci.md": Page(in_a_new_book, by_hand={"opsbook schema": pin_the_program}),
    "docs/how-to/set-up-your-machine.md": Page(in_a_clone),
    "docs/how-to/start-a-book.md": Page(
        outside,
        answers={
            "opsbook new book": [
                ("What is the book called?", "Our operations"),
                ("In which zone", "Europe/London"),
                ("declare a drill", ""),
            ],
            "opsbook new service": [("What is its title?", "Payments"), ("Does your team run it?", "")],
            "opsbook new runbook": [
                ("What is its title?", "Restart payments"),
                ("In which area?", "operations"),
                ("Which role or team keeps it true?", ""),
            ],
        },
        by_hand={"opsbook new service": put_people_in},
        ends={"opsbook doctor": 1},
    ),
    "docs/how-to/page-people.md": Page(
        with_a_pager, says={"PAGERDUTY_ROUTING_KEY=…": f"PAGERDUTY_ROUTING_KEY={PAGER_KEY}"}
    ),
    "docs/how-to/take-alerts.md": Page(in_a_clone, by_hand={"opsbook intake alert": save_the_alert}),
    "docs/how-to/tell-people-in-slack.md": Page(with_a_workspace_in_slack, says={"xoxb-…": SLACK_TOKEN}),
    "docs/how-to/track-the-response.md": Page(
        with_the_book_on_github,
        says={
            "https://github.com/example-org/operations": f"https://github.example/{OWNER}/{NAME}",
            "example-org/operations": f"{OWNER}/{NAME}",
        },
    ),
    "docs/how-to/update-an-incident.md": Page(
        in_an_incident,
        says={"2026-11-24T11:00:00Z": "$(date -u +%Y-%m-%dT%H:%M:%SZ)"},
        by_hand={"opsbook incident update INC-": complete_the_record},
    ),
    "docs/explanation/what-happens-when-you-declare.md": Page(in_an_incident),
}
"""Every page that shows commands."""
