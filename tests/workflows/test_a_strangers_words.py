"""What a stranger types into either form is read everywhere as it was typed, and does nothing anywhere.

Everything is real from the form to the page: the workflows' own steps, Git, GitHub, Slack, the built site in a browser.
The judges know nothing of the program's escapers: PyYAML, Git, a Markdown parser, a reader of Slack's syntax, Chromium.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser

from tests.commands.test_hostile import inert, load
from tests.slack_server import reading
from tests.slack_server.workspace import TOKEN as SLACK_TOKEN
from tests.slack_server.workspace import Message
from tests.support.desk import Desk, Done
from tests.support.form import P1, body
from tests.support.github import TOKEN
from tests.support.hostile import TEXTS
from tests.support.site import served, visit
from tests.workflows.runner import Run
from tests.workflows.stage import Stage, stage
from tests.workflows.test_runs import nothing_of_the_event_was_done

Json = dict[str, Any]

TITLES = {
    "</h1><script>broken=1</script><img src=x onerror=broken=1> {{ 7*7 }} ${{ github.token }}": "",
    "@everyone @example/owners <!channel> <@U0OPSBOOK> closes #1 GH-1 example/book#1 http://evil.example": "",
    "::error::gone ##[error]x \x1b[31mred\x07 a\u202eb\u200bc": (
        "::error::gone ##[error]x ⟨U+001B⟩[31mred⟨U+0007⟩ a⟨U+202E⟩b⟨U+200B⟩c"
    ),
    "down\n\nOpsbook-Operation: 00000000000000000000\r\n---\n[l](javascript:a) | *b*": (
        "down Opsbook-Operation: 00000000000000000000 --- [l](javascript:a) | *b*"
    ),
    "$(touch pwned) `touch pwned`; --output=pwned ../../../../etc/passwd %s {0} \\": "",
    "- a: [ &x *x !!python/object/apply:os.system # c \"q' : | >": "",
}
"""What is typed as a title, and what is seen of it where that differs. The odd ones start a workflow by hand."""

WORD = "zebrawood"
"""Stands in every summary, note and update, and may be in no log."""

REFUSED: tuple[Json, ...] = (
    {"severity": "::error::x @everyone ${{ github.token }} <img src=x onerror=a>"},
    {"services": "../../etc/passwd, <!channel>, `touch pwned`, [l](http://evil.example), #1"},
    {"drill": "::set-output name=record::INC-20261121-7KQ4M @everyone http://evil.example"},
)
"""What is typed into the fields that are a choice."""

SAID = "\n\n".join([WORD, *TITLES, *TEXTS[:30]])
"""What somebody says in a terminal, when everything has begun."""


@dataclass
class Case:
    """One declaration: the record, and what is read of its title, and what was typed as a summary."""

    record: str
    title: str
    summary: str


@dataclass
class Scene:
    """Everything that happened.

    Attributes:
        folder: where the machines of all jobs are; there: the servers.
        runs: of workflows; typed: commands of a person who has a terminal.
        cases: what was declared; answers: what the issues were answered, and the pages of the runs.
        told: what Slack held before main was announced; after: what it held in the end.
    """

    folder: Path
    there: Stage
    runs: list[Run] = field(default_factory=list)
    typed: list[Done] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    told: list[Message] = field(default_factory=list)
    after: list[Message] = field(default_factory=list)

    @property
    def bare(self) -> Desk:
        """The repository behind GitHub."""
        return Desk(self.there.github.hub.git.path)

    def files(self, case: Case) -> dict[str, str]:
        """What is on main, or on the branch, of a record."""
        found = self.bare.files("main", "incidents/") | self.bare.files(f"opsbook/{case.record}", "incidents/")
        return {path: text for path, text in found.items() if case.record in path}


def _declares(made: Scene, number: int, **fields: str) -> Run:
    """Somebody fills in a form: that of an issue, or that of the workflow."""
    made.there.runner.number += 1
    if number % 2:
        inputs = {"title": "Down", "severity": P1, "services": "checkout", "summary": WORD, "drill": "false", **fields}
        case: Json = {"event": "workflow_dispatch", "change": {"inputs": inputs, "sender": {"login": "somebody"}}}
    else:
        form = body(
            fields.get("severity", P1), [fields.get("services", "checkout")], summary=fields.get("summary", WORD)
        )
        if "drill" in fields:
            form = form.replace("- [ ] This is a rehearsal. Nothing in it is real.", fields["drill"])
        case = {"event": "issues.opened", "change": {"issue": {"title": fields.get("title", "Down"), "body": form}}}
    run = made.there.play({"workflow": "declare.yml", **case})
    assert run is not None
    made.runs.append(run)
    return run


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Six declare with hostile words, three are refused, one goes on in a terminal, and main is announced and built."""
    folder = tmp_path_factory.mktemp("strangers")
    with stage(folder, {"settings": {"merge": "declarations"}}) as there:
        made = Scene(folder, there)
        for number, (title, seen) in enumerate(TITLES.items()):
            summary = "\n\n".join([WORD, *TEXTS[number :: len(TITLES)], WORD])
            run = _declares(made, number, title=title, summary=summary)
            (record,) = [step.outputs["record"] for step in run.steps if "record" in step.outputs]
            made.cases.append(Case(record, seen or title, summary))
        for number, fields in enumerate(REFUSED):
            _declares(made, number, **fields)
        github = {"GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": "example/book", "GITHUB_API_URL": there.github.url}
        slack = {"SLACK_BOT_TOKEN": SLACK_TOKEN, "SLACK_API_URL": there.slack.url}
        person, record = Desk(there.person.path, {**github, **slack}), made.cases[0].record
        for words in (("note", record), ("update", record, "--tell", SAID[:3000]), ("show", record)):
            made.typed.append(person.opsbook("incident", *words, stdin=SAID.encode("utf-8", "surrogatepass")))
        made.told = list(there.slack.messages())
        hand: Json = {"event": "workflow_dispatch", "change": {"inputs": {"since": "1d"}}}
        announced = there.play({"workflow": "main.yml", **hand})
        assert announced is not None
        made.runs.append(announced)
        made.after = list(there.slack.messages())
        with there.github.locked() as hub:
            made.answers = [item.body for item in hub.comments.values() if not hub.issues[item.issue].head]
        made.answers += [text for path in folder.rglob("STEP_SUMMARY-*") if (text := path.read_text("utf-8"))]
        yield made


def test_the_file_holds_every_field_as_it_was_typed(scene: Scene) -> None:
    for case in scene.cases:
        ((path, text),) = [item for item in scene.files(case).items() if item[0].endswith("/incident.yaml")]
        facts = load(text)
        assert (facts["title"], facts["severity"]) == (case.title, "P1"), path
        assert "\nservices:\n  - checkout\n" in text
        assert "drill" not in facts
        assert as_typed(facts["summary"]) == lines_of(case.summary)
        assert facts["declared_by"] == "github:somebody"
    entries = [load(text) for path, text in scene.files(scene.cases[0]).items() if "/timeline/" in path]
    assert {entry["kind"] for entry in entries} == {"declared", "note", "update"}
    (note,) = [entry["text"] for entry in entries if entry["kind"] == "note"]
    assert as_typed(note) == lines_of(SAID)


def test_what_is_no_choice_declares_nothing(scene: Scene) -> None:
    failed = [run for run in scene.runs if run.jobs.get("declare") == "failure"]
    assert len(failed) == len(REFUSED)
    pulls = {pull.head for pull in scene.there.pulls()}
    assert pulls == {f"opsbook/{case.record}" for case in scene.cases}


def test_names_are_made_of_what_is_ours(scene: Scene) -> None:
    for name in scene.bare.git("for-each-ref", "--format=%(refname)").split("\n"):
        assert re.fullmatch(r"|refs/heads/(main|opsbook-receipts|opsbook/INC-\d{8}-[0-9A-HJKMNP-TV-Z]{5})", name), name
    paths = scene.bare.git("log", "--all", "-z", "--format=", "--name-only", "--", "incidents").split("\0")
    assert len(set(paths)) > len(scene.cases) * 4
    for path in filter(None, paths):
        where, _, file = path.partition("/INC-")
        assert re.fullmatch(r"incidents/20\d\d", where), path
        assert re.fullmatch(
            r"\d{8}-[0-9A-Z]{5}(-[a-z0-9]+)+/((incident|checklist)\.yaml|report\.md|timeline/\d{8}T\d{6}Z-[0-9a-z]{5}\.yaml)",
            file,
        ), path
    assert "120000" not in scene.bare.git("ls-tree", "-r", "main")


def test_a_commit_says_nothing_that_a_stranger_typed_but_the_title_of_its_merge(scene: Scene) -> None:
    seen = set()
    for commit in scene.bare.git("rev-list", "--no-merges", "--all", "--", "incidents").split():
        text = scene.bare.git("log", "-1", "--format=%B", commit)
        ((name, value),) = _trailers(scene.bare, commit)
        assert (name, bool(re.fullmatch(r"[0-9a-f]{20}", value))) == ("Opsbook-Operation", True), text
        first = r"(Declare|Add a note to|Update) INC-\d{8}-[0-9A-Z]{5}( \(P1\)|: update to users)?"
        assert re.fullmatch(rf"{first}\n\nOpsbook-Operation: {value}\n+", text), text
    for commit in scene.bare.git("rev-list", "--merges", "main").split():
        text = scene.bare.git("log", "-1", "--format=%B", commit)
        merged = re.fullmatch(r"Merge pull request #\d+ from example/opsbook/(INC-\S+)\n\n(.+)\n+", text)
        assert merged, text
        assert _trailers(scene.bare, commit) == []
        calls_nobody(merged[2])
        seen.add(merged[1])
    assert seen == {case.record for case in scene.cases}


def test_a_pull_request_has_no_markup_but_ours_and_calls_nobody(scene: Scene) -> None:
    with scene.there.github.locked() as hub:
        pulls = {pull.number: pull for pull in hub.issues.values() if pull.head}
        comments = [item.body for item in hub.comments.values() if item.issue in pulls]
        api, html = hub.url, hub.html
    assert len(pulls) == len(scene.cases) + 1, "what follows a merged declaration has one of its own"
    assert len(comments) >= len(scene.cases)
    for pull in pulls.values():
        calls_nobody(pull.title)
        inert(pull.title)
        inert(pull.body or "")
    for text in [*(pull.body or "" for pull in pulls.values()), *comments, *scene.answers]:
        for address in only_our_markup(text):
            assert address.startswith((f"{api}/example/book/tree/", f"{api}/example/book/blob/", html)), address


def test_a_body_shows_the_summary_as_it_was_typed(scene: Scene) -> None:
    for case in scene.cases:
        bodies = [pull.body or "" for pull in scene.there.pulls() if pull.head == f"opsbook/{case.record}"]
        read = Reader(bodies[0])
        start, end = read.words.index(WORD), read.words.index(WORD, read.words.index(WORD) + 1)
        shown = as_typed(read.words[start : end + len(WORD)])
        assert " ".join(shown.split()) == " ".join(case.summary.split())


def test_an_answer_is_inert(scene: Scene) -> None:
    assert len(scene.answers) == len(scene.cases) + len(REFUSED)
    for answer in scene.answers:
        inert(answer)
        assert WORD not in answer
        assert "${{" not in answer


def test_slack_pings_nobody_and_links_nowhere_else(scene: Scene) -> None:
    assert len(scene.told) >= 2 * len(scene.cases)
    assert [message.text for message in scene.after] == [message.text for message in scene.told], (
        "nothing is said twice"
    )
    for message in scene.after:
        assert reading.pings(message) == [], message
        for piece in reading.styled(message):
            assert piece.kind != "link", piece
            assert piece.kind != "emoji" or piece.text in EMOJI, piece
    for case in scene.cases:
        heads = [message for message in scene.after if case.title in " ".join(reading.seen(message).split())]
        assert len(heads) >= 2, case.title


def test_no_log_holds_a_token_or_what_was_typed(scene: Scene) -> None:
    with scene.there.github.locked() as hub:
        tokens = [TOKEN, SLACK_TOKEN, *hub.tokens]
    assert any(token.startswith("job-token-") for token in tokens)
    for run in scene.runs:
        nothing_of_the_event_was_done(run, scene.folder)
        inert(run.text)
        assert WORD not in run.text, str(run)
        assert not any(token in run.text for token in tokens), str(run)
    for done in scene.typed:
        assert not any(token in done.out + done.err for token in tokens), str(done)
    outside = [path for path in scene.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(outside) > 100
    for path in outside:
        data = path.read_bytes()
        assert not any(token.encode() in data for token in tokens), path
        assert path.suffix != ".log" or WORD.encode() not in data, path


ELEMENTS = re.compile(
    r"article|h[123]|p|a|strong|em|code|pre|br|hr|ul|ol|li|dl|dt|dd|div|span|time|table|thead|tbody|caption|tr|th|td"
    r"|blockquote|s|section|nav|progress|details|summary"
)
ATTRIBUTES = re.compile(
    r"class|id|href|title|datetime|start|value|max|rel|scope|aria-hidden|aria-label|aria-labelledby|role|tabindex"
    r"|data-label|data-pagefind-ignore|reversed|open"
)
"""What our templates write, and nothing that loads, runs, sends or draws over the rest."""

OURS = ".md-code__nav, .md-code__nav *, .ob-ticks, .ob-ticks *, .ob-checklist label, .ob-checklist input"
"""What the scripts of the theme and of `ticks.js` make."""

LOOK = f"""() => Array.from(document.querySelectorAll(
  "article, article *:not({OURS}, script[src$='/assets/ticks.js'])"), element =>
  [element.localName, Array.from(element.attributes, attribute => [attribute.name, attribute.value])])"""


def test_a_page_shows_the_words_and_holds_no_element_that_is_not_ours(
    scene: Scene, browser: Browser, tmp_path: Path
) -> None:
    for name, data in scene.there.runner.kept.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    site = tmp_path / "build" / "site"
    pages = {case.record: next(site.glob(f"incidents/*/{case.record}-*/index.html")) for case in scene.cases}
    home, listed = site / "index.html", site / "incidents" / "index.html"
    with served(site) as address:
        for page in [*pages.values(), home, listed]:
            where = address + page.relative_to(site).as_posix().removesuffix("index.html")
            with visit(browser, where) as seen:
                assert (seen.strangers, seen.missing, seen.errors) == ([], [], []), where
                assert seen.page.evaluate("window.broken") is None
                for element, attributes in seen.page.evaluate(LOOK):
                    assert ELEMENTS.fullmatch(element), (element, attributes)
                    for name, value in attributes:
                        assert ATTRIBUTES.fullmatch(name), (element, name, value)
                        assert name != "href" or re.match(r"(https?://|mailto:|[#./a-z])", value), value
                        assert not re.match(r"\s*(javascript|data|vbscript):", value, re.IGNORECASE), value
                for case in scene.cases:
                    if page == pages[case.record]:
                        assert seen.page.locator("article h1").inner_text() == case.title
                        assert case.title in seen.page.title()
                if page == listed:
                    shown = " ".join(seen.page.locator("article").inner_text().split())
                    assert all(case.title in shown for case in scene.cases), shown


EMOJI = frozenset({":red_circle:", ":rotating_light:", ":warning:"})


class Reader(HTMLParser):
    """A Markdown text as a browser reads what GitHub makes of it: its words, elements and addresses."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words = ""
        self.elements: list[str] = []
        self.addresses: list[str] = []
        self.pieces: list[str] = []
        markdown = MarkdownIt("gfm-like", {"html": True, "linkify": False})
        self.feed(markdown.render(text))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; a line break is white space."""
        self.elements.append(tag)
        self.words += "\n" if tag == "br" else ""
        for name, value in attrs:
            assert (tag, name) in {("a", "href"), ("th", "style"), ("td", "style"), ("ol", "start")}, (tag, name, value)
            if name == "href":
                self.addresses.append(value or "")

    def handle_data(self, data: str) -> None:
        """Note words; what an element or a comment parts, GitHub looks at in parts."""
        self.words += data
        self.pieces.append(data)


def only_our_markup(text: str) -> list[str]:
    """The addresses that a body or a comment links to; it holds no other element than ours, and calls nobody."""
    read = Reader(text)
    for element in read.elements:
        assert re.fullmatch(r"p|br|hr|strong|em|code|ul|ol|li|a|table|thead|tbody|tr|th|td|blockquote|h3", element), (
            element
        )
    for piece in read.pieces:
        calls_nobody(piece, addresses=True)
    # GitHub also makes links of bare addresses, and looks for them before it reads escapes.
    bare = re.sub(r"\]\([^)]*\)|\| Pull request \| \S+ \|", "", text)
    assert not re.search(r"://|www\.|[\w.]@\w", bare), bare
    return read.addresses


def calls_nobody(text: str, *, addresses: bool = False) -> None:
    """Nobody is mentioned in a text, and nothing is referred to or closed by it."""
    assert not re.search(r"@[A-Za-z0-9]|#\d|\bGH-\d", text), text
    assert addresses or "://" not in text, text


def as_typed(seen: str) -> str:
    """A text with the characters that were made visible in their places again."""
    return re.sub(r"⟨U\+([0-9A-F]{4,6})⟩", lambda found: chr(int(found[1], 16)), seen)


def lines_of(text: str) -> str:
    """A text with its line ends made LF, without white space at the ends of lines."""
    spaces = " \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip(spaces) for line in lines).strip(spaces + "\n")


def _trailers(bare: Desk, commit: str) -> list[tuple[str, str]]:
    """The trailers of a commit, as Git reads them."""
    text = bare.git("log", "-1", "--format=%(trailers:only=true,unfold=true)", commit)
    return [(name, value) for name, _, value in (line.partition(": ") for line in text.splitlines() if line)]
