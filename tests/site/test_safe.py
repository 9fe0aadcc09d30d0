"""What a person types is text on every page: it never becomes an element, an attribute, a comment or a link."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader, TemplateAssertionError, UndefinedError
from markupsafe import Markup

from opsbook.core.text import hidden_characters, visible
from opsbook.site import prose, safe
from tests.support.hostile import TEXTS, texts

SLOTS = {
    "element": '<div class="ob">\n<p>@</p>\n<ul>\n<li>@</li>\n</ul>\n</div>\n\nAfter.',
    "own line": '<div class="ob">\n@\n</div>\n\nAfter.',
    "attribute": '<p title="@" class="x">Text</p>\n\nAfter.',
    "several": 'A <span title="@" data-x="@">@ word</span> here.',
    "code": "A <code>@</code> here.",
    "cell": "<table><tr><td>@</td><td>x @ y</td></tr></table>",
    "preformatted": "<pre>@</pre>\n\nAfter.",
}
"""Places in a page where a template may print a value, marked with @."""

WORD = "xyzzy"


class Reader(HTMLParser):
    """What a browser would see: elements with attributes, and text; adjoining text is one."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[Any] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if self.seen and isinstance(self.seen[-1], list):
            self.seen[-1][0] += data
        else:
            self.seen.append([data])

    def handle_comment(self, data: str) -> None:
        self.seen.append(("a comment", data))

    def handle_decl(self, decl: str) -> None:
        self.seen.append(("a declaration", decl))

    def unknown_decl(self, data: str) -> None:
        self.seen.append(("a declaration", data))

    def handle_pi(self, data: str) -> None:
        self.seen.append(("an instruction", data))


def read(page: str) -> list[Any]:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader.seen


def filled(seen: list[Any], value: str) -> list[Any]:
    """What was seen of a page about `WORD`, with `value` for the word in texts and attributes."""
    out: list[Any] = []
    for item in seen:
        if isinstance(item, list):
            out.append([item[0].replace(WORD, value)])
        elif isinstance(item, tuple):
            out.append((item[0], {name: text.replace(WORD, value) for name, text in item[1].items()}))
        else:
            out.append(item)
    return [item for item in out if item != [""]]


def render(slot: str, value: object) -> str:
    env = safe.environment(DictLoader({"page": SLOTS[slot].replace("@", "{{ value }}")}))
    return env.get_template("page").render(value=value)


@pytest.mark.parametrize("slot", SLOTS)
@given(text=texts())
@settings(deadline=None)
def test_a_value_is_text_wherever_a_template_prints_it(slot: str, text: str) -> None:
    assume(text and not hidden_characters(text.replace("\r", "\n")))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    assert read(render(slot, text)) == filled(read(SLOTS[slot].replace("@", WORD)), text)


@pytest.mark.parametrize("slot", SLOTS)
def test_every_known_attack_is_text_in_every_place(slot: str) -> None:
    expected = [kind(item) for item in read(SLOTS[slot].replace("@", WORD))]
    for text in TEXTS:
        seen = [kind(item) for item in read(render(slot, text))]
        assert [item for item in seen if item != "text"] == [item for item in expected if item != "text"]


def kind(item: Any) -> Any:
    """An element with the names of its attributes; a text is only a text."""
    if isinstance(item, list):
        return "text"
    return (item[0], tuple(item[1])) if isinstance(item, tuple) else item


def test_hidden_characters_are_made_visible() -> None:
    assert "⟨U+202E⟩" in render("element", "a\u202eb")


def test_a_missing_value_prints_nothing_and_an_unknown_name_fails() -> None:
    env = safe.environment(DictLoader({"page": "[{{ value }}]"}))
    assert env.get_template("page").render(value=None) == "[]"
    with pytest.raises(UndefinedError):
        env.get_template("page").render()


@given(first=texts(), second=texts())
def test_joined_and_added_values_stay_text(first: str, second: str) -> None:
    env = safe.environment(DictLoader({"page": "{{ [first, second] | join(' < ') }}|{{ first ~ second }}"}))
    page = env.get_template("page").render(first=Markup("<b>x</b>"), second=second)
    joined = [*(("b", {}), ["x"], "/b"), [f" < {visible(second)}|"], ("b", {}), ["x"], "/b"]
    seen = read(page)
    assert seen[: len(joined)] == joined
    assert all(isinstance(item, list) for item in seen[len(joined) :])


def test_templates_have_no_filter_that_makes_markup_of_text() -> None:
    with pytest.raises(TemplateAssertionError, match="No filter named"):
        safe.environment(DictLoader({"page": "{{ a | safe }}"})).get_template("page")


# People's Markdown

ALLOWED: dict[str, set[str]] = {
    **{tag: set() for tag in ("br", "hr", "strong", "em", "s", "code", "blockquote", "span")},
    **{tag: {"role"} for tag in ("thead", "tbody", "tr")},
    "div": {"class", "tabindex", "role", "aria-label"},
    "table": {"class", "role"},
    "th": {"class", "role"},
    "td": {"class", "role", "data-label"},
    "p": {"class"},
    "pre": {"class"},
    "ul": {"class"},
    "li": {"class"},
    "input": {"type", "disabled", "checked", "aria-label"},
    "ol": {"start", "class"},
    "a": {"href", "title"},
}


@given(text=texts())
@settings(deadline=None)
def test_rich_text_has_harmless_elements_only_and_all_of_them_end(text: str) -> None:
    open_elements: list[str] = []
    for item in read(prose.rich(text)):
        if isinstance(item, tuple):
            tag, attributes = item
            assert set(attributes) <= ALLOWED[tag] | ({"class"} if tag == "span" else set())
            if "href" in attributes:
                assert re.match(r"(https?|mailto):", attributes["href"], re.IGNORECASE)
            if tag not in ("br", "hr", "input"):
                open_elements.append(tag)
        elif isinstance(item, str):
            assert open_elements.pop() == item[1:]
    assert open_elements == []


@given(text=texts())
@settings(deadline=None)
def test_a_line_has_code_and_emphasis_only(text: str) -> None:
    allowed = {("code", ()), ("em", ()), ("strong", ()), "/code", "/em", "/strong", "text"}
    assert {kind(item) for item in read(prose.line(text))} <= allowed


def test_a_line_reads_as_it_was_meant() -> None:
    assert read(prose.line("run `a < b`, *now*\n[x](http://y)")) == [
        *(["run "], ("code", {}), ["a < b"], "/code", [", "], ("em", {}), ["now"], "/em", [" x"]),
    ]


def test_rich_text_keeps_what_people_write() -> None:
    text = "# What\n\nIt is **down**, see [graph](https://g.example/a?b=1&c=2).\n\n1. `x < y`\n2. b\n\n```sh\nls ~\n```"
    seen = read(prose.rich(text))
    tags = [item[0] for item in seen if isinstance(item, tuple)]
    assert tags[:11] == ["div", "p", "p", "strong", "a", "ol", "li", "code", "li", "div", "pre"]
    assert ("p", {"class": "ob-heading"}) in seen
    assert ("a", {"href": "https://g.example/a?b=1&c=2"}) in seen
    assert ["x < y"] in seen
    assert "ls ~" in "".join(item[0] for item in seen if isinstance(item, list))


def test_rich_text_shows_html_as_it_was_typed_and_loads_no_image() -> None:
    seen = read(prose.rich("<b onclick=x>hello</b> ![plan](http://evil.example/x.png)"))
    assert not [item for item in seen if isinstance(item, tuple) and item[0] in ("b", "img")]
    assert "<b onclick=x>hello</b>" in "".join(item[0] for item in seen if isinstance(item, list))


def test_rich_text_keeps_the_words_of_a_link_that_leads_nowhere() -> None:
    seen = read(prose.rich("[a](../x.md) [b](javascript:alert(1)) [c](#d) <site:x> [g](https://h.example)"))
    assert [item[1]["href"] for item in seen if isinstance(item, tuple) and item[0] == "a"] == ["https://h.example"]
    words = "".join(item[0] for item in seen if isinstance(item, list))
    assert all(letter in words for letter in "abcg")


# Addresses


def assert_harmless(address: str) -> None:
    """What a browser does first with an address: drop controls, trim, then look for a scheme."""
    bare = re.sub(r"[\t\r\n]", "", address).strip("".join(map(chr, range(33))))
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.\-]*):", bare)
    assert scheme is None or scheme.group(1).lower() in ("http", "https", "mailto")


@given(text=texts())
@example("java\tscript:alert(1)")
@example("\x01javascript:alert(1)")
@example(" JaVaScRiPt:alert(1)")
@example("data:text/html,x")
@example("vbscript:x")
@example("javascript&colon;alert(1)")
def test_an_address_has_a_harmless_scheme_or_none(text: str) -> None:
    (link,) = [item[1] for item in read(f'<a href="{safe.href(text)}">x</a>') if isinstance(item, tuple)]
    assert set(link) == {"href"}
    assert_harmless(link["href"])


@pytest.mark.parametrize(
    "address",
    ["https://example.org/a?b=c&d=(e)#f", "mailto:team@example.org", "incidents/2026/", "../x/#y", "#here", "./"],
)
def test_a_good_address_is_kept(address: str) -> None:
    assert unescape(safe.href(address)) == address


@given(text=st.text())
def test_the_way_to_the_root_is_in_no_text(text: str) -> None:
    assert prose.ROOT not in prose.rich(text + prose.ROOT)
    assert prose.ROOT not in safe.finalize(text + prose.ROOT)
