"""What somebody typed into a form is read as they typed it, or refused; and the forms are what GitHub takes."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.ports import Asked
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry
from opsbook.kinds.incident import forms as incident_forms
from opsbook.kinds.incident.forms import TEMPLATE, inputs, issue_form
from opsbook.kinds.incident.requests import Declare
from opsbook.report.forms import CHOOSER, FOLDER, forms
from tests.support import form as phone
from tests.support.hostile import texts
from tests.support.small_book import FILES, SERVICE
from tests.support.tries import tries

ROOT = Path(__file__).parents[3]

HEADINGS = ("### How bad is it?", "### Which services are affected?", "### Is it a drill?", "### What do you see?")


def book(**changes: str | None) -> Book:
    """The small book with other files, by path; `None` deletes."""
    files: dict[str, str | None] = {**FILES, **changes}
    return Book(MemoryTree({path: text for path, text in files.items() if text is not None}), registry())


def with_config(old: str, new: str, **changes: str | None) -> Book:
    """The small book with another configuration."""
    text = FILES["opsbook.yml"]
    assert old in text
    return book(**{"opsbook.yml": text.replace(old, new, 1), **changes})


def field(form: dict[str, Any], name: str) -> dict[str, Any]:
    """A field of an issue form."""
    (found,) = [item for item in form["body"] if item.get("id") == name]
    return dict(found["attributes"])


ISSUE_FORM = f"{FOLDER}/{TEMPLATE}"


def asked(**words: Any) -> Asked:
    """A form that somebody filled in."""
    at = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
    return Asked("issue-12", "o/r#12", "github:octo-fiction", "octo-fiction", 1, at, **words)


def read(title: str, body: str) -> dict[str, Any] | None:
    """What an issue asks for, as values."""
    found = incident_forms.read(asked(title=title, body=body))
    return found.values if found is not None else None


def read_inputs(given_: dict[str, str]) -> dict[str, Any]:
    """What the inputs of the workflow ask for, as values."""
    found = incident_forms.read(asked(inputs=given_))
    assert isinstance(found, Declare)
    return found.values


def chooser(of: Book) -> dict[str, Any]:
    """The choice of forms of a book."""
    return dict(yaml.safe_load(forms(of, registry())[CHOOSER]))


SMALL = issue_form(book())
SEVERITIES = field(SMALL, "severity")["options"]
SERVICES = field(SMALL, "services")["options"]

TITLES = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=60)
WORDS = st.one_of(
    texts().map(lambda text: text[:4000]),
    st.lists(st.sampled_from([*HEADINGS, "", "x", "- [x] yes", "_No response_", "P9", "\r"])).map("\n".join),
)


def unbroken(text: str) -> str:
    """What of a typed text counts: line ends are one, and the space around it is nothing."""
    return re.sub(r"\r\n?", "\n", text).strip()


# -- reading


@tries(300)
@given(
    title=TITLES,
    severity=st.sampled_from(SEVERITIES),
    services=st.lists(st.sampled_from(SERVICES), unique=True),
    drill=st.booleans(),
    summary=WORDS,
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_is_chosen_and_typed_is_read_as_it_was(
    title: str, severity: str, services: list[str], drill: bool, summary: str, line_end: str
) -> None:
    typed = summary if line_end == "\n" else re.sub(r"\r\n?", "\n", summary)
    body = phone.body(severity, services, drill=drill, summary=typed).replace("\n", line_end)
    expected: dict[str, object] = {"title": title, "severity": severity[:2]}
    if services:
        expected["services"] = services
    if unbroken(summary) not in ("", "_No response_"):
        expected["summary"] = unbroken(summary)
    if drill:
        expected["drill"] = True
    assert read(title, body) == expected


@tries(300)
@given(title=st.text(max_size=200), body=st.one_of(texts(), WORDS, st.text(max_size=200)))
def test_whatever_else_is_in_an_issue_is_no_form_or_is_refused_in_words(title: str, body: str) -> None:
    try:
        values = read(title, body)
    except Refused as error:
        words = (error.message, error.remedy)
    else:
        assert values is None or set(values) <= {"title", "severity", "services", "summary", "drill"}
        return
    assert all(words)


@tries(200)
@given(
    title=TITLES,
    severity=st.sampled_from(SEVERITIES),
    services=st.lists(st.sampled_from(SERVICES), unique=True),
    drill=st.booleans(),
    summary=WORDS,
)
def test_the_inputs_of_the_workflow_are_read_as_they_were(
    title: str, severity: str, services: list[str], drill: bool, summary: str
) -> None:
    given_ = {"title": title, "severity": severity, "services": ",".join(services), "summary": summary}
    values = read_inputs({**given_, "drill": str(drill).lower()})
    assert (values["title"], values["severity"]) == (title, severity[:2])
    assert values.get("services", []) == services
    assert values.get("drill", False) is drill
    if unbroken(summary) != "_No response_":
        assert values.get("summary", "") == unbroken(summary)


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"titel": "x"}, "titel"),
        ({"title": "x", "severity": "P1", "drill": "maybe"}, "maybe"),
        ({"title": "x"}, "How bad is it"),
        ({"severity": "P1"}, "title is empty"),
    ],
)
def test_an_input_that_cannot_be_used_is_named(given_: dict[str, str], words: str) -> None:
    with pytest.raises(Refused, match=words):
        read_inputs(given_)


def test_an_option_that_was_worded_otherwise_when_the_form_was_opened_still_says_what_was_chosen() -> None:
    values = read("Down", phone.body("P2 Grave: as it was called before", ["checkout (Till, the old one)"[:16]]))
    assert values is not None
    assert values["severity"] == "P2"
    values = read("Down", phone.body("P2"))
    assert values is not None
    assert values["severity"] == "P2"


def test_a_form_of_a_book_without_services_is_read_too() -> None:
    bare = book(**{"services/checkout.yaml": None, "services/search.yaml": None})
    assert [item.get("id") for item in issue_form(bare)["body"]] == [None, "severity", "drill", "summary"]
    assert read("Down", phone.body(services=None, summary="x\n\n### Which services are affected?\n\nnone")) == {
        "title": "Down",
        "severity": "P1",
        "summary": "x\n\n### Which services are affected?\n\nnone",
    }


# -- making


def test_the_committed_forms_are_current() -> None:
    files = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for folder in ("services", ".github")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }
    here = Book(MemoryTree({**files, "opsbook.yml": (ROOT / "opsbook.yml").read_bytes()}), registry())
    for path, text in forms(here, registry()).items():
        assert (ROOT / path).read_text("utf-8") == text, f"{path} is out of date: run opsbook forms"


HOSTILE = (
    "x\"'` ${{ secrets.TOKEN }} @everyone #12 <img src=x onerror=y> [a](javascript:b) *c* ://d, e | f\\ \u202e {{ g }}"
)


def hostile() -> Book:
    """A book in which every text of the configuration wants to be something else."""
    quoted = "'" + HOSTILE.replace("'", "''").replace("\u202e", "") + "'"
    text = FILES["opsbook.yml"]
    for old, new in (
        (
            "who: The security desk",
            f"who: {quoted}\n  link:\n    title: {quoted}\n    url: https://intranet.example/a)b",
        ),
        ("how: Call the number on the restricted page. Do not describe it in a chat.", f"how: {quoted}"),
        ("title: Critical", f"title: {quoted}"),
        ("meaning: Users cannot use the service.", f"meaning: {quoted}"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    service = SERVICE.format(name="checkout", title="T").replace("title: T", f"title: {quoted}")
    made = book(**{"opsbook.yml": text, "services/checkout.yaml": service})
    assert not [finding for finding in made.config.findings if finding.severity == "error"]
    return made


@pytest.mark.parametrize("made", [book(), hostile()], ids=["plain", "hostile"])
def test_github_takes_the_forms(made: Book, tmp_path: Path) -> None:
    written = forms(made, registry())
    for path, schema in ((ISSUE_FORM, "github-issue-forms"), (CHOOSER, "github-issue-config")):
        file = tmp_path / Path(path).name
        file.write_text(written[path], "utf-8")
        tool = Path(sys.executable).parent / "check-jsonschema"
        done = subprocess.run([tool, "--builtin-schema", f"vendor.{schema}", file], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    form = yaml.safe_load(written[ISSUE_FORM])
    assert form == yaml.load(written[ISSUE_FORM], yaml.BaseLoader) | {"body": form["body"]}
    fields = form["body"][1:]
    assert form["body"][0]["type"] == "markdown"
    assert fields[-1]["type"] == "textarea", "free text comes last"
    # GitHub's own rules for ids, labels and options (docs: "Syntax for GitHub's form schema").
    assert len({item["id"] for item in fields}) == len(fields)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", item["id"]) for item in fields)
    assert len({re.sub(r"\W", "", item["attributes"]["label"]).lower() for item in fields}) == len(fields)
    for item in fields:
        options = item["attributes"].get("options", [])
        words = [option if isinstance(option, str) else option["label"] for option in options]
        assert len(set(words)) == len(words)
        assert all(0 < len(word) <= 200 and word.lower() != "none" and "\n" not in word for word in words)
    assert 0 <= field(form, "severity")["default"] < len(field(form, "severity")["options"])


def test_the_words_of_the_configuration_are_only_words_in_the_forms() -> None:
    made = hostile()
    (markdown,) = [item["attributes"]["value"] for item in issue_form(made)["body"] if item["type"] == "markdown"]
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(markdown):
        assert token.type not in ("html_block", "fence", "code_block", "table_open"), token
        for part in token.children or ():
            assert part.type != "image"
            if part.type == "html_inline":
                assert part.content in ("<br>", "<!-- -->")
            if part.type == "link_open":
                assert part.attrs["href"] == "https://intranet.example/a)b"
            if part.type in ("text", "text_special"):
                assert not re.search(r"[@#]\w", part.content), part.content
    everything = [option for name in ("severity", "services") for option in field(issue_form(made), name)["options"]]
    written = inputs(made)
    everything += [*written["severity"]["options"], *(str(item["description"]) for item in written.values())]
    everything += [str(link["about"]) for link in chooser(made)["contact_links"]]
    for text in everything:
        assert "${{" not in text
        assert not re.search(r"[@#]\w|://", text), text
        assert "\n" not in text
    assert not [option for option in field(issue_form(made), "services")["options"] if "," in option]
    options = field(issue_form(made), "severity")["options"], field(issue_form(made), "services")["options"]
    values = read("Down", phone.body(options[0][0], options[1]))
    assert values is not None
    assert (values["severity"], values["services"]) == ("P1", ["checkout", "search"])


def test_the_first_thing_that_people_read_is_whom_to_alert_about_a_breach() -> None:
    form = issue_form(book())
    first = re.sub(r"\\(.)", r"\1", form["body"][0]["attributes"]["value"])
    assert first.index("The security desk") < first.index("cannot declare one") < first.index("title")
    assert "Call the number on the restricted page. Do not describe it in a chat." in first
    assert "security" not in {item.get("id") for item in form["body"]}
    assert "The security desk" in inputs(book())["title"]["description"]


def test_what_is_retired_is_not_offered_and_the_worst_comes_first() -> None:
    made = with_config("    - id: P1\n", "    - id: P1\n      retired: 2026-01-01\n")
    assert [option[:2] for option in field(issue_form(made), "severity")["options"]] == ["P2", "P3"]
    text = FILES["opsbook.yml"]
    for name in ("P1", "P2", "P3"):
        text = text.replace(f"    - id: {name}\n", f"    - id: {name}\n      retired: 2026-01-01\n")
    with pytest.raises(Refused, match="offers no severity"):
        issue_form(book(**{"opsbook.yml": text}))


def test_a_catalogue_that_is_too_long_for_a_list_is_typed() -> None:
    many = {f"services/s-{number}.yaml": SERVICE.format(name=f"s-{number}", title="S") for number in range(300)}
    form = issue_form(book(**many))
    (item,) = [item for item in form["body"] if item.get("id") == "services"]
    assert item["type"] == "input"
    values = read("Down", phone.body(services=["s-1", "s-299"]))
    assert values is not None
    assert values["services"] == ["s-1", "s-299"]


def test_a_link_for_help_leads_to_where_the_docs_are() -> None:
    assert "contact_links" not in chooser(book())
    site = with_config("forge:\n", "site:\n  url: https://ops.example/book\nforge:\n")
    assert [link["url"] for link in chooser(site)["contact_links"]] == ["https://ops.example/book/help/"]
    source = with_config("forge:\n", "site:\n  repository: https://github.example/o/r\nforge:\n")
    assert [link["url"] for link in chooser(source)["contact_links"]] == [
        "https://github.example/o/r/blob/main/docs/help/index.md"
    ]


# -- the workflow's own file

WORKFLOW = """\
# Declares.
name: declare # by hand
on:
  issues: # the form
    types: [opened, edited]
  workflow_dispatch: # from a phone
    inputs:
      title:
        type: string

permissions: {} # none
"""


def test_of_the_workflow_only_the_inputs_are_written() -> None:
    path = ".github/workflows/declare.yml"
    text = forms(book(**{path: WORKFLOW}), registry())[path]
    value = yaml.safe_load(text.replace("\non:", "\n'on':"))
    assert value["on"]["workflow_dispatch"]["inputs"] == inputs(book())
    assert forms(book(**{path: text}), registry())[path] == text
    kept = [line for line in WORKFLOW.split("\n") if "#" in line or "types" in line]
    assert [line for line in text.split("\n") if line in kept] == kept
    bare = WORKFLOW.replace("    inputs:\n      title:\n        type: string\n", "")
    assert yaml.safe_load(forms(book(**{path: bare}), registry())[path].replace("\non:", "\n'on':")) == value
    without = bare.replace("  workflow_dispatch: # from a phone\n", "")
    assert forms(book(**{path: without}), registry())[path] == without


@pytest.mark.parametrize("text", ["on: [push\n", "a: &b 1\n", "- x\n", "on: push\n", "\0", ""])
def test_a_workflow_that_cannot_be_edited_is_named(text: str) -> None:
    with pytest.raises(Refused, match=r"declare\.yml"):
        forms(book(**{".github/workflows/declare.yml": text}), registry())


def test_no_form_is_made_from_a_configuration_with_errors() -> None:
    with pytest.raises(Refused, match=r"opsbook\.yml has errors"):
        forms(with_config("title: Critical", "titel: Critical"), registry())
