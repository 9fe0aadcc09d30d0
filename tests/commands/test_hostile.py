"""Words that want to be something else: in every place they come out as words, or are refused with a sentence.

Nothing here uses the program's own escapers or readers: what is expected is written by hand, YAML is read by PyYAML,
Markdown by markdown-it, Git by Git.
"""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, assume, example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.support.desk import Desk, Done, Word, make_desk
from tests.support.tries import tries

TITLES: dict[str, tuple[Word, str]] = {
    "quotes": ("He said \"it's 'down'\" \\ \\n", "He said \"it's 'down'\" \\ \\n"),
    "colons and comments": ("a: b: c # d, e: - f", "a: b: c # d, e: - f"),
    "a template": ("{{ 7 * 7 }} {% raw %} ${7*7} <%= 7 %>", "{{ 7 * 7 }} {% raw %} ${7*7} <%= 7 %>"),
    "mentions in Slack": ("<!channel> <@U0123456> <!here>", "<!channel> <@U0123456> <!here>"),
    "mentions in GitHub": ("@everyone @octocat #12 owner/repo#3", "@everyone @octocat #12 owner/repo#3"),
    "a workflow command": ("::error file=a,line=1::gone", "::error file=a,line=1::gone"),
    "an Azure command": ("##[error]gone ##vso[task.complete]", "##[error]gone ##vso[task.complete]"),
    "line ends": ("a\nb\r\nc\rd\u2028e\x85f", "a b c d⟨U+2028⟩e⟨U+0085⟩f"),
    "a trailer": ("x\n\nOpsbook-Operation: 00000000000000000000", "x Opsbook-Operation: 00000000000000000000"),
    "front matter": ("---\ntitle: y\n---\n", "--- title: y ---"),
    "right to left override": ("abc\u202egpj.exe\u202c", "abc⟨U+202E⟩gpj.exe⟨U+202C⟩"),
    "zero width": ("pass\u200bword\ufeff\u2060\xad", "pass⟨U+200B⟩word⟨U+FEFF⟩⟨U+2060⟩⟨U+00AD⟩"),
    "bytes that are no UTF-8": (b"caf\xe9 \xff\xfe", "caf⟨U+DCE9⟩ ⟨U+DCFF⟩⟨U+DCFE⟩"),
    "half a surrogate pair": (b"\xed\xa0\x80", "⟨U+DCED⟩⟨U+DCA0⟩⟨U+DC80⟩"),
    "escape sequences": (
        "\x1b[31mred\x1b[0m \x1b]0;t\x07 \x9b2J",
        "⟨U+001B⟩[31mred⟨U+001B⟩[0m ⟨U+001B⟩]0;t⟨U+0007⟩ ⟨U+009B⟩2J",
    ),
    "a path": ("../../../etc/passwd", "../../../etc/passwd"),
    "a Windows path": ("C:\\Windows\\..\\x.exe", "C:\\Windows\\..\\x.exe"),
    "only punctuation": ("...", "..."),
    "a shell": ("$(rm -rf ~) `id`; | & > /tmp/x %PATH% $HOME", "$(rm -rf ~) `id`; | & > /tmp/x %PATH% $HOME"),
    "formats": ("%s %(x)s {0} {} {x.__class__}", "%s %(x)s {0} {} {x.__class__}"),
    "a list in YAML": ("- a: [", "- a: ["),
    "a tag in YAML": ("!!python/object/apply:os.system [id]", "!!python/object/apply:os.system [id]"),
    "an anchor in YAML": ("&a *a <<: *a", "&a *a <<: *a"),
    "a block in YAML": ("| text", "| text"),
    "a null": ("null", "null"),
    "a boolean": ("no", "no"),
    "a number": ("0123", "0123"),
    "sexagesimal": ("10:05", "10:05"),
    "a date": ("2026-11-21", "2026-11-21"),
    "a tilde": ("~", "~"),
    "Markdown": ("# h *b* `c` [l](javascript:alert(1)) ![i](//x)", "# h *b* `c` [l](javascript:alert(1)) ![i](//x)"),
    "HTML": ("<script>alert(1)</script><img src=x onerror=y>", "<script>alert(1)</script><img src=x onerror=y>"),
    "entities": ("&lt;b&gt; &#60;i&#62; &nbsp;", "&lt;b&gt; &#60;i&#62; &nbsp;"),
    "a table": ("a | b |\n| --- | --- |", "a | b | | --- | --- |"),
    "a formula": ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
    "emoji": ("👩‍🚀 🇬🇧 ☎️ 1️⃣ 🏴󠁧󠁢󠁳󠁣󠁴󠁿", "👩‍🚀 🇬🇧 ☎️ 1️⃣ 🏴󠁧󠁢󠁳󠁣󠁴󠁿"),
    "right to left": ("خدمة الدفع معطلة תקלה", "خدمة الدفع معطلة תקלה"),
    "combining": ("Z̷̢a̸͚l̴̰g̶̱o̷͎ e\u0301", "Z̷̢a̸͚l̴̰g̶̱o̷͎ e\u0301"),
    "other scripts": ("结账失败 क्षेत्र ﷽", "结账失败 क्षेत्र ﷽"),
    "white space": ("\t a \u00a0 b\u3000c  ", "a b c"),
    "tags": ("x\U000e0041\U000e0042", "x⟨U+E0041⟩⟨U+E0042⟩"),
    "private use": ("x\ue000\U0010fffd", "x⟨U+E000⟩⟨U+10FFFD⟩"),
    "an option": ("--yes", "--yes"),
    "short options": ("-rf", "-rf"),
}
"""What somebody types as a title, and what people see of it; nothing is dropped."""


def inert(text: str) -> None:
    """Nothing in a text acts on a terminal, misleads a reader, or commands a runner that reads the log."""
    for char in text:
        assert char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs", "Co", "Zl", "Zp"), repr(char)
        assert char not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\u2060\ufeff"
    assert not re.search(r"^\s*::", text, re.MULTILINE), text
    assert "##[" not in text
    assert "##vso[" not in text


def printed(done: Done) -> None:
    """What a command printed is inert."""
    inert(done.out)
    inert(done.err)


def refused(done: Done, code: set[int]) -> None:
    """A request was refused in one or two sentences, and they are inert."""
    printed(done)
    assert done.code in code, str(done)
    assert done.out == ""
    lines = done.err.rstrip("\n").split("\n")
    assert lines[0].startswith("opsbook: ")
    assert len(lines) <= 2
    assert len(done.err) < 1_000


def load(text: str) -> dict[str, str]:
    """YAML by another reader, every scalar as text."""
    value = yaml.load(text, Loader=yaml.BaseLoader)
    assert isinstance(value, dict)
    return value


def markdown_words(text: str) -> list[str]:
    """The words of each paragraph, heading and cell of a Markdown text; fails for anything else than words in it."""
    found = []
    for token in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text):
        assert token.type not in ("html_block", "fence", "code_block"), token
        if token.type != "inline":
            continue
        words = ""
        for part in token.children or ():
            if part.type == "html_inline":
                assert part.content in ("<br>", "<!-- -->")
                continue
            assert part.type in ("text", "text_special", "softbreak", "code_inline", "strong_open", "strong_close"), (
                part
            )
            words += part.content
        found.append(words)
    return found


@pytest.mark.parametrize("name", TITLES)
def test_a_title_is_nothing_but_words_wherever_it_comes_out(desk: Desk, name: str) -> None:
    typed, seen = TITLES[name]
    before = desk.condition()
    done = desk.opsbook("declare", b"--title=" + os.fsencode(typed), "--severity", "P1", "--yes")
    assert done.code == 0, str(done)
    printed(done)

    branch = desk.branch()
    assert re.fullmatch(r"opsbook/INC-\d{8}-[0-9A-HJKMNP-TV-Z]{5}", branch)
    files = desk.written()
    for path in files:
        assert re.fullmatch(
            r"incidents/20\d\d/INC-\d{8}-[0-9A-Z]{5}(-[a-z0-9-]+)?/[a-z]+(/[0-9TZ]+-[0-9a-z]{5})?\.(yaml|md)", path
        )
    facts = next(load(text) for path, text in files.items() if path.endswith("incident.yaml"))
    (entry,) = (load(text) for path, text in files.items() if "/timeline/" in path)
    assert facts["title"] == entry["text"] == seen
    message = desk.git("log", "-1", "--format=%an%n%ae%n%cn%n%ce%n%B", branch)
    who = r"oncall-a\noncall-a@opsbook.invalid\n"
    subject = r"Declare INC-\d{8}-[0-9A-Z]{5} \(P1\)\n\nOpsbook-Operation: [0-9a-f]{20}\n\n"
    assert re.fullmatch(who + who + subject, message), message

    outbox = desk.outbox()
    assert len(outbox) == 3
    for text in outbox.values():
        inert(text)
    (request,) = (text for path, text in outbox.items() if "/request-" in path)
    assert f"{branch.removeprefix('opsbook/')} P1: {seen}" in markdown_words(request)
    assert not re.search(r"@\w|(?<!^)#\d|<!c|<@", request, re.MULTILINE)
    broken = (
        seen.replace("::", ": :", 1) if seen.startswith("::") else seen.replace("##[", "## [").replace("##v", "## v")
    )
    assert sum(f"P1 incident: {broken}" in text or f"P1 incident: {seen}" in text for text in outbox.values()) == 2

    shown = desk.opsbook("incident", "show", "--format", "json")
    assert shown.json["incident"]["title"] == seen
    printed(shown)
    printed(desk.opsbook("incident", "show"))
    assert desk.condition() == before


def test_every_such_incident_passes_the_check_once_it_is_merged(desk: Desk) -> None:
    for typed, _ in TITLES.values():
        done = desk.opsbook("declare", b"--title=" + os.fsencode(typed), "--severity", "P1", "--yes")
        assert done.code == 0, str(done)
    listed = desk.opsbook("incident", "list")
    assert listed.out.count("\n") == len(TITLES) + 1
    printed(listed)
    desk.git("merge", "--quiet", "--no-edit", *desk.branches())
    done = desk.opsbook("check", "--format", "json")
    assert done.json["checked"] == len(TITLES) + 3
    assert done.json["findings"] == []
    assert sorted(desk.opsbook("reconcile", "--format", "json").json["tidied"]) != []
    assert desk.branches() == []


TEXTS: dict[str, tuple[bytes, str]] = {
    "lines": (b"one\r\ntwo\rthree\n\n  four  \n\n", "one\ntwo\nthree\n\n  four"),
    "NUL": (b"a\0b", "a⟨U+0000⟩b"),
    "bytes": (b"ab\xff\x80c", "ab⟨U+DCFF⟩⟨U+DC80⟩c"),
    "tabs": (b"a\tb", "a\tb"),
    "documents": (b"---\na: b\n...\n%YAML 1.1\n", "---\na: b\n...\n%YAML 1.1"),
    "a block scalar": (b"|\n  x\n", "|\n  x"),
    "leading spaces": (b"    code\n  less", "code\n  less"),
    "only spaces between": (b"a\n   \nb", "a\n\nb"),
    "commands": (
        b"x\n::error::y\n  ::set-output name=a::b\n##[group]",
        "x\n::error::y\n  ::set-output name=a::b\n##[group]",
    ),
    "4,000 characters": (b"word " * 800, ("word " * 800).strip()),
    "one long line": (b"x" * 20_000, "x" * 20_000),
    "a token": (b"use ghp_0123456789abcdefghijklmnopqrstuvwxyzAB now", "use [a GitHub token was removed] now"),
    "Markdown": (b"# h\n\n* x\n\n```\ncode\n```\n<script>", "# h\n\n* x\n\n```\ncode\n```\n<script>"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_note_says_exactly_what_was_typed(declared: Desk, name: str) -> None:
    desk, (typed, seen) = declared, TEXTS[name]
    done = desk.opsbook("incident", "note", "-", stdin=typed)
    assert done.code == 0, str(done)
    printed(done)
    (entry,) = (load(text) for text in desk.written().values() if "\nkind: note\n" in text)
    assert entry["text"] == seen
    for text in desk.outbox().values():
        inert(text)
    printed(desk.opsbook("incident", "show"))
    shown = desk.opsbook("incident", "show", "--format", "json")
    printed(shown)
    assert shown.json["timeline"][-1]["text"] == seen
    assert "ghp_" not in desk.git("log", "-p", "--all") + "".join(desk.outbox().values()) + done.out + done.err


TOO_MUCH = {
    "4,000 characters as a title": ("declare", "--severity", "P1", "--title", "x" * 4_000),
    "100,000 characters as a title": ("declare", "--severity", "P1", "--title", "x" * 100_000),
    "100,000 characters as a note": ("incident", "note", "-", "x" * 100_000),
    "100,000 characters as a summary": ("declare", "--severity", "P1", "--title", "x", "--summary", "y" * 100_000),
    "20,000 emoji, which are 80 KB": ("incident", "note", "-", "\U0001f600" * 20_000),
    "nothing as a title": ("declare", "--severity", "P1", "--title", ""),
    "white space as a title": ("declare", "--severity", "P1", "--title", " \t\n\u3000 "),
    "nothing as a note": ("incident", "note", "-", ""),
    "white space as a note": ("incident", "note", "-", " \n\t "),
    "white space as a summary": ("declare", "--severity", "P1", "--title", "x", "--summary", " \n "),
    "white space as an update": ("incident", "update", "--tell", "  "),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_too_much_and_too_little_are_refused_in_a_sentence_and_nothing_is_written(declared: Desk, name: str) -> None:
    desk = declared
    before = desk.git("for-each-ref"), desk.outbox(), desk.condition()
    refused(desk.opsbook(*TOO_MUCH[name], "--yes"), {1, 2})
    assert (desk.git("for-each-ref"), desk.outbox(), desk.condition()) == before
    assert desk.intents() == []


VALUES: tuple[Word, ...] = (
    "../../x",
    "-rf",
    "--option",
    "::error::x ##[error]x",
    "\x1b[31mred x\u202ey",
    "a\nb\n- c: [",
    b"\xff\xfe",
    "{{ 7*7 }} <!channel> $(id)",
    "x" * 3_000,
    " ",
    "oncall-a\n",
    "github:../../x",
    "local:A B",
)

PLACES: dict[str, tuple[str, ...]] = {
    "declare --by": ("declare", "--title", "x", "--severity", "P1", "--by"),
    "declare --severity": ("declare", "--title", "x", "--severity"),
    "declare --service": ("declare", "--title", "x", "--severity", "P1", "--service"),
    "declare --lead": ("declare", "--title", "x", "--severity", "P1", "--lead"),
    "declare --component": ("declare", "--title", "x", "--severity", "P1", "--component"),
    "declare --started-at": ("declare", "--title", "x", "--severity", "P1", "--started-at"),
    "note ID": ("incident", "note", "--kind", "note", "--", "text"),
    "note --kind": ("incident", "note", "-", "text", "--kind"),
    "note --at": ("incident", "note", "-", "text", "--at"),
    "update --status": ("incident", "update", "--status"),
    "update --severity": ("incident", "update", "--severity"),
    "update --template": ("incident", "update", "--template"),
    "update --service": ("incident", "update", "--service"),
    "update --reviewed-at": ("incident", "update", "--reviewed-at"),
    "tick --runbook": ("checklist", "tick", "-", "1", "--runbook"),
    "tick step": ("checklist", "tick", "-"),
    "check --since": ("check", "--since"),
    "check --now": ("check", "--now"),
    "check PATH": ("check",),
    "explain CODE": ("explain",),
    "new service --slug": ("new", "service", "x", "--slug"),
    "new runbook --area": ("new", "runbook", "x", "--area"),
    "new service --owner": ("new", "service", "x", "--owner"),
    "a command": (),
    "a second word": ("incident",),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_value_that_is_no_such_thing_is_refused_in_a_sentence_and_nothing_is_written(
    declared: Desk, place: str
) -> None:
    desk = declared
    before = desk.git("for-each-ref"), desk.outbox(), desk.condition()
    # The values take turns: every place meets every second one, and every value every second place.
    for value in VALUES[[*PLACES].index(place) % 2 :: 2]:
        if (place, value) in ACCEPTED or (value == "oncall-a\n" and place in ("declare --by", "declare --lead")):
            continue
        words = list(PLACES[place])
        if words and words[-1].startswith("--") and words[-1] != "--":
            words = [*words[:-1], os.fsencode(words[-1]) + b"=" + os.fsencode(value)]
        elif place == "note ID":
            words = [*words[:-1], value, words[-1]]
        else:
            words = [*words, value]
        done = desk.opsbook(*words)
        if place == "a second word" and done.code == 2:
            printed(done)
            continue
        refused(done, {1, 2})
        assert desk.intents() == []
    assert (desk.git("for-each-ref"), desk.outbox(), desk.condition()) == before


ACCEPTED = {("a command", "-rf"), ("note ID", "-rf")}
"""Words that mean something in their place."""


@pytest.mark.parametrize("who", ["github:octo-cat", "github:dependabot[bot]", "slack:U0123ABC", "local:somebody.else"])
def test_whoever_acts_is_a_plain_name_in_the_commit(desk: Desk, who: str) -> None:
    desk.declare("x", "P1", "--by", who)
    author = desk.git("log", "-1", "--format=%an <%ae>", desk.branch()).strip()
    assert re.fullmatch(r"[A-Za-z0-9._:-]+ <[A-Za-z0-9._-]+@opsbook\.invalid>", author), author
    assert f"declared_by: {who}" in "".join(desk.written().values()).replace('"', "")


_SPACES = " \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"


@tries(30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(min_size=1, max_size=60)
    | st.text(alphabet="\n\r\t :-#[]{}'\"|>&*!%@`\\\0\x1b\u200d\ufe0f👩🚀", max_size=30)
)
@example("\x85")  # a control character that Python takes for a space
def test_any_text_at_all_can_be_read_back_from_a_note(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    assume("⟨" not in text)
    desk = _noted(tmp_path_factory)
    done = desk.opsbook("incident", "note", "-", "--format", "json", stdin=text.encode("utf-8", "surrogatepass"))
    printed(done)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    wanted = "\n".join(line.rstrip(_SPACES) for line in lines).strip(_SPACES + "\n")
    assert done.code == (0 if wanted else 2), str(done)
    if wanted:
        commit = done.json["commit"]
        (path,) = desk.git("show", "--format=", "--name-only", commit).split()
        noted = load(desk.git("show", f"{commit}:{path}"))["text"]
        assume("was removed]" not in noted)
        assert re.sub(r"⟨U\+([0-9A-F]{4,6})⟩", lambda found: chr(int(found[1], 16)), noted) == wanted


_DESKS: dict[Path, Desk] = {}


def _noted(folders: pytest.TempPathFactory) -> Desk:
    """One clone with an open incident for all examples, renewed when its timeline has grown long."""
    base = folders.getbasetemp()
    desk = _DESKS.get(base)
    if desk is None or len(desk.outbox()) > 40:
        desk = make_desk(folders.mktemp("noted") / "desk")
        desk.declare()
        _DESKS[base] = desk
    return desk
